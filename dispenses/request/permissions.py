"""Loaders: without the right there is no object, and the answer is 404."""

from collections.abc import Iterable

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from dispenses.exceptions import Forgotten
from dispenses.law.editions import with_motif
from dispenses.models import ActeText, Dispense, EvidencePack, Justificatif, Tombstone
from dispenses.request import eligibility
from dispenses.workflow import Status

MAX_NUMBER = 2**63 - 1
DECIDE = "dispenses.change_dispense"
BULK = "dispenses.bulk_decide_dispense"
REASSIGN = "dispenses.reassign_dispense"
REOPEN = "dispenses.reopen_dispense"


def own_dispenses(user: User) -> QuerySet[Dispense]:
    """Requests of the signed-in person, every employer included."""
    return Dispense.objects.filter(employee__user=user)


_BEGUN = (
    Dispense.objects.select_related("employee__employer")
    .only(
        *("motif", "status", "matricule", "hired_on", "abandoned_at"),
        *("employee__first_name", "employee__last_name", "employee__employer__name"),
    )
    .order_by()
)
"""What the first step shows of a draft: a fifth of the columns of the three rows."""

_DRAFTS = (
    Dispense.objects.select_related("employee__employer")
    .only(
        *("motif", "status", "matricule", "hired_on", "answers", "submitted_at", "ends_on", "abandoned_at"),
        *(f"employee__{name}" for name in ("employer", "contract_type", "hired_on", "contract_ends_on", "part_time")),
        *("employee__first_name", "employee__last_name", "employee__employer__name"),
    )
    .order_by()
)
"""What the steps that judge a draft read of it and of its employee: half of their columns."""


def get_own_begun(user: User, number: int) -> Dispense:
    """The person's own request as its first step reads it. Raises Http404 otherwise."""
    return _of_page(user, number, _BEGUN.filter(number=min(number, MAX_NUMBER), employee__user=user))


def get_own_draft(user: User, number: int) -> Dispense:
    """The person's own request as the steps that judge it read it. Raises Http404 otherwise."""
    return _of_page(user, number, _DRAFTS.filter(number=min(number, MAX_NUMBER), employee__user=user))


def get_own_draft_and_granted(user: User, number: int) -> Dispense:
    """The same, with what was granted to the same employee before, as `granted_of_page`, in the same query."""
    wanted = Q(number=min(number, MAX_NUMBER)) | Q(status__in=eligibility.GRANTED)
    rows = list(_DRAFTS.filter(wanted, employee__user=user))
    found = _of_page(user, number, (row for row in rows if row.number == number))
    others = [with_motif(row) for row in rows if row.employee_id == found.employee_id and row is not found]
    found.granted_of_page = eligibility.granted_by(others)
    return found


def _of_page(user: User, number: int, rows: Iterable[Dispense]) -> Dispense:
    """The first row, with what pages read of its employee and its motif. Raises Http404, or Forgotten, without any."""
    for found in rows:
        found.employee.user = user
        found.employer_of_page = found.employee.employer_id
        return with_motif(found)
    if Tombstone.objects.filter(pk=min(number, MAX_NUMBER)).exists():
        raise Forgotten(
            f"La demande N°{number} a été effacée au terme de sa conservation, avec ses documents. "
            "Il n’en reste que le numéro, les dates et l’issue, que personne ne peut plus relier à vous."
        )
    raise Http404("Aucune demande de ce numéro.")


def get_own_dispense(user: User, number: int) -> Dispense:
    """The person's own request, its motif, its employee and their employer in hand. Raises Http404 otherwise."""
    mine = own_dispenses(user).filter(number=min(number, MAX_NUMBER)).order_by()
    return _of_page(user, number, mine.select_related("employee__employer"))


def get_own_justificatif(user: User, number: int, pk: int) -> Justificatif:
    """A document of the person's own request. Raises Http404 otherwise."""
    return get_object_or_404(
        Justificatif.objects.select_related("dispense"),
        dispense__employee__user=user,
        dispense__number=min(number, MAX_NUMBER),
        pk=min(pk, MAX_NUMBER),
    )


def get_pack(user: User, pk: int) -> EvidencePack:
    """A pack of an employer of which the person is a correspondent. Raises Http404 otherwise."""
    return get_object_or_404(
        EvidencePack.objects.select_related("employer"),
        employer__correspondents__user=user,
        pk=min(pk, MAX_NUMBER),
    )


def get_acte_text(user: User, pk: int) -> ActeText:
    """The text of an acte, for an employee or a correspondent of its employer. Raises Http404 otherwise."""
    of_theirs = Q(acte__employer__employees__user=user) | Q(acte__employer__correspondents__user=user)
    return get_object_or_404(ActeText.objects.filter(of_theirs).distinct(), pk=min(pk, MAX_NUMBER))


def desk_dispenses() -> QuerySet[Dispense]:
    """Requests that the management centre may see: never a draft."""
    return Dispense.objects.exclude(status=Status.DRAFT.value)


def reviewers() -> QuerySet[User]:
    """Who may examine requests today, by name."""
    app, codename = DECIDE.split(".")
    holders = Permission.objects.filter(codename=codename, content_type__app_label=app)
    able = Q(groups__permissions__in=holders) | Q(user_permissions__in=holders) | Q(is_superuser=True)
    people = User.objects.filter(able, is_staff=True, is_active=True).distinct()
    return people.order_by("sort_name", "pk")
