"""Sessions with a second factor, for the tests that switch it on (fixture `second_factor` of tests/conftest.py)."""

import base64

from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP

from accounts import services, tokens
from accounts.models import Authenticator, User
from accounts.views.second_factor import VERIFIED
from accounts.views.session import PROVEN

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str, *, steps: int = 0) -> str:
    """The code that an application shows now, or `steps` times 30 seconds later."""
    totp = TOTP(base64.b32decode("".join(secret.split())))
    totp.time = timezone.now().timestamp() + 30 * steps
    return f"{totp.token():06d}"


def protect(user: User) -> User:
    """Give the account a factor of secret SECRET, of which no code served yet."""
    user.second_factor_at = timezone.now()
    user.save(update_fields=["second_factor_at"])
    Authenticator.objects.create(user=user, sealed_secret=tokens.seal(SECRET))
    return user


def sign_in_fully(client: Client, user: User) -> Client:
    """A session that gave both factors."""
    if user.second_factor_at is None:
        protect(user)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[VERIFIED] = services.second_factor_stamp(user)
    session.save()
    return client


def hold_mailbox(client: Client, user: User) -> Client:
    """The session has shown that it holds the mailbox of its account."""
    session = client.session
    session[PROVEN] = user.pk
    session.save()
    return client
