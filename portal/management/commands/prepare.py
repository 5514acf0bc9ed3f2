from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts.services import ensure_groups
from dispenses.law import catalogue
from dispenses.request import phrases


class Command(BaseCommand):
    help = "Prépare la base : migrations, catalogue des motifs, phrases types, groupes. Sans effet quand tout est fait."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        catalogue.load()
        phrases.load()
        ensure_groups()
