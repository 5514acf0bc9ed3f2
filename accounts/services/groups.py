"""The three groups of the management centre and exactly what each may do. « prepare » keeps them so.

A person who examines and administers belongs to two groups. Whoever adds a model or a permission adds its line here.
"""

from django.contrib.auth.models import Group, Permission
from django.db import transaction

GESTIONNAIRE = "Gestionnaire"
RESPONSABLE = "Responsable"
ADMINISTRATEUR = "Administrateur"

# Rows of their own (notes, saved views…) that those who examine write.
OWN_THINGS: frozenset[str] = frozenset({"dispenses.add_internalnote"})
_EXAMINE: tuple[str, ...] = (
    "dispenses.view_dispense",
    "dispenses.change_dispense",
    "dispenses.view_motif",
    "dispenses.view_requiredjustificatif",
    "dispenses.view_standardphrase",
    "accounts.view_employee",
    "accounts.view_employer",
    "accounts.view_acte",
    "accounts.view_correspondent",
    "notifications.view_outgoingemail",
    *sorted(OWN_THINGS),
)
_LEAD: tuple[str, ...] = (
    "dispenses.reopen_dispense",
    "dispenses.reassign_dispense",
    "dispenses.bulk_decide_dispense",
    "dispenses.view_pictures",
    "dispenses.view_consultations",
    "dispenses.view_evidencepack",
    "dispenses.download_evidencepack",
    "dispenses.view_listexport",
    "dispenses.view_legalhold",
)
_ADMINISTER: tuple[str, ...] = (
    "dispenses.view_motif",
    "dispenses.change_motif",
    "dispenses.delete_motif",
    "dispenses.view_requiredjustificatif",
    "dispenses.add_requiredjustificatif",
    "dispenses.change_requiredjustificatif",
    "dispenses.delete_requiredjustificatif",
    "dispenses.view_standardphrase",
    "dispenses.add_standardphrase",
    "dispenses.change_standardphrase",
    "dispenses.delete_standardphrase",
    "accounts.view_employer",
    "accounts.add_employer",
    "accounts.change_employer",
    "accounts.view_acte",
    "accounts.add_acte",
    "accounts.change_acte",
    "accounts.view_correspondent",
    "accounts.add_correspondent",
    "accounts.delete_correspondent",
    "accounts.view_staffaccount",
    "accounts.add_staffaccount",
    "accounts.change_staffaccount",
    "axes.view_accessattempt",
    "axes.delete_accessattempt",
    "axes.view_accesslog",
    "axes.view_accessfailurelog",
    "notifications.view_outgoingemail",
    "notifications.view_emailtext",
    "notifications.change_emailtext",
    "dispenses.view_evidencepack",
    "dispenses.view_listexport",
    "dispenses.view_legalhold",
    "dispenses.add_legalhold",
    "dispenses.change_legalhold",
)
GROUPS: dict[str, tuple[str, ...]] = {
    GESTIONNAIRE: _EXAMINE,
    RESPONSABLE: _EXAMINE + _LEAD,
    ADMINISTRATEUR: _ADMINISTER,
}


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
