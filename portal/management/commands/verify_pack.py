from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dispenses.packs import verification


class Command(BaseCommand):
    help = "Vérifie un dossier de preuves URSSAF (ZIP), sans la base du portail. Rend 1 et nomme chaque défaut."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("fichier", type=Path)
        parser.add_argument("--cle", default="", help="clé publique de l’assureur (base64), qui doit avoir signé")

    def handle(self, *args: Any, **options: Any) -> None:
        report = verification.verify(options["fichier"], public_key=options["cle"])
        stream = self.stdout if report.sound else self.stderr
        stream.write("\n".join(verification.lines(report)))
        if not report.sound:
            raise SystemExit(1)
