import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from portal.operations import diagnosis


class Command(BaseCommand):
    help = (
        "Dit en un texte, à joindre à une question au support, comment va cette machine : versions, réglages, parties, "
        "files, migrations, horloge, disque. Aucun secret, rien sur personne."
    )
    requires_system_checks = ()  # it is asked for when something is ill

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="en JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        found = diagnosis.report()
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2, default=str))
            return
        for title, section in found.items():
            self.stdout.write(f"\n{title}")
            for line in _lines(section):
                self.stdout.write(f"  {line}")


def _lines(section: dict[str, Any]) -> Iterator[str]:
    for name, value in section.items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {said}" for key, said in value.items())
        elif isinstance(value, list | tuple):
            value = ", ".join(map(str, value))
        yield f"{name}\xa0: {value}"
