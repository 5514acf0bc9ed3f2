"""The row of the queue: written by every move, equal to what the history says, assigned to one person."""

import random
from datetime import date, datetime, timedelta
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Employee
from accounts.services.updating import update_employee
from accounts.states import Standing
from dispenses.exceptions import Code, TransitionRefused
from dispenses.models import Dispense, QueueEntry
from dispenses.queue import assignments, rows, standing
from dispenses.request import sending
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.registry import decide
from dispenses.workflow import Status
from portal.lib import searching
from portal.lib.dates import instant
from tests.dispenses.request.test_races import together
from tests.factories import DispenseFactory, EmployeeFactory, StaffFactory, add_file
from tests.refusals import refused

pytestmark = pytest.mark.django_db

STAGES = [status for status in Status if status is not Status.DRAFT]


def paris(*parts: int) -> datetime:
    return instant(date(*parts[:3]), *parts[3:])


@pytest.mark.parametrize("stage", STAGES)
def test_a_request_sent_has_its_row_whatever_becomes_of_it(stage: Status) -> None:
    dispense = DispenseFactory(stage=stage)
    row = QueueEntry.objects.get(dispense=dispense)
    assert row.status == stage
    assert row.employer == dispense.employee.employer
    assert row.motif_code == "conjoint"
    assert row.decided_at == dispense.decided_at
    assert rows.differences() == []


def test_a_draft_has_none() -> None:
    DispenseFactory()
    assert not QueueEntry.objects.exists()
    assert rows.rebuild() == 0


def test_the_clock_stops_while_the_employee_is_asked() -> None:
    with time_machine.travel(paris(2026, 11, 23, 9)):
        dispense = DispenseFactory(in_progress=True)
    assert QueueEntry.objects.get().due_on == date(2026, 12, 7)
    with time_machine.travel(paris(2026, 11, 26, 9)):
        decide(ComplementContent(message="Il manque la carte."), dispense=dispense, user=StaffFactory())
    assert QueueEntry.objects.get().days_left == 7
    with time_machine.travel(paris(2026, 12, 21, 23, 30)):
        add_file(dispense, "", "carte.pdf")
        sending.complete(dispense=dispense, user=dispense.employee.user)
    row = QueueEntry.objects.get()
    assert (row.days_left, row.due_on) == (None, date(2026, 12, 31))
    assert timezone.localdate(row.active_at) == date(2026, 12, 21)
    assert rows.differences() == []


@pytest.mark.time_machine(paris(2026, 3, 2, 9), tick=False)
def test_rows_follow_any_walk_through_the_process(time_machine: Any) -> None:
    staff, walk = StaffFactory(), random.Random(5)
    dispenses = [DispenseFactory() for _ in range(5)]
    for _ in range(70):
        time_machine.shift(timedelta(hours=walk.randint(1, 60)))
        dispense = walk.choice(dispenses)
        dispense.refresh_from_db()
        owner = dispense.employee.user
        move = walk.choice(
            [
                lambda d=dispense, o=owner: sending.submit(dispense=d, user=o),
                lambda d=dispense, o=owner: sending.complete(dispense=d, user=o),
                lambda d=dispense: decide(ComplementContent(message="Encore."), dispense=d, user=staff),
                lambda d=dispense: decide(ComplementContent(message="Encore."), dispense=d, user=staff),
                lambda d=dispense: decide(AcceptContent(), dispense=d, user=staff) if walk.random() < 0.3 else None,
                lambda d=dispense: assignments.take_next(user=staff),
            ]
        )
        try:
            move()
        except TransitionRefused:
            continue
    assert QueueEntry.objects.count() == Dispense.objects.exclude(status="draft").count() > 3
    assert rows.differences() == []


def test_rows_are_made_anew_and_assignments_kept() -> None:
    one, two = DispenseFactory(in_progress=True), DispenseFactory(awaiting_complement=True)
    staff = StaffFactory()
    assignments.assign(number=one.number, to=staff, by=staff)
    QueueEntry.objects.filter(dispense=one).update(search="", due_on=date(2020, 1, 1))
    QueueEntry.objects.filter(dispense=two).delete()
    assert rows.differences() == [one.number, two.number]
    with pytest.raises(CommandError, match="2 demandes"):
        call_command("rebuild_queue", check=True)
    out = StringIO()
    call_command("rebuild_queue", stdout=out)
    assert out.getvalue().startswith("2 ")
    call_command("rebuild_queue", check=True)
    assert QueueEntry.objects.get(dispense=one).assigned_to == staff


def test_where_employees_stand_is_checked_and_made_anew() -> None:
    people = {stage: DispenseFactory(stage=stage).employee for stage in STAGES}
    invited, active = EmployeeFactory(), EmployeeFactory(activated=True)
    everyone = [*people.values(), invited, active]
    right = dict(Employee.objects.values_list("pk", "standing"))
    assert standing.differences() == []
    Employee.objects.update(standing=Standing.TO_COMPLETE)
    with pytest.raises(CommandError, match="ne sont pas là"):
        call_command("rebuild_queue", check=True)
    call_command("rebuild_queue", stdout=StringIO())
    call_command("rebuild_queue", check=True)
    assert dict(Employee.objects.values_list("pk", "standing")) == right
    assert len(right) == len(everyone)
    assert (right[invited.pk], right[active.pk]) == (Standing.INVITED, Standing.ACTIVE)


def test_what_was_sent_before_the_queue_enters_it() -> None:
    """The migration gives the rows that the moves would have written."""
    for stage in STAGES:
        DispenseFactory(stage=stage)
    QueueEntry.objects.all().delete()
    import_module("dispenses.migrations.0008_queue_of_what_was_sent").fill(apps, None)
    assert QueueEntry.objects.count() == len(STAGES)
    assert rows.differences() == []


@pytest.mark.postgresql
def test_the_search_has_its_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'queue_by_words'")
        assert "gin_trgm_ops" in cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Élodie", ["elodie"]),
        ("N’Guyên-Œuf", ["n", "guyen", "oeuf"]),
        ("  L-00 412 ", ["l", "00", "412"]),
        ("Groß ÇELIK", ["gross", "celik"]),
        ("Yıldız Đặng ĐORĐEVIĆ", ["yildiz", "dang", "dordevic"]),
        ("İpek Þóra Æsa", ["ipek", "thora", "aesa"]),
        ("李 小龍", ["李", "小龍"]),
        ("Иван", ["иван"]),
        ("%_';", []),
        ("\u202e", []),
    ],
)
def test_words_have_neither_accents_nor_case(text: str, expected: list[str]) -> None:
    assert searching.words(text) == expected


def test_what_is_typed_is_a_piece_of_a_word_or_a_short_word() -> None:
    assert searching.search_text("O’Brien", "Zélie", "L-204") == " o brien obrien zelie l 204 l204 "
    assert searching.patterns("ly BRI 204") == [" ly ", "bri", " 204"]


# Assignments


@pytest.mark.time_machine(paris(2026, 11, 25, 9))
def test_the_next_request_is_the_most_urgent_that_nobody_has() -> None:
    one, two = StaffFactory(), StaffFactory()
    with time_machine.travel(paris(2026, 11, 20, 9)):
        late = DispenseFactory(in_progress=True)
    with time_machine.travel(paris(2026, 11, 2, 9)):
        later = DispenseFactory(in_progress=True)
        DispenseFactory(accepted=True)
    assert assignments.take_next(user=one) == later
    assert assignments.take_next(user=two) == late
    assert assignments.take_next(user=one) is None
    assert set(QueueEntry.objects.filter(assigned_to=one)) == {later.queue_entry}


def test_the_next_after_a_request_is_behind_it_then_at_the_top() -> None:
    staff = StaffFactory()
    first, second, third = (DispenseFactory(in_progress=True) for _ in range(3))
    assert assignments.take_next(user=staff, after=second) == third
    assert assignments.take_next(user=staff, after=third) == first
    assert assignments.take_next(user=staff, after=second) is None


def test_the_next_may_be_chosen_among_some() -> None:
    staff = StaffFactory()
    DispenseFactory(in_progress=True)
    wanted = DispenseFactory(in_progress=True)
    among = QueueEntry.objects.filter(employer=wanted.employee.employer)
    assert assignments.take_next(user=staff, among=among) == wanted
    assert assignments.take_next(user=staff, among=among) is None


def test_an_assignment_is_somebody_s() -> None:
    dispense = DispenseFactory(in_progress=True)
    one, two = StaffFactory(first_name="Paul"), StaffFactory()
    assert assignments.assign(number=dispense.number, to=one, by=one)
    assert not assignments.assign(number=dispense.number, to=one, by=one)
    with refused(TransitionRefused, Code.NOT_THEIRS, words=f"attribuée à {one.full_name}"):
        assignments.assign(number=dispense.number, to=two, by=two)
    with refused(TransitionRefused, Code.NOT_THEIRS, words=one.full_name):
        assignments.unassign(number=dispense.number, by=two)
    assert not LogEntry.objects.exists()
    assert assignments.assign(number=dispense.number, to=two, by=two, may_reassign=True)
    assert f"{one.full_name} → {two.full_name}" in LogEntry.objects.get().change_message
    assert assignments.unassign(number=dispense.number, by=two)
    assert not assignments.unassign(number=dispense.number, by=two)


def test_what_is_decided_is_assigned_no_more() -> None:
    dispense, staff = DispenseFactory(accepted=True), StaffFactory()
    with refused(TransitionRefused, Code.DECIDED):
        assignments.assign(number=dispense.number, to=staff, by=staff)


def test_what_is_forgotten_comes_back() -> None:
    staff, now = StaffFactory(), timezone.now()
    kept, forgotten, answered = (DispenseFactory(in_progress=True) for _ in range(3))
    for dispense in (kept, forgotten, answered):
        assignments.assign(number=dispense.number, to=staff, by=staff)
    old = now - timedelta(days=8)
    QueueEntry.objects.exclude(dispense=kept).update(assigned_at=old)
    QueueEntry.objects.filter(dispense=forgotten).update(active_at=old)
    assert assignments.release_forgotten(now) == 1
    assert set(QueueEntry.objects.filter(assigned_to=staff)) == {kept.queue_entry, answered.queue_entry}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_people_who_ask_at_once_get_different_requests() -> None:
    people = [StaffFactory() for _ in range(4)]
    dispenses = [DispenseFactory(in_progress=True) for _ in range(6)]
    taken = together(*[lambda user=user: assignments.take_next(user=user) for user in people])
    assert {dispense.number for dispense in taken} == {dispense.number for dispense in dispenses[:4]}
    assert QueueEntry.objects.filter(assigned_to__isnull=True).count() == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_last_request_is_one_person_s() -> None:
    people = [StaffFactory() for _ in range(3)]
    DispenseFactory(in_progress=True)
    taken = together(*[lambda user=user: assignments.take_next(user=user) for user in people])
    assert sorted(result is None for result in taken) == [False, True, True]


def test_names_found_whatever_their_accents() -> None:
    employee = EmployeeFactory(activated=True, first_name="Anaïs", last_name="Lefèvre-Gœtz")
    DispenseFactory(in_progress=True, employee=employee)
    assert " anais " in QueueEntry.objects.get().search
    assert "lefevregoetz" in QueueEntry.objects.get().search


def test_a_person_renamed_is_found_under_the_new_name() -> None:
    dispense = DispenseFactory(in_progress=True)
    now = timezone.now()
    assert rows.refresh_people(now) == 0
    Employee.objects.filter(pk=dispense.employee_id).update(last_name="Zébulon", changed_at=now)
    assert rows.refresh_people(now) == 1
    assert " zebulon " in QueueEntry.objects.get().search
    assert rows.differences() == []


def test_a_person_corrected_by_the_employer_is_found_at_once(django_assert_num_queries: Any) -> None:
    dispense = DispenseFactory(in_progress=True)
    other = DispenseFactory(in_progress=True)
    update_employee(employee=dispense.employee, values={"last_name": "Zébulon"}, by="Nadia")
    assert " zebulon " in QueueEntry.objects.get(pk=dispense.pk).search
    assert " zebulon " not in QueueEntry.objects.get(pk=other.pk).search
    assert rows.differences() == []
    employee = Employee.objects.get(pk=dispense.employee_id)
    employee.category = "Cadres"
    with django_assert_num_queries(1):  # nothing that is searched
        employee.save(update_fields=["category"])
