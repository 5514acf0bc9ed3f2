"""A contract that ends on another day, or never more: the dispenses that rest on it follow, and both are told."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Employee
from accounts.services import update_employee
from accounts.states import Standing
from dispenses.enums import EndCause
from dispenses.life.cards import CARD_ASKED
from dispenses.models import Dispense, LifeStep, Motif, TimelineEvent
from dispenses.queue import rows, standing
from notifications.models import OutgoingEmail
from tests.accounts.company_files import person
from tests.accounts.test_import_runs import imported
from tests.dispenses.queue.test_speaking import granted
from tests.ending import ending
from tests.factories import CorrespondentFactory, EmployeeFactory, StaffFactory

pytestmark = pytest.mark.django_db

TODAY = date(2027, 3, 10)
HIRED = date(2026, 9, 1)
END = date(2027, 5, 31)


@pytest.fixture(autouse=True)
def _ten_march() -> Iterator[None]:
    with time_machine.travel("2027-03-10T10:00:00+01:00", tick=False):
        yield


def resting(code: str = "cdd_moins_12_mois", **given: Any) -> Dispense:
    """A dispense granted for the time of a contract, of an employer with a correspondent."""
    told = {"contract_type": "cdd", "hired_on": HIRED, "contract_ends_on": END, "matricule": "A1"}
    employee = EmployeeFactory(**{"activated": True, "employer": CorrespondentFactory().employer} | told | given)
    dispense = granted(employee, HIRED, END)
    Dispense.objects.filter(pk=dispense.pk).update(motif=Motif.objects.get(code=code))
    OutgoingEmail.objects.all().delete()
    dispense.refresh_from_db()
    return dispense


def declare(dispense: Dispense, **values: Any) -> None:
    update_employee(employee=Employee.objects.get(pk=dispense.employee_id), values=values, by="un test")
    dispense.refresh_from_db()


def mails() -> list[str]:
    return sorted(OutgoingEmail.objects.values_list("kind", flat=True))


@pytest.mark.parametrize("code", ["cdd_moins_12_mois", "cdd_12_mois_et_plus", "contrat_court"])
@pytest.mark.parametrize("until", [END + timedelta(days=30), END - timedelta(days=30)])
def test_a_contract_that_ends_on_another_day_takes_the_dispense_along(code: str, until: date) -> None:
    dispense = resting(code)
    declare(dispense, contract_ends_on=until)
    assert (dispense.status, dispense.ends_on, dispense.end_cause) == ("accepted", until, EndCause.RULE)
    event = TimelineEvent.objects.filter(dispense=dispense).latest("pk")
    assert event.transition == "date_end"
    assert f"{until:%d/%m/%Y}" in event.comment
    assert mails() == ["dispense_end_moved", "end_moved_to_correspondent"]
    assert not LifeStep.objects.exists()
    assert rows.differences() == []


def test_a_file_and_its_second_reading_tell_it_once() -> None:
    dispense = resting()
    role = dispense.employee.employer.correspondents.get()
    line = person(1, type_contrat="CDD", date_embauche="01/09/2026", date_fin_contrat="30/06/2027")
    imported(role, [line])
    dispense.refresh_from_db()
    assert dispense.ends_on == date(2027, 6, 30)
    declare(dispense, contract_ends_on=date(2027, 6, 30))
    assert mails().count("dispense_end_moved") == 1


@pytest.mark.parametrize(("until", "asked"), [(date(2027, 8, 30), False), (date(2027, 8, 31), True)])
def test_twelve_months_in_all_ask_for_the_card_within_thirty_days(until: date, asked: bool) -> None:
    dispense = resting()
    declare(dispense, contract_ends_on=until)
    assert LifeStep.objects.filter(dispense=dispense, step=CARD_ASKED).exists() is asked
    text = OutgoingEmail.objects.get(kind="dispense_end_moved").text_body
    assert ("9 avril 2027" in text.replace("\xa0", " ")) is asked
    declare(dispense, contract_ends_on=until + timedelta(days=60))
    assert LifeStep.objects.filter(step=CARD_ASKED).count() == 1
    if asked:
        assert LifeStep.objects.get().target == TODAY + timedelta(days=30)


def test_a_contract_of_twelve_months_has_shown_its_card_already() -> None:
    dispense = resting("cdd_12_mois_et_plus")
    declare(dispense, contract_ends_on=date(2028, 8, 31))
    assert not LifeStep.objects.exists()
    assert dispense.confirm_by == date(2028, 3, 10)  # a year after the signature, now that it lasts until then
    declare(dispense, contract_ends_on=date(2027, 10, 31))
    assert dispense.confirm_by is None


@pytest.mark.parametrize("code", ["conjoint", "c2s"])
def test_what_does_not_rest_on_the_contract_does_not_follow(code: str) -> None:
    dispense = resting(code)
    declare(dispense, contract_ends_on=END + timedelta(days=30))
    declare(dispense, contract_type="cdi", contract_ends_on=None)
    assert (dispense.status, dispense.ends_on) == ("accepted", END)
    assert mails() == []


def test_a_declared_change_of_situation_keeps_its_day() -> None:
    dispense = resting()
    announced = ending(END - timedelta(days=9), "given_up", rule=END)
    Dispense.objects.filter(pk=dispense.pk).update(**announced)
    declare(dispense, contract_ends_on=END + timedelta(days=30))
    assert (dispense.ends_on, dispense.end_cause) == (END - timedelta(days=9), EndCause.GIVEN_UP)
    assert mails() == []


def test_a_contract_that_becomes_permanent_ends_it_on_the_eve_and_says_so() -> None:
    dispense = resting()
    declare(dispense, contract_type="cdi", contract_ends_on=None)
    eve = TODAY - timedelta(days=1)
    assert (dispense.status, dispense.ends_on, dispense.end_cause) == ("ended", eve, EndCause.CONTRACT)
    assert "dispense_ended" in mails()
    assert dispense.employee.standing == Standing.TO_AFFILIATE
    assert (rows.differences(), standing.differences()) == ([], [])


START = TODAY + timedelta(days=10)


def to_begin(former: Dispense | None = None) -> Dispense:
    """A dispense granted for START, on whose eve `former` gives way to it."""
    dispense = resting()
    if former:
        given_way = ending(START - timedelta(days=1), "replaced", rule=END)
        Dispense.objects.filter(pk=former.pk).update(superseded_by=dispense, **given_way)
        Dispense.objects.filter(pk=dispense.pk).update(employee=former.employee)
    Dispense.objects.filter(pk=dispense.pk).update(effective_on=START)
    dispense.refresh_from_db()
    return dispense


def became_permanent(dispense: Dispense) -> None:
    declare(dispense, contract_type="cdi", contract_ends_on=None)


def texts() -> list[str]:
    kinds = ["not_begun", "not_begun_to_correspondent"]
    assert set(kinds) <= set(mails())
    return [mail.text_body.replace("\xa0", " ") for mail in OutgoingEmail.objects.filter(kind__in=kinds)]


def test_a_dispense_that_has_not_begun_never_begins_under_a_permanent_contract() -> None:
    dispense = to_begin()
    became_permanent(dispense)
    assert (dispense.status, dispense.ends_on) == ("ended", START - timedelta(days=1))
    assert "dispense_ended" not in mails()
    assert all("ne commencera pas" in text and "à partir du 20 mars 2027" in text for text in texts())


def test_it_gives_back_what_it_was_to_replace() -> None:
    former = resting("conjoint")
    dispense = to_begin(former)
    became_permanent(dispense)
    former.refresh_from_db()
    assert (dispense.status, former.status, former.superseded_by, former.ends_on) == ("ended", "accepted", None, END)
    still = f"La dispense N°{former.number}, qu’elle devait remplacer, continue."
    assert all(still in text and "20 mars 2027, sauf" not in text for text in texts())


def test_what_rested_on_the_contract_too_is_not_given_back() -> None:
    former = resting()
    dispense = to_begin(former)
    became_permanent(dispense)
    former.refresh_from_db()
    assert (dispense.status, former.status, former.end_cause) == ("ended", "ended", EndCause.CONTRACT)
    assert all("à partir du 20 mars 2027" in text for text in texts())


def test_a_contract_prolonged_then_left_ends_with_the_departure_and_may_come_back() -> None:
    dispense = resting()
    declare(dispense, left_on=TODAY + timedelta(days=5))
    assert (dispense.ends_on, dispense.end_cause) == (TODAY + timedelta(days=5), EndCause.DEPARTURE)
    declare(dispense, contract_ends_on=END + timedelta(days=30))
    assert (dispense.ends_on, dispense.end_cause) == (TODAY + timedelta(days=5), EndCause.DEPARTURE)
    assert mails() == []
    declare(dispense, left_on=None)
    assert (dispense.ends_on, dispense.end_cause) == (END + timedelta(days=30), EndCause.RULE)


def test_without_an_account_the_correspondents_alone_are_told() -> None:
    dispense = resting()
    Employee.objects.filter(pk=dispense.employee_id).update(user=None, activated_at=None)
    declare(dispense, contract_ends_on=END + timedelta(days=30))
    assert mails() == ["end_moved_to_correspondent"]


def test_the_desk_sees_until_when_the_card_is_awaited(client: Client) -> None:
    dispense = resting()
    client.force_login(StaffFactory())
    page = reverse("admin:dispenses_dispense_change", args=[dispense.number])
    assert "Contrat porté à" not in client.get(page).content.decode()
    declare(dispense, contract_ends_on=date(2027, 8, 31))
    assert "09/04/2027" in client.get(page).content.decode()
