"""Loaders: without the right there is no object, and the answer is 404."""

from django.contrib.auth.models import Permission
from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from dispenses.exceptions import Forgotten
from dispenses.law.editions import with_motif
from dispenses.models import ActeText, Dispense, EvidencePack, Justificatif, Tombstone
from dispenses.workflow import Status

MAX_NUMBER = 2**63 - 1
DECIDE = "dispenses.change_dispense"
BULK = "dispenses.bulk_decide_dispense"
REASSIGN = "dispenses.reassign_dispense"
REOPEN = "dispenses.reopen_dispense"


def own_dispenses(user: User) -> QuerySet[Dispense]:
    """Requests of the signed-in person, every employer included."""
    return Dispense.objects.filter(employee__user=user)


def get_own_dispense(user: User, number: int, *, related: str = "employee__employer") -> Dispense:
    """The person's own request, its motif and what `related` names in hand. Raises Http404 otherwise."""
    mine = own_dispenses(user).filter(number=min(number, MAX_NUMBER)).order_by()
    if related:
        for found in mine.select_related(related):
            found.employee.user = user
            found.employer_of_page = found.employee.employer_id
            return with_motif(found)
    else:
        for alone in mine.annotate(employer_pk=F("employee__employer_id")):
            alone.employer_of_page = alone.employer_pk
            return with_motif(alone)
    if Tombstone.objects.filter(pk=min(number, MAX_NUMBER)).exists():
        raise Forgotten(
            f"La demande N°{number} a été effacée au terme de sa conservation, avec ses documents. "
            "Il n’en reste que le numéro, les dates et l’issue, que personne ne peut plus relier à vous."
        )
    raise Http404("Aucune demande de ce numéro.")


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
