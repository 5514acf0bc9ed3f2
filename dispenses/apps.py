from django.apps import AppConfig


class DispensesConfig(AppConfig):
    name = "dispenses"
    verbose_name = "Dispenses"

    def ready(self) -> None:
        """Follow the employees, say what the groups of the centre may do with requests and how a receipt is made."""
        from accounts.services import groups
        from dispenses import rights
        from dispenses.queue import signals as _signals  # noqa: F401 – connects its receivers
        from dispenses.request import receipts
        from notifications import attachments

        groups.grant(rights.RIGHTS)
        attachments.register(receipts.RECEIPT, receipts.receipt_of)
