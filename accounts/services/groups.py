"""The three groups of the management centre and exactly what each may do. « prepare » keeps them so.

A person who examines and administers belongs to two groups. Whoever adds a model or a permission adds its line: here
for people and mails, in the `rights` of the app above for what this one does not know.
"""

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.enums import StaffGroup
from accounts.models import User

GESTIONNAIRE = StaffGroup.GESTIONNAIRE.value
RESPONSABLE = StaffGroup.RESPONSABLE.value
ADMINISTRATEUR = StaffGroup.ADMINISTRATEUR.value

_EXAMINE: tuple[str, ...] = (
    "accounts.view_employee",
    "accounts.assist_employee",
    "accounts.view_employer",
    "accounts.view_acte",
    "accounts.view_correspondent",
    "accounts.view_apitoken",
    "notifications.view_outgoingemail",
)
_ADMINISTER: tuple[str, ...] = (
    "accounts.view_employer",
    "accounts.add_employer",
    "accounts.change_employer",
    "accounts.view_acte",
    "accounts.add_acte",
    "accounts.change_acte",
    "accounts.view_correspondent",
    "accounts.add_correspondent",
    "accounts.delete_correspondent",
    "accounts.view_appointment",
    "accounts.decide_appointment",
    "accounts.view_apitoken",
    "accounts.revoke_apitoken",
    "accounts.view_staffaccount",
    "accounts.add_staffaccount",
    "accounts.change_staffaccount",
    "accounts.view_trycount",
    "accounts.delete_trycount",
    "accounts.view_journalentry",
    "notifications.view_outgoingemail",
    "notifications.view_emailtext",
    "notifications.change_emailtext",
    "notifications.operate",
)
GROUPS: dict[str, tuple[str, ...]] = {
    GESTIONNAIRE: _EXAMINE,
    RESPONSABLE: (*_EXAMINE, "accounts.detach_employee", "accounts.revoke_apitoken", "accounts.view_journalentry"),
    ADMINISTRATEUR: _ADMINISTER,
}


def holders(label: str) -> QuerySet[User]:
    """Members of the centre, their account open, who have a permission (« app.codename »), superusers among them."""
    app, codename = label.split(".")
    found = Permission.objects.filter(codename=codename, content_type__app_label=app)
    able = Q(groups__permissions__in=found) | Q(user_permissions__in=found) | Q(is_superuser=True)
    return User.objects.filter(able, is_staff=True, is_active=True).distinct().order_by("pk")


def grant(rights: Mapping[str, tuple[str, ...]]) -> None:
    """Add what another app lets each group do (permissions as « app.codename »); twice is once."""
    for name, labels in rights.items():
        GROUPS[name] = tuple(dict.fromkeys((*GROUPS[name], *labels)))


@transaction.atomic
def ensure_groups() -> None:
    """Create the three groups with exactly their permissions, whatever they had; idempotent.

    Raises LookupError when a permission named here does not exist.
    """
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for name, wanted in GROUPS.items():
        if unknown := [label for label in wanted if label not in known]:
            raise LookupError(f"Permissions inconnues du groupe {name} : {', '.join(unknown)}")
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(known[label] for label in wanted)
