from accounts import services
from accounts.models import User
from portal.management.account import AccountCommand


class Command(AccountCommand):
    help = (
        "Retire le second facteur d’un compte (téléphone perdu, clé de scellement perdue), celui d’un superutilisateur "
        "compris. Le titulaire en est averti par e-mail et le journal de l’administration le garde."
    )
    journal = "Second facteur réinitialisé"
    nothing = "{email} n’avait pas de second facteur\xa0: rien n’est changé."
    done = (
        "Le second facteur de {email} est retiré, ses sessions sont fermées\xa0: un e-mail l’en avertit, et sa "
        "prochaine connexion lui en fera poser un autre."
    )

    def act(self, user: User) -> bool:
        return bool(services.reset_second_factor(user=user))
