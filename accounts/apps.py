from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Comptes"

    def ready(self) -> None:
        """Declare the mails about people."""
        from accounts import messages as _messages  # noqa: F401 – declares them
