from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import services
from accounts.models import User, normalize_email


class Command(BaseCommand):
    help = (
        "Retire le second facteur d’un compte (téléphone perdu, clé de scellement perdue), celui d’un superutilisateur "
        "compris. Le titulaire en est averti par e-mail et le journal de l’administration le garde."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("adresse", help="adresse e-mail du compte")

    def handle(self, *args: Any, **options: Any) -> None:
        email = normalize_email(options["adresse"])
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"Aucun compte n’a l’adresse {email}\xa0: vérifiez-la.")
        with transaction.atomic():  # no reset without its line of the journal
            reset = services.reset_second_factor(user=user)
            if reset:
                services.note_command(about=user, detail="Second facteur réinitialisé")
        if not reset:
            self.stdout.write(f"{email} n’avait pas de second facteur\xa0: rien n’est changé.")
            return
        self.stdout.write(
            f"Le second facteur de {email} est retiré, ses sessions sont fermées\xa0: un e-mail l’en avertit, et sa "
            "prochaine connexion lui en fera poser un autre."
        )
