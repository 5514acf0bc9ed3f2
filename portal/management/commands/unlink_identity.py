from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import services
from accounts.models import User, normalize_email


class Command(BaseCommand):
    help = (
        "Sépare un compte de la personne à laquelle il est relié chez le fournisseur d’identité de l’organisation "
        "(adresse reprise par quelqu’un d’autre). Le journal de l’administration le garde."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("adresse", help="adresse e-mail du compte")

    def handle(self, *args: Any, **options: Any) -> None:
        email = normalize_email(options["adresse"])
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"Aucun compte n’a l’adresse {email}\xa0: vérifiez-la.")
        with transaction.atomic():  # nothing is undone without its line of the journal
            unlinked = services.unlink_identities(user=user)
            if unlinked:
                services.note_command(about=user, detail="Compte séparé de son identité d’organisation")
        if not unlinked:
            self.stdout.write(f"{email} n’était relié à personne\xa0: rien n’est changé.")
            return
        self.stdout.write(
            f"{email} n’est plus relié\xa0: ses sessions sont fermées, et la prochaine personne de cette adresse chez "
            "le fournisseur d’identité le sera."
        )
