"""The mails about a request: it is received, it lacks something, it is decided, it ends."""

from datetime import date
from typing import Annotated

from accounts.messages import EmployeeName, EmployeesUrl, EmployerName
from dispenses.documents.messages import AboutRequest, FollowUrl, Number
from notifications.messages import LastDay, Mark, Message, PersonName, mail

SOME_DAY = date(2027, 1, 31)
EndDay = Annotated[date, Mark("date_fin", SOME_DAY)]
Consequence = Annotated[
    str,
    Mark("suite", "L’affiliation au contrat de l’entreprise est due à compter du 1er février 2027.", essential=True),
]
ToWarn = Annotated[str, Mark("a_prevenir", "À prévenir par vous\xa0: le portail n’a pas pu lui écrire.")]
ComplementText = Annotated[
    str,
    Mark("message", "Le document reçu est illisible.\nJoignez une autre photo.", private=True, essential=True),
]


@mail
class DispenseReceived(AboutRequest, Message):
    kind = "dispense_received"
    label = "Accusé de réception"
    subject = "Votre demande de dispense N°{number} est enregistrée"
    person_name: PersonName
    number: Number
    created_on: Annotated[date, Mark("date_creation", SOME_DAY)]
    follow_url: FollowUrl
    answer_by: Annotated[date | None, Mark("date_reponse", SOME_DAY)] = None  # unknown to older mails that wait


@mail
class DraftEnding(AboutRequest, Message):
    kind = "draft_ending"
    label = "Brouillon bientôt effacé"
    subject = "Votre brouillon de demande sera bientôt effacé"
    person_name: PersonName
    number: Number
    last_day: LastDay
    follow_url: FollowUrl


@mail
class ComplementRequested(AboutRequest, Message):
    kind = "complement_requested"
    label = "Complément demandé"
    subject = "Votre demande N°{number} est à compléter"
    person_name: PersonName
    number: Number
    message: ComplementText
    follow_url: FollowUrl


@mail
class ComplementReminder(AboutRequest, Message):
    kind = "complement_reminder"
    label = "Rappel de complément"
    subject = "Rappel : votre demande N°{number} est à compléter"
    person_name: PersonName
    number: Number
    asked_on: Annotated[date, Mark("date_demande", SOME_DAY)]
    follow_url: FollowUrl


@mail
class ComplementReceived(AboutRequest, Message):
    kind = "complement_received"
    label = "Complément reçu"
    subject = "Votre complément pour la demande N°{number} est arrivé"
    person_name: PersonName
    number: Number
    follow_url: FollowUrl


@mail
class DispenseAccepted(AboutRequest, Message):
    kind = "dispense_accepted"
    label = "Dispense acceptée"
    subject = "Votre dispense N°{number} est acceptée"
    person_name: PersonName
    number: Number
    ends_on: Annotated[date | None, Mark("date_fin", SOME_DAY)]
    follow_url: FollowUrl
    effective_on: Annotated[date | None, Mark("date_debut", SOME_DAY)] = None  # unknown to older mails that wait


@mail
class DispenseRefused(AboutRequest, Message):
    kind = "dispense_refused"
    label = "Dispense refusée"
    subject = "Décision sur votre demande N°{number}"
    person_name: PersonName
    number: Number
    follow_url: FollowUrl


@mail
class DecisionToCorrespondent(AboutRequest, Message):
    """`group`: what an employer may know of the motif; `to_check`: what the decision asks of the employer, if anything.

    All that a refusal has is the first five.
    """

    kind = "decision_to_correspondent"
    label = "Décision (correspondant)"
    subject = "Dispense N°{number} {decision}"
    employee_name: EmployeeName
    employer_name: EmployerName
    number: Number
    decision: Annotated[str, Mark("decision", "acceptée", essential=True)]
    list_url: EmployeesUrl
    group: Annotated[str, Mark("categorie", "Couvert par ailleurs", private=True)] = ""
    effective_on: Annotated[date | None, Mark("date_debut", SOME_DAY)] = None
    ends_on: Annotated[date | None, Mark("date_fin", SOME_DAY)] = None
    to_check: Annotated[str, Mark("a_verifier", "Versement santé dû (L911-7-1), à vérifier.", private=True)] = ""


@mail
class DispenseReopened(AboutRequest, Message):
    kind = "dispense_reopened"
    label = "Demande rouverte"
    subject = "Votre demande N°{number} est rouverte"
    person_name: PersonName
    number: Number
    follow_url: FollowUrl


@mail
class DispenseWithdrawn(AboutRequest, Message):
    kind = "dispense_withdrawn"
    label = "Demande annulée"
    subject = "Votre demande N°{number} est annulée"
    person_name: PersonName
    number: Number
    follow_url: FollowUrl


@mail
class DispenseEnded(AboutRequest, Message):
    """`enrolment`: where to join, in a sentence; `cases`: what the law opens to this employee, a line each."""

    kind = "dispense_ended"
    label = "Dispense échue"
    subject = "Votre dispense N°{number} a pris fin"
    person_name: PersonName
    number: Number
    ends_on: EndDay
    consequence: Consequence
    enrolment: Annotated[str, Mark("adhesion", "Pour adhérer\xa0: https://adhesion.exemple.fr/", private=True)]
    cases: Annotated[str, Mark("cas_ouverts", "– Autre employeur du salarié", private=True)]
    follow_url: FollowUrl


@mail
class AffiliationDue(AboutRequest, Message):
    kind = "affiliation_due"
    label = "Dispense échue (correspondant)"
    subject = "La dispense N°{number} a pris fin le {ends_on:%d/%m/%Y}"
    employee_name: EmployeeName
    employer_name: EmployerName
    number: Number
    ends_on: EndDay
    consequence: Consequence
    to_warn: ToWarn
    list_url: EmployeesUrl


@mail
class DispenseReinstated(AboutRequest, Message):
    """`until`: until when, in words; « sans date de fin connue » otherwise."""

    kind = "dispense_reinstated"
    label = "Fin annulée"
    subject = "Votre dispense N°{number} est rétablie"
    person_name: PersonName
    number: Number
    until: Annotated[str, Mark("jusqu_a", "jusqu’au 31 janvier 2027", essential=True)]
    follow_url: FollowUrl


@mail
class ReinstatedToCorrespondent(AboutRequest, Message):
    kind = "reinstated_to_correspondent"
    label = "Fin annulée (correspondant)"
    subject = "La dispense N°{number} est rétablie"
    employee_name: EmployeeName
    employer_name: EmployerName
    number: Number
    until: Annotated[str, Mark("jusqu_a", "jusqu’au 31 janvier 2027", essential=True)]
    to_warn: ToWarn
    list_url: EmployeesUrl
