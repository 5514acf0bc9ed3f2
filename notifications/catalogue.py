"""Every e-mail of the portal, one frozen dataclass each: its kind, its typed context, its button.

Wording: templates/emails/<kind>.html and .txt, subjects here. No motif and nothing about health in any of them.
"""

import json
from dataclasses import dataclass, fields
from datetime import date
from typing import ClassVar, get_type_hints

from notifications.enums import EmailKind


@dataclass(frozen=True)
class Message:
    """Base of the catalogue. `sensitive`: the body carries a secret, encrypted while it waits, blanked once sent."""

    kind: ClassVar[EmailKind]
    subject: ClassVar[str]
    sensitive: ClassVar[bool] = False


@dataclass(frozen=True)
class Invitation(Message):
    kind = EmailKind.INVITATION
    subject = "{employer_name} vous invite à activer votre espace santé"
    sensitive = True
    person_name: str
    employer_name: str
    activation_url: str
    sign_in_url: str
    expires_on: date


@dataclass(frozen=True)
class InvitationReminder(Message):
    kind = EmailKind.INVITATION_REMINDER
    subject = "Rappel : activez votre espace santé avant le {expires_on:%d/%m/%Y}"
    sensitive = True
    person_name: str
    employer_name: str
    activation_url: str
    sign_in_url: str
    expires_on: date
    days_left: int


@dataclass(frozen=True)
class ActivationCode(Message):
    kind = EmailKind.ACTIVATION_CODE
    subject = "Votre code de confirmation"
    sensitive = True
    person_name: str
    code: str
    minutes: int


@dataclass(frozen=True)
class AddressAlreadyUsed(Message):
    kind = EmailKind.ADDRESS_ALREADY_USED
    subject = "Vous avez déjà un compte"
    person_name: str
    employer_name: str
    sign_in_url: str


@dataclass(frozen=True)
class AccountOpened(Message):
    kind = EmailKind.ACCOUNT_OPENED
    subject = "Votre compte est ouvert"
    person_name: str
    identifier: str
    sign_in_url: str


@dataclass(frozen=True)
class PasswordReset(Message):
    kind = EmailKind.PASSWORD_RESET
    subject = "Choisissez un nouveau mot de passe"
    sensitive = True
    person_name: str
    reset_url: str
    hours: int


@dataclass(frozen=True)
class PasswordChanged(Message):
    kind = EmailKind.PASSWORD_CHANGED
    subject = "Votre mot de passe a été modifié"
    person_name: str
    contact_email: str


@dataclass(frozen=True)
class SecondFactorSet(Message):
    kind = EmailKind.SECOND_FACTOR_SET
    subject = "Un second facteur protège votre compte"
    person_name: str
    contact_email: str


@dataclass(frozen=True)
class SecondFactorReset(Message):
    kind = EmailKind.SECOND_FACTOR_RESET
    subject = "Votre second facteur est réinitialisé"
    person_name: str
    sign_in_url: str
    contact_email: str


@dataclass(frozen=True)
class RecoveryCodeUsed(Message):
    kind = EmailKind.RECOVERY_CODE_USED
    subject = "Un code de secours vient de servir"
    person_name: str
    codes_left: int
    contact_email: str


@dataclass(frozen=True)
class NotActivatedYet(Message):
    kind = EmailKind.NOT_ACTIVATED_YET
    subject = "Votre compte n’est pas encore activé"
    person_name: str
    employer_name: str


@dataclass(frozen=True)
class CorrespondentWelcome(Message):
    kind = EmailKind.CORRESPONDENT_WELCOME
    subject = "Votre espace correspondant pour {employer_name}"
    sensitive = True
    person_name: str
    employer_name: str
    set_password_url: str
    sign_in_url: str
    hours: int


@dataclass(frozen=True)
class StaffWelcome(Message):
    kind = EmailKind.STAFF_WELCOME
    subject = "Votre compte du centre de gestion"
    sensitive = True
    person_name: str
    set_password_url: str
    sign_in_url: str
    hours: int


@dataclass(frozen=True)
class EmployeeActivated(Message):
    kind = EmailKind.EMPLOYEE_ACTIVATED
    subject = "{employee_name} a activé son compte"
    employee_name: str
    employer_name: str
    list_url: str


@dataclass(frozen=True)
class CorrespondentDigest(Message):
    kind = EmailKind.CORRESPONDENT_DIGEST
    subject = "{employer_name} : ce qui s’est passé depuis le {since:%d/%m/%Y}"
    person_name: str
    employer_name: str
    since: date
    activated: int
    submitted: int
    decided: int
    asked: int
    expired: int
    list_url: str
    stop_url: str


@dataclass(frozen=True)
class NotMe(Message):
    kind = EmailKind.NOT_ME
    subject = "Une invitation est arrivée à la mauvaise personne"
    employee_name: str
    employer_name: str
    list_url: str


@dataclass(frozen=True)
class NewLinkRequested(Message):
    kind = EmailKind.NEW_LINK_REQUESTED
    subject = "{employee_name} demande un nouveau lien d’activation"
    employee_name: str
    employer_name: str
    list_url: str


@dataclass(frozen=True)
class DecisionToCorrespondent(Message):
    kind = EmailKind.DECISION_TO_CORRESPONDENT
    subject = "Dispense N°{number} {decision}"
    employee_name: str
    employer_name: str
    number: int
    decision: str
    list_url: str


@dataclass(frozen=True)
class DispenseReceived(Message):
    kind = EmailKind.DISPENSE_RECEIVED
    subject = "Votre demande de dispense N°{number} est enregistrée"
    person_name: str
    number: int
    created_on: date
    follow_url: str


@dataclass(frozen=True)
class ComplementRequested(Message):
    kind = EmailKind.COMPLEMENT_REQUESTED
    subject = "Votre demande N°{number} est à compléter"
    person_name: str
    number: int
    message: str
    follow_url: str


@dataclass(frozen=True)
class ComplementReminder(Message):
    kind = EmailKind.COMPLEMENT_REMINDER
    subject = "Rappel : votre demande N°{number} est à compléter"
    person_name: str
    number: int
    asked_on: date
    follow_url: str


@dataclass(frozen=True)
class ComplementReceived(Message):
    kind = EmailKind.COMPLEMENT_RECEIVED
    subject = "Votre complément pour la demande N°{number} est arrivé"
    person_name: str
    number: int
    follow_url: str


@dataclass(frozen=True)
class JustificatifInfected(Message):
    """`what_to_do`: a sentence; the file's name stays out, it may tell of one's health."""

    kind = EmailKind.JUSTIFICATIF_INFECTED
    subject = "Un document de votre demande est à remplacer"
    person_name: str
    number: int
    what_to_do: str
    follow_url: str


@dataclass(frozen=True)
class DispenseAccepted(Message):
    kind = EmailKind.DISPENSE_ACCEPTED
    subject = "Votre dispense N°{number} est acceptée"
    person_name: str
    number: int
    ends_on: date | None
    follow_url: str


@dataclass(frozen=True)
class DispenseRefused(Message):
    kind = EmailKind.DISPENSE_REFUSED
    subject = "Décision sur votre demande N°{number}"
    person_name: str
    number: int
    follow_url: str


@dataclass(frozen=True)
class DispenseWithdrawn(Message):
    kind = EmailKind.DISPENSE_WITHDRAWN
    subject = "Votre demande N°{number} est annulée"
    person_name: str
    number: int
    follow_url: str


@dataclass(frozen=True)
class DispenseReopened(Message):
    kind = EmailKind.DISPENSE_REOPENED
    subject = "Votre demande N°{number} est rouverte"
    person_name: str
    number: int
    follow_url: str


@dataclass(frozen=True)
class DispenseEnded(Message):
    kind = EmailKind.DISPENSE_ENDED
    subject = "Votre dispense N°{number} a pris fin"
    person_name: str
    number: int
    follow_url: str


@dataclass(frozen=True)
class PackReady(Message):
    kind = EmailKind.PACK_READY
    subject = "Votre dossier de preuves est prêt"
    employer_name: str
    period: str
    expires_on: date
    packs_url: str


ALL: tuple[type[Message], ...] = (
    Invitation,
    InvitationReminder,
    ActivationCode,
    AddressAlreadyUsed,
    AccountOpened,
    PasswordReset,
    PasswordChanged,
    SecondFactorSet,
    SecondFactorReset,
    RecoveryCodeUsed,
    NotActivatedYet,
    CorrespondentWelcome,
    StaffWelcome,
    EmployeeActivated,
    CorrespondentDigest,
    NotMe,
    NewLinkRequested,
    DecisionToCorrespondent,
    DispenseReceived,
    ComplementRequested,
    ComplementReminder,
    ComplementReceived,
    JustificatifInfected,
    DispenseAccepted,
    DispenseRefused,
    DispenseWithdrawn,
    DispenseReopened,
    DispenseEnded,
    PackReady,
)


def dump(message: Message) -> str:
    """The values of a message as JSON, so that it can be written now and rendered later."""
    values = {field.name: getattr(message, field.name) for field in fields(message)}
    return json.dumps(values, default=date.isoformat, ensure_ascii=False)


def load(kind: str, values: str) -> Message:
    """The message whose `dump` is `values`. Raises ValueError or TypeError when its fields have changed since."""
    found = next(message for message in ALL if message.kind == kind)
    hints = get_type_hints(found)
    read = json.loads(values)
    return found(**{name: date.fromisoformat(value) if hints[name] is date else value for name, value in read.items()})
