"""The acte asks for something else each year: dispenses in force follow, and nobody pays for the time before."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Acte
from dispenses.enums import EndCause
from dispenses.life import asking
from dispenses.life.asking import record_policies
from dispenses.life.confirmations import flag_proofs, year_after_signature
from dispenses.life.confirming import confirm
from dispenses.life.steps import tell_steps
from dispenses.models import Declaration, Dispense
from portal.lib.dates import add_years, instant
from tests.dispenses.administration.test_employers import typed
from tests.dispenses.api.conftest import software
from tests.dispenses.life.granted import DAY, LAW, granted, steps
from tests.dispenses.life.test_second_look import next_version
from tests.dispenses.request.test_races import together
from tests.ending import ending
from tests.factories import ActeFactory, AdministratorFactory

pytestmark = pytest.mark.django_db
SIXTY = DAY + timedelta(days=60)
NOTHING = {"yearly_policies": ["conjoint:nothing"]}


def signed(day: date, **fields: Any) -> Dispense:
    """A dispense granted, signed on `day`, of an employer whose acte asks what the insurer does."""
    dispense = granted(**{"confirm_by": add_years(day, 1), **fields})
    Declaration.objects.filter(dispense=dispense).update(signed_at=instant(day, 9))
    Dispense.objects.filter(pk=dispense.pk).update(decided_at=instant(day, 11))
    ActeFactory(employer=dispense.employee.employer)
    return dispense


def confirm_by(dispense: Dispense) -> date | None:
    return Dispense.objects.values_list("confirm_by", flat=True).get(pk=dispense.pk)


def test_a_version_that_asks_for_nothing_takes_the_day_away() -> None:
    dispense, other = signed(DAY - timedelta(days=300)), granted(confirm_by=DAY)
    next_version(dispense, DAY + timedelta(days=1), **NOTHING)
    assert record_policies() == 0  # it has not begun
    assert [record_policies(DAY + timedelta(days=1)), record_policies(DAY + timedelta(days=1))] == [1, 0]
    assert (confirm_by(dispense), confirm_by(other)) == (None, DAY)


def test_asked_anew_it_has_a_year_from_the_signature_and_sixty_days_at_least() -> None:
    """Its day came while nothing was asked: the insurer does not reproach anybody with that."""
    old, recent = signed(DAY - timedelta(days=500)), signed(DAY - timedelta(days=100))
    for dispense in (old, recent):
        next_version(dispense, DAY - timedelta(days=400), **NOTHING)
    record_policies(DAY - timedelta(days=1))
    for dispense in (old, recent):
        next_version(dispense, DAY)
    assert [record_policies(), record_policies(DAY + timedelta(days=1))] == [2, 0]
    assert (confirm_by(old), confirm_by(recent)) == (SIXTY, add_years(DAY - timedelta(days=100), 1))
    assert [flag_proofs(), tell_steps()] == [0, 1]
    assert steps(old) == [("confirm_60", SIXTY)]


def test_one_granted_while_nothing_was_asked_is_asked_too(clock: Any) -> None:
    dispense = signed(DAY - timedelta(days=30), confirm_by=None)
    Acte.objects.update(**NOTHING)
    assert record_policies() == 0
    next_version(dispense, DAY, yearly_policies=["conjoint:document"])
    assert [asking.record_of(dispense.employee.employer), confirm_by(dispense)] == [
        1,
        add_years(DAY - timedelta(days=30), 1),
    ]


@pytest.mark.parametrize("cause", [EndCause.SITUATION, EndCause.DEPARTURE])
def test_one_that_ends_before_is_not_asked_but_for_a_departure_which_may_be_cancelled(cause: EndCause) -> None:
    dispense = signed(DAY - timedelta(days=500), confirm_by=None)
    Acte.objects.update(**NOTHING)
    next_version(dispense, DAY)
    Dispense.objects.update(**ending(SIXTY - timedelta(days=1), cause))
    assert record_policies() == (cause is EndCause.DEPARTURE)


def test_what_the_law_asks_and_what_is_to_renew_are_left_as_they_are() -> None:
    by_law = signed(DAY - timedelta(days=300), code=LAW)
    to_renew = signed(DAY - timedelta(days=400), unconfirmed_since=DAY - timedelta(days=30))
    for dispense in (by_law, to_renew):
        next_version(dispense, DAY, yearly_policies=["conjoint:nothing", f"{LAW}:nothing"])
    assert record_policies() == 0


def test_a_contract_that_is_over_is_left_as_it_is() -> None:
    dispense = signed(DAY - timedelta(days=300))
    next_version(dispense, DAY, **NOTHING)
    employer = dispense.employee.employer
    employer.insured_until = DAY - timedelta(days=1)
    employer.save()
    assert record_policies() == 0


def test_the_page_of_the_employer_writes_it_at_once(client: Client) -> None:
    dispense = signed(DAY - timedelta(days=300))
    client.force_login(AdministratorFactory())
    employer = dispense.employee.employer
    data = typed(employer) | {"actes-0-yearly_policies-conjoint": "nothing"}
    assert client.post(reverse("admin:accounts_employer_change", args=[employer.pk]), data).status_code == 302
    assert confirm_by(dispense) is None


def test_a_year_goes_from_the_day_for_which_it_was_given(clock: Any) -> None:
    """Given forty days early, a confirmation is worth until a year after the day that was asked."""
    dispense = signed(DAY - timedelta(days=325))
    due = add_years(DAY - timedelta(days=325), 1)
    assert dispense.employee.user is not None
    confirm(dispense=Dispense.objects.get(pk=dispense.pk), user=dispense.employee.user)
    assert confirm_by(dispense) == year_after_signature(dispense) == add_years(due, 1)


def test_software_that_follows_the_changes_is_told_the_day_taken_away_then_given_anew(clock: Any) -> None:
    dispense = signed(DAY - timedelta(days=500))
    theirs = software(employer=dispense.employee.employer)
    cursor, told = theirs.get().json()["next_cursor"], []
    for day, asked in ((DAY + timedelta(days=1), NOTHING), (DAY + timedelta(days=2), {})):
        clock.move_to(day)
        next_version(dispense, day, **asked)
        assert record_policies() == 1
        page = theirs.get(cursor=cursor).json()
        cursor = page["next_cursor"]
        told += [(one["id"], one["dispense"]["confirm_by"]) for one in page["employees"]]
    anew = DAY + timedelta(days=62)
    assert told == [(dispense.employee_id, None), (dispense.employee_id, anew.isoformat())]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_beats_write_it_once() -> None:
    dispense = signed(DAY - timedelta(days=500), confirm_by=None)
    Acte.objects.update(**NOTHING)
    next_version(dispense, DAY)
    assert sorted(together(record_policies, record_policies)) == [0, 1]
    assert confirm_by(dispense) == SIXTY
