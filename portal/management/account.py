"""What the commands that act on one account share."""

from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import services
from accounts.models import User, normalize_email


class AccountCommand(ABC, BaseCommand):
    """Acts on the account of the address given, and writes it in the journal of administration, or does neither.

    `done` or `nothing` is told on the output, `{email}` in it is the address; `journal` is the line of the journal.
    """

    done: str
    nothing: str
    journal: str

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("adresse", help="adresse e-mail du compte")

    def handle(self, *args: Any, **options: Any) -> None:
        email = normalize_email(options["adresse"])
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"Aucun compte n’a l’adresse {email}\xa0: vérifiez-la.")
        with transaction.atomic():
            acted = self.act(user)
            if acted:
                services.note_command(about=user, detail=self.journal)
        self.stdout.write((self.done if acted else self.nothing).format(email=email))

    @abstractmethod
    def act(self, user: User) -> bool:
        """Whether there was anything to do."""
