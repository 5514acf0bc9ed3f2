"""Accounts and the people of an organisation's provider: whose session opens, which account is linked to whom."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import messages
from accounts.exceptions import Code, ProviderRefused
from accounts.models import Identity, User, normalize_email
from accounts.services.sessions import end_other_sessions
from notifications.outbox import enqueue

BY_THE_FORM = "Connectez-vous avec votre adresse e-mail et votre mot de passe."


def _may(user: User) -> bool:
    """Members of the centre and correspondents: what an employer knows of an employee opens no health file."""
    return user.is_active and (user.is_staff or user.correspondent_roles.exists())


@transaction.atomic
def account_of(*, issuer: str, subject: str, email: str, organisation: str) -> User:
    """The account of this person of the provider. The first time, the one of their address is linked, and told.

    `email`: an address that the provider says is theirs, or "". No account is made here. Raises ProviderRefused.
    """
    known = Identity.objects.select_related("user").select_for_update(of=("self",))
    identity = known.filter(issuer=issuer, subject=subject).first()
    if identity is None:
        return _link(issuer=issuer, subject=subject, email=email, organisation=organisation)
    if not _may(identity.user):
        raise _no_account(organisation)
    identity.used_at = timezone.now()
    identity.save(update_fields=["used_at"])
    return identity.user


def _link(*, issuer: str, subject: str, email: str, organisation: str) -> User:
    if not email:
        raise ProviderRefused(
            f"{organisation} ne dit pas que votre adresse e-mail est bien la vôtre, et le portail ne vous connaît pas "
            f"encore autrement. {BY_THE_FORM}",
            code=Code.ADDRESS_UNPROVEN,
        )
    user = User.objects.select_for_update().filter(email=normalize_email(email)).first()
    if user is None or not _may(user):
        raise _no_account(organisation)
    if user.identities.filter(issuer=issuer).exists():
        raise ProviderRefused(
            f"Ce compte est relié à une autre personne chez {organisation}. Écrivez à "
            f"{settings.PORTAL_CONTACT_EMAIL}\xa0: un administrateur du portail vérifiera.",
            code=Code.OTHER_IDENTITY,
        )
    Identity.objects.create(user=user, issuer=issuer, subject=subject)
    enqueue(
        messages.IdentityLinked(
            person_name=user.full_name, organisation=organisation, contact_email=settings.PORTAL_CONTACT_EMAIL
        ),
        to=user.email,
        dedup_key=f"identity-linked:{user.pk}:{issuer}:{subject}",
    )
    return user


def _no_account(organisation: str) -> ProviderRefused:
    return ProviderRefused(
        f"Aucun compte de correspondant ou du centre de gestion n’est ouvert à votre nom par {organisation}. Salarié, "
        f"{BY_THE_FORM[0].lower()}{BY_THE_FORM[1:]}",
        code=Code.NO_ACCOUNT,
    )


@transaction.atomic
def unlink_identities(*, user: User) -> int:
    """Forget who this account is at its provider, and end its sessions. The next person of its address there is linked.

    Returns how many were forgotten.
    """
    unlinked = user.identities.all().delete()[0]
    if unlinked:
        end_other_sessions(user=user, current_key=None)
    return unlinked
