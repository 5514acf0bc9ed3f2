"""A short contract prolonged to twelve months in all: the card that shows another cover is asked for, once.

From there the law wants that proof (Code de la sécurité sociale, art. R242-1-6, 2° a), with a new request. Nothing ends
by itself: without one after CARD_WITHIN, the correspondents and the centre are told, and the centre looks at it again.
"""

from datetime import date, datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import insured
from dispenses import parties
from dispenses.law.codes import MotifCode
from dispenses.law.numbers import LONG_CONTRACT, lasts
from dispenses.life import card_emails
from dispenses.models import Dispense, LifeStep
from dispenses.request import looks
from dispenses.request.permissions import reviewers
from dispenses.workflow import SENT_OPEN

BATCH = 500
CARD_ASKED = "card_asked"
CARD_LATE = "card_late"
CARD_WITHIN = timedelta(days=30)


def follow(dispense: Dispense, until: date, at: datetime) -> date | None:
    """The contract of the locked dispense now goes on `until`: the day before which its card is asked for.

    None unless it has to be asked now. A contract cut back below twelve months asks for nothing any more; prolonged
    again, it awaits the same card until the day already told, or a new one once that day is past.
    """
    if not _is_short(dispense):
        return None
    since, today = dispense.hired_on or dispense.employee.hired_on, timezone.localdate(at)
    if not lasts(since, until, LONG_CONTRACT):
        _await(dispense, None)
        return None
    asked = dispense.steps.filter(step=CARD_ASKED).order_by("-target").values_list("target", flat=True).first()
    if asked and dispense.steps.filter(step=looks.LOOKED_CARD, target=asked).exists():
        _await(dispense, None)
        return None
    if asked and (asked >= today or dispense.look_card_by == asked):
        _await(dispense, asked)
        return None
    if dispense.superseded_by_id:
        return None
    target = today + CARD_WITHIN
    LifeStep.objects.create(dispense=dispense, step=CARD_ASKED, target=target, told_at=at)
    _await(dispense, target)
    return target


def _await(dispense: Dispense, card_by: date | None) -> None:
    if dispense.look_card_by == card_by:
        return
    said = looks.moved(dispense, look_card_by=card_by)
    for name, day in said.items():
        setattr(dispense, name, day)
    dispense.save(update_fields=[*said])


def _is_short(dispense: Dispense) -> bool:
    return dispense.motif is not None and dispense.motif.code == MotifCode.CDD_MOINS_12_MOIS


@shared_task(name="dispenses.tasks.tell_late_cards")
def tell_late_cards(today: date | None = None) -> int:
    """Tell of the cards that were to come before `today` (Europe/Paris), each once. Returns how many.

    A new request that is examined is an answer, as long as it is.
    """
    today = today or timezone.localdate()
    told, last = 0, 0
    while batch := list(_late(today).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        last = batch[-1]
        told += _tell(batch, today)
    return told


def _late(today: date) -> QuerySet[Dispense]:
    told = LifeStep.objects.filter(dispense=OuterRef("pk"), step=CARD_LATE, target=OuterRef("look_card_by"))
    answered = Dispense.objects.filter(employee=OuterRef("employee"), status__in=SENT_OPEN)
    lasting = Q(ends_on__isnull=True) | Q(ends_on__gte=today)
    insurer = insured(today, "employee__employer__")
    due = Dispense.objects.filter(looks.WANTED, insurer, lasting, look_on__lt=today, look_card_by__lt=today)
    return due.exclude(Exists(told)).exclude(Exists(answered))


@transaction.atomic
def _tell(numbers: list[int], today: date) -> int:
    """A mail to the correspondents for each, and one to each person of the centre for all: together, or not at all."""
    rows = Dispense.objects.select_for_update(of=("self",)).select_related("employee__employer", "employee__user")
    late = [
        dispense
        for dispense in rows.filter(pk__in=numbers).filter(pk__in=_late(today)).order_by("pk")
        if dispense.look_card_by and _is_new(dispense, dispense.look_card_by)
    ]
    for dispense in late:
        card_emails.card_late(dispense)
    if late:
        _tell_centre([dispense.number for dispense in late], today)
    return len(late)


def _is_new(dispense: Dispense, card_by: date) -> bool:
    return LifeStep.objects.get_or_create(dispense=dispense, step=CARD_LATE, target=card_by)[1]


def _tell_centre(numbers: list[int], today: date) -> None:
    """Whoever examines requests, of those to which they are no party."""
    for person in reviewers():
        theirs = Dispense.objects.filter(pk__in=numbers).exclude(parties.interests(person).of_requests())
        if shown := list(theirs.order_by("pk").values_list("pk", flat=True)):
            card_emails.cards_late(person, shown, today)
