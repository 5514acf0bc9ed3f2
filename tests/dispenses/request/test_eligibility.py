"""What a page keeps of the motifs judged: asked again as soon as anything that the rules read is another."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.http import Http404

from accounts.enums import ContractType
from accounts.models import Acte, Employee
from dispenses.law import editions
from dispenses.law.assessment import Assessment
from dispenses.models import Dispense, Motif
from dispenses.request import contents, eligibility
from dispenses.request.permissions import get_own_begun, get_own_draft, get_own_draft_and_granted
from portal.lib import kept
from tests.factories import ActeFactory, DispenseFactory, EmployeeFactory, UserFactory, add_file

DAY = date(2026, 3, 20)
pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-03-20T12:00:00+01:00")]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(kept, "clock", lambda: now[0])
    return now


@pytest.fixture
def employee() -> Employee:
    acte = ActeFactory(opened_motifs=["cdd_moins_12_mois", "contrat_court"])
    return EmployeeFactory(activated=True, employer=acte.employer, hired_on=DAY, contract_type=ContractType.CDI)


def words(found: kept.Reading[eligibility.Found]) -> list[tuple[str, str, list[str]]]:
    return [(motif.code, motif.label, [reason.words for reason in one.reasons]) for motif, one in found]


def test_who_asks_again_is_not_judged_again(employee: Employee) -> None:
    before = eligibility.offered(employee, DAY)
    assert eligibility.offered(Employee.objects.get(pk=employee.pk), DAY) is before


def change_of_contract(employee: Employee) -> None:
    employee.contract_type = ContractType.CDD


def change_of_hire(employee: Employee) -> None:
    employee.hired_on = DAY - timedelta(days=400)


def change_of_end(employee: Employee) -> None:
    employee.contract_type, employee.contract_ends_on = ContractType.CDD, DAY + timedelta(days=400)


def change_of_hours(employee: Employee) -> None:
    employee.part_time = True


@pytest.mark.parametrize("change", [change_of_contract, change_of_hire, change_of_end, change_of_hours])
def test_what_is_corrected_of_the_employee_is_seen_at_once(
    employee: Employee, change: Callable[[Employee], None]
) -> None:
    before = words(eligibility.offered(employee, DAY))
    change(employee)
    assert words(eligibility.offered(employee, DAY)) != before


def test_another_day_another_hire_and_another_dispense_are_seen_at_once(employee: Employee) -> None:
    before = words(eligibility.offered(employee, DAY))
    assert words(eligibility.offered(employee, DAY + timedelta(days=90))) != before
    assert words(eligibility.offered(employee, DAY, hired_on=DAY - timedelta(days=90))) != before
    assert words(eligibility.offered(employee, DAY, granted={"individuelle": DAY})) != before
    assert words(eligibility.offered(employee, DAY)) == before


def test_what_was_granted_since_is_seen_at_once(employee: Employee) -> None:
    before = words(eligibility.offered(employee, DAY))
    motif = Motif.objects.get(code="individuelle", in_force_until=None)
    granted = DispenseFactory(employee=employee, accepted=True)
    Dispense.objects.filter(pk=granted.pk).update(motif=motif, ends_on=DAY + timedelta(days=30))
    assert words(eligibility.offered(employee, DAY)) != before


@pytest.mark.parametrize("model", [Acte, Motif])
def test_an_acte_or_an_edition_changed_is_seen_with_the_next_reading(
    employee: Employee, clock: list[float], model: type[Acte | Motif]
) -> None:
    before = words(eligibility.offered(employee, DAY))
    if model is Acte:
        Acte.objects.update(opened_motifs=["temps_partiel"])
    else:
        Motif.objects.update(label="Autre libellé")
    clock[0] += editions.KEPT_SECONDS - 0.1
    assert words(eligibility.offered(employee, DAY)) == before
    clock[0] += 0.2
    assert words(eligibility.offered(employee, DAY)) != before


# One request


def judged(dispense: Dispense) -> Assessment:
    user = dispense.employee.user
    assert user is not None
    return contents.assessment(get_own_draft(user, dispense.number))


def test_a_request_asked_again_is_not_judged_again_until_it_changes(clock: list[float]) -> None:
    dispense = DispenseFactory()
    before = judged(dispense)
    assert judged(dispense) is before
    Dispense.objects.update(answers=dispense.answers | {"couverture_depuis": "1/3/2026"})
    after = judged(dispense)
    assert after.effective_on != before.effective_on
    add_file(dispense, "carte_mutuelle")
    Employee.objects.update(contract_type=ContractType.CDD)
    assert judged(dispense) is not after
    ActeFactory(employer=dispense.employee.employer, in_force_from=DAY, yearly_policies=[])
    seen = judged(dispense)
    clock[0] += editions.KEPT_SECONDS + 0.1
    assert judged(dispense) is not seen


def test_what_is_decided_is_never_read_from_what_is_kept() -> None:
    dispense = DispenseFactory()
    own = Dispense.objects.get(pk=dispense.pk)
    assert contents.assessment(own) is not contents.assessment(own)


# What the pages read


def test_the_steps_load_one_s_own_request_alone() -> None:
    dispense, other = DispenseFactory(), UserFactory()
    for loader in (get_own_begun, get_own_draft, get_own_draft_and_granted):
        assert loader(dispense.employee.user, dispense.number) == dispense
        with pytest.raises(Http404):
            loader(other, dispense.number)
        with pytest.raises(Http404):
            loader(dispense.employee.user, dispense.number + 1)


def test_what_was_granted_comes_with_the_draft_in_one_query(django_assert_num_queries: Callable[[int], object]) -> None:
    first = DispenseFactory(accepted=True)
    Dispense.objects.filter(pk=first.pk).update(ends_on=DAY)
    employee = first.employee
    elsewhere = EmployeeFactory(activated=True, user=employee.user)
    second = DispenseFactory(employee=elsewhere, accepted=True)
    Dispense.objects.filter(pk=second.pk).update(ends_on=DAY + timedelta(days=9))
    draft = DispenseFactory(employee=employee)
    editions.all_editions()
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        found = get_own_draft_and_granted(employee.user, draft.number)
    assert found.granted_of_page == eligibility.granted_until(employee) == {"conjoint": DAY}
