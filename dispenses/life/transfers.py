"""A company, or one of its establishments, passes to another employer: contracts go on (Code du travail, art. L1224-1).

The dispense is kept, with the same request: nothing ends, nothing is asked anew. What the acte of the new employer does
not open is a list for the centre, which decides (docs/adr/0066-transfer-of-a-company.md).
"""

import logging
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from celery import shared_task
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.exceptions import AlreadyPreAffiliated
from accounts.models import Employee, Employer, User, insured
from accounts.read_only import read_only_words
from accounts.services import employment
from accounts.services.transferring import transfer_employee
from dispenses.exceptions import Code, TransferRefused
from dispenses.life import transfer_emails, transfer_look
from dispenses.life.transfer_scope import carried, passing
from dispenses.models import Dispense, TimelineEvent, Transfer, TransferredDispense
from dispenses.queue import rows, standing
from dispenses.request import history, looks
from dispenses.request.transitions import SYSTEM_LABEL, lock
from dispenses.workflow import PASSED, Role, Status
from portal.lib import leases
from portal.lib.commits import after_commit
from portal.lib.dates import start_of_day
from portal.lib.hints import hint
from portal.lib.leases import Held, LeaseLost
from portal.lib.typography import of, short_day

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
RUN_SECONDS = 120  # then the next sweep goes on
PIECE = 100  # employees read at a time; each passes in a transaction of its own
WITHIN = timedelta(days=366)  # of today, a transfer may be told
AT_THE_SAME_INSTANT = "Quelqu’un y a été déclaré au même instant sous ce matricule ou cette adresse."


class _NotPassing(Exception):
    """Somebody who left, or passed, since the list was read."""


# Planning


@transaction.atomic
def plan(*, former: Employer, new: Employer, day: date, establishment: str, by: User) -> Transfer:
    """Write a transfer down; a worker applies it on its day, at once when that day has come. Raises TransferRefused."""
    check(former, new, day, establishment)
    try:
        with transaction.atomic():
            made = Transfer.objects.create(former=former, new=new, day=day, establishment=establishment, planned_by=by)
    except IntegrityError as error:
        raise TransferRefused(
            "Un transfert de ces salariés attend déjà son jour\xa0: annulez-le d’abord.", code=Code.TRANSFER_WAITING
        ) from error
    after_commit(hint, work, made.pk)
    return made


def check(former: Employer, new: Employer, day: date, establishment: str) -> None:
    """Raises TransferRefused, with its field, for a transfer that cannot be planned."""
    if former == new:
        raise TransferRefused(
            "Le nouvel employeur est le même\xa0: choisissez-en un autre", code=Code.SAME_EMPLOYER, field="new"
        )
    if abs(day - timezone.localdate()) > WITHIN:
        raise TransferRefused("Indiquez un jour à moins d’un an d’aujourd’hui", code=Code.DAY_TOO_FAR, field="day")
    if new.insured_until and not_insured(new, day, timezone.localdate()):
        words = read_only_words(new) or (
            f"Le contrat {of(new.name)} avec l’assureur prend fin le {short_day(new.insured_until)}\xa0: choisissez un "
            "jour qui ne le suit pas, ou faites d’abord prolonger ce contrat"
        )
        raise TransferRefused(words, code=Code.CONTRACT_OVER, field="new")
    if not passing(former, day, establishment).exists():
        where = " dans cet établissement" if establishment else ""
        raise TransferRefused(
            f"Aucun salarié {of(former.name)} n’y travaille ce jour-là{where}",
            code=Code.NOBODY_TO_MOVE,
            field="establishment" if establishment else "former",
        )


def not_insured(new: Employer, day: date, today: date) -> bool:
    """Whether a transfer of that `day` waits, the insurer's contract of its new employer being over by then."""
    return new.is_read_only(max(day, today))


def cancel(transfer: Transfer) -> None:
    """Forget a transfer of which nothing was done. Raises TransferRefused once it has begun."""
    waiting = Transfer.objects.filter(pk=transfer.pk, finished_at__isnull=True, cancelled_at__isnull=True)
    if not waiting.filter(position=0, leased_until__isnull=True).update(cancelled_at=timezone.now()):
        raise TransferRefused("Ce transfert a commencé, ou il est déjà annulé.", code=Code.TRANSFER_BEGUN)


def take_up(transfer: Transfer) -> None:
    """Look again at those who stayed, once what kept them there is corrected. Raises TransferRefused without any."""
    over = Transfer.objects.filter(pk=transfer.pk, finished_at__isnull=False, cancelled_at__isnull=True)
    try:
        with transaction.atomic():
            again = over.exclude(left_out=[]).update(finished_at=None, position=0, left_out=[])
    except IntegrityError:  # another transfer of the same people waits
        again = 0
    if not again:
        raise TransferRefused("Il ne reste personne à reprendre.", code=Code.TRANSFER_BEGUN)
    hint(work, transfer.pk)


# Applying


def _due(today: date | None = None) -> QuerySet[Transfer]:
    """Those whose day has come, the new employer having the insurer's contract."""
    today = today or timezone.localdate()
    waiting = Transfer.objects.filter(finished_at__isnull=True, cancelled_at__isnull=True, day__lte=today)
    return waiting.filter(insured(today, "new__")).select_related("former", "new")


@shared_task(name="dispenses.tasks.sweep_transfers")
def sweep() -> int:
    """Begin the transfers of the day, take up those whose worker died. Returns how many."""
    return leases.sweep(leases.due(_due()).order_by("pk"), work, most=20, seconds=RUN_SECONDS)


@shared_task(name="dispenses.tasks.work_on_transfer")
def work(pk: int) -> None:
    """Do what is left of one transfer, if nobody holds it: each person in a transaction of their own."""
    held = leases.take(_due(), pk, lease=LEASE)
    if held is None:
        return
    end = time.monotonic() + RUN_SECONDS
    try:
        for employee_id in _left(held.row):
            _pass(held, employee_id)
            if time.monotonic() > end:
                held.give_back()
                return
        _finish(held)
    except LeaseLost:
        logger.warning("Transfert %s : repris par un autre processus", pk)


def _left(transfer: Transfer) -> Iterator[int]:
    """Keys of those who were not looked at yet, in order, a piece in memory at a time."""
    last = transfer.position
    here = passing(transfer.former, transfer.day, transfer.establishment).order_by("pk")
    while piece := list(here.filter(pk__gt=last).values_list("pk", flat=True)[:PIECE]):
        yield from piece
        last = piece[-1]


def _pass(held: Held[Transfer], employee_id: int) -> None:
    """Have one person pass, or write down why they stay; the position moves with them."""
    transfer = held.row
    try:
        with held.step(position=employee_id, moved=F("moved") + 1):
            _transfer(transfer, employee_id, timezone.now())
    except _NotPassing:
        held.renew(position=employee_id)
    except (AlreadyPreAffiliated, IntegrityError) as refusal:
        if isinstance(refusal, IntegrityError):
            logger.warning("Transfert %s, salarié %s : %s", transfer.pk, employee_id, type(refusal).__name__)
        why = str(refusal) if isinstance(refusal, AlreadyPreAffiliated) else AT_THE_SAME_INSTANT
        stays = Employee.objects.get(pk=employee_id)
        line = [stays.pk, stays.full_name, stays.matricule, why]
        held.renew(position=employee_id, left_out=[*transfer.left_out, line])


def _transfer(transfer: Transfer, employee_id: int, at: datetime) -> None:
    """The employee's row at the new employer, with what goes on there. Raises AlreadyPreAffiliated, _NotPassing."""
    employment.hold(employee_id)
    locked = Employee.objects.select_for_update(of=("self",), no_key=True).select_related("employer", "user")
    here = passing(transfer.former, transfer.day, transfer.establishment)
    if not here.filter(pk=employee_id).exists():
        raise _NotPassing
    former = locked.get(pk=employee_id)
    there = transfer_employee(former, transfer.new, transfer.day, at)
    requests = list(Dispense.objects.filter(carried(transfer.day), employee=employee_id).order_by("pk"))
    for dispense in requests:
        _carry(transfer, lock(dispense), former, there, at)
    standing.record(Employee.objects.filter(pk__in=[former.pk, there.pk]))
    transfer_emails.tell_employee(transfer, there, [one for one in requests if one.status != Status.DRAFT])


def _carry(transfer: Transfer, dispense: Dispense, former: Employee, there: Employee, at: datetime) -> None:
    """The locked request is the new row's from now on; its status stays, its history says why."""
    dispense.employee = there
    changed: list[str] = ["employee", "updated_at"]
    if dispense.look_on:  # what the former acte closed is no matter of the new one's
        here = looks.moved(dispense, look_acte_on=None, look_transfer_on=None)
        for name, day in here.items():
            setattr(dispense, name, day)
        changed += here
    if dispense.status != Status.DRAFT:
        since = start_of_day(transfer.day)
        TransferredDispense.objects.create(
            dispense=dispense, transfer=transfer, former=former, day=transfer.day, since=since
        )
        history.append(dispense, _line(transfer, dispense, at))
        changed += history.SEALED
    dispense.save(update_fields=changed)
    rows.record(dispense, at=at, role=Role.SYSTEM)


def _line(transfer: Transfer, dispense: Dispense, at: datetime) -> TimelineEvent:
    said = f"Le contrat de travail se poursuit chez {transfer.new.name} à compter du {short_day(transfer.day)}."
    return TimelineEvent(
        transition=PASSED,
        from_status=dispense.status,
        to_status=dispense.status,
        at=at,
        actor_label=SYSTEM_LABEL,
        comment=said,
    )


def _finish(held: Held[Transfer]) -> None:
    """The last person is looked at: both employers' correspondents are told, once for each end."""
    with transaction.atomic():
        held.finish(finished_at=timezone.now())
        transfer = Transfer.objects.select_related("former", "new").get(pk=held.row.pk)
        transfer_look.record(transfer, timezone.localdate())
        transfer_emails.tell_correspondents_of(transfer)
