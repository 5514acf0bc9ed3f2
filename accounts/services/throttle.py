"""Wrong passwords: counted before they are checked, and after a few the next try waits, longer and longer.

A try while the door is closed is neither counted nor checked: it makes nobody wait longer. See
docs/adr/0034-tries-of-passwords.md for what is counted, and why.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import ceil

from celery import shared_task
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.enums import TryKind
from accounts.exceptions import WaitBeforeTrying
from accounts.models import TryCount, User
from accounts.models.tries import FORGOTTEN_EVERY
from portal.lib.leases import purge

OF_EVERYBODY = {TryKind.ADDRESS, TryKind.LETTER}  # counted for an address, whoever tries there


@dataclass(frozen=True, order=True)
class Counted:
    """What a try is counted with. Ordered, so that two tries at once lock their rows in the same order."""

    kind: TryKind
    account: str = ""
    address: str = ""
    device: str = ""


def counts_of_sign_in(*, email: str, address: str, device: str) -> list[Counted]:
    """What a sign-in is counted with; `device` is "" unless the owner of the account signed in there before.

    A known device has a count to itself: whatever others do, elsewhere or at the same address, its owner gets in.
    """
    if device:
        return [Counted(TryKind.DEVICE, account=email, device=device)]
    return [
        Counted(TryKind.PLACE, account=email, address=address),
        Counted(TryKind.ACCOUNT, account=email),
        Counted(TryKind.ADDRESS, address=address),
    ]


def counted(*, counts: Sequence[Counted], check: Callable[[], bool]) -> bool:
    """What `check` answers, counted as a wrong try until it says yes.

    Raises WaitBeforeTrying when one of the counts is closed, and `check` is not called; or when the wrong try was one
    too many.
    """
    rows = _take(counts)
    if check():
        _forgive(rows)
        return True
    _refuse_early(rows, rows[0].tried_at)
    return False


def check_current_password(*, user: User, password: str) -> bool:
    """Whether this is the password of the person, who is signed in. Raises WaitBeforeTrying after too many wrong ones.

    One count for the account, wherever its sessions are: only who holds a session of it can close it.
    """
    counts = [Counted(TryKind.CURRENT, account=user.email)]
    return counted(counts=counts, check=lambda: user.check_password(password))


def forget_tries(*, email: str) -> None:
    """Every wrong password of this account is forgotten: a new one was chosen by mail, or the centre unlocks it."""
    TryCount.objects.filter(account=email).delete()


@shared_task(name="accounts.tasks.purge_tries")
def purge_tries(now: datetime | None = None) -> int:
    """Delete the counts that have gone down to nothing. Returns how many."""
    return purge(TryCount.objects.filter(forgotten_at__lte=now or timezone.now()))


def wait_in_words(seconds: int) -> str:
    """« 15 secondes », « 1 minute », « 2 minutes »: minutes are rounded up."""
    count, unit = (seconds, "seconde") if seconds < 60 else (ceil(seconds / 60), "minute")
    return f"{count}\xa0{unit}{'s' if count > 1 else ''}"


def _refuse_early(rows: Sequence[TryCount], now: datetime) -> None:
    """Raises WaitBeforeTrying when one of the counts is closed at that instant."""
    if wait := max(row.wait(now) for row in rows):
        seconds = ceil(wait.total_seconds())
        raise WaitBeforeTrying(f"Trop d’essais. Réessayez dans {wait_in_words(seconds)}", seconds=seconds)


@transaction.atomic
def _take(counts: Sequence[Counted]) -> list[TryCount]:
    """Count a try everywhere, under a lock: two at once are two. Raises WaitBeforeTrying."""
    rows = _locked(counts)
    now = timezone.now()
    _refuse_early(rows, now)
    for row in rows:
        row.add(now)
    TryCount.objects.bulk_update(rows, ["tried_at", "forgotten_at", "open_at"])
    return rows


def _locked(counts: Sequence[Counted]) -> list[TryCount]:
    """The rows of these counts, made when they are missing, locked. Again when one was deleted in between.

    What was locked in vain is let go first (a savepoint): to wait for the missing one while holding the others is how
    two tries would wait for each other.
    """
    wanted = Q()
    for one in counts:
        wanted |= Q(**asdict(one))
    while True:
        with transaction.atomic():
            TryCount.objects.bulk_create([TryCount(**asdict(one)) for one in sorted(counts)], ignore_conflicts=True)
            if len(rows := _in_order(TryCount.objects.filter(wanted))) == len(counts):
                return rows
            transaction.set_rollback(True)


def _in_order(rows: QuerySet[TryCount]) -> list[TryCount]:
    """Lock these rows, in the one order in which everybody locks them."""
    return list(rows.select_for_update().order_by("kind", "account", "address", "device"))


def _forgive(rows: Sequence[TryCount]) -> None:
    """The password was right: its counts start anew, but those of the address, which get this one try back.

    Otherwise whoever has one account, or one letter, would try the passwords and codes of the others without end.
    """
    forgotten = TryCount.objects.filter(pk__in=[row.pk for row in rows if row.kind not in OF_EVERYBODY])
    with transaction.atomic():
        _in_order(forgotten)
        forgotten.delete()
    for row in rows:
        if row.kind in OF_EVERYBODY:
            mine = TryCount.objects.filter(pk=row.pk)
            mine.update(forgotten_at=F("forgotten_at") - FORGOTTEN_EVERY[TryKind(row.kind)])
            mine.filter(open_at=row.open_at).update(open_at=None)
