"""What correspondents do with the profiles of their company; each gesture is in the company's journal."""

from typing import Any

from django.db import IntegrityError, transaction

from accounts.enums import CompanyAct
from accounts.models import Employer, User
from accounts.services.journal import note_act
from dispenses.exceptions import Code, ExportRefused
from dispenses.models import PayrollProfile
from dispenses.models.payroll import NAME_LENGTH
from dispenses.queue.payroll_log import compare
from portal.lib.commits import after_commit
from portal.lib.hints import hint

MOST = 20  # profiles of a company
FORMAT = (*("columns", "yes_code", "no_code", "dates", "form", "separator", "encoding", "with_headings", "with_gone"),)


@transaction.atomic
def add(*, employer: Employer, by: User, name: str, values: dict[str, Any]) -> PayrollProfile:
    """A new profile, under `name` or the next one that is free. Raises ExportRefused past MOST.

    A worker begins the log of the company meanwhile, so that nobody waits for it at the first file.
    """
    locked = Employer.objects.select_for_update(no_key=True).get(pk=employer.pk)
    names = set(locked.payroll_profiles.values_list("name", flat=True))
    if len(names) >= MOST:
        raise ExportRefused(
            f"Une entreprise a {MOST}\xa0profils au plus. Supprimez-en un d’abord.", code=Code.TOO_MANY_PROFILES
        )
    made = PayrollProfile.objects.create(employer=employer, name=_free(name, names), **values)
    note_act(act=CompanyAct.PAYROLL_ADDED, by=by, employer=employer, detail=made.name)
    after_commit(hint, compare, employer.pk)
    return made


def copy(*, profile: PayrollProfile, by: User) -> PayrollProfile:
    """Another profile of the same format. Raises ExportRefused as `add`."""
    values = {name: getattr(profile, name) for name in FORMAT}
    return add(employer=profile.employer, by=by, name=f"{profile.name[: NAME_LENGTH - 8]} (copie)", values=values)


@transaction.atomic
def change(*, profile: PayrollProfile, by: User, name: str, values: dict[str, Any]) -> bool:
    """Rename a profile and change its format. Returns whether anything did. Raises ExportRefused for a name in use."""
    locked = PayrollProfile.objects.select_for_update(of=("self",)).select_related("employer").get(pk=profile.pk)
    wanted = {"name": name, **values}
    changed = [field for field, value in wanted.items() if getattr(locked, field) != value]
    if not changed:
        return False
    former = locked.name
    for field in changed:
        setattr(locked, field, wanted[field])
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError as error:
        raise ExportRefused(
            "Un profil de l’entreprise porte déjà ce nom.", code=Code.NAME_IN_USE, field="name"
        ) from error
    detail = former if former == locked.name else f"{former} → {locked.name}"
    note_act(act=CompanyAct.PAYROLL_CHANGED, by=by, employer=locked.employer, detail=detail)
    return True


@transaction.atomic
def remove(*, profile: PayrollProfile, by: User) -> None:
    """Forget a profile and its markers."""
    note_act(act=CompanyAct.PAYROLL_REMOVED, by=by, employer=profile.employer, detail=profile.name)
    profile.delete()


def _free(name: str, names: set[str]) -> str:
    """`name`, or the same with the first number that makes it new."""
    if name not in names:
        return name
    number = next(number for number in range(2, len(names) + 3) if f"{name} {number}" not in names)
    return f"{name} {number}"
