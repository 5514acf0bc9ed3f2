"""What a correspondent finds in her company, for `make run`: a file to check, an access for software, a URSSAF pack."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.enums import ApiScope
from accounts.imports import runs
from accounts.models import Employer, User
from accounts.services import create_token, revoke_token
from dispenses.packs import preparation

FILE = """matricule;nom;prenom;email;date_embauche;type_contrat
L-20501;Faivre;Lucie;lucie.faivre@levant.exemple;02/11/2026;CDI
L-20502;Ozan;Deniz;deniz.ozan@levant.exemple;09/11/2026;CDD
L-20503;Masson;Théo;theo.masson@levant;31/02/2026;CDI
L-20401;Durand;Virginie;virginie.durand@levant.exemple;03/09/2018;CDI
"""


def load(*, employer: Employer, by: User) -> None:
    """One of each for `employer`, asked for by `by`, one of its correspondents."""
    runs.start(employer=employer, by=by, upload=SimpleUploadedFile("salaries-novembre.csv", FILE.encode()))
    today = timezone.localdate()
    until = today + timedelta(days=180)
    old, _ = create_token(employer=employer, by=by, name="Ancien SIRH", scopes=[ApiScope.READ], last_day=until)
    revoke_token(token=old, by=by)
    create_token(
        employer=employer, by=by, name="SIRH", scopes=[ApiScope.READ.value, ApiScope.WRITE.value], last_day=until
    )
    preparation.ask(employer=employer, by=by, first_day=today.replace(month=1, day=1), last_day=today)
