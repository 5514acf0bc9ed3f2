"""The mails of the life of a dispense: it ends soon or on another day, it is to be confirmed, nobody could tell."""

from datetime import date
from typing import Annotated

from accounts.messages import EmployeeName, EmployeesUrl, EmployerName
from dispenses.documents.messages import AboutRequest, FollowUrl, Number
from dispenses.request.messages import SOME_DAY, Consequence, EndDay, ToWarn
from notifications.messages import LastDay, Mark, Message, PersonName, link, mail

EndsOn = Annotated[date, Mark("dernier_jour", SOME_DAY, essential=True)]
AffiliationDue = Annotated[date | None, Mark("adhesion_due", date(2027, 2, 1), essential=True)]
EnrolmentAt = Annotated[str, Mark("lien_adhesion", "https://adhesion.example/")]  # "" where it is not done online
FormerName = Annotated[str, Mark("ancien_employeur", "Ateliers du Levant")]
NewName = Annotated[str, Mark("nouvel_employeur", "Comptoir du Nord", essential=True)]
TransferDay = Annotated[date, Mark("jour_du_transfert", SOME_DAY, essential=True)]
PeopleCount = Annotated[int, Mark("nombre", 12, essential=True)]
Stayed = Annotated[str, Mark("restes", "1 salarié reste à transférer\xa0: le centre de gestion s’en occupe.")]


@mail
class DispenseEndsSoon(AboutRequest, Message):
    """`advice`: what to do before the end, "" for nothing more; it names no motif."""

    kind = "dispense_ends_soon"
    label = "Fin de dispense proche"
    subject = "Votre dispense N°{number} prend fin le {ends_on:%d/%m/%Y}"
    person_name: PersonName
    number: Number
    ends_on: EndDay
    consequence: Consequence
    advice: Annotated[str, Mark("conseil", "Demandez dès maintenant le renouvellement de votre droit.", private=True)]
    follow_url: FollowUrl


@mail
class ConfirmationAsked(AboutRequest, Message):
    """`asked_by`: who asks, law or prudence; `silence`: what follows without an answer; `also`: that it ends soon."""

    kind = "confirmation_asked"
    label = "Confirmation annuelle demandée"
    subject = "Votre dispense N°{number} est à confirmer d’ici au {confirm_by:%d/%m/%Y}"
    person_name: PersonName
    number: Number
    confirm_by: LastDay
    asked_by: Annotated[str, Mark("qui_demande", "Votre assureur vous le demande chaque année.", private=True)]
    silence: Annotated[
        str, Mark("sans_reponse", "Sans réponse, votre dispense continue.", private=True, essential=True)
    ]
    also: Annotated[str, Mark("fin_proche", "Elle prend fin le 1er mars 2027.", private=True)]
    confirm_url: Annotated[str, link("lien_confirmation")]


@mail
class ProofToRenew(AboutRequest, Message):
    kind = "proof_to_renew"
    label = "Preuve annuelle à renouveler"
    subject = "Votre dispense N°{number} attend toujours votre confirmation"
    person_name: PersonName
    number: Number
    confirm_by: Annotated[date, Mark("date_limite", SOME_DAY)]
    confirm_url: Annotated[str, link("lien_confirmation")]


@mail
class ProofToCheck(AboutRequest, Message):
    kind = "proof_to_check"
    label = "Preuve annuelle à vérifier (correspondant)"
    subject = "Dispense N°{number} : preuve annuelle à vérifier"
    employee_name: EmployeeName
    employer_name: EmployerName
    number: Number
    confirm_by: Annotated[date, Mark("date_limite", SOME_DAY)]
    to_warn: ToWarn
    list_url: EmployeesUrl


@mail
class EmployeeToWarn(AboutRequest, Message):
    """`news`: what the employee could not be told, in a sentence."""

    kind = "employee_to_warn"
    label = "Salarié à prévenir (correspondant)"
    subject = "Dispense N°{number} : un salarié à prévenir par vous"
    employee_name: EmployeeName
    employer_name: EmployerName
    number: Number
    news: Annotated[str, Mark("nouvelle", "Sa dispense prend fin le 31 janvier 2027.", essential=True)]
    list_url: EmployeesUrl


@mail
class DispenseEndMoved(AboutRequest, Message):
    """The contract ends on another day, the dispense with it; `card`: what its length now asks for, or ""."""

    kind = "dispense_end_moved"
    label = "Fin de dispense déplacée avec le contrat"
    subject = "Votre dispense N°{number} va désormais jusqu’au {ends_on:%d/%m/%Y}"
    person_name: PersonName
    number: Number
    ends_on: EndDay
    card: Annotated[str, Mark("carte_demandee", "Votre contrat atteint douze mois.", private=True)]
    follow_url: FollowUrl


@mail
class EndMovedToCorrespondent(AboutRequest, Message):
    kind = "end_moved_to_correspondent"
    label = "Fin de dispense déplacée avec le contrat (correspondant)"
    subject = "Dispense N°{number} : nouvelle date de fin"
    employee_name: EmployeeName
    employer_name: EmployerName
    number: Number
    ends_on: EndDay
    to_warn: ToWarn
    list_url: EmployeesUrl


@mail
class CardLate(AboutRequest, Message):
    kind = "card_late"
    label = "Preuve attendue après douze mois de contrat (correspondant)"
    subject = "Dispense N°{number} : une preuve n’est pas arrivée"
    employee_name: EmployeeName
    employer_name: EmployerName
    number: Number
    card_by: Annotated[date, Mark("date_limite", SOME_DAY)]
    to_warn: ToWarn
    list_url: EmployeesUrl


@mail
class CardsLate(Message):
    """`numbers`: those of the dispenses, the first ones, in words."""

    kind = "cards_late"
    label = "Cartes non reçues (centre de gestion)"
    subject = "Deuxième regard : des cartes ne sont pas arrivées"
    person_name: PersonName
    count: Annotated[int, Mark("nombre", 2, essential=True)]
    numbers: Annotated[str, Mark("numeros", "N°20964 et N°21007")]
    desk_url: Annotated[str, link("lien_file")]


@mail
class SituationConfirmed(AboutRequest, Message):
    kind = "situation_confirmed"
    label = "Confirmation reçue"
    subject = "Votre dispense N°{number} est confirmée"
    person_name: PersonName
    number: Number
    confirmed_on: Annotated[date, Mark("date_confirmation", SOME_DAY)]
    confirm_by: Annotated[date | None, Mark("prochaine_confirmation", date(2028, 1, 31))]
    follow_url: FollowUrl


@mail
class EndAnnounced(AboutRequest, Message):
    kind = "end_announced"
    label = "Fin de dispense annoncée"
    subject = "Votre dispense N°{number} : dernier jour le {ends_on:%d/%m/%Y}"
    person_name: PersonName
    number: Number
    ends_on: EndsOn
    affiliation_due_on: AffiliationDue
    enrolment_at: EnrolmentAt
    follow_url: FollowUrl


@mail
class EndAnnouncedToCorrespondent(AboutRequest, Message):
    kind = "end_announced_to_correspondent"
    label = "Fin de dispense annoncée (correspondant)"
    subject = "Dispense N°{number} : dernier jour le {ends_on:%d/%m/%Y}"
    employee_name: EmployeeName
    employer_name: EmployerName
    number: Number
    ends_on: EndsOn
    affiliation_due_on: AffiliationDue
    list_url: EmployeesUrl


@mail
class ContractTransferred(Message):
    """To whoever passes with the contract; `requests`: what becomes of the dispense and of what was asked."""

    kind = "contract_transferred"
    label = "Contrat de travail transféré"
    subject = "Votre espace santé suit votre contrat de travail chez {new_name}"
    person_name: PersonName
    former_name: FormerName
    new_name: NewName
    day: TransferDay
    requests: Annotated[str, Mark("demandes", "Votre dispense N°20001 continue.", private=True, essential=True)]
    follow_url: FollowUrl


@mail
class EmployeesPassed(Message):
    kind = "employees_passed"
    label = "Salariés transférés à un autre employeur (correspondant)"
    subject = "{former_name} : salariés transférés à {new_name}"
    former_name: FormerName
    new_name: NewName
    day: TransferDay
    count: PeopleCount
    stayed: Stayed
    list_url: EmployeesUrl


@mail
class EmployeesArrived(Message):
    kind = "employees_arrived"
    label = "Salariés reçus d’un autre employeur (correspondant)"
    subject = "{new_name} : salariés venus de {former_name}"
    former_name: FormerName
    new_name: NewName
    day: TransferDay
    count: PeopleCount
    stayed: Stayed
    list_url: EmployeesUrl


BeginsOn = Annotated[date, Mark("premier_jour", SOME_DAY, essential=True)]
Still = Annotated[str, Mark("autre_dispense", "La dispense N°20963, qu’elle devait remplacer, continue.", private=True)]


@mail
class NeverBegins(AboutRequest, Message):
    """`begins_on`: the day on which it would have begun; `still`: what lets the employee off in its place, or ""."""

    kind = "never_begins"
    label = "Dispense qui ne commence pas"
    subject = "Votre dispense N°{number} ne commencera pas le {begins_on:%d/%m/%Y}"
    person_name: PersonName
    number: Number
    begins_on: BeginsOn
    still: Still
    affiliation_due_on: AffiliationDue
    enrolment_at: EnrolmentAt
    follow_url: FollowUrl


@mail
class NeverBeginsToCorrespondent(AboutRequest, Message):
    kind = "never_begins_to_correspondent"
    label = "Dispense qui ne commence pas (correspondant)"
    subject = "La dispense N°{number} ne commencera pas le {begins_on:%d/%m/%Y}"
    employee_name: EmployeeName
    employer_name: EmployerName
    number: Number
    begins_on: BeginsOn
    still: Still
    affiliation_due_on: AffiliationDue
    list_url: EmployeesUrl


@mail
class NotBegun(AboutRequest, Message):
    """The same, since the employer declared another contract of employment; nobody gave anything up."""

    kind = "not_begun"
    label = "Dispense qui ne commence pas, le contrat ayant changé"
    subject = "Votre dispense N°{number} ne commencera pas le {begins_on:%d/%m/%Y}"
    person_name: PersonName
    number: Number
    begins_on: BeginsOn
    still: Still
    affiliation_due_on: AffiliationDue
    enrolment_at: EnrolmentAt
    follow_url: FollowUrl


@mail
class NotBegunToCorrespondent(AboutRequest, Message):
    kind = "not_begun_to_correspondent"
    label = "Dispense qui ne commence pas, le contrat ayant changé (correspondant)"
    subject = "La dispense N°{number} ne commencera pas le {begins_on:%d/%m/%Y}"
    employee_name: EmployeeName
    employer_name: EmployerName
    number: Number
    begins_on: BeginsOn
    still: Still
    affiliation_due_on: AffiliationDue
    to_warn: ToWarn
    list_url: EmployeesUrl
