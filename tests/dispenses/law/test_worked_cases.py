"""Each worked case, run through the rules: what is open, why, from when, until when, with which documents."""

from collections import Counter

import pytest

from dispenses.law.assessment import Assessment
from dispenses.law.catalogue import BY_CODE
from dispenses.law.rules import retention_date
from dispenses.law.situation import Standing
from dispenses.law.worked_cases import BECAUSE, INSTEAD, OUT_OF_SCOPE, WorkedCase, assessed, read

CASES = read()
JUDGED = [case for case in CASES if case.standing is not None]
SAME_BEFORE_ITS_END = {"C25"}  # C23, whose end is seen to pass


def test_each_case_has_a_number_of_its_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES) >= 200


def test_no_situation_is_told_twice() -> None:
    told = ("id", "situation", "fondement")
    facts = Counter(
        tuple(text for key, text in case.row.items() if key not in told)
        for case in CASES
        if case.id not in SAME_BEFORE_ITS_END
    )
    assert [situation for situation, times in facts.items() if times > 1] == []


def test_what_is_out_of_scope_is_no_motif_of_the_portal() -> None:
    assert [case.id for case in CASES if (case.motif in BY_CODE) is (case.row["ouvert"] == OUT_OF_SCOPE)] == []


def test_each_motif_has_its_cases_open_and_not() -> None:
    for code in BY_CODE:
        assert {case.standing is Standing.OPEN for case in JUDGED if case.motif == code} == {True, False}, code


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.id)
def test_the_rules_answer_as_the_case_says(case: WorkedCase) -> None:
    found = assessed(case)
    assert found.standing is case.standing, [(reason.title, reason.words) for reason in found.reasons]
    assert found.may_be_sent is case.may_be_sent
    assert case.article
    _because(found, case)
    if case.documents is not None:
        assert tuple((proof.by_law, proof.recommended) for proof in found.proofs) == case.documents
    if case.effective_on:
        assert (found.effective_on, found.ends_on) == (case.effective_on, case.ends_on)
        assert found.affiliation_due_on == case.affiliation_due_on
    granted = found.standing is Standing.OPEN
    kept_until = retention_date(
        received_on=case.situation.day, last_day=found.ends_on if granted else None, in_force=granted
    )
    assert kept_until == case.kept_until
    if granted:
        assert case.effective_on
        assert (found.confirm_by, found.yearly) == (case.confirm_by, case.yearly)


def _because(found: Assessment, case: WorkedCase) -> None:
    """What the line gives as the reason is among the reasons that speak."""
    speaking = (*found.against, *found.warnings)
    if case.because.startswith(INSTEAD):
        assert case.because.removeprefix(INSTEAD) in {reason.instead for reason in speaking}
    elif case.because:
        assert BECAUSE[case.because] & {reason.ground for reason in speaking}, speaking


def test_what_the_texts_leave_open_is_said_in_the_case_as_on_the_desk() -> None:
    for case in JUDGED:
        if "base légale à confirmer" in case.article:
            assert "Base légale à confirmer" in assessed(case).to_confirm, case.id
