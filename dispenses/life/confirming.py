"""« Rien n’a changé »: once a year, the employee signs again what was declared, on the same request.

From ASKED_DAYS before the day asked for, and for as long as the proof is to be renewed. What is asked follows the
acte of the day; silence is for dispenses.life.confirmations.
"""

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Acte, User
from dispenses.enums import Yearly, YearlyPolicy
from dispenses.exceptions import Code, DispenseIncomplete, TransitionRefused
from dispenses.law.assessment import first_confirmation
from dispenses.law.yearly import asked_by
from dispenses.life import emails
from dispenses.life.confirmations import ASKED_DAYS, acte_on, due_before_end, policy_on, silent_since
from dispenses.models import Declaration, Dispense
from dispenses.request import contents, endings, history
from dispenses.request.sending import send_files, sign
from dispenses.request.transitions import apply, check, lock, refuse_over
from dispenses.workflow import GRANTED, Role, Status
from portal.lib.dates import ONE_DAY
from portal.lib.typography import long_day

UNCHANGED = (
    "Je confirme, le {day}, que rien n’a changé dans la situation déclarée pour ma dispense N°{number}, dont la "
    "dernière déclaration est du {signed}. Les réponses que j’avais données restent exactes.\n\n"
)
"""What is signed before the declaration as it is worded on that day."""


def opens_on(dispense: Dispense) -> date | None:
    """First day on which it may be confirmed; None when nothing is asked before its end, or another takes over."""
    if dispense.superseded_by_id:
        return None
    if dispense.unconfirmed_since:
        return dispense.unconfirmed_since
    due = due_before_end(dispense)
    return due - timedelta(days=ASKED_DAYS) if due else None


def may_confirm(dispense: Dispense, today: date) -> bool:
    """Whether the employee may confirm it on `today`: granted, not over, and its time has come."""
    opening = opens_on(dispense)
    return dispense.status == Status.ACCEPTED and not is_over(dispense, today) and bool(opening and opening <= today)


def is_over(dispense: Dispense, today: date) -> bool:
    """Whether the dispense has ended by `today`, be it written already or not."""
    last_day = last_covered(dispense, today)
    return dispense.status == Status.ENDED or (last_day is not None and last_day < today)


def last_covered(dispense: Dispense, today: date) -> date | None:
    """The last day of the dispense, that of a confirmation asked by the law and not given included."""
    late = dispense.confirm_by is not None and dispense.confirm_by < today
    by_law = dispense.motif is not None and dispense.motif.yearly == Yearly.LAW
    if late and by_law and (since := silent_since(dispense, today)):
        return min(since - ONE_DAY, dispense.ends_on or since)
    return dispense.ends_on


def check_time(dispense: Dispense, today: date) -> None:
    """Raises TransitionRefused, with the words, when the dispense is not to be confirmed on `today`."""
    refuse_over(dispense.employee.employer)
    if is_over(dispense, today):
        last_day = last_covered(dispense, today) or today
        raise TransitionRefused(f"Votre dispense a pris fin le {long_day(last_day)}.", code=Code.OVER)
    if may_confirm(dispense, today):
        return
    signed, opening = last_confirmed(dispense), opens_on(dispense)
    done = f"Votre confirmation est enregistrée depuis le {long_day(signed)}." if signed else ""
    if opening is None:
        nothing = "Aucune confirmation ne vous est demandée pour cette dispense."
        raise TransitionRefused(done or nothing, code=Code.NOTHING_AWAITED)
    later = f"Vous pourrez confirmer votre situation à partir du {long_day(opening)}."
    raise TransitionRefused(f"{done} {later}".strip(), code=Code.NOT_YET)


def last_confirmed(dispense: Dispense) -> date | None:
    """Day of the last « rien n’a changé », None before the first."""
    at = dispense.events.filter(transition="confirm").order_by("-at").values_list("at", flat=True).first()
    return timezone.localdate(at) if at else None


def lacking(dispense: Dispense, asked: YearlyPolicy) -> list[tuple[str, str]]:
    """What prevents the sending, as (code of the document, message): a document asked for is a new one."""
    if asked is not YearlyPolicy.DOCUMENT:
        return []
    new = dispense.justificatifs.filter(sent_at__isnull=True)
    pieces = contents.pieces(dispense, joined=new)
    lacks = [(piece.code, contents.lacking(piece)) for piece in pieces if piece.required and not piece.provided]
    if lacks or any(piece.provided for piece in pieces):
        return lacks
    return [(pieces[0].code, "Joignez un nouveau document, qui prouve votre situation")]


def declared_on(dispense: Dispense) -> date | None:
    """Day of the last declaration signed."""
    signed = dispense.declarations.order_by("-signed_at").values_list("signed_at", flat=True).first()
    return timezone.localdate(signed) if signed else None


def text(dispense: Dispense, today: date) -> str:
    """What is signed, word for word."""
    said = UNCHANGED.format(
        day=long_day(today), number=dispense.number, signed=long_day(declared_on(dispense) or today)
    )
    return said + contents.declaration_text(dispense)


def next_day(dispense: Dispense, acte: Acte | None, today: date) -> date | None:
    """When it will be to confirm again, once confirmed on `today`; None when nothing is asked before the end."""
    if dispense.motif is None:
        return None
    due = max(dispense.confirm_by or today, today)
    last_day, _ = endings.earliest(endings.of(dispense), but=endings.TAKEN_BACK)
    return first_confirmation(asked_by(dispense.motif, acte), due, last_day)


@transaction.atomic
def confirm(*, dispense: Dispense, user: User) -> Declaration:
    """Sign that nothing has changed, send what was joined, and acknowledge it by mail. Returns what was signed.

    Raises TransitionRefused (too early, done already, ended meanwhile) or DispenseIncomplete (a document is asked for).
    """
    locked, now = lock(dispense), timezone.now()
    today = timezone.localdate(now)
    check(locked, "confirm", Role.EMPLOYEE, "")
    check_time(locked, today)
    acte = locked.acte_of_its_day = acte_on(locked, today)  # what is signed names the acte of that day
    if lacks := lacking(locked, policy_on(locked, today)):
        raise DispenseIncomplete([("justificatifs", message) for _, message in lacks])
    declaration = sign(locked, user, now, effect=(GRANTED, locked.effective_on), text=text(locked, today))
    apply(
        locked,
        "confirm",
        role=Role.EMPLOYEE,
        user=user,
        at=now,
        files=send_files(locked, now),
        confirm_by=next_day(locked, acte, today),
        unconfirmed_since=None,
    )
    emails.confirmed(locked, declaration, due_before_end(locked))
    return declaration


def last_confirmation(dispense: Dispense) -> Declaration | None:
    """What was signed at the last « rien n’a changé », None before the first."""
    moved = dispense.events.filter(transition="confirm").order_by("-rank").first()
    if moved is None:
        return None
    before = [entry for entry in history.entries(dispense) if isinstance(entry, Declaration)]
    return next((entry for entry in reversed(before) if (entry.rank or 0) < (moved.rank or 0)), None)
