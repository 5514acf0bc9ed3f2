"""Mails of the life of a dispense: builds the room's messages and hands them to the outbox."""

from datetime import date

from django.utils import timezone

from accounts.services import tell_correspondents
from dispenses.enums import Yearly, YearlyPolicy
from dispenses.life import messages
from dispenses.life.calendars import CALENDAR, CALENDAR_TYPE, key_of
from dispenses.models import Declaration, Dispense
from dispenses.request.emails import consequence_for, to_warn
from dispenses.request.receipts import CONFIRMATION
from notifications.outbox import LaterAttachment, enqueue
from portal.lib.links import absolute, entrance
from portal.lib.typography import long_day

RENEWAL = (
    "Le droit sur lequel elle repose peut être renouvelé\xa0? Demandez dès maintenant ce renouvellement, puis envoyez "
    "une nouvelle demande de dispense avec la nouvelle attestation."
)
AGAIN = "Si vous êtes toujours dans un cas de dispense, envoyez une nouvelle demande avant cette date."
ASKED_BY = {
    Yearly.LAW: "La loi demande que vous justifiiez de votre situation chaque année "
    "(Code de la sécurité sociale, article R242-1-6).",
    Yearly.PRUDENCE: "Votre assureur vous demande, par prudence, de confirmer votre situation chaque année.",
}
SILENCE = {
    Yearly.LAW: "Sans réponse, votre dispense prend fin ce jour-là, et l’affiliation au contrat de votre entreprise "
    "est due dès le lendemain.",
    Yearly.PRUDENCE: "Sans réponse, votre dispense continue, et votre employeur est prévenu que la preuve est à "
    "renouveler.",
}
WHAT = {
    YearlyPolicy.UNCHANGED: "Si rien n’a changé, il suffit de le confirmer en ligne.",
    YearlyPolicy.DOCUMENT: "Si rien n’a changé, confirmez-le en ligne en joignant un document récent.",
}


def ends_soon(dispense: Dispense, step: str, *, renewal: bool) -> None:
    """Its end is near, with the day for a calendar; `renewal`: what it rests on may be renewed now.

    Without an account, the correspondents are told. Raises ValueError without an end.
    """
    if dispense.ends_on is None:
        raise ValueError("Une dispense sans fin ne finit pas bientôt.")
    if dispense.employee.user is None:
        news = f"Sa dispense prend fin le {long_day(dispense.ends_on)}."
        warn(dispense, news, _key(dispense, step, dispense.ends_on))
        return
    enqueue(
        messages.DispenseEndsSoon(
            person_name=dispense.employee.full_name,
            number=dispense.number,
            ends_on=dispense.ends_on,
            consequence=consequence_for(dispense, dispense.ends_on),
            advice=RENEWAL if renewal else AGAIN,
            follow_url=absolute(entrance("requests")),
        ),
        to=dispense.employee.user.email,
        dedup_key=_key(dispense, step, dispense.ends_on),
        attachment=_calendar(dispense),
    )


def confirmation_asked(
    dispense: Dispense, step: str, last_day: date, *, asker: Yearly, policy: YearlyPolicy, with_end: bool
) -> None:
    """It is to be confirmed until `last_day`; `with_end`: its own end is near too, and has its place in the mail."""
    if dispense.employee.user is None:
        news = f"Sa dispense est à confirmer au plus tard le {long_day(last_day)}."
        warn(dispense, news, _key(dispense, step, last_day))
        return
    ends_on = dispense.ends_on if with_end else None
    enqueue(
        messages.ConfirmationAsked(
            person_name=dispense.employee.full_name,
            number=dispense.number,
            confirm_by=last_day,
            asked_by=f"{ASKED_BY[asker]} {WHAT[policy]}",
            silence=SILENCE[asker],
            also=f"Elle prend fin le {long_day(ends_on)}. {consequence_for(dispense, ends_on)}" if ends_on else "",
            confirm_url=_confirm_url(dispense),
        ),
        to=dispense.employee.user.email,
        dedup_key=_key(dispense, step, last_day),
        attachment=_calendar(dispense) if ends_on else None,
    )


def proof_to_renew(dispense: Dispense, last_day: date) -> None:
    """The confirmation asked by prudence until `last_day` was not given: to the employee and to the correspondents."""
    key = f"proof-to-renew:{dispense.number}:{last_day}"
    if dispense.employee.user:
        enqueue(
            messages.ProofToRenew(
                person_name=dispense.employee.full_name,
                number=dispense.number,
                confirm_by=last_day,
                confirm_url=_confirm_url(dispense),
            ),
            to=dispense.employee.user.email,
            dedup_key=key,
        )
    tell_correspondents(
        dispense.employee.employer,
        messages.ProofToCheck(
            employee_name=dispense.employee.full_name,
            employer_name=dispense.employee.employer.name,
            number=dispense.number,
            confirm_by=last_day,
            to_warn=to_warn(dispense),
            list_url=absolute(entrance("employees")),
        ),
        key=key,
    )


def warn(dispense: Dispense, news: str, key: str) -> None:
    """Nobody could tell the employee: the correspondents are asked to."""
    tell_correspondents(
        dispense.employee.employer,
        messages.EmployeeToWarn(
            employee_name=dispense.employee.full_name,
            employer_name=dispense.employee.employer.name,
            number=dispense.number,
            news=news,
            list_url=absolute(entrance("employees")),
        ),
        key=f"to-warn:{key}",
    )


def _key(dispense: Dispense, step: str, target: date) -> str:
    return f"life:{dispense.number}:{step}:{target}"


def _calendar(dispense: Dispense) -> LaterAttachment:
    return LaterAttachment(
        name=f"fin-de-dispense-{dispense.number}.ics",
        mimetype=CALENDAR_TYPE,
        maker=CALENDAR,
        key=key_of(dispense, timezone.localdate()),
    )


def _confirm_url(dispense: Dispense) -> str:
    """The page that confirms the dispense."""
    return absolute(entrance("confirm", str(dispense.number)))


def end_moved(dispense: Dispense, ends_on: date, *, card_by: date | None) -> None:
    """The contract, and the dispense with it, end on another day; `card_by`: until when the card is awaited, if so."""
    employee = dispense.employee
    key = f"end-moved:{dispense.number}:{dispense.events.filter(transition='date_end').count()}"
    if employee.user:
        card = (
            "Votre contrat atteint ainsi douze mois en tout\xa0: la dispense demande désormais la preuve que vous êtes "
            f"couvert par ailleurs. Envoyez d’ici au {long_day(card_by)} une nouvelle demande, pour un contrat de "
            "douze mois ou plus, avec votre carte de mutuelle."
            if card_by
            else ""
        )
        enqueue(
            messages.DispenseEndMoved(
                person_name=employee.full_name,
                number=dispense.number,
                ends_on=ends_on,
                card=card,
                follow_url=absolute(entrance("requests")),
            ),
            to=employee.user.email,
            dedup_key=key,
        )
    tell_correspondents(
        employee.employer,
        messages.EndMovedToCorrespondent(
            employee_name=employee.full_name,
            employer_name=employee.employer.name,
            number=dispense.number,
            ends_on=ends_on,
            to_warn=to_warn(dispense),
            list_url=absolute(entrance("employees")),
        ),
        key=key,
    )


def _address(dispense: Dispense) -> str:
    if dispense.employee.user is None:
        raise ValueError("Une demande appartient à un salarié qui a un compte.")
    return dispense.employee.user.email


def confirmed(dispense: Dispense, declaration: Declaration, confirm_by: date | None) -> None:
    """Acknowledgement of « rien n’a changé », until the next one; its PDF is made when the mail leaves."""
    enqueue(
        messages.SituationConfirmed(
            person_name=dispense.employee.full_name,
            number=dispense.number,
            confirmed_on=timezone.localdate(declaration.signed_at),
            confirm_by=confirm_by,
            follow_url=absolute(entrance("requests")),
        ),
        to=_address(dispense),
        dedup_key=f"situation-confirmed:{declaration.pk}",
        attachment=LaterAttachment(
            name=f"confirmation-{dispense.number}.pdf",
            mimetype="application/pdf",
            maker=CONFIRMATION,
            key=str(declaration.pk),
        ),
    )
