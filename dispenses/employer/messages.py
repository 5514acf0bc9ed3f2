"""The mail that tells a correspondent what happened in the company."""

from datetime import date
from typing import Annotated

from accounts.messages import EmployeesUrl, EmployerName
from notifications.messages import Mark, Message, PersonName, link, mail


@mail
class CorrespondentDigest(Message):
    kind = "correspondent_digest"
    label = "Récapitulatif du correspondant"
    subject = "{employer_name} : ce qui s’est passé depuis le {since:%d/%m/%Y}"
    person_name: PersonName
    employer_name: EmployerName
    since: Annotated[date, Mark("depuis_le", date(2027, 1, 31))]
    activated: Annotated[int, Mark("comptes_actives", 3)]
    submitted: Annotated[int, Mark("demandes_envoyees", 3)]
    decided: Annotated[int, Mark("demandes_traitees", 3)]
    asked: Annotated[int, Mark("liens_demandes", 3)]
    expired: Annotated[int, Mark("liens_expires", 3)]
    ending: Annotated[int, Mark("fins_proches", 3)]
    unconfirmed: Annotated[int, Mark("confirmations_attendues", 3)]
    list_url: EmployeesUrl
    stop_url: Annotated[str, link("lien_arret")]
    confirmed: Annotated[int, Mark("situations_confirmees", 3)] = 0  # not in those that were written before it
