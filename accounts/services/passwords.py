from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import messages, tokens
from accounts.models import Employee, PasswordResetRequest, User, normalize_email
from accounts.services import pace
from accounts.services.own_address import live_former_addresses
from accounts.services.people import RESET_HOURS, set_password_url
from accounts.services.throttle import forget_tries
from notifications.outbox import enqueue

KEPT_DAYS = 7  # an answered request only serves to count those of the hour
BATCH = 200


@transaction.atomic
def request_password_reset(*, email: str) -> None:
    """Write the request down, whatever the address: the answer takes the same time for all. A task answers it.

    Raises SentTooOften, for an address without an account too; what is refused is not counted.
    """
    address, now = normalize_email(email)[:254], timezone.now()
    pace.refuse_early(
        pace.PASSWORDS, _asked(address, now), what="Plusieurs liens ont déjà été demandés à cette adresse", now=now
    )
    PasswordResetRequest.objects.create(email=address, requested_at=now)


def _asked(address: str, now: datetime) -> "QuerySet[PasswordResetRequest, datetime]":
    """When links were asked for at this address, those that still count."""
    recent = PasswordResetRequest.objects.filter(email=address, requested_at__gt=now - pace.PASSWORDS.memory)
    return recent.values_list("requested_at", flat=True)


@shared_task(name="accounts.tasks.answer_password_resets")
def answer_password_resets() -> int:
    """Answer the waiting requests. Returns how many mails were queued."""
    queued = 0
    while ids := list(
        PasswordResetRequest.objects.filter(answered_at__isnull=True)
        .order_by("requested_at")
        .values_list("pk", flat=True)[:BATCH]
    ):
        queued += sum(_answer(pk) for pk in ids)
    PasswordResetRequest.objects.filter(answered_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()
    return queued


@transaction.atomic
def _answer(pk: int) -> bool:
    now = timezone.now()
    if not PasswordResetRequest.objects.filter(pk=pk, answered_at__isnull=True).update(answered_at=now):
        return False
    request = PasswordResetRequest.objects.get(pk=pk)
    before = _asked(request.email, request.requested_at).filter(pk__lt=pk)
    if pace.PASSWORDS.next_at(before, request.requested_at):  # asked for in the same instant as others
        return False
    user = User.objects.filter(email=request.email, is_active=True).first()
    if user:
        enqueue(
            messages.PasswordReset(person_name=user.full_name, reset_url=set_password_url(user), hours=RESET_HOURS),
            to=user.email,
            dedup_key=f"password-reset:{pk}",
        )
        return True
    waiting = (
        Employee.objects.filter(professional_email=request.email, user__isnull=True).select_related("employer").first()
    )
    if waiting:
        enqueue(
            messages.NotActivatedYet(person_name=waiting.full_name, employer_name=waiting.employer.name),
            to=waiting.professional_email,
            dedup_key=f"password-reset:{pk}",
        )
        return True
    return False


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """Set a validated password; every session of the account ends (its hash is in them). The owner is told."""
    user.set_password(password)
    user.save(update_fields=["password"])
    enqueue(
        messages.PasswordChanged(person_name=user.full_name, contact_email=settings.PORTAL_CONTACT_EMAIL),
        to=user.email,
        dedup_key=f"password-changed:{user.pk}:{int(timezone.now().timestamp() * 1000)}",
    )


@transaction.atomic
def reset_password(*, user: User, token: str, password: str) -> User | None:
    """Use a forgotten password's link: no wrong password before it counts any more.

    Who was linked to the account by an organisation since its address changed is forgotten.

    None when it was used or died meanwhile, even an instant ago.
    """
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not locked.is_active or not tokens.password_links.check_token(locked, token):
        return None
    change_password(user=locked, password=password)
    forget_tries(email=locked.email)
    if oldest := live_former_addresses(locked).first():
        locked.identities.filter(linked_at__gte=oldest.replaced_at).delete()
    return locked
