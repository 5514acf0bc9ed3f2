"""The journal of a company: what was done in its name, for its correspondents to read."""

from accounts.enums import CompanyAct
from accounts.models import CompanyEvent, Employee, Employer, User

PORTAL = "le portail"  # what nobody did
CENTRE = "le centre de gestion"  # a member of it: which one is no news for the company


def note_act(
    *,
    act: CompanyAct,
    by: User | None,
    employer: Employer,
    employee: Employee | None = None,
    detail: str = "",
    label: str = "",
) -> CompanyEvent:
    """Write an act down, in its transaction. `label`: how its author is named, the full name by default."""
    said = label or (by.full_name if by else PORTAL)
    return CompanyEvent.objects.create(
        employer=employer, employee=employee, act=act, actor=by, actor_label=said, detail=detail[:500]
    )
