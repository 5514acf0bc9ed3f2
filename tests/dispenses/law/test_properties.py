"""What holds of the rules whatever the situation: random employees, actes, answers and days."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.enums import ActeKind, ContractType
from dispenses.enums import Opening
from dispenses.law.assessment import AskedPiece, Assessment, assess
from dispenses.law.cases import MotifEntry
from dispenses.law.catalogue import CATALOGUE, OPENED_BY_ACTE
from dispenses.law.questions import CONTRACT, COVERED_SINCE, QUESTIONS, Kind
from dispenses.law.rules import MotifRules, StatedActe, end_date, retention_date
from dispenses.law.situation import Person, Situation, Standing
from portal.lib.dates import add_years

BASE = date(2024, 2, 29)
FAR, NEAR = st.integers(-1500, 1500), st.integers(-65, 65)
DAYS = st.builds(lambda shift: BASE + timedelta(days=shift), FAR | NEAR)
TO_OPEN = sorted(entry.code.value for entry in OPENED_BY_ACTE)
OPENED = st.lists(st.sampled_from(TO_OPEN), unique=True)
AMOUNTS = st.sampled_from([Decimal(text) for text in ("0.01", "59.99", "60.00", "60.01", "600.00", "100000.00")])
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.just("Mutuelle du Lac"),
    Kind.DATE: DAYS,
    Kind.EUROS: AMOUNTS,
}
PRESENT = [entry for entry in CATALOGUE if entry.due_only or entry.before_set_up]
pytestmark = pytest.mark.filterwarnings("error")


@st.composite
def actes(draw: st.DrawFn) -> list[StatedActe]:
    """No acte, or up to three versions, each until the next, until the eve of a gap, or without an end."""
    starts = sorted(draw(st.sets(DAYS, max_size=3)))
    if not starts:
        return []
    first, set_up_kind = starts[0] - timedelta(days=draw(st.sampled_from([0, 0, 400]))), draw(st.sampled_from(ActeKind))
    ends = [start - timedelta(days=draw(st.sampled_from([1, 1, 20]))) for start in starts[1:]]
    ends = [max(start, end) for start, end in zip(starts, ends, strict=False)]
    last = draw(st.none() | st.just(starts[-1] + timedelta(days=200)))
    return [
        StatedActe(
            kind=draw(st.just(set_up_kind) | st.sampled_from(ActeKind)).value,
            in_force_from=start,
            in_force_until=end,
            opened_motifs=draw(OPENED),
            first_set_up_on=first,
            set_up_kind=set_up_kind.value,
            employee_share_from=draw(st.none() | st.just(first) | st.just(start)),
            recommended_pieces=[],
            yearly_policies=[],
        )
        for start, end in zip(starts, [*ends, last], strict=True)
    ]


def answers_to(entry: MotifEntry) -> st.SearchStrategy[dict[str, object]]:
    """Some of the answers that the motif asks for, each of its kind, in whatever order their days are."""
    asked = [QUESTIONS[key] for key in entry.extra_fields]
    values = {
        question.key: st.sampled_from([value for value, _ in question.choices])
        if question.kind is Kind.CHOICE
        else VALUES[question.kind]
        for question in asked
    }
    return st.fixed_dictionaries({}, optional=values)


@st.composite
def asked(draw: st.DrawFn, among: list[MotifEntry] = list(CATALOGUE)) -> tuple[MotifEntry, Situation]:  # noqa: B006
    """A motif, and someone who asks for it on a day."""
    entry = draw(st.sampled_from(among))
    hired_on = draw(DAYS)
    person = Person(
        contract_type=draw(st.sampled_from(ContractType)).value,
        hired_on=hired_on,
        contract_ends_on=draw(st.none() | st.builds(lambda days: hired_on + timedelta(days=days), st.integers(0, 800))),
        part_time=draw(st.booleans()),
    )
    own = [one.code.value for one in CATALOGUE]
    situation = Situation(
        person=person,
        actes=draw(actes()),
        day=draw(DAYS),
        answers=draw(st.none() | answers_to(entry)),
        provided=draw(st.none() | st.sets(st.sampled_from([piece.code for piece in entry.pieces] or [""]))),
        granted_until=draw(st.dictionaries(st.sampled_from(own), DAYS, max_size=2)),
    )
    return entry, situation


def judged(entry: MotifEntry, situation: Situation) -> Assessment:
    return assess(cast(MotifRules, entry), situation, cast("tuple[AskedPiece, ...]", entry.pieces))


@given(asked())
def test_a_dispense_begins_after_the_hire_and_ends_after_it_begins(case: tuple[MotifEntry, Situation]) -> None:
    entry, situation = case
    found = judged(entry, situation)
    assert found.effective_on >= situation.person.hired_on
    assert found.effective_on >= (situation.answered_day(COVERED_SINCE) or found.effective_on)
    if found.may_be_sent and found.ends_on:
        assert found.ends_on >= max(found.effective_on, situation.day)


@given(asked())
def test_a_dispense_never_outlasts_the_cover_or_the_contract_that_it_rests_on(
    case: tuple[MotifEntry, Situation],
) -> None:
    entry, situation = case
    found = judged(entry, situation)
    assert found.ends_on == end_date(cast(MotifRules, entry), dict(situation.answers or {}))
    if found.ends_on and found.affiliation_due_on:
        assert found.affiliation_due_on == found.ends_on + timedelta(days=1)
    if found.confirm_by:
        assert found.confirm_by <= (found.ends_on or found.confirm_by)
        assert found.confirm_by == add_years(situation.day, 1)


@given(asked())
def test_each_reason_speaks_and_a_closed_motif_says_why(case: tuple[MotifEntry, Situation]) -> None:
    found = judged(*case)
    for reason in found.reasons:
        assert all(text.strip() for text in (reason.words, reason.article, reason.title)), reason
        assert not reason.leaves_room or reason.standing is Standing.CLOSED
    if not found.may_be_sent:
        assert any(not reason.leaves_room for reason in found.against)
    if found.standing in {Standing.CLOSED, Standing.NOT_YOURS}:
        assert found.against
        assert found.against[0].standing is found.standing


@given(asked())
def test_a_motif_of_the_acte_never_begins_before_a_version_that_opens_it(case: tuple[MotifEntry, Situation]) -> None:
    entry, situation = case
    found = judged(entry, situation)
    if entry.opening is Opening.ACTE and found.may_be_sent:
        opening = [acte for acte in situation.actes if entry.code in acte.opened_motifs]
        assert opening
        assert found.effective_on >= min(acte.in_force_from for acte in opening)


@given(asked(PRESENT), st.integers(0, 900))
def test_a_later_hire_never_opens_what_is_for_those_who_were_there(
    case: tuple[MotifEntry, Situation], days: int
) -> None:
    entry, situation = case
    """Under the same acte: one asked before the hire is that of the hire."""
    person = replace(situation.person, hired_on=situation.person.hired_on + timedelta(days=days))
    later = replace(situation, person=person)
    if later.acte is situation.acte:
        assert judged(entry, later).standing >= judged(entry, situation).standing


@given(asked(), st.sampled_from(TO_OPEN))
def test_an_acte_that_opens_one_more_motif_closes_no_other(case: tuple[MotifEntry, Situation], code: str) -> None:
    entry, situation = case
    wider = [replace(acte, opened_motifs=[*acte.opened_motifs, code]) for acte in situation.actes]  # type: ignore[type-var]
    before, after = judged(entry, situation), judged(entry, replace(situation, actes=wider))
    assert after.standing <= before.standing
    assert after.may_be_sent or not before.may_be_sent
    if entry.code != code:
        assert (after.standing, after.effective_on) == (before.standing, before.effective_on)


@given(asked())
def test_what_may_be_sent_was_offered_before_the_answers(case: tuple[MotifEntry, Situation]) -> None:
    entry, situation = case
    contract = set(CONTRACT) <= set(situation.answers or {})
    if situation.answers is not None and contract is bool(entry.length) and judged(entry, situation).may_be_sent:
        assert judged(entry, replace(situation, answers=None, provided=None)).may_be_sent


@given(received_on=DAYS, last_day=st.none() | DAYS, held=st.booleans())
def test_evidence_is_never_let_go_before_its_bound(received_on: date, last_day: date | None, held: bool) -> None:
    kept_until = retention_date(received_on=received_on, last_day=last_day, held=held)
    assert (kept_until is None) is held
    if kept_until:
        assert kept_until >= add_years(received_on, 6)
        assert kept_until >= date(last_day.year + 3, 12, 31) if last_day else True
    assert retention_date(received_on=received_on, in_force=True) is None
