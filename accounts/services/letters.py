"""The invitation of somebody without an address: a code on a letter, typed in place of a link (docs/adr/0087)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts import tokens
from accounts.enums import CompanyAct, InvitationState, RevocationReason, TryKind
from accounts.exceptions import ActivationRefused, Code
from accounts.models import INVITATION_LIFETIME, LIVE, Employee, Employer, Invitation, User, employed
from accounts.read_only import refuse_over
from accounts.services import employee_events
from accounts.services.activation import lock_live
from accounts.services.invitations import mint_link, revoke_live
from accounts.services.journal import note_act
from accounts.services.throttle import Counted, counted
from accounts.states import Standing

MOST_LETTERS = 200  # of one file
REFUSALS = {
    InvitationState.USED: (
        Code.LINK_USED,
        "Ce code a déjà servi\xa0: connectez-vous avec votre adresse e-mail et votre mot de passe",
    ),
    InvitationState.REVOKED: (
        Code.LINK_REVOKED,
        "Ce code est remplacé ou désactivé\xa0: prenez la dernière lettre reçue, ou adressez-vous à votre employeur",
    ),
    InvitationState.EXPIRED: (
        Code.LINK_EXPIRED,
        "Ce code a expiré\xa0: demandez une nouvelle lettre à votre employeur",
    ),
}
UNKNOWN = "Ce code n’est pas reconnu\xa0: vérifiez-le sur votre lettre"


@dataclass(frozen=True)
class Letter:
    """What one letter says. `code` is kept nowhere else."""

    employee: Employee
    code: str
    last_day: date


def waiting_for_letter(employer: Employer, now: datetime) -> QuerySet[Employee]:
    """Employees without an address who have not activated and hold no letter that still opens something."""
    live = Invitation.objects.filter(LIVE, employee=OuterRef("pk"), expires_at__gt=now)
    return invited_by_letter(employer, now).filter(~Exists(live))


def invited_by_letter(employer: Employer, now: datetime) -> QuerySet[Employee]:
    """Employees at work, without an address nor an account, affiliated or not; by name."""
    found = Employee.objects.filter(employed(timezone.localdate(now)), employer=employer, professional_email="")
    return found.filter(user__isnull=True).exclude(standing=Standing.LEFT).order_by("sort_name", "pk")


def unused_letters(employer: Employer, now: datetime) -> QuerySet[Employee]:
    """Those of `invited_by_letter` whose letter still opens something; the one printed longest ago first."""
    live = Invitation.objects.filter(LIVE, employee=OuterRef("pk"), expires_at__gt=now)
    printed = Subquery(live.order_by("-sent_at").values("sent_at")[:1])
    return invited_by_letter(employer, now).filter(Exists(live)).order_by(printed, "sort_name", "pk")


@transaction.atomic
def print_letters(
    *, employer: Employer, employees: Sequence[Employee], by: User, waiting: bool = False
) -> list[Letter]:
    """Give these employees of `employer` a code each, in their order; whatever they were sent before dies.

    Who left, or activated meanwhile, gets none; with `waiting`, nor who has got a letter meanwhile: of two prints at
    once the second kills no code of the first. To be called in the transaction that makes the paper. Raises
    ContractOver once the employer's contract is over.
    """
    refuse_over(employer)
    wanted = [employee.pk for employee in employees]
    locked = {
        employee.pk: employee
        for employee in Employee.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=wanted, employer=employer, user__isnull=True)
        .select_related("employer")
        .order_by("pk")
    }
    now = timezone.now()
    if waiting:
        still = set(waiting_for_letter(employer, now).filter(pk__in=wanted).values_list("pk", flat=True))
        wanted = [pk for pk in wanted if pk in still]
    due = [locked[pk] for pk in wanted if pk in locked and not locked[pk].has_left(timezone.localdate(now))]
    letters = [_letter(employee, by, now) for employee in due]
    employee_events.note_change([letter.employee.pk for letter in letters], now)
    return letters


def _letter(employee: Employee, by: User, now: datetime) -> Letter:
    revoke_live(employee, RevocationReason.RESENT)
    code = tokens.mint_letter_code()
    expires_at = now + INVITATION_LIFETIME
    Invitation.objects.create(
        employee=employee, sent_at=now, expires_at=expires_at, letter_hash=tokens.hash_letter_code(code)
    )
    note_act(act=CompanyAct.LETTER, by=by, employer=employee.employer, employee=employee)
    return Letter(employee, code, timezone.localdate(expires_at))


def open_letter(*, code: str, address: str) -> str:
    """The secret of a link to the activation that the code of a letter opens.

    `address`: from where it is typed, by which wrong codes are counted. Raises ActivationRefused for an unknown or dead
    code, WaitBeforeTrying after too many unknown ones.
    """
    letters = Invitation.objects.filter(letter_hash=tokens.hash_letter_code(code))
    if not counted(counts=[Counted(TryKind.LETTER, address=address)], check=letters.exists):
        raise ActivationRefused(UNKNOWN, code=Code.WRONG_CODE, field="code")
    letter = letters.select_related("employee").get()
    now = timezone.now()
    state = letter.state(now)
    if state is InvitationState.LIVE and letter.employee.user_id is not None:
        state = InvitationState.USED
    if state is not InvitationState.LIVE:
        refusal, said = REFUSALS[state]
        raise ActivationRefused(said, code=refusal, field="code")
    with transaction.atomic():
        return mint_link(lock_live(letter), now)
