from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dispenses.queue import figures, rows, standing


class Command(BaseCommand):
    help = "Refait la file, les chiffres et où en est chaque salarié depuis l’historique ; garde les attributions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="dit seulement ce qui diffère (code 1 s’il y en a)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            self.stdout.write(f"{rows.rebuild()} demandes dans la file.")
            self.stdout.write(f"{figures.rebuild(timezone.now())} semaines de chiffres.")
            self.stdout.write(f"{standing.rebuild()} salariés remis à leur place.")
            return
        if wrong := rows.differences():
            raise CommandError(f"{len(wrong)} demandes diffèrent de leur historique, dont {wrong[:10]}.")
        if wrong := standing.differences():
            raise CommandError(f"{len(wrong)} salariés ne sont pas là où leurs demandes disent, dont {wrong[:10]}.")
