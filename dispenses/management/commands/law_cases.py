from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dispenses.law.cases_page import page
from dispenses.law.worked_cases import read


class Command(BaseCommand):
    help = "Écrit en une page HTML les cas d’école de la loi (dispenses/law/worked_cases.csv), à lire ou à imprimer."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", metavar="FICHIER", help="le fichier à écrire ; sans lui, la sortie standard")

    def handle(self, *args: Any, **options: Any) -> None:
        text = "".join(page(read()))
        if not options["output"]:
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["output"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['output']} n’a pas pu être écrit : {error.strerror}.") from error
        self.stdout.write(f"{options['output']} est écrit.")
