from datetime import date, datetime, timedelta
from functools import partial

from celery import shared_task
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import messages, tokens
from accounts.employee.fields import ATTRIBUTES, Declared
from accounts.enums import CompanyAct, RevocationReason
from accounts.exceptions import AlreadyPreAffiliated, Code
from accounts.models import (
    INVITATION_LIFETIME,
    LIVE,
    Employee,
    Employer,
    Invitation,
    InvitationLink,
    User,
    employed,
    insured,
    normalize_email,
)
from accounts.read_only import refuse_over
from accounts.services import employee_events, pace
from accounts.services.journal import note_act
from accounts.services.rehires import account_of, former_employments, tell_rehired
from accounts.states import BY_STANDING, Standing
from notifications.outbox import enqueue
from portal.lib.links import absolute, entrance

REMINDER_DAYS = (7, 30, 53)  # days of 24 hours after the invitation
BATCH = 500
NEVER_ACTIVATED_KEPT = timedelta(days=365)


@transaction.atomic
def pre_affiliate(*, by: User | None, employer: Employer, declared: Declared) -> Employee:
    """Declare an employee of `employer` and send the invitation. `by`: None for software whose owner left.

    Who has no address waits for a letter (accounts.services.letters). Who is hired again keeps the account that they
    have, without an invitation.
    Raises AlreadyPreAffiliated when the employer already has this address or this matricule, ContractOver once its
    contract with the insurer is over.
    """
    refuse_over(employer)
    values = {name: getattr(declared, name) for name in ATTRIBUTES}
    values["professional_email"] = normalize_email(declared.professional_email)
    given = (values["professional_email"], declared.matricule, declared.hired_on)
    refuse_duplicate(employer, *given)
    (former,) = former_employments(employer, [declared])
    if user := account_of(former, declared.hired_on):
        values |= {"user": user, "activated_at": timezone.now()}
    try:
        with transaction.atomic():
            employee = Employee.objects.create(employer=employer, pre_affiliated_by=by, rehired_from=former, **values)
    except IntegrityError:  # the same employee was declared at the same instant
        refuse_duplicate(employer, *given)
        raise
    if former:
        tell_rehired(employee, former, by)
    if user is None and employee.professional_email:
        _invite(employee)
    return employee


def refuse_duplicate(
    employer: Employer, email: str, matricule: str, hired_on: date, *, but: Employee | None = None
) -> None:
    """Raises AlreadyPreAffiliated when `employer` has another employee, not `but`, with this address or matricule.

    Who left before `hired_on` leaves both free.
    """
    if but and but.has_left(timezone.localdate()):
        return
    others = Employee.objects.filter(employed(hired_on), employer=employer)
    others = others.exclude(pk=but.pk) if but else others
    for field, value, what in (
        ("professional_email", email, "Cette adresse est déjà celle de"),
        ("matricule", matricule, "Ce matricule est déjà celui de"),
    ):
        if value and (twin := others.filter(**{field: value}).first()):
            raise AlreadyPreAffiliated(
                f"{what} {twin.full_name} (matricule {twin.matricule}).",
                code=Code.TWIN,
                field=field,
            )


def guide_address(employer: Employer) -> str:
    """Full address of the guide that knows the employer's acte."""
    return absolute(entrance("company_guide", employer.guide_key))


def _invite(employee: Employee) -> Invitation:
    now = timezone.now()
    invitation = Invitation.objects.create(employee=employee, sent_at=now, expires_at=now + INVITATION_LIFETIME)
    url = _address_of(mint_link(invitation, now))
    enqueue(
        messages.Invitation(
            person_name=employee.full_name,
            employer_name=employee.employer.name,
            activation_url=url,
            sign_in_url=absolute(reverse("connexion")),
            expires_on=timezone.localdate(invitation.expires_at),
            guide_at=guide_address(employee.employer),
        ),
        to=employee.professional_email,
        dedup_key=f"invitation:{invitation.pk}",
    )
    return invitation


def mint_link(invitation: Invitation, now: datetime) -> str:
    """Another secret that opens the invitation, as long as it lives."""
    token = tokens.mint_token()
    InvitationLink.objects.create(invitation=invitation, token_hash=tokens.hash_token(token), created_at=now)
    return token


def _address_of(token: str) -> str:
    return absolute(reverse("activation", args=[token]))


def revoke_of_leaver(employee: Employee) -> int:
    """Kill the live link of somebody who has left, whose row is locked. Returns how many there were."""
    return revoke_live(employee, RevocationReason.LEFT)


def revoke_live(employee: Employee, reason: RevocationReason) -> int:
    """Kill the live link of an employee, whose row is locked. Returns how many there were."""
    live = Invitation.objects.filter(LIVE, employee=employee)
    return live.update(revoked_at=timezone.now(), revocation_reason=reason)


def refuse_early_link(employee: Employee, now: datetime) -> None:
    """Raises SentTooOften when links have just left to an employee, whose row is locked, whatever the addresses."""
    sent = Invitation.objects.filter(employee=employee, sent_at__gt=now - pace.INVITATIONS.memory)
    pace.refuse_early(
        pace.INVITATIONS,
        sent.values_list("sent_at", flat=True),
        what=f"Plusieurs liens ont déjà été envoyés à {employee.full_name}",
        now=now,
    )


def replace_link(employee: Employee) -> Invitation:
    """Kill the live link of an employee, whose row is locked, and send a new one."""
    revoke_live(employee, RevocationReason.RESENT)
    return _invite(employee)


@transaction.atomic
def resend(*, employee: Employee, by: User, label: str = "") -> Invitation | None:
    """Send a new link, which kills the former ones. None for who left, has no address, or has an active account.

    `label`: how the company's journal names who sends it, the full name by default.
    Raises SentTooOften, or ContractOver once the employer's contract is over, and the former link stays.
    """
    refuse_over(employee.employer)
    locked = (
        Employee.objects.select_for_update(of=("self",), no_key=True).select_related("employer").get(pk=employee.pk)
    )
    now = timezone.now()
    if locked.user_id is not None or not locked.professional_email or locked.has_left(timezone.localdate(now)):
        return None
    refuse_early_link(locked, now)
    employee_events.note_change([locked.pk], now)
    note_act(act=CompanyAct.RESENT, by=by, employer=locked.employer, employee=locked, label=label)
    return replace_link(locked)


@transaction.atomic
def revoke(*, employee: Employee, by: User) -> bool:
    """Kill the employee's live link. False when there was none."""
    Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
    employee_events.note_change([employee.pk], timezone.now())
    revoked = bool(revoke_live(employee, RevocationReason.CORRESPONDENT))
    if revoked:
        note_act(act=CompanyAct.REVOKED, by=by, employer=employee.employer, employee=employee)
    return revoked


@shared_task(name="accounts.tasks.expire_invitations")
def expire_invitations(now: datetime | None = None) -> int:
    """Write down the invitations whose 60 × 24 hours have passed, and tell who listens. Returns how many."""
    now = now or timezone.now()
    live = Invitation.objects.filter(LIVE)
    expired = 0
    while ids := list(live.filter(expires_at__lte=now).order_by("expires_at").values_list("pk", flat=True)[:BATCH]):
        expired += _expire(live.filter(pk__in=ids), now)
    return expired


@transaction.atomic
def _expire(dead: QuerySet[Invitation], now: datetime) -> int:
    """The employees first, as an activation does: the same order everywhere, or two would wait for each other."""
    employees = {
        employee.pk: employee
        for employee in Employee.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=dead.values_list("employee_id"))
        .order_by("pk")
    }
    ended = dict(dead.filter(employee__in=employees).values_list("pk", "employee_id"))
    expired = Invitation.objects.filter(pk__in=ended).update(expired_at=now)
    employee_events.note_change(ended.values(), now)
    listeners = employee_events.listeners(employee.employer_id for employee in employees.values())
    for pk, employee_id in ended.items():
        if employees[employee_id].employer_id in listeners:
            _announce_expiry(employees[employee_id], pk, now)
    return expired


def _announce_expiry(employee: Employee, invitation_id: int, now: datetime) -> None:
    standing = Standing.ACTIVE if employee.user_id else Standing.INVITED
    employee_events.announce(
        employee,
        "invitation.expired",
        at=now,
        dedup_key=f"invitation-expired:{invitation_id}",
        data=partial(employee_events.of_employee, employee, BY_STANDING[standing].key),
    )


@shared_task(name="accounts.tasks.purge_never_activated")
def purge_never_activated(now: datetime | None = None) -> int:
    """Forget the employees who never activated, a year of 365 days after their last link died. Returns how many.

    The last link's end may be read late by a worker: the row is locked and judged again before it goes.
    """
    now = now or timezone.now()
    limit = now - NEVER_ACTIVATED_KEPT
    recent = Invitation.objects.filter(employee=OuterRef("pk"), expires_at__gt=limit)
    due = Employee.objects.filter(~Exists(recent), user__isnull=True, created_at__lte=limit).order_by("pk")
    purged = 0
    while ids := list(due.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            list(Employee.objects.select_for_update().filter(pk__in=ids).values_list("pk"))
            purged += due.filter(pk__in=ids).delete()[1].get("accounts.Employee", 0)
    return purged


@shared_task(name="accounts.tasks.remind_invitations")
def remind_invitations(now: datetime | None = None) -> int:
    """Remind, at J+7, J+30 and J+53, those who have not activated; one mail each, whatever beats twice.

    Each reminder carries its own link to the same invitation, since only hashes of the former are kept.
    """
    now = now or timezone.now()
    today = timezone.localdate(now)
    sent = 0
    for rank, days in reversed(list(enumerate(REMINDER_DAYS, start=1))):
        due = Invitation.objects.filter(
            LIVE,
            letter_hash="",
            employee__in=Employee.objects.filter(employed(today), insured(today, "employer__"), user__isnull=True),
            reminders_sent__lt=rank,
            sent_at__lte=now - timedelta(days=days),
            expires_at__gt=now,
        ).order_by("expires_at")
        while ids := list(due.values_list("pk", flat=True)[:BATCH]):
            sent += sum(_remind(pk, rank, now) for pk in ids)
    return sent


@transaction.atomic
def _remind(pk: int, rank: int, now: datetime) -> bool:
    won = Invitation.objects.filter(LIVE, pk=pk, reminders_sent__lt=rank).update(reminders_sent=rank)
    if not won:
        return False
    invitation = Invitation.objects.select_related("employee__employer").get(pk=pk)
    enqueue(
        messages.InvitationReminder(
            person_name=invitation.employee.full_name,
            employer_name=invitation.employee.employer.name,
            activation_url=_address_of(mint_link(invitation, now)),
            sign_in_url=absolute(reverse("connexion")),
            expires_on=timezone.localdate(invitation.expires_at),
            days_left=(invitation.expires_at - now).days,
        ),
        to=invitation.employee.professional_email,
        dedup_key=f"invitation-reminder:{pk}:{rank}",
    )
    return True
