"""Accounts and the people of an organisation's provider: whose session opens, which account is linked to whom."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import messages
from accounts.exceptions import Code, ProviderRefused
from accounts.models import Identity, User, normalize_email
from accounts.services.own_address import live_former_addresses
from accounts.services.sessions import end_other_sessions
from notifications.outbox import enqueue

BY_THE_FORM = "Connectez-vous avec votre adresse e-mail et votre mot de passe."


def _admitted(user: User | None, organisation: str) -> User:
    """Members of the centre and correspondents, unless they are employees too: no employer opens a health file.

    Raises ProviderRefused.
    """
    if user is None or not user.is_active or not (user.is_staff or user.correspondent_roles.exists()):
        raise ProviderRefused(
            f"Aucun compte de correspondant ou du centre de gestion n’est ouvert à votre nom par {organisation}. "
            f"Salarié, {BY_THE_FORM[0].lower()}{BY_THE_FORM[1:]}",
            code=Code.NO_ACCOUNT,
        )
    if user.employees.exists():
        raise ProviderRefused(
            "Ce compte est aussi celui d’un salarié\xa0: il contient vos données de santé, que votre organisation ne "
            f"doit pas pouvoir ouvrir. {BY_THE_FORM}",
            code=Code.HOLDS_A_FILE,
        )
    return user


@transaction.atomic
def account_of(*, issuer: str, subject: str, email: str, organisation: str) -> User:
    """The account of this person of the provider. The first time, the one of their address is linked, and told.

    `email`: an address that the provider says is theirs, or "". No account is made here. Raises ProviderRefused.
    """
    known = Identity.objects.select_related("user").select_for_update(of=("self",))
    identity = known.filter(issuer=issuer, subject=subject).first()
    if identity is None:
        return _link(issuer=issuer, subject=subject, email=email, organisation=organisation)
    _admitted(identity.user, organisation)
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
    user = _admitted(
        User.objects.select_for_update(no_key=True).filter(email=normalize_email(email)).first(), organisation
    )
    if user.identities.filter(issuer=issuer).exists():
        raise ProviderRefused(
            f"Ce compte est relié à une autre personne chez {organisation}. Écrivez à "
            f"{settings.PORTAL_CONTACT_EMAIL}\xa0: un administrateur du portail vérifiera.",
            code=Code.OTHER_IDENTITY,
        )
    identity = Identity.objects.create(user=user, issuer=issuer, subject=subject)
    message = messages.IdentityLinked(
        person_name=user.full_name, organisation=organisation, contact_email=settings.PORTAL_CONTACT_EMAIL
    )
    for to in {user.email, *live_former_addresses(user).values_list("address", flat=True)}:
        enqueue(message, to=to, dedup_key=f"identity-linked:{identity.pk}:{to}")
    return user


@transaction.atomic
def unlink_identities(*, user: User) -> int:
    """Forget who this account is at its provider, and end its sessions. The next person of its address there is linked.

    Returns how many were forgotten.
    """
    unlinked = user.identities.all().delete()[0]
    if unlinked:
        end_other_sessions(user=user, current_key=None)
    return unlinked
