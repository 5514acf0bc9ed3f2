"""Members of the management centre: appointed, given their groups."""

from collections.abc import Iterable

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse

from accounts import messages
from accounts.exceptions import Code, StaffRefused
from accounts.models import User, normalize_email
from accounts.services.groups import GROUPS
from accounts.services.people import RESET_HOURS, set_password_url
from notifications.outbox import enqueue
from portal.lib.links import absolute


@transaction.atomic
def appoint_staff(*, email: str, first_name: str, last_name: str, groups: Iterable[str]) -> User:
    """Make a person a member of the centre, with these groups and no password: a link to choose one is mailed.

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
