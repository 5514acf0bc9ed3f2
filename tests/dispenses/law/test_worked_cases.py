"""Each worked case, run through the rules: what is open, why, from when, until when, with which documents."""

from dataclasses import replace
from datetime import date

import pytest

from dispenses.law.assessment import Assessment, assess
from dispenses.law.rules import retention_date
from dispenses.law.situation import Standing
from dispenses.law.worked_cases import OUT_OF_SCOPE, WorkedCase, read
from dispenses.models import Motif

CASES = read()
JUDGED = [case for case in CASES if case.standing is not None]
pytestmark = pytest.mark.django_db


def assessed(case: WorkedCase) -> Assessment:
    motif = Motif.objects.get(code=case.motif)
    pieces = list(motif.required_justificatifs.all())
    provided = {piece.code for piece in pieces} - {case.absent}
    return assess(motif, replace(case.situation, provided=provided), pieces)


def test_each_case_has_a_number_of_its_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


def test_what_is_out_of_scope_is_no_motif_of_the_portal() -> None:
    codes = set(Motif.objects.values_list("code", flat=True))
    assert [case.id for case in CASES if (case.motif in codes) is (case.row["ouvert"] == OUT_OF_SCOPE)] == []


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.id)
def test_the_rules_answer_as_the_case_says(case: WorkedCase) -> None:
    found = assessed(case)
    assert found.standing is case.standing, [(reason.title, reason.words) for reason in found.reasons]
    if found.standing is not Standing.OPEN:
        return
    assert (found.effective_on, found.ends_on) == (case.effective_on, case.ends_on)
    assert (found.affiliation_due_on, found.confirm_by) == (case.affiliation_due_on, case.confirm_by)
    assert found.yearly == case.yearly
    assert _kept_until(found, case) == case.kept_until


def _kept_until(found: Assessment, case: WorkedCase) -> date | None:
    return retention_date(received_on=case.situation.day, last_day=found.ends_on, in_force=True)
