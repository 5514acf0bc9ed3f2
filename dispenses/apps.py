from django.apps import AppConfig


class DispensesConfig(AppConfig):
    name = "dispenses"
    verbose_name = "Dispenses"

    def ready(self) -> None:
        """Follow the employees, and say what the groups of the centre may do with requests."""
        from accounts.services import groups
        from dispenses import rights
        from dispenses.queue import signals as _signals  # noqa: F401 – connects its receivers

        groups.grant(rights.RIGHTS)
