from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import tokens
from accounts.models import Employer, User
from notifications.messages import Message
from notifications.outbox import enqueue
from portal.lib.links import absolute

RESET_HOURS = 72


def people_to_notify(employer: Employer) -> list[str]:
    """Addresses of the employer's correspondents whose account is active."""
    return list(
        User.objects.filter(correspondent_roles__employer=employer, is_active=True)
        .order_by("pk")
        .values_list("email", flat=True)
    )


def tell_correspondents(employer: Employer, message: Message, *, key: str) -> None:
    """Write the same mail to each of `people_to_notify`, once for each `key`. To be called in a transaction."""
    for address in people_to_notify(employer):
        enqueue(message, to=address, dedup_key=f"{key}:{address}")


def set_password_url(user: User) -> str:
    """Single-use link to choose a password, dead after PASSWORD_RESET_TIMEOUT seconds."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = tokens.password_links.make_token(user)
    return absolute(reverse("mot_de_passe_nouveau", args=[uid, token]))


@transaction.atomic
def note_consent(*, user: User, consent: bool) -> None:
    """Record, with its date, or withdraw the consent to commercial e-mail."""
    user.marketing_consent_at = (user.marketing_consent_at or timezone.now()) if consent else None
    user.save(update_fields=["marketing_consent_at"])
