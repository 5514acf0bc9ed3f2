"""An employee's whole life on one page: its facts, its gaps, its picture, who may read it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Acte, Employee, User
from dispenses import parties
from dispenses.desk import life_page, whole_life
from dispenses.desk.whole_life import between, uncovered
from dispenses.models import Dispense
from dispenses.workflow import Status
from tests.factories import (
    ActeFactory,
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    EmployerFactory,
    InvitationFactory,
    LeadFactory,
    StaffFactory,
    advance,
)

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(datetime(2026, 3, 2, 9, tzinfo=UTC), tick=False)]

TODAY = date(2026, 3, 2)
NAUGHTY = "<script>alert(1)</script>"


@pytest.fixture
def acte() -> Acte:
    return ActeFactory(in_force_from=date(2020, 1, 1))


@pytest.fixture
def hired(acte: Acte) -> Employee:
    return EmployeeFactory(activated=True, employer=acte.employer, hired_on=date(2024, 1, 1))


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(StaffFactory())
    return client


def granted(employee: Employee, first: date, last: date | None, **fields: Any) -> Dispense:
    dispense = DispenseFactory(employee=employee, **{"ended" if last and last < TODAY else "accepted": True})
    Dispense.objects.filter(pk=dispense.pk).update(effective_on=first, ends_on=last, **fields)
    dispense.refresh_from_db()
    return dispense


def gaps(employee: Employee) -> list[tuple[date, date | None, bool]]:
    employee.refresh_from_db()
    return [(gap.first, gap.last, gap.affiliated) for gap in whole_life.read(employee, TODAY).gaps]


def page(client: Client, employee: Employee) -> str:
    answer = client.get(f"/gestion/dispenses/dispense/salarie/{employee.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


# Days without a dispense


def test_without_a_request_affiliation_is_due_from_the_hire(hired: Employee) -> None:
    assert gaps(hired) == [(date(2024, 1, 1), None, False)]


def test_a_dispense_leaves_its_eve_and_its_morrow(hired: Employee) -> None:
    granted(hired, date(2024, 2, 1), date(2024, 12, 31))
    assert gaps(hired) == [(date(2024, 1, 1), date(2024, 1, 31), False), (date(2025, 1, 1), None, False)]


def test_a_dispense_of_the_whole_stay_leaves_no_gap(hired: Employee) -> None:
    granted(hired, date(2024, 1, 1), None)
    assert gaps(hired) == []


def test_two_that_follow_each_other_leave_no_gap(hired: Employee) -> None:
    first = granted(hired, date(2024, 1, 1), date(2025, 3, 31))
    granted(hired, date(2025, 4, 1), None)
    assert gaps(hired) == []
    Dispense.objects.filter(pk=first.pk).update(ends_on=date(2025, 3, 30))
    assert gaps(hired) == [(date(2025, 3, 31), date(2025, 3, 31), False)]


def test_what_was_not_granted_covers_nothing(hired: Employee) -> None:
    DispenseFactory(employee=hired, refused=True)
    DispenseFactory(employee=hired, withdrawn=True)
    DispenseFactory(employee=hired, in_progress=True)
    assert gaps(hired) == [(date(2024, 1, 1), None, False)]


def test_a_gap_ends_with_the_last_day_at_work_or_changes_with_the_affiliation(hired: Employee) -> None:
    granted(hired, date(2024, 1, 1), date(2025, 6, 30))
    Employee.objects.filter(pk=hired.pk).update(affiliated_on=date(2025, 9, 1))
    assert gaps(hired) == [(date(2025, 7, 1), date(2025, 8, 31), False), (date(2025, 9, 1), None, True)]
    Employee.objects.filter(pk=hired.pk).update(left_on=date(2026, 1, 31))
    assert gaps(hired)[-1] == (date(2025, 9, 1), date(2026, 1, 31), True)
    Employee.objects.filter(pk=hired.pk).update(left_on=date(2025, 6, 30), affiliated_on=None)
    assert gaps(hired) == []


def test_nothing_is_due_before_the_first_set_up_nor_without_an_acte(hired: Employee, acte: Acte) -> None:
    start = date(2025, 1, 1)
    Acte.objects.filter(pk=acte.pk).update(in_force_from=start, first_set_up_on=start, employee_share_from=start)
    assert gaps(hired) == [(date(2025, 1, 1), None, False)]
    Acte.objects.all().delete()
    assert gaps(hired) == []


def test_a_hire_to_come_has_no_gap(acte: Acte) -> None:
    assert gaps(EmployeeFactory(employer=acte.employer, hired_on=date(2026, 9, 1))) == []


@pytest.mark.parametrize(
    ("covered", "left"),
    [
        ([], [(1, 9)]),
        ([(1, 9)], []),
        ([(1, 1)], [(2, 9)]),
        ([(9, 9)], [(1, 8)]),
        ([(3, 4), (6, 7)], [(1, 2), (5, 5), (8, 9)]),
        ([(3, 7), (4, 5)], [(1, 2), (8, 9)]),
        ([(5, 4)], [(1, 9)]),
        ([(11, 12)], [(1, 9)]),
    ],
)
def test_days_that_nothing_covers(covered: list[tuple[int, int]], left: list[tuple[int, int]]) -> None:
    def days(pair: tuple[int, int]) -> tuple[date, date]:
        return date(2026, 1, pair[0]), date(2026, 1, pair[1])

    assert list(uncovered(days((1, 9)), map(days, covered))) == list(map(days, left))


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2024, 1, 1), None, "depuis le 1er\xa0janvier\xa02024"),
        (date(2024, 1, 1), date(2024, 1, 1), "le 1er\xa0janvier\xa02024"),
        (date(2024, 1, 1), date(2024, 1, 2), "du 1er\xa0janvier\xa02024 au 2\xa0janvier\xa02024"),
    ],
)
def test_days_in_words(first: date, last: date | None, words: str) -> None:
    assert between(first, last) == words


# The page


def test_it_tells_everything_dated_the_oldest_first(hired: Employee, acte: Acte) -> None:
    Acte.objects.filter(pk=acte.pk).update(in_force_until=date(2026, 12, 31))
    ActeFactory(employer=acte.employer, kind="accord", in_force_from=date(2027, 1, 1))
    InvitationFactory(employee=hired, sent_at=datetime(2024, 1, 3, 9, tzinfo=UTC), reminders_sent=2)
    with time_machine.travel(datetime(2024, 2, 5, 9, tzinfo=UTC)):
        former = DispenseFactory(employee=hired, accepted=True)
    Dispense.objects.filter(pk=former.pk).update(
        effective_on=date(2024, 2, 5), ends_on=date(2026, 5, 31), end_cause="given_up", confirm_by=date(2026, 4, 1)
    )
    facts = [(fact.day, fact.words, fact.number) for fact in whole_life.read(hired, TODAY).facts]
    assert [fact[0] for fact in facts] == sorted(fact[0] for fact in facts)
    for wanted in (
        (date(2020, 1, 1), "Acte de l’employeur\xa0: Décision unilatérale de l’employeur (DUE)", 0),
        (date(2024, 1, 1), "Embauche (CDI)", 0),
        (date(2024, 1, 1), "Sans dispense du 1er\xa0janvier\xa02024 au 4\xa0février\xa02024\xa0: affiliation due", 0),
        (date(2024, 1, 3), "Invitation envoyée, 2\xa0rappels", 0),
        (date(2024, 3, 3), "Lien expiré sans réponse", 0),
        (date(2024, 2, 5), "Demande envoyée", former.number),
        (date(2024, 2, 5), "Demande validée", former.number),
        (date(2024, 2, 5), "Premier jour de la dispense", former.number),
        (date(2026, 3, 2), "Compte activé", 0),
        (date(2026, 4, 1), "À confirmer au plus tard ce jour", former.number),
        (date(2026, 5, 31), "Dernier jour de la dispense (Renonciation à la dispense)", former.number),
    ):
        assert wanted in facts
    assert not any("Accord" in words for _, words, _ in facts), "an acte that is to come is not behind it yet"


def test_the_page_says_what_the_picture_draws(desk: Client, hired: Employee) -> None:
    former = granted(hired, date(2024, 2, 1), date(2025, 1, 31), end_cause="replaced")
    latter = granted(hired, date(2025, 2, 1), None)
    Dispense.objects.filter(pk=former.pk).update(superseded_by=latter)
    text = page(desk, hired)
    assert "2\xa0demandes, dont 2 accordées. 1\xa0période sans dispense, affiliation due." in text
    assert "Dispense du 1er\xa0février\xa02024 au 31\xa0janvier\xa02025" in text
    assert "Dispense à partir du 1er\xa0février\xa02025, sans date de fin" in text
    assert f"La dispense N°{latter.number} prend le relais" in text
    assert text.count("attestation_conjoint.pdf") == 2
    assert f"/gestion/dispenses/dispense/{former.number}/change/" in text
    assert " style=" not in text
    assert "vie-t vie-d" in text


def test_a_confirmation_is_written_and_drawn(desk: Client, hired: Employee, monkeypatch: pytest.MonkeyPatch) -> None:
    dispense = granted(hired, date(2024, 1, 1), None)
    monkeypatch.setattr(whole_life, "CONFIRM", "accept")  # another move of that day stands for it
    text = page(desk, hired)
    assert "Confirmée le 2\xa0mars 2026" in text
    assert "<title>Confirmée le 2\xa0mars\xa02026</title>" in text
    assert f"N°{dispense.number}, traitée" in text


def test_a_rehire_leads_from_one_row_to_the_other(desk: Client, hired: Employee) -> None:
    Employee.objects.filter(pk=hired.pk).update(left_on=date(2025, 12, 31))
    again = EmployeeFactory(employer=hired.employer, hired_on=date(2026, 2, 1), rehired_from=hired)
    assert f"/gestion/dispenses/dispense/salarie/{again.pk}/" in page(desk, hired)
    assert "Réembauché(e) le 1er\xa0février 2026" in page(desk, hired)
    assert f"/gestion/dispenses/dispense/salarie/{hired.pk}/" in page(desk, again)
    assert "jusqu’au 31\xa0décembre 2025" in page(desk, again)


def test_who_sent_nothing_has_a_page_that_says_so(desk: Client) -> None:
    text = page(desk, EmployeeFactory(hired_on=TODAY))
    assert "aucune demande envoyée" in text
    assert "Aucune demande n’a été envoyée." in text
    assert "Aucun acte de l’employeur n’est enregistré" in text


def test_long_names_thirty_years_and_twelve_requests_hold(desk: Client) -> None:
    employer = EmployerFactory(name="Société " * 20)
    ActeFactory(employer=employer, in_force_from=date(1990, 1, 1))
    employee = EmployeeFactory(
        activated=True, employer=employer, last_name=NAUGHTY[:100], first_name="A" * 100, hired_on=date(1996, 9, 2)
    )
    for year in range(2014, 2026):
        granted(employee, date(year, 3, 1), date(year, 12, 31), end_cause="situation")
    text = page(desk, employee)
    assert NAUGHTY not in text
    assert "12\xa0demandes, dont 12 accordées" in text
    assert "a pu en avoir une" in text


def test_it_costs_the_same_whatever_the_life(hired: Employee) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            life_page.svg(whole_life.read(hired, TODAY))
        return len(queries)

    granted(hired, date(2024, 1, 1), date(2024, 12, 31))
    one = cost()
    for month in (1, 3, 5):
        granted(hired, date(2025, month, 1), date(2025, month, 20))
        InvitationFactory(
            employee=hired, used_at=datetime(2025, 1, 1, tzinfo=UTC), sent_at=datetime(2024, 12, 30, tzinfo=UTC)
        )
    assert cost() == one


# Ways to it, and rights


def test_it_is_reached_from_a_request_and_from_the_employee(desk: Client, hired: Employee) -> None:
    dispense = DispenseFactory(employee=hired, in_progress=True)
    address = f"/gestion/dispenses/dispense/salarie/{hired.pk}/"
    assert address in desk.get(f"/gestion/dispenses/dispense/{dispense.number}/change/").content.decode()
    assert address in desk.get(f"/gestion/accounts/employee/{hired.pk}/change/").content.decode()


@pytest.mark.parametrize("factory", [StaffFactory, LeadFactory])
@pytest.mark.parametrize("how", ["salarié", "correspondant"])
def test_a_party_finds_it_closed(factory: Callable[[], User], how: str, client: Client, hired: Employee) -> None:
    user = factory()
    DispenseFactory(employee=hired, in_progress=True)
    if how == "salarié":
        Employee.objects.filter(pk=hired.pk).update(user=user)
    else:
        CorrespondentFactory(user=user, employer=hired.employer)
    client.force_login(user)
    answer = client.get(f"/gestion/dispenses/dispense/salarie/{hired.pk}/")
    assert answer.status_code == 403
    assert parties.WHO_MAY in answer.content.decode()
    assert hired.last_name not in answer.content.decode()


def test_who_may_see_requests_alone_sees_nobody_without_one(client: Client, hired: Employee) -> None:
    user = StaffFactory(in_group=False)
    user.user_permissions.add(Permission.objects.get(codename="view_dispense"))
    client.force_login(user)
    address = f"/gestion/dispenses/dispense/salarie/{hired.pk}/"
    assert client.get(address).status_code == 404
    draft = DispenseFactory(employee=hired)
    assert client.get(address).status_code == 404, "a draft is nobody's business"
    advance(draft, Status.IN_PROGRESS)
    text = client.get(address).content.decode()
    assert "Fiche du salarié" not in text
    assert client.get(f"/gestion/dispenses/dispense/salarie/{10**30}/").status_code == 404
