from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.services import ensure_groups
from dispenses.law import catalogue, renewal
from dispenses.request import phrases


class Command(BaseCommand):
    help = "Prépare la base : migrations, catalogue des motifs, phrases types, groupes. Sans effet quand tout est fait."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        catalogue.load()
        renewed = renewal.renew(timezone.localdate())
        if renewed.editions:
            self.stdout.write(
                f"{renewed.editions} motif(s) rédigés à nouveau à compter d’aujourd’hui, {renewed.drafts} brouillon(s) "
                "repris sous la nouvelle rédaction. Ce qui est signé ne change pas."
            )
        phrases.load()
        ensure_groups()
