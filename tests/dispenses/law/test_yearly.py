"""What is asked each year: the law's own demand stands, the insurer's prudence follows the acte."""

from dataclasses import replace
from datetime import date

import pytest

from dispenses.enums import Yearly, YearlyPolicy
from dispenses.law import worked_cases, yearly
from dispenses.law.assessment import assess
from dispenses.law.rules import StatedActe
from dispenses.models import Motif

pytestmark = pytest.mark.django_db
CASES = {case.id: case for case in worked_cases.read()}


def motif(code: str) -> Motif:
    return Motif.objects.get(code=code, in_force_until=None)


def acte(*policies: str) -> StatedActe:
    first = date(2020, 1, 1)
    return StatedActe(
        kind="due",
        in_force_from=first,
        in_force_until=None,
        opened_motifs=[],
        first_set_up_on=first,
        set_up_kind="due",
        employee_share_from=first,
        recommended_pieces=[],
        yearly_policies=list(policies),
    )


@pytest.mark.parametrize(
    ("code", "policies", "policy", "asked"),
    [
        ("conjoint", (), YearlyPolicy.UNCHANGED, Yearly.PRUDENCE),
        ("conjoint", ("camieg:nothing",), YearlyPolicy.UNCHANGED, Yearly.PRUDENCE),
        ("conjoint", ("conjoint:nothing",), YearlyPolicy.NOTHING, Yearly.NONE),
        ("conjoint", ("conjoint:document",), YearlyPolicy.DOCUMENT, Yearly.PRUDENCE),
        ("conjoint", ("conjoint:jamais",), YearlyPolicy.UNCHANGED, Yearly.PRUDENCE),
        ("acte_f_couverture_collective", (), YearlyPolicy.DOCUMENT, Yearly.LAW),
        (
            "acte_f_couverture_collective",
            ("acte_f_couverture_collective:nothing",),
            YearlyPolicy.DOCUMENT,
            Yearly.LAW,
        ),
        ("c2s", ("c2s:document",), YearlyPolicy.NOTHING, Yearly.NONE),
    ],
)
def test_the_acte_moves_prudence_never_the_law(code, policies, policy, asked):
    found = motif(code), acte(*policies)
    assert yearly.policy_of(*found) is policy
    assert yearly.asked_by(*found) is asked


def test_a_dispense_that_the_acte_does_not_have_confirmed_has_no_confirmation():
    case = next(case for case in CASES.values() if case.motif == "conjoint" and case.confirm_by)
    found = assess(motif("conjoint"), case.situation)
    assert (found.yearly, found.confirm_by) == (Yearly.PRUDENCE, case.confirm_by)
    lighter = replace(case.situation, actes=[acte("conjoint:nothing")])
    found = assess(motif("conjoint"), lighter)
    assert (found.yearly, found.yearly_policy, found.confirm_by) == (Yearly.NONE, YearlyPolicy.NOTHING, None)
