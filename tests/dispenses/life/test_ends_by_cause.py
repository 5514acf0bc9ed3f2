"""Several ends of one dispense, in every order: its last day is the earliest; what is undone gives the others back."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from accounts.models import Employee
from accounts.services import declare_departure, update_employee
from dispenses.enums import EndCause
from dispenses.life import changing
from dispenses.life.ends import end_dispenses
from dispenses.models import Dispense, Motif
from dispenses.queue import rows, standing
from dispenses.request import endings, history
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.refuse import RefuseContent
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.reinstate import ReinstateContent
from dispenses.request.decisions.reopen import ReopenContent
from tests.dispenses.life.granted import granted
from tests.ending import ending
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, LeadFactory, StaffFactory

pytestmark = pytest.mark.django_db

HIRED, RULE = date(2026, 9, 1), date(2027, 5, 31)
MARCH_5, APRIL_1, APRIL_10, APRIL_20, JUNE_15, JUNE_30 = (
    *(date(2027, 3, 5), date(2027, 4, 1), date(2027, 4, 10)),
    *(date(2027, 4, 20), date(2027, 6, 15), date(2027, 6, 30)),
)
APRIL_14, APRIL_15, MARCH_31, JUNE_1 = date(2027, 4, 14), date(2027, 4, 15), date(2027, 3, 31), date(2027, 6, 1)
ACCEPTED, ENDED = "accepted", "ended"


class Life:
    """A dispense that rests on a contract, and what people do."""

    def __init__(self) -> None:
        role = CorrespondentFactory()
        self.employee: Employee = EmployeeFactory(
            activated=True, employer=role.employer, hired_on=HIRED, contract_type="cdd", contract_ends_on=RULE
        )
        self.by = role.user
        self.number = granted(employee=self.employee, code="cdd_moins_12_mois", ends_on=RULE).number
        self.others: list[Dispense] = []
        rows.rebuild()

    @property
    def dispense(self) -> Dispense:
        return Dispense.objects.get(pk=self.number)

    def announce(self, day: date, cause: EndCause = EndCause.SITUATION) -> None:
        user = self.employee.user
        changing.announce(dispense=self.dispense, user=user, last_day=day, cause=cause, reason="Je le dis.")

    def give_up(self, day: date) -> None:
        self.announce(day, EndCause.GIVEN_UP)

    def leave(self, day: date | None) -> None:
        declare_departure(employee=Employee.objects.get(pk=self.employee.pk), by=self.by, left_on=day)

    def stay(self, _: None) -> None:
        self.leave(None)

    def contract(self, day: date) -> None:
        values = {"contract_ends_on": day}
        update_employee(employee=Employee.objects.get(pk=self.employee.pk), values=values, by="un test")

    def permanent(self, _: None) -> None:
        values = {"contract_type": "cdi", "contract_ends_on": None}
        update_employee(employee=Employee.objects.get(pk=self.employee.pk), values=values, by="un test")

    def replace(self, since: date) -> None:
        asked = DispenseFactory(employee=self.employee, in_progress=True)
        content = AcceptContent(effective_on=since, effective_reason="Le jour.")
        self.others.append(decide(content, dispense=asked, user=StaffFactory()))

    def give_back(self, _: None) -> None:
        latest = Dispense.objects.get(pk=self.others.pop().pk)
        decide(ReopenContent(reason="Erreur."), dispense=latest, user=LeadFactory())
        refusal = RefuseContent(reason="Illisible.", rule="D911-2", de_droit=True)
        decide(refusal, dispense=Dispense.objects.get(pk=latest.pk), user=StaffFactory())

    def reinstate(self, day: date | None) -> None:
        decide(ReinstateContent(ends_on=day, reason="Erreur."), dispense=self.dispense, user=LeadFactory())

    def night(self, _: None) -> None:
        end_dispenses()


Step = tuple[str, date | None, str, date | None, str]
"""What is done, its day, then the status, the last day and the cause that follow."""
SEQUENCES: dict[str, list[Step]] = {
    "what was announced is announced still once the departure is cancelled": [
        ("announce", APRIL_20, ACCEPTED, APRIL_20, "situation"),
        ("leave", APRIL_10, ACCEPTED, APRIL_10, "departure"),
        ("stay", None, ACCEPTED, APRIL_20, "situation"),
        ("announce", RULE, ACCEPTED, RULE, "situation"),
    ],
    "what was given up is given up still": [
        ("give_up", APRIL_20, ACCEPTED, APRIL_20, "given_up"),
        ("leave", APRIL_10, ACCEPTED, APRIL_10, "departure"),
        ("leave", JUNE_15, ACCEPTED, APRIL_20, "given_up"),
        ("stay", None, ACCEPTED, APRIL_20, "given_up"),
    ],
    "one word of the employee takes the place of the other": [
        ("announce", APRIL_10, ACCEPTED, APRIL_10, "situation"),
        ("give_up", APRIL_20, ACCEPTED, APRIL_20, "given_up"),
        ("announce", RULE, ACCEPTED, RULE, "situation"),
    ],
    "replaced then given back, it ends on the day announced": [
        ("announce", APRIL_20, ACCEPTED, APRIL_20, "situation"),
        ("replace", APRIL_15, ACCEPTED, APRIL_14, "replaced"),
        ("give_back", None, ACCEPTED, APRIL_20, "situation"),
    ],
    "announced while another takes over, it may be moved up to the eve": [
        ("replace", APRIL_15, ACCEPTED, APRIL_14, "replaced"),
        ("announce", MARCH_31, ACCEPTED, MARCH_31, "situation"),
        ("announce", APRIL_10, ACCEPTED, APRIL_10, "situation"),
        ("give_back", None, ACCEPTED, APRIL_10, "situation"),
        ("announce", RULE, ACCEPTED, RULE, "situation"),
    ],
    "replaced and left, then both undone": [
        ("replace", APRIL_15, ACCEPTED, APRIL_14, "replaced"),
        ("leave", APRIL_10, ACCEPTED, APRIL_10, "departure"),
        ("give_back", None, ACCEPTED, APRIL_10, "departure"),
        ("stay", None, ACCEPTED, RULE, "rule"),
    ],
    "left then replaced, then both undone": [
        ("leave", APRIL_20, ACCEPTED, APRIL_20, "departure"),
        ("replace", APRIL_15, ACCEPTED, APRIL_14, "replaced"),
        ("stay", None, ACCEPTED, APRIL_14, "replaced"),
        ("give_back", None, ACCEPTED, RULE, "rule"),
    ],
    "one that gives way to another, then to a third that begins before": [
        ("replace", APRIL_15, ACCEPTED, APRIL_14, "replaced"),
        ("replace", APRIL_1, ACCEPTED, MARCH_31, "replaced"),
        ("give_back", None, ACCEPTED, APRIL_14, "replaced"),
        ("give_back", None, ACCEPTED, RULE, "rule"),
    ],
    "the contract moves under what was announced": [
        ("announce", APRIL_20, ACCEPTED, APRIL_20, "situation"),
        ("contract", JUNE_30, ACCEPTED, APRIL_20, "situation"),
        ("announce", JUNE_15, ACCEPTED, JUNE_15, "situation"),
        ("contract", APRIL_10, ACCEPTED, APRIL_10, "rule"),
        ("contract", JUNE_30, ACCEPTED, JUNE_15, "situation"),
    ],
    "the contract moves while another takes over": [
        ("replace", APRIL_15, ACCEPTED, APRIL_14, "replaced"),
        ("contract", JUNE_30, ACCEPTED, APRIL_14, "replaced"),
        ("give_back", None, ACCEPTED, JUNE_30, "rule"),
    ],
    "a departure after the end counts once the contract goes beyond": [
        ("leave", JUNE_15, ACCEPTED, RULE, "rule"),
        ("contract", JUNE_30, ACCEPTED, JUNE_15, "departure"),
        ("stay", None, ACCEPTED, JUNE_30, "rule"),
    ],
    "on one day, the departure is told before the end of the motif": [
        ("leave", RULE, ACCEPTED, RULE, "departure"),
        ("stay", None, ACCEPTED, RULE, "rule"),
    ],
    "on one day, the dispense that follows is told before the end of the motif": [
        ("replace", JUNE_1, ACCEPTED, RULE, "replaced"),
        ("give_back", None, ACCEPTED, RULE, "rule"),
    ],
    "on one day, what the employee said is told before the end of the motif": [
        ("give_up", RULE, ACCEPTED, RULE, "given_up"),
        ("contract", JUNE_30, ACCEPTED, RULE, "given_up"),
    ],
    "a past departure cancelled gives back what was announced": [
        ("announce", APRIL_20, ACCEPTED, APRIL_20, "situation"),
        ("leave", MARCH_5, ENDED, MARCH_5, "departure"),
        ("stay", None, ACCEPTED, APRIL_20, "situation"),
    ],
    "a past departure corrected to a later day than what was announced": [
        ("give_up", APRIL_10, ACCEPTED, APRIL_10, "given_up"),
        ("leave", MARCH_5, ENDED, MARCH_5, "departure"),
        ("leave", APRIL_20, ACCEPTED, APRIL_10, "given_up"),
    ],
    "a contract wrongly made permanent": [
        ("permanent", None, ENDED, date(2027, 3, 9), "contract"),
        ("reinstate", None, ACCEPTED, RULE, "rule"),
    ],
    "reinstated, it keeps the departure to come": [
        ("announce", MARCH_5, ENDED, MARCH_5, "situation"),
        ("leave", APRIL_10, ENDED, MARCH_5, "situation"),
        ("reinstate", None, ACCEPTED, APRIL_10, "departure"),
        ("stay", None, ACCEPTED, RULE, "rule"),
    ],
    "reinstated until another day, it has no other end": [
        ("announce", MARCH_5, ENDED, MARCH_5, "situation"),
        ("reinstate", JUNE_30, ACCEPTED, JUNE_30, "rule"),
        ("leave", APRIL_10, ACCEPTED, APRIL_10, "departure"),
        ("stay", None, ACCEPTED, JUNE_30, "rule"),
    ],
    "reinstated after it was replaced, it goes on to its own end": [
        ("give_up", APRIL_20, ACCEPTED, APRIL_20, "given_up"),
        ("replace", MARCH_5, ACCEPTED, date(2027, 3, 4), "replaced"),
        ("night", None, ENDED, date(2027, 3, 4), "replaced"),
        ("give_back", None, ENDED, date(2027, 3, 4), "replaced"),
        ("reinstate", None, ACCEPTED, APRIL_20, "given_up"),
    ],
}


def settled(dispense: Dispense) -> bool:
    """Whether the row says the earliest of its ends."""
    return endings.earliest(endings.of(dispense)) == (dispense.ends_on, dispense.end_cause)


def do(life: Life, name: str, day: date | None) -> Dispense:
    getattr(life, name)(day)
    assert all(map(settled, Dispense.objects.all()))
    return life.dispense


@pytest.mark.parametrize("name", SEQUENCES)
def test_the_end_and_its_cause_after_each_step(name: str) -> None:
    life = Life()
    for what, day, *expected in SEQUENCES[name]:
        found = do(life, what, day)
        assert [found.status, found.ends_on, found.end_cause] == expected, f"{name}: after {what}"
    assert (rows.differences(), standing.differences(), list(history.verify())) == ([], [], [])


EVENTS: dict[str, tuple[date, EndCause, date]] = {
    "announce": (APRIL_20, EndCause.SITUATION, APRIL_20),
    "leave": (APRIL_10, EndCause.DEPARTURE, APRIL_10),
    "replace": (APRIL_15, EndCause.REPLACED, APRIL_14),
    "contract": (JUNE_30, EndCause.RULE, JUNE_30),
}
UNDOES = {"stay": EndCause.DEPARTURE, "give_back": EndCause.REPLACED}


def orders() -> Iterator[tuple[str, ...]]:
    """Every order in which that day may be announced: before what ends the dispense sooner, or once it is undone."""
    for order in permutations([*EVENTS, *UNDOES]):
        at = {name: order.index(name) for name in order}
        done = at["leave"] < at["stay"] and at["replace"] < at["give_back"]
        free = all(
            at["announce"] < at[first] or at["announce"] > at[last]
            for first, last in (("leave", "stay"), ("replace", "give_back"))
        )
        if done and free:
            yield order


def test_no_order_changes_what_is_left() -> None:
    """The oracle: a set of ends, of which the last day is the earliest."""
    found = list(orders())
    assert len(found) > 50
    for order in found[::4]:
        life, ends = Life(), {EndCause.RULE: RULE}
        for name in order:
            day, cause, last_day = EVENTS.get(name, (None, UNDOES.get(name), None))
            ends.pop(cause, None) if last_day is None else ends.update({cause: last_day})
            dispense = do(life, name, day)
            expected = min((day, cause) for cause, day in ends.items())
            assert (dispense.ends_on, dispense.end_cause) == expected, f"{order}: after {name}"


def test_a_day_announced_behind_a_departure_still_moves_the_confirmation() -> None:
    life = Life()
    Dispense.objects.filter(pk=life.number).update(**ending(None), motif=Motif.objects.get(code="conjoint"))
    signed = life.dispense.declarations.get().signed_at.date()
    next_day = signed.replace(year=signed.year + 1)
    Dispense.objects.filter(pk=life.number).update(confirm_by=next_day)
    life.announce(APRIL_20)
    assert life.dispense.confirm_by is None
    life.leave(next_day + timedelta(days=30))
    life.announce(next_day + timedelta(days=30))
    assert life.dispense.end_cause == EndCause.DEPARTURE
    assert life.dispense.confirm_by == next_day


def test_a_departure_after_the_last_day_is_no_event() -> None:
    life = Life()
    life.leave(JUNE_15)
    assert not life.dispense.events.filter(transition="date_end").exists()


def test_ends_that_move_the_last_day_are_not_written_without_an_event() -> None:
    dispense = granted(ends_on=RULE)
    with pytest.raises(ValueError, match="un événement"):
        endings.note(dispense, {EndCause.DEPARTURE: APRIL_10})
    assert Dispense.objects.get().ends == ending(RULE)["ends"]


def test_an_end_is_read_as_it_was_written() -> None:
    fields: dict[str, Any] = ending(APRIL_10, "departure", rule=RULE, replaced=APRIL_14)
    assert (fields["ends_on"], fields["end_cause"]) == (APRIL_10, "departure")
    assert endings.of(Dispense(**fields)) == {
        EndCause.DEPARTURE: APRIL_10,
        EndCause.REPLACED: APRIL_14,
        EndCause.RULE: RULE,
    }
    assert ending(None) == {"ends": {}, "ends_on": None, "end_cause": ""}


def test_every_cause_has_its_place_among_ends_of_one_day() -> None:
    assert sorted(endings.TOLD_FIRST) == sorted(EndCause)
