from django.apps import AppConfig


class DispensesConfig(AppConfig):
    name = "dispenses"
    verbose_name = "Dispenses"

    def ready(self) -> None:
        """Declare the mails, their readers, the file that one joins; follow the employees, grant the rights."""
        from accounts.services import employment, groups
        from dispenses import rights
        from dispenses.contact import messages as _of_contact  # noqa: F401 – declares its mails
        from dispenses.documents import messages as _of_documents  # noqa: F401 – declares its mails
        from dispenses.employer import messages as _of_employer  # noqa: F401 – likewise
        from dispenses.keeping import messages as _of_keeping  # noqa: F401 – likewise
        from dispenses.life import calendars, contracts
        from dispenses.life import messages as _of_life  # noqa: F401 – likewise
        from dispenses.packs import messages as _of_packs  # noqa: F401 – likewise
        from dispenses.queue import deadlines
        from dispenses.queue import signals as _signals  # noqa: F401 – connects its receivers
        from dispenses.request import mail_readers, receipts
        from dispenses.request import messages as _of_request  # noqa: F401 – declares its mails
        from notifications import attachments

        mail_readers.register()
        deadlines.register()
        groups.grant(rights.RIGHTS)
        employment.register(contracts.Contracts())
        attachments.register(receipts.RECEIPT, receipts.receipt_of)
        attachments.register(calendars.CALENDAR, calendars.calendar_of)
        attachments.register(receipts.CONFIRMATION, receipts.confirmation_of)
