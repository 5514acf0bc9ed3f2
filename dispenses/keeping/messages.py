"""The mails about what is forgotten."""

from datetime import date
from typing import Annotated

from accounts.messages import EmployerName
from notifications.messages import LastDay, Mark, Message, PersonName, link, mail


@mail
class ForgettingAnnounced(Message):
    """`numbers`: the first ones, in words."""

    kind = "forgetting_announced"
    label = "Effacement annoncé (correspondant)"
    subject = "{employer_name} : des demandes anciennes vont être effacées"
    employer_name: EmployerName
    count: Annotated[int, Mark("nombre", 2, essential=True)]
    numbers: Annotated[str, Mark("numeros", "N°20964 et N°21007")]
    due_on: Annotated[date, Mark("effacees_le", date(2027, 1, 31), essential=True)]
    packs_url: Annotated[str, link("lien_preuves")]


@mail
class DataCopyReady(Message):
    kind = "data_copy_ready"
    label = "Copie des données prête"
    subject = "La copie de vos données est prête"
    person_name: PersonName
    expires_on: LastDay
    data_url: Annotated[str, link("lien_donnees")]
