"""What payroll software reads: who changed since a cursor, once each, and nothing of anybody's health."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import Employee
from accounts.services.updating import update_employee
from dispenses.models import Dispense
from tests.dispenses.api.conftest import code, software
from tests.factories import DispenseFactory, EmployeeFactory

pytestmark = pytest.mark.django_db
PATH = "payroll/changes"


def read(sirh, **parameters):
    response = sirh.get(PATH, **parameters)
    assert response.status_code == 200, response.content.decode()
    return response.json()


def test_one_employee_in_full(sirh):
    dispense = DispenseFactory(employee__employer=sirh.employer, accepted=True)
    today = timezone.localdate()
    until = today + timedelta(days=30)
    Dispense.objects.update(effective_on=today, ends_on=until)
    (told,) = read(sirh)["employees"]
    noted = told.pop("noted_at")
    assert noted[:10] == today.isoformat()
    assert told == {
        "id": dispense.employee_id,
        "matricule": dispense.employee.matricule,
        "siret": sirh.employer.siret,
        "left_on": None,
        "dispensed": True,
        "effective_on": today.isoformat(),
        "ends_on": until.isoformat(),
        "affiliation_due_on": (until + timedelta(days=1)).isoformat(),
        "motif_group": "Couvert par ailleurs",
    }
    Employee.objects.update(establishment_siret="12345678200010", changed_at=timezone.now())
    assert read(sirh)["employees"][0]["siret"] == "12345678200010"


def test_pages_give_each_once_then_what_changed(sirh):
    people = EmployeeFactory.create_batch(5, employer=sirh.employer)
    seen, cursor = [], {}
    for _ in range(3):
        page = read(sirh, limit=2, **cursor)
        seen += [told["id"] for told in page["employees"]]
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [one.pk for one in people]
    assert not page["has_more"]
    assert read(sirh, **cursor) == {"employees": [], "next_cursor": cursor["cursor"], "has_more": False}
    update_employee(employee=people[0], values={"matricule": "A-1"}, by="x")
    update_employee(employee=people[0], values={"matricule": "A-2"}, by="x")
    assert [told["matricule"] for told in read(sirh, **cursor)["employees"]] == ["A-2"]


def test_what_changes_between_two_pages_is_neither_missed_nor_told_as_it_was(sirh):
    first, second, third = EmployeeFactory.create_batch(3, employer=sirh.employer)
    page = read(sirh, limit=1)
    update_employee(employee=first, values={"matricule": "A-1"}, by="x")  # already told: told again
    update_employee(employee=second, values={"matricule": "A-2"}, by="x")  # not yet: told once, as it is now
    page = read(sirh, cursor=page["next_cursor"])
    assert [told["matricule"] for told in page["employees"]] == [third.matricule, "A-1", "A-2"]


def test_who_left_is_told_with_the_day(sirh):
    EmployeeFactory(employer=sirh.employer, left_on=date(2026, 1, 31))
    assert read(sirh)["employees"][0]["left_on"] == "2026-01-31"


def test_another_employer_s_people_and_a_token_that_may_not_read(sirh):
    other = EmployeeFactory()
    assert read(sirh)["employees"] == []
    theirs = software(employer=other.employer)
    assert [told["id"] for told in read(theirs)["employees"]] == [other.pk]
    writer = software(scopes=["employees:write"])
    assert code(writer.get(PATH)) == (403, "droit_absent")


@pytest.mark.parametrize(
    "parameters",
    [{"cursor": "x"}, {"cursor": "1.1"}, {"cursor": "9" * 19}, {"cursor": "-1"}, {"limit": 0}, {"on": "1"}],
)
def test_parameters_that_mean_nothing_are_refused(sirh, parameters):
    assert code(sirh.get(PATH, **parameters)) == (422, "contenu_refuse")


def test_a_cursor_of_nowhere_gives_nothing(sirh):
    EmployeeFactory(employer=sirh.employer)
    assert read(sirh, cursor="9" * 18)["employees"] == []


def test_number_of_queries_does_not_depend_on_the_rows(sirh, django_assert_max_num_queries):
    for _ in range(4):
        DispenseFactory(employee__employer=sirh.employer, accepted=True)
    read(sirh)
    with django_assert_max_num_queries(14):
        assert len(read(sirh)["employees"]) == 4
