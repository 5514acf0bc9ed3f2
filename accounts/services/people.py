from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import messages, tokens
from accounts.models import Correspondent, Employer, User, normalize_email
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


def set_password_url(user: User) -> str:
    """Single-use link to choose a password, dead after PASSWORD_RESET_TIMEOUT seconds."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = tokens.password_links.make_token(user)
    return absolute(reverse("mot_de_passe_nouveau", args=[uid, token]))


@transaction.atomic
def appoint_correspondent(*, email: str, first_name: str, last_name: str, employer: Employer) -> Correspondent:
    """Make a person the employer's correspondent; a new account receives a link to choose its password."""
    address = normalize_email(email)
    user, _ = User.objects.get_or_create(
        email=address,
        defaults={"first_name": first_name, "last_name": last_name, "password": make_password(None)},
    )
    correspondent, created = Correspondent.objects.get_or_create(user=user, employer=employer)
    if created:
        enqueue(
            messages.CorrespondentWelcome(
                person_name=user.full_name,
                employer_name=employer.name,
                set_password_url=set_password_url(user),
                sign_in_url=absolute(reverse("connexion")),
                hours=RESET_HOURS,
            ),
            to=user.email,
            dedup_key=f"correspondent-welcome:{correspondent.pk}",
        )
    return correspondent


@transaction.atomic
def note_consent(*, user: User, consent: bool) -> None:
    """Record, with its date, or withdraw the consent to commercial e-mail."""
    user.marketing_consent_at = (user.marketing_consent_at or timezone.now()) if consent else None
    user.save(update_fields=["marketing_consent_at"])
