from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dispenses.services import figures, queue


class Command(BaseCommand):
    help = "Refait la file du centre et ses chiffres depuis les demandes et leur historique ; garde les attributions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="dit seulement ce qui diffère (code 1 s’il y en a)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            self.stdout.write(f"{queue.rebuild()} demandes dans la file.")
            self.stdout.write(f"{figures.rebuild(timezone.now())} semaines de chiffres.")
        elif wrong := queue.differences():
            raise CommandError(f"{len(wrong)} demandes diffèrent de leur historique, dont {wrong[:10]}.")
