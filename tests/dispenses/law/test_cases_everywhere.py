"""Rules, pages, desk and pack say the same of each worked case, once it is rows of the database."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
import time_machine

from accounts.models import Employer
from dispenses.desk import queries, request_context
from dispenses.desk.checks import Verdict
from dispenses.enums import Lack
from dispenses.exceptions import DispenseIncomplete
from dispenses.law.assessment import Assessment, assess
from dispenses.law.catalogue import BY_CODE
from dispenses.law.situation import Ground, Standing
from dispenses.law.worked_cases import WorkedCase, assessed, read
from dispenses.models import Dispense
from dispenses.packs import proofs
from dispenses.parties import Interests
from dispenses.request import contents, eligibility, sending
from portal.lib.dates import instant
from tests.dispenses.law.case_rows import Rows
from tests.factories import StaffFactory, UserFactory

BY_THE_ACTE = {Ground.ACTE, Ground.PRESENT}
NOBODY = Interests(0)
FIRST, LAST = date(2000, 1, 1), date(2040, 1, 1)  # the pack's period holds every case


@dataclass(frozen=True)
class Told:
    """What a case says by itself: with all its documents judged, and before any question is asked."""

    case: WorkedCase
    whole: Assessment
    before: Assessment
    required: frozenset[str]  # documents without which the portal sends nothing

    @property
    def may_be_sent(self) -> bool:
        return self.case.may_be_sent and self.case.absent not in self.required


def told(case: WorkedCase) -> Told:
    entry = BY_CODE[case.motif]
    whole = assessed(case)
    before = assess(entry, replace(case.situation, answers=None), entry.pieces)
    required = frozenset(proof.code for proof in whole.proofs if not proof.recommended)
    return Told(case, whole, before, required)


@pytest.mark.django_db
def test_rules_pages_desk_and_pack_say_the_same_of_each_case() -> None:
    rows = Rows(owner=UserFactory(), staff=StaffFactory())
    numbers: dict[int, Told] = {}
    differing: list[str] = []
    for case in read():
        if case.standing is None:
            continue
        with time_machine.travel(instant(case.situation.day, 12), tick=False):
            draft, one = rows.draft(case), told(case)
            numbers[draft.number] = one
            differing += [f"{case.id} {words}" for words in (*_page(draft, one), *_sent(rows, draft, one))]
    rows.grant_all()
    differing += list(_packs(rows, numbers))
    assert differing == []


def _page(draft: Dispense, one: Told) -> Iterator[str]:
    """What the rows say, and what the page of the motifs offers."""
    found = contents.assessment(draft)
    for name in ("standing", "may_be_sent", "effective_on", "ends_on", "affiliation_due_on", "confirm_by", "yearly"):
        if getattr(found, name) != getattr(one.whole, name):
            yield f"rows: {name} {getattr(found, name)}, not {getattr(one.whole, name)}"
    day, hired_on = one.case.situation.day, one.case.situation.person.hired_on
    offered = {motif.code: each for motif, each in eligibility.offered(draft.employee, day, hired_on=hired_on)}
    page = offered.get(one.case.motif)
    better = {code.value for code in BY_CODE[one.case.motif].unless if code in offered}
    if page is None:
        if one.may_be_sent and not any(offered[code].standing is Standing.OPEN for code in better):
            yield "page of the motifs: not there"
    elif (page.standing, page.may_be_sent) != (one.before.standing, one.before.may_be_sent):
        yield f"page of the motifs: {page.standing!r}, not {one.before.standing!r}"
    elif one.may_be_sent and not page.may_be_sent:
        yield "page of the motifs: closed, and it may be sent"


def _sent(rows: Rows, draft: Dispense, one: Told) -> Iterator[str]:
    """What the verification lets through, then what the desk reads."""
    try:
        sent = sending.submit(dispense=draft, user=rows.owner)
    except DispenseIncomplete as refusal:
        if one.may_be_sent:
            yield f"verification: {refusal.missing}"
        rows.send_as_it_is(draft)
    else:
        if not one.may_be_sent:
            yield "verification: nothing is missing"
        if sent.effective_on != (one.case.effective_on or sent.effective_on):
            yield f"sending: effective on {sent.effective_on}"
    context = request_context.around(queries.get_request(draft.number, NOBODY), NOBODY)
    documents = {piece.label for piece in context["pieces"]}
    lines = [*context["doubts"], *context["passed"]]
    fails = [line.title for line in lines if line.verdict is Verdict.FAIL and line.title not in documents]
    against = [r for r in one.whole.against if not r.leaves_room and r.ground is not Ground.PROOF]
    if bool(fails) is not bool(against):
        yield f"desk: {fails}"
    absent = [line.title for line in lines if line.verdict is Verdict.FAIL and line.title in documents]
    if bool(absent) is not (one.case.absent in one.required):
        yield f"desk, documents: {absent}"
    looks = {line.title for line in lines if line.verdict is Verdict.LOOK}
    if unsaid := {reason.title for reason in one.whole.warnings} - looks:
        yield f"desk: does not warn of {unsaid}"


def _packs(rows: Rows, numbers: dict[int, Told]) -> Iterator[str]:
    for employer in rows.employers.values():
        for proof in _proofs(employer):
            if one := numbers.get(proof.dispense.number):
                not_opened = any(missing.kind is Lack.NOT_OPENED for missing in proof.missing)
                if not_opened is not any(reason.ground in BY_THE_ACTE for reason in one.whole.against):
                    yield f"{one.case.id} pack: {[missing.kind.value for missing in proof.missing]}"


def _proofs(employer: Employer) -> Iterator[proofs.Proof]:
    frame = proofs.Frame.of(employer.pk, first=FIRST, last=LAST, today=LAST)
    for found in proofs.by_employee(proofs.granted(employer.pk, FIRST, LAST), frame):
        yield from found
