"""What time ends, on which day, and who hears of it."""

from datetime import date, timedelta
from typing import Any

import pytest

from dispenses.enums import EndCause
from dispenses.life import ends
from dispenses.life.ends import end_dispenses
from dispenses.models import Dispense, Motif
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.dispenses.life.granted import DAY, granted, mail, mails
from tests.dispenses.request.test_races import together
from tests.factories import ActeFactory, EmployeeFactory, EmployerFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("late", "ended"), [(-1, False), (0, False), (1, True), (8, True), (400, True)])
def test_the_end_is_of_its_day_whenever_it_is_written(late: int, ended: bool) -> None:
    last_day = DAY - timedelta(days=late)
    dispense = granted(ends_on=last_day)
    assert end_dispenses() == int(ended)
    dispense.refresh_from_db()
    assert (dispense.status, dispense.ends_on) == (Status.ENDED if ended else Status.ACCEPTED, last_day)
    assert mails(dispense) == (["dispense_ended", "affiliation_due"] if ended else [])
    assert end_dispenses() == 0


def test_what_ends_today_is_not_read() -> None:
    granted(ends_on=DAY)
    past = granted(ends_on=DAY - timedelta(days=1))
    assert list(ends.over(DAY)[0]) == [past]


def test_a_sunday_does_not_shift_the_end(clock: Any) -> None:
    sunday = date(2027, 3, 14)
    dispense = granted(ends_on=sunday)
    clock.move_to(sunday)
    assert end_dispenses() == 0
    clock.move_to(date(2027, 3, 15))
    assert end_dispenses() == 1
    assert "à compter du 15\xa0mars\xa02027" in mail("dispense_ended").text_body
    dispense.refresh_from_db()
    assert dispense.ends_on == sunday


def test_the_mails_say_from_when_affiliation_is_due() -> None:
    employee = EmployeeFactory(activated=True)
    ActeFactory(employer=employee.employer)
    dispense = granted(employee=employee, ends_on=DAY - timedelta(days=1))
    end_dispenses()
    said = mail("dispense_ended")
    assert (said.to, said.subject) == (employee.user.email, f"Votre dispense N°{dispense.number} a pris fin")
    for words in (
        "a pris fin le 9 mars 2027",
        "L’affiliation au contrat de l’entreprise est due à compter du 10\xa0mars\xa02027",
        "Pour adhérer\xa0: https://adhesion.exemple.fr/",
        "– Employeur conjoint",
        "– Autre employeur du salarié",
    ):
        assert words in said.text_body
    assert "contrat_court" not in said.text_body
    assert "– CDD ou mission" not in said.text_body
    assert '<a href="https://adhesion.exemple.fr/"' in said.html_body
    told = mail("affiliation_due")
    assert told.to == employee.employer.correspondents.get().user.email
    assert told.subject == f"La dispense N°{dispense.number} a pris fin le 09/03/2027"
    assert "L’affiliation au contrat de l’entreprise est due à compter du 10\xa0mars\xa02027" in told.text_body
    assert "conjoint" not in told.text_body.lower()
    assert "À prévenir par vous" not in told.text_body


def test_a_company_without_an_address_sends_to_its_people() -> None:
    granted(
        employee=EmployeeFactory(activated=True, employer=EmployerFactory(enrolment_url="")),
        ends_on=DAY - timedelta(days=1),
    )
    end_dispenses()
    assert "rapprochez-vous du service des ressources humaines" in mail("dispense_ended").text_body


def test_an_end_with_the_contract_is_due_if_it_goes_on() -> None:
    granted(code="cdd_moins_12_mois", ends_on=DAY - timedelta(days=1))
    end_dispenses()
    for kind in ("dispense_ended", "affiliation_due"):
        assert "Elle suit le contrat de travail\xa0: s’il se poursuit, l’affiliation" in mail(kind).text_body


def test_the_contract_that_changes_makes_it_due() -> None:
    granted(code="cdd_moins_12_mois", ends_on=DAY - timedelta(days=1), end_cause=EndCause.CONTRACT.value)
    end_dispenses()
    assert "L’affiliation au contrat de l’entreprise est due" in mail("dispense_ended").text_body


def test_without_an_account_the_correspondent_is_asked_to_tell() -> None:
    dispense = granted(ends_on=DAY - timedelta(days=1))
    dispense.employee.user, dispense.employee.activated_at = None, None
    dispense.employee.save()
    assert end_dispenses() == 1
    assert mails(dispense) == ["affiliation_due"]
    assert "À prévenir par vous" in mail("affiliation_due").text_body


@pytest.mark.parametrize("cause", [EndCause.DEPARTURE, EndCause.REPLACED])
def test_some_ends_are_silent(cause: EndCause) -> None:
    dispense = granted(ends_on=DAY - timedelta(days=1), end_cause=cause.value)
    assert end_dispenses() == 1
    assert mails(dispense) == []


def test_closing_an_edition_ends_nothing(clock: Any) -> None:
    dispense = granted()
    Motif.objects.filter(pk=dispense.motif_id).update(in_force_until=DAY)
    clock.move_to(DAY + timedelta(days=400))
    assert end_dispenses() == 0
    dispense.refresh_from_db()
    assert (dispense.status, dispense.ends_on) == (Status.ACCEPTED, None)


def test_killed_in_the_middle_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (granted(ends_on=DAY - timedelta(days=1)) for _ in range(2))
    whole = ends._end

    def dying(dispense: Dispense, today: date) -> None:
        if dispense == second:
            raise KeyboardInterrupt
        whole(dispense, today)

    monkeypatch.setattr(ends, "_end", dying)
    with pytest.raises(KeyboardInterrupt):
        end_dispenses()
    monkeypatch.undo()
    assert end_dispenses() == 1
    assert len(mails(first)) == len(mails(second)) == 2


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_beats_end_once() -> None:
    for _ in range(3):
        granted(ends_on=DAY - timedelta(days=1))
    OutgoingEmail.objects.all().delete()
    together(*[end_dispenses] * 4)
    assert OutgoingEmail.objects.count() == 6
