from django.apps import AppConfig


class DispensesConfig(AppConfig):
    name = "dispenses"
    verbose_name = "Dispenses"
