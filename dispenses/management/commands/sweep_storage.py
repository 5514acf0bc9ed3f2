from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dispenses.documents import reconciliation

SHOWN = 20


class Command(BaseCommand):
    help = "Compare les documents rangés et leurs lignes ; supprime, sur ordre, ceux qu’aucune ligne ne nomme."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--delete", type=int, metavar="NOMBRE", help="supprime les objets arrivés à échéance : leur nombre exact"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = reconciliation.look(timezone.now())
        self.stdout.write(f"{found.known} objets connus, {len(found.missing)} lignes sans leur objet.")
        days = reconciliation.SET_APART.days
        self.stdout.write(
            f"{len(found.orphans)} objets sans ligne, dont {len(found.due)} depuis {days} jours au moins."
        )
        for key in sorted(found.orphans)[:SHOWN]:
            self.stdout.write(f"  {key}, écrit le {timezone.localtime(found.orphans[key]):%d/%m/%Y %H:%M}")
        asked = options["delete"]
        if asked is None:
            return
        if asked != len(found.due):
            raise CommandError(f"{len(found.due)} objets sont arrivés à échéance, pas {asked} : rien n’est supprimé.")
        reconciliation.delete(found, found.due)
        self.stdout.write(f"{len(found.deleted)} objets supprimés.")
