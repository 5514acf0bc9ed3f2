from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Comptes"

    def ready(self) -> None:
        """Declare the mails about people, follow the log of the admin."""
        from django.contrib.admin.models import LogEntry
        from django.db.models.signals import post_save

        from accounts import messages as _messages  # noqa: F401 – declares them
        from accounts.services import activation, address_code, admin_journal
        from notifications import departures

        post_save.connect(admin_journal.copy_log_entry, sender=LogEntry, dispatch_uid="journal")
        for kind in ("activation_code", "attaching_code"):
            departures.register(kind, activation.code_left)
        departures.register("address_code", address_code.address_code_left)
        departures.register("new_address_code", address_code.address_code_left)
