"""Members of the management centre: appointed, given their groups; the other administrators are told of each change."""

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse

from accounts import messages
from accounts.exceptions import Code, StaffRefused
from accounts.models import User, normalize_email
from accounts.services.groups import GROUPS, holders
from accounts.services.people import RESET_HOURS, set_password_url
from notifications.outbox import enqueue
from portal.lib.links import absolute

APPOINT = "accounts.change_staffaccount"


@transaction.atomic
def appoint_staff(*, email: str, first_name: str, last_name: str, groups: Iterable[str], by: User) -> User:
    """Make a person a member of the centre, with these groups and no password: a link to choose one is mailed.

    The other administrators are told: two accounts of one person are two for the portal.

    Raises StaffRefused for an address that has an account already: nobody's right grows by a mistyped address.
    """
    address = normalize_email(email)
    user, created = User.objects.get_or_create(
        email=address,
        defaults={
            "first_name": first_name,
            "last_name": last_name,
            "password": make_password(None),
            "is_staff": True,
        },
    )
    if not created:
        raise StaffRefused(
            "Cette adresse a déjà un compte. Un membre du centre a son propre compte, à son adresse du centre.",
            code=Code.ADDRESS_TAKEN,
            field="email",
        )
    set_groups(user=user, groups=groups)
    tell_rights(member=user, before="aucun compte", by=by)
    enqueue(
        messages.StaffWelcome(
            person_name=user.full_name,
            set_password_url=set_password_url(user),
            sign_in_url=absolute(reverse("connexion")),
            hours=RESET_HOURS,
        ),
        to=user.email,
        dedup_key=f"staff-welcome:{user.pk}",
    )
    return user


@transaction.atomic
def set_groups(*, user: User, groups: Iterable[str]) -> None:
    """Give exactly these groups of the centre; a group of another name is left alone."""
    wanted = set(groups) & set(GROUPS)
    user.groups.remove(*Group.objects.filter(name__in=set(GROUPS) - wanted))
    user.groups.add(*Group.objects.filter(name__in=wanted))


def rights_in_words(user: User) -> str:
    """« Administrateur, Responsable », « aucun droit »: what an account may do at the centre, as it is stored now."""
    stored = User.objects.get(pk=user.pk)
    if not stored.is_active:
        return "compte fermé"
    rights = sorted(stored.groups.values_list("name", flat=True)) if stored.is_staff else []
    if stored.is_staff and stored.is_superuser:
        rights.append("superutilisateur")
    return ", ".join(rights) or "aucun droit"


def tell_rights(*, member: User, before: str, by: User) -> None:
    """Mail the other administrators when what an account may do is no longer what it was `before`.

    To be called in the transaction of the change.
    """
    after = rights_in_words(member)
    if after == before:
        return
    for person in holders(APPOINT).exclude(pk=by.pk):
        enqueue(
            messages.RightsChanged(
                person_name=person.full_name,
                member_name=member.full_name,
                identifier=member.email,
                before=before,
                after=after,
                changed_by=by.full_name,
            ),
            to=person.email,
            dedup_key=f"rights-changed:{uuid.uuid4().hex}",
        )


@transaction.atomic
def tell_password(*, user: User) -> None:
    """Mail the owner of an account whose password somebody else set."""
    enqueue(
        messages.PasswordChanged(person_name=user.full_name, contact_email=settings.PORTAL_CONTACT_EMAIL),
        to=user.email,
        dedup_key=f"password-set:{uuid.uuid4().hex}",
    )


@transaction.atomic
def tell_identifier(*, user: User, before: str) -> None:
    """Mail the owner of an account whose address somebody else changed, at the former one."""
    enqueue(
        messages.IdentifierChanged(
            person_name=user.full_name,
            before=before,
            after=user.email,
            contact_email=settings.PORTAL_CONTACT_EMAIL,
        ),
        to=before,
        dedup_key=f"identifier-changed:{uuid.uuid4().hex}",
    )
