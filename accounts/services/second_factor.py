"""Second factor: set, checked, replaced, lost. Codes follow RFC 6238 (30 seconds, 6 digits, SHA-1)."""

import base64
import secrets
from datetime import datetime
from math import ceil

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP

from accounts import messages, tokens
from accounts.exceptions import Code, SecondFactorRefused
from accounts.models import Authenticator, Passkey, PasskeyChallenge, RecoveryCode, User
from notifications.outbox import enqueue
from portal.lib.links import absolute

SECRET_BYTES = 20
TOLERANCE = 1  # steps of 30 seconds, before and after: clocks of telephones drift
RECOVERY_CODES = 10
WRONG = "Ce code est incorrect ou a déjà servi. Saisissez celui que l’application affiche maintenant"
CHANGED = (
    "Un second facteur vient d’être posé ou retiré sur ce compte depuis une autre session\xa0: reconnectez-vous. Si ce "
    "n’est pas vous, changez de mot de passe"
)
WRONG_RECOVERY = "Ce code de secours est incorrect ou a déjà servi"


def second_factor_required(user: User, *, correspondent: bool) -> bool:
    """Whether the portal asks this person for a second factor (PORTAL_SECOND_FACTOR), or the person set one."""
    if user.second_factor_at is not None:
        return True
    level = settings.PORTAL_SECOND_FACTOR
    return (user.is_staff and level != "aucun") or (correspondent and level == "tous")


def second_factor_stamp(user: User) -> str:
    """What a session holds once the second factor was given; another value as soon as the factor changes."""
    return user.second_factor_at.isoformat() if user.second_factor_at else ""


def new_factor_secret() -> str:
    """A secret to show as a QR code and to type: 160 random bits, base32."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _step(secret: str, code: str, *, after: int) -> int | None:
    """The step of which `code` is the code, later than `after`; None when it is not a code of now."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    totp = TOTP(base64.b32decode(secret))
    totp.time = timezone.now().timestamp()
    return totp.t() if totp.verify(int(digits), tolerance=TOLERANCE, min_t=after + 1) else None


@transaction.atomic
def set_second_factor(*, user: User, secret: str, code: str) -> list[str]:
    """Adopt the application that just gave `code`; replaces the former one. Returns new recovery codes, shown once.

    Of two that set one at the same instant, the first does: the second saw an account that is no more. Raises
    SecondFactorRefused for the second, and when the code is not one of the secret.
    """
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if second_factor_stamp(locked) != second_factor_stamp(user) or not locked.is_active:
        raise SecondFactorRefused(CHANGED, code=Code.FACTOR_CHANGED, field="code")
    step = _step(secret, code, after=0)
    if step is None:
        raise SecondFactorRefused(WRONG, code=Code.WRONG_CODE, field="code")
    now = timezone.now()
    Authenticator.objects.update_or_create(
        user=locked,
        defaults={
            "sealed_secret": tokens.seal(secret),
            "created_at": now,
            "last_step": step,
            "failures": 0,
            "failed_at": None,
        },
    )
    locked.second_factor_at = now
    locked.save(update_fields=["second_factor_at"])
    user.second_factor_at = now
    enqueue(
        messages.SecondFactorSet(person_name=locked.full_name, contact_email=settings.PORTAL_CONTACT_EMAIL),
        to=locked.email,
        dedup_key=f"second-factor-set:{locked.pk}:{now.isoformat()}",
    )
    return renew_recovery_codes(user=locked)


@transaction.atomic
def renew_recovery_codes(*, user: User) -> list[str]:
    """Ten new codes, to be shown once; the former ones are void.

    Raises SecondFactorRefused when the factor was taken away or replaced meanwhile: no code outlives it.
    """
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if second_factor_stamp(locked) != second_factor_stamp(user):
        raise SecondFactorRefused(CHANGED, code=Code.FACTOR_CHANGED, field="")
    codes = [tokens.mint_recovery_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, sealed_code=tokens.seal_recovery_code(code, user_id=user.pk)) for code in codes
    )
    return codes


def _open(user: User, now: datetime) -> Authenticator:
    """The person's factor, locked. Raises SecondFactorRefused when there is none, or while tries are closed."""
    factor = Authenticator.objects.select_for_update().filter(user=user).first()
    if factor is None:
        raise SecondFactorRefused("Aucun second facteur n’est posé sur ce compte.", code=Code.NO_FACTOR, field="code")
    if (until := factor.closed_until) and now < until:
        minutes = ceil((until - now).total_seconds() / 60)
        wait = f"{minutes}\xa0minute{'s' if minutes > 1 else ''}"
        raise SecondFactorRefused(f"Trop de codes faux. Réessayez dans {wait}.", code=Code.CLOSED, field="code")
    return factor


def _settle(factor: Authenticator, now: datetime, step: int | None) -> None:
    """Write down what became of a try: the step reached, or one failure more."""
    if step is None:
        factor.failures, factor.failed_at = factor.failures + 1, now
    else:
        factor.failures, factor.failed_at, factor.last_step = 0, None, max(step, factor.last_step)
    factor.save(update_fields=["failures", "failed_at", "last_step"])


def check_second_factor(*, user: User, code: str) -> None:
    """Check a code of the application. Raises SecondFactorRefused when it is wrong, old, used or one try too many."""
    now = timezone.now()
    with transaction.atomic():  # a wrong code is counted: nothing is raised in here after the count
        factor = _open(user, now)
        try:
            secret = tokens.unseal(factor.sealed_secret)
        except InvalidToken as error:
            raise SecondFactorRefused(
                "Votre second facteur n’est plus lisible\xa0: demandez à un administrateur de le réinitialiser.",
                code=Code.FACTOR_UNREADABLE,
                field="code",
            ) from error
        step = _step(secret, code, after=factor.last_step)
        _settle(factor, now, step)
    if step is None:
        raise SecondFactorRefused(WRONG, code=Code.WRONG_CODE, field="code")


def use_recovery_code(*, user: User, code: str) -> int:
    """Use up a recovery code; the owner is told by mail. Returns how many are left. Raises SecondFactorRefused."""
    now = timezone.now()
    with transaction.atomic():
        factor = _open(user, now)
        key = _recovery_code(user, code)
        found = key is not None and RecoveryCode.objects.filter(pk=key, used_at__isnull=True).update(used_at=now)
        _settle(factor, now, factor.last_step if found else None)
        left = RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()
        if found:
            enqueue(
                messages.RecoveryCodeUsed(
                    person_name=user.full_name, codes_left=left, contact_email=settings.PORTAL_CONTACT_EMAIL
                ),
                to=user.email,
                dedup_key=f"recovery-code:{key}",
            )
    if not found:
        raise SecondFactorRefused(WRONG_RECOVERY, code=Code.WRONG_CODE, field="code")
    return left


def _recovery_code(user: User, code: str) -> int | None:
    """The key of this person's code that has not served and is that one; None when none is."""
    for row in RecoveryCode.objects.filter(user=user, used_at__isnull=True):
        if tokens.is_recovery_code(code, user_id=user.pk, sealed=row.sealed_code, keyed=row.code_hash):
            return row.pk
    return None


@transaction.atomic
def reset_second_factor(*, user: User) -> bool:
    """Take the factor away (lost telephone): open sessions close, the next sign-in sets another. The owner is told.

    Returns False when there was none.
    """
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if locked.second_factor_at is None:
        return False
    key = second_factor_stamp(locked)
    Authenticator.objects.filter(user=locked).delete()
    RecoveryCode.objects.filter(user=locked).delete()
    Passkey.objects.filter(user=locked).delete()
    PasskeyChallenge.objects.filter(user=locked).delete()
    locked.second_factor_at = None
    locked.save(update_fields=["second_factor_at"])
    enqueue(
        messages.SecondFactorReset(
            person_name=locked.full_name,
            sign_in_url=absolute(reverse("connexion")),
            contact_email=settings.PORTAL_CONTACT_EMAIL,
        ),
        to=locked.email,
        dedup_key=f"second-factor-reset:{locked.pk}:{key}",
    )
    return True


def recovery_codes_left(user: User) -> int:
    """How many recovery codes have not served."""
    return RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()
