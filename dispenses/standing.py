"""Where an employee stands, as the employer may know it: never the motif beyond its group."""

from typing import Any

from django.db.models import Case, CharField, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import Employee
from dispenses.enums import MotifFamily
from dispenses.models import Dispense
from dispenses.workflow import Status

# In the order of the bar: state, words of the key, colour.
STATES: tuple[tuple[str, str, str], ...] = (
    ("dispense", "dispensés", "ea-c1"),
    ("en_cours", "dispenses en cours", "ea-c2"),
    ("a_completer", "dossiers à compléter", "ea-c3"),
    ("active", "comptes activés, choix à faire", "ea-c5"),
    ("invite", "invitations sans réponse", "ea-c4"),
)
# Whom to remind first, in the order of the list.
TO_REMIND = ("invite", "active", "a_completer", "en_cours", "dispense")

# A correspondent reads the group of the motif, wide enough to say nothing of a person's income or family.
GROUPS: dict[str, str] = {
    MotifFamily.COUVERT.value: "Couvert par ailleurs",
    MotifFamily.INDIVIDUELLE.value: "Couvert par ailleurs",
    MotifFamily.SOLIDAIRE.value: "Couvert par ailleurs",
    MotifFamily.CDD.value: "Contrat de travail",
    MotifFamily.TEMPS_PARTIEL.value: "Contrat de travail",
    MotifFamily.CONTRAT_COURT.value: "Contrat de travail",
    MotifFamily.PRESENT.value: "Présent avant la mise en place",
}


def with_state(employees: QuerySet[Employee]) -> QuerySet[Any]:
    """Annotate each employee with `state`, one of STATES, and `rank`, from the account and the latest request sent."""
    latest = Dispense.objects.filter(employee=OuterRef("pk")).exclude(status=Status.DRAFT.value).order_by("-number")
    return employees.annotate(
        latest_status=Coalesce(Subquery(latest.values("status")[:1]), Value(""), output_field=CharField()),
    ).annotate(
        state=Case(
            When(latest_status=Status.ACCEPTED.value, then=Value("dispense")),
            When(latest_status=Status.IN_PROGRESS.value, then=Value("en_cours")),
            When(latest_status=Status.AWAITING_COMPLEMENT.value, then=Value("a_completer")),
            When(user__isnull=False, then=Value("active")),
            default=Value("invite"),
            output_field=CharField(),
        ),
        rank=Case(
            *(When(state=state, then=Value(rank)) for rank, state in enumerate(TO_REMIND)),
            default=Value(len(TO_REMIND)),
            output_field=IntegerField(),
        ),
    )
