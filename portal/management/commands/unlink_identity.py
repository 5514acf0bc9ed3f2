from accounts import services
from accounts.models import User
from portal.management.account import AccountCommand


class Command(AccountCommand):
    help = (
        "Sépare un compte de la personne à laquelle il est relié chez le fournisseur d’identité de l’organisation "
        "(adresse reprise par quelqu’un d’autre). Le journal de l’administration le garde."
    )
    journal = "Compte séparé de son identité d’organisation"
    nothing = "{email} n’était relié à personne\xa0: rien n’est changé."
    done = (
        "{email} n’est plus relié\xa0: ses sessions sont fermées, et la prochaine personne de cette adresse chez le "
        "fournisseur d’identité le sera."
    )

    def act(self, user: User) -> bool:
        return bool(services.unlink_identities(user=user))
