from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dispenses.workflow import mermaid

START, END = "<!-- workflow:start -->\n```mermaid\n", "\n```\n<!-- workflow:end -->"


class Command(BaseCommand):
    help = "Écrit le diagramme du traitement d’une demande dans docs/architecture.md, depuis dispenses/workflow.py."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="vérifie sans écrire")

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / "docs" / "architecture.md"
        text = page.read_text(encoding="utf-8")
        if START not in text or END not in text:
            raise CommandError(f"{page} n’a pas les repères du diagramme.")
        head, rest = text.split(START, 1)
        tail = rest.split(END, 1)[1]
        fresh = f"{head}{START}{mermaid()}{END}{tail}"
        if options["check"]:
            if fresh != text:
                raise CommandError("Le diagramme n’est pas à jour : lancez « make diagram ».")
            return
        page.write_text(fresh, encoding="utf-8")
