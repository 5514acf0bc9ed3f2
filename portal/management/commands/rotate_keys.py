from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import services
from accounts.imports.keys import rotate_imports
from accounts.models import RecoveryCode
from portal.lib.rotation import Count, columns, rotate_column


class Command(BaseCommand):
    help = (
        "Scelle à nouveau avec la première clé tout ce qu’une ancienne clé a scellé ou signé dans la base. Peut être "
        "arrêtée et relancée, à côté du portail qui tourne."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="compte seulement (code 1 s’il en reste)")

    def handle(self, *args: Any, **options: Any) -> None:
        check, left = options["check"], 0
        for name, count in _rotated(check=check):
            left += count.old
            self.stdout.write(f"{name}\xa0: {_in_words(count, check=check)}")
        if keyed := RecoveryCode.objects.filter(sealed_code="", used_at__isnull=True).count():
            self.stdout.write(
                f"{_some(keyed, 'code')} de secours d’une ancienne version, que rien ne scelle à nouveau\xa0: gardez "
                "la clé d’alors dans PORTAL_SECRET_KEY_FALLBACKS tant que d’autres codes n’ont pas été demandés sur "
                "« Mon second facteur »."
            )
        if not check:  # what was written by a process of before, or is held by an import
            left = sum(count.old for _, count in _rotated(check=True))
        if left:
            raise CommandError(
                f"{_some(left, 'valeur')} encore sous une ancienne clé\xa0: gardez-la, et "
                + ("lancez rotate_keys." if check else "relancez rotate_keys quand les imports en cours sont finis.")
            )


def _rotated(*, check: bool) -> Iterator[tuple[str, Count]]:
    for field in columns():
        yield f"{field.model._meta.verbose_name}, {field.verbose_name}", rotate_column(field, check=check)
    yield "import, lignes en attente", rotate_imports(check=check)
    yield "session", services.rotate_sessions(check=check)


def _in_words(count: Count, *, check: bool) -> str:
    done = "sous une ancienne clé" if check else f"scellée{_s(count.old)} à nouveau"
    words = f"{_some(count.old, 'valeur')} {done}, {count.right} sous la première"
    return f"{words}, {count.lost} que plus aucune clé n’ouvre" if count.lost else words


def _some(number: int, word: str) -> str:
    return f"{number} {word}{_s(number)}"


def _s(number: int) -> str:
    """French: zero and one are singular."""
    return "s" if number > 1 else ""
