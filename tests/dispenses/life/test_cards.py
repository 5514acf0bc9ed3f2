"""A contract prolonged to twelve months: the card is awaited, then its absence is told once, and the centre looks."""

from datetime import date, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import Employee, Employer, User
from accounts.services import update_employee
from dispenses.life import cards
from dispenses.life.cards import CARD_LATE, tell_late_cards
from dispenses.models import Dispense, LifeStep, Motif
from dispenses.request import looks
from dispenses.request.decisions.registry import decide
from dispenses.request.decisions.uphold import UpholdContent
from dispenses.request.permissions import reviewers
from notifications.models import OutgoingEmail
from tests.dispenses.life.granted import DAY, granted, mails
from tests.dispenses.request.test_races import together
from tests.ending import ending
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, StaffFactory

pytestmark = pytest.mark.django_db

HIRED = date(2026, 9, 1)
SHORT, LONG, LONGER = date(2027, 5, 31), date(2027, 8, 31), date(2027, 10, 31)
CARD_BY = DAY + timedelta(days=30)
PAST = CARD_BY + timedelta(days=1)


def prolonged(until: date = LONG) -> Dispense:
    """A dispense granted for a short contract, which the employer then prolongs."""
    employee = EmployeeFactory(activated=True, contract_type="cdd", hired_on=HIRED, contract_ends_on=SHORT)
    dispense = granted(code="cdd_moins_12_mois", employee=employee, ends_on=SHORT, hired_on=HIRED)
    return declare(dispense, until)


def declare(dispense: Dispense, until: date) -> Dispense:
    employee = Employee.objects.get(pk=dispense.employee_id)
    update_employee(employee=employee, values={"contract_ends_on": until}, by="un test")
    dispense.refresh_from_db()
    return dispense


def wanted() -> dict[int, date | None]:
    return dict(Dispense.objects.filter(looks.WANTED).values_list("number", "look_on"))


def told(kind: str) -> list[str]:
    return sorted(OutgoingEmail.objects.filter(kind=kind).values_list("to", flat=True))


def the_centre() -> list[str]:
    return sorted(person.email for person in reviewers())


def uphold(dispense: Dispense) -> None:
    decide(UpholdContent(reason="La carte est arrivée par la poste."), dispense=dispense, user=StaffFactory())


# Awaited


def test_it_wants_a_second_look_from_the_day_the_card_is_asked() -> None:
    dispense = prolonged()
    assert wanted() == {dispense.number: CARD_BY}
    declare(dispense, LONGER)
    assert wanted() == {dispense.number: CARD_BY}


def test_under_twelve_months_it_wants_none() -> None:
    assert prolonged(LONG - timedelta(days=1)).look_on is None


def test_a_contract_cut_back_asks_for_nothing_and_prolonged_again_for_the_same_card() -> None:
    dispense = prolonged()
    declare(dispense, SHORT)
    assert wanted() == {}
    declare(dispense, LONG)
    assert wanted() == {dispense.number: CARD_BY}


def test_prolonged_again_once_that_day_is_past_it_asks_for_another_card(clock: Any) -> None:
    dispense = prolonged()
    declare(dispense, SHORT)
    clock.move_to(PAST)
    declare(dispense, LONG)
    again = PAST + timedelta(days=30)
    assert wanted() == {dispense.number: again}
    text = OutgoingEmail.objects.filter(kind="dispense_end_moved").latest("pk").text_body
    assert "10 mai 2027" in text.replace("\xa0", " ")
    assert tell_late_cards(PAST) == 0
    declare(dispense, SHORT)
    declare(dispense, LONG)
    assert wanted() == {dispense.number: again}


def test_awaited_past_its_day_it_is_the_same_however_long_the_contract(clock: Any) -> None:
    dispense = prolonged()
    clock.move_to(PAST)
    declare(dispense, LONGER)
    assert wanted() == {dispense.number: CARD_BY}


def test_the_end_of_the_contract_counts_whatever_ends_the_dispense_before() -> None:
    dispense = prolonged(SHORT + timedelta(days=1))
    Dispense.objects.filter(pk=dispense.pk).update(**ending(SHORT, "situation", rule=SHORT + timedelta(days=1)))
    OutgoingEmail.objects.all().delete()
    declare(dispense, LONG)
    assert (dispense.ends_on, wanted()) == (SHORT, {dispense.number: CARD_BY})
    text = OutgoingEmail.objects.get(kind="dispense_end_moved").text_body.replace("\xa0", " ")
    assert "9 avril 2027" in text
    assert "31 mai 2027" in text
    declare(dispense, SHORT + timedelta(days=1))
    assert wanted() == {}


def test_one_that_another_replaces_asks_for_none() -> None:
    dispense = prolonged(SHORT + timedelta(days=1))
    latter = DispenseFactory(employee=dispense.employee, in_progress=True)
    Dispense.objects.filter(pk=dispense.pk).update(superseded_by=latter)
    declare(dispense, LONG)
    assert dispense.look_on is None


def test_upheld_it_does_not_come_back_with_the_next_contract() -> None:
    dispense = prolonged()
    uphold(dispense)
    declare(dispense, SHORT)
    declare(dispense, LONGER)
    assert wanted() == {}
    assert tell_late_cards(PAST) == 0


def test_the_acte_may_be_a_cause_beside_it() -> None:
    dispense = prolonged()
    acte_on = DAY - timedelta(days=3)
    Dispense.objects.filter(pk=dispense.pk).update(look_acte_on=acte_on, look_on=acte_on)
    declare(dispense, SHORT)
    assert wanted() == {dispense.number: acte_on}
    declare(dispense, LONG)
    assert (dispense.look_on, dispense.look_card_by) == (acte_on, CARD_BY)


# Late


def test_the_correspondents_and_the_centre_are_told_once_the_day_after() -> None:
    dispense = prolonged()
    assert tell_late_cards(CARD_BY) == 0
    assert tell_late_cards(PAST) == 1
    assert tell_late_cards(PAST) == 0
    assert tell_late_cards(PAST + timedelta(days=400)) == 0
    assert mails(dispense)[-1] == "card_late"
    assert told("cards_late") == the_centre() != []
    text = OutgoingEmail.objects.get(kind="card_late").text_body.replace("\xa0", " ")
    assert f"N°{dispense.number}" in text
    assert "9 avril 2027" in text
    to_the_centre = OutgoingEmail.objects.filter(kind="cards_late").first().text_body
    assert "elle attend un deuxième regard" in to_the_centre
    assert f"N°{dispense.number}." in to_the_centre
    assert "?suite=regard" in to_the_centre
    dispense.refresh_from_db()
    assert dispense.status == "accepted"


def test_after_an_outage_the_centre_has_one_mail_for_all() -> None:
    dispenses = [prolonged() for _ in range(3)]
    assert tell_late_cards(PAST + timedelta(days=90)) == 3
    assert told("cards_late") == the_centre()
    for mail in OutgoingEmail.objects.filter(kind="cards_late"):
        assert all(f"N°{one.number}" in mail.text_body for one in dispenses)
    assert LifeStep.objects.filter(step=CARD_LATE, target=CARD_BY).count() == 3


def test_a_party_of_the_centre_is_not_told_of_theirs() -> None:
    dispense, other = prolonged(), prolonged()
    party: User = StaffFactory()
    CorrespondentFactory(user=party, employer=dispense.employee.employer)
    assert tell_late_cards(PAST) == 2
    text = OutgoingEmail.objects.get(kind="cards_late", to=party.email).text_body
    assert f"N°{dispense.number}" not in text
    assert f"N°{other.number}" in text


def test_a_request_that_is_examined_is_an_answer_as_long_as_it_is() -> None:
    dispense = prolonged()
    answer = DispenseFactory(employee=dispense.employee, in_progress=True)
    assert tell_late_cards(PAST) == 0
    Dispense.objects.filter(pk=answer.pk).update(status="withdrawn")
    assert tell_late_cards(PAST) == 1


def test_a_company_that_the_insurer_has_left_is_not_told() -> None:
    dispense = prolonged()
    Employer.objects.filter(pk=dispense.employee.employer_id).update(insured_until=PAST - timedelta(days=1))
    assert tell_late_cards(PAST) == 0


@pytest.mark.parametrize("changes", [{"status": "ended"}, {"ends_on": PAST - timedelta(days=1)}])
def test_what_is_over_is_not_told(changes: dict[str, Any]) -> None:
    dispense = prolonged()
    Dispense.objects.filter(pk=dispense.pk).update(**changes)
    assert tell_late_cards(PAST) == 0


def test_without_anybody_at_the_centre_the_correspondents_are_told() -> None:
    dispense = prolonged()
    User.objects.filter(is_staff=True).update(is_active=False)
    assert tell_late_cards(PAST) == 1
    assert mails(dispense)[-1] == "card_late"
    assert told("cards_late") == []


def test_killed_in_the_middle_it_tells_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    dispenses = [prolonged() for _ in range(3)]
    monkeypatch.setattr(cards, "BATCH", 2)
    whole = cards._tell

    def dying(numbers: list[int], today: date) -> int:
        done = whole(numbers[:1], today) if len(numbers) == 1 else whole(numbers, today)
        if dispenses[2].number in numbers:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(cards, "_tell", dying)
    with pytest.raises(KeyboardInterrupt):
        tell_late_cards(PAST)
    monkeypatch.undo()
    tell_late_cards(PAST)
    assert sorted(mails(one).count("card_late") for one in dispenses) == [1, 1, 1]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_beats_tell_once() -> None:
    StaffFactory()
    dispenses = [prolonged() for _ in range(3)]
    OutgoingEmail.objects.all().delete()
    together(*[lambda: tell_late_cards(PAST)] * 4)
    assert [mails(one) for one in dispenses] == [["card_late"]] * 3
    assert told("cards_late") == the_centre()


def test_the_motif_of_longer_contracts_awaits_no_card() -> None:
    dispense = prolonged(SHORT + timedelta(days=1))
    Dispense.objects.filter(pk=dispense.pk).update(motif=Motif.objects.get(code="cdd_12_mois_et_plus"))
    declare(dispense, LONG)
    assert wanted() == {}


def test_cards_asked_for_before_the_row_said_so_are_awaited() -> None:
    dispense, over = prolonged(), prolonged()
    Dispense.objects.update(look_card_by=None, look_on=None)
    Dispense.objects.filter(pk=over.pk).update(status="ended")
    migration = import_module("dispenses.migrations.0038_cards_awaited")
    migration.say_until_when(apps, SimpleNamespace(connection=connection))
    assert wanted() == {dispense.number: CARD_BY}
    dispense.refresh_from_db()
    assert dispense.look_card_by == CARD_BY
