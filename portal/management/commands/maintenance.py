from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.lib.typography import moment
from portal.operations import maintenance

MOST_MINUTES = 7 * 24 * 60


class Command(BaseCommand):
    help = (
        "Ferme le portail pour maintenance, le rouvre, ou dit où il en est. Toutes les machines le savent en quelques "
        "secondes, et un redémarrage n’y change rien. Les superutilisateurs entrent quand même."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("geste", choices=["on", "off", "status"], help="fermer, rouvrir, ou dire l’état")
        parser.add_argument("--minutes", type=int, help="combien de temps elle doit durer, dit aux personnes")
        parser.add_argument("--words", default="", help="une phrase de plus pour elles, 300 caractères au plus")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["geste"]:
            case "on":
                self._close(options["minutes"], options["words"].strip())
            case "off":
                opened = maintenance.reopen(by=None)
                self.stdout.write("Le portail rouvre." if opened else "Le portail était déjà ouvert.")
            case _:
                self._tell()

    def _close(self, minutes: int | None, words: str) -> None:
        if minutes is not None and not 0 < minutes <= MOST_MINUTES:
            raise CommandError(f"--minutes doit être entre 1 et {MOST_MINUTES}.")
        if len(words) > 300:
            raise CommandError("--words doit tenir en 300 caractères.")
        maintenance.close(by=None, lasts=timedelta(minutes=minutes) if minutes else None, words=words)
        self._tell()

    def _tell(self) -> None:
        row = maintenance.read()
        if row is None:
            self.stdout.write("Portail ouvert.")
            return
        until = f", jusque vers le {moment(timezone.localtime(row.until))}" if row.until else ""
        since = moment(timezone.localtime(row.since))
        self.stdout.write(f"Portail fermé depuis le {since}{until}. Pour le rouvrir\xa0: maintenance off.")
        if row.words:
            self.stdout.write(row.words)
