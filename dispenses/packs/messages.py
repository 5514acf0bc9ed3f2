"""The mail about a pack."""

from typing import Annotated

from accounts.messages import EmployerName
from notifications.messages import LastDay, Mark, Message, link, mail


@mail
class PackReady(Message):
    kind = "pack_ready"
    label = "Dossier de preuves prêt (correspondant)"
    subject = "Votre dossier de preuves est prêt"
    employer_name: EmployerName
    period: Annotated[str, Mark("periode", "du 01/01/2024 au 31/12/2026")]
    expires_on: LastDay
    packs_url: Annotated[str, link("lien_preuves")]
