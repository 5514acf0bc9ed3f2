"""What a correspondent does for the company besides declaring people: each act is written down for the colleagues."""

from typing import Any

from django.core import signing
from django.db import transaction
from django.utils import timezone

from accounts import tokens
from accounts.employee.fields import BY_ATTRIBUTE, EmployeeField
from accounts.enums import CompanyAct, Digest
from accounts.exceptions import Code, CompanyRefused
from accounts.models import Correspondent, Employee, Employer, User
from accounts.services.departures import refuse_rehired
from accounts.services.journal import note_act
from accounts.services.unheld import stop_unheld
from accounts.services.updating import update_employee

DIGEST = "digest"


@transaction.atomic
def correct_employee(*, employee: Employee, by: User, values: dict[str, Any], label: str = "") -> list[str]:
    """Correct what was declared; a new address is told to the correspondents, and kills the link to the former one.

    `label`: how the company is told who corrects, the full name by default. Returns the labels of what changed.
    Raises AlreadyPreAffiliated when address or matricule is another employee's, or SentTooOften when links have just
    left: the address stays; EmploymentRefused once the person was hired again.
    """
    refuse_rehired(employee)
    before = {name: getattr(employee, name) for name in values}
    changed = update_employee(employee=employee, values=values, by=label or by.full_name)
    if not changed:
        return []
    fields = [BY_ATTRIBUTE[name] for name in changed]
    said = [
        f"{_label(field)} : {field.in_words(before[field.attribute])} → {field.in_words(values[field.attribute])}"
        for field in fields
    ]
    detail = " ; ".join(said)
    note_act(act=CompanyAct.CORRECTED, by=by, employer=employee.employer, employee=employee, detail=detail, label=label)
    return [_label(field) for field in fields]


def _label(field: EmployeeField) -> str:
    """« date d’embauche », « NIR »."""
    return field.label if field.label.isupper() else field.label[:1].lower() + field.label[1:]


@transaction.atomic
def withdraw_colleague(*, role: Correspondent, by: User) -> None:
    """Take a colleague's right away, which stops what they held: tokens, webhooks, invitations.

    Raises CompanyRefused for one's own: an employer must keep a correspondent.
    """
    if role.user_id == by.pk:
        raise CompanyRefused("Vous ne pouvez pas vous retirer vous-même. Demandez-le à un collègue.", code=Code.ONESELF)
    # Two who withdraw each other at once: one after the other, so that one of them stays.
    Employer.objects.select_for_update(no_key=True).get(pk=role.employer_id)
    if not Correspondent.objects.filter(user=by, employer=role.employer_id).exists():
        raise CompanyRefused("Vous n’êtes plus correspondant(e) de cette entreprise.", code=Code.NOT_CORRESPONDENT)
    detail = f"{role.user.full_name} ({role.user.email})"
    deleted, _ = Correspondent.objects.filter(pk=role.pk).delete()
    if deleted:
        note_act(act=CompanyAct.COLLEAGUE_WITHDRAWN, by=by, employer=role.employer, detail=detail)
        stop_unheld(employer=role.employer)


@transaction.atomic
def change_guide_address(*, employer: Employer, by: User) -> str:
    """Give the company's guide another address; the former one leads to the guide for everybody. Returns the key."""
    key = tokens.mint_guide_key()
    Employer.objects.filter(pk=employer.pk).update(guide_key=key)
    note_act(act=CompanyAct.GUIDE_CHANGED, by=by, employer=employer)
    return key


def digest_token(role: Correspondent) -> str:
    """What the link that stops a digest carries: signed, without an end."""
    return signing.dumps(role.pk, salt=DIGEST)


def role_of_token(signed: str) -> Correspondent | None:
    """Whose digest that link stops; None for a forged one or a right withdrawn since."""
    try:
        pk = signing.loads(signed, salt=DIGEST)
    except signing.BadSignature:
        return None
    return Correspondent.objects.filter(pk=pk).select_related("employer").first()


def set_digest(*, role: Correspondent, digest: str) -> None:
    """Choose how often the digest comes; it begins now, without what came before."""
    Correspondent.objects.filter(pk=role.pk).exclude(digest=digest).update(
        digest=Digest(digest).value, digest_until=timezone.now()
    )
