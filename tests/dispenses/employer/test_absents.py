"""Those whom a company's file no longer names: proposed as departures, one by one, never applied by themselves."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.imports import analysis, runs
from accounts.models import Correspondent, Employee, ImportRun
from tests.accounts.company_files import person
from tests.accounts.test_import_runs import brought
from tests.factories import CorrespondentFactory, EmployeeFactory

pytestmark = pytest.mark.django_db

DAY = {"day_0": "31", "day_1": "1", "day_2": "2026"}


@pytest.fixture
def role(client: Client) -> Correspondent:
    role = CorrespondentFactory()
    client.force_login(role.user)
    return role


def staff(role: Correspondent, count: int) -> list[Employee]:
    return [EmployeeFactory(employer=role.employer, matricule=f"A{rank}") for rank in range(count)]


def page(client: Client, run: ImportRun) -> str:
    return client.get(reverse("import_salaries", args=[run.pk])).content.decode()


def test_the_absents_are_listed_unticked_and_leave_only_once_confirmed(client: Client, role: Correspondent) -> None:
    employees = staff(role, 4)
    already = EmployeeFactory(employer=role.employer, matricule="Z1", left_on=timezone.localdate())
    run = brought(role, [person(rank) for rank in (0, 1)])
    assert (run.absent, run.preview["staff"]) == (2, 4)
    assert "2 de vos 4 salariés ne figurent pas" in page(client, run)
    address = reverse("import_departs", args=[run.pk])
    shown = client.get(address).content.decode()
    assert employees[2].full_name in shown
    assert already.full_name not in shown
    assert employees[0].full_name not in shown
    assert "checked" not in shown
    sent = {"salarie": [str(employees[2].pk), str(employees[0].pk)], **DAY}
    asked = client.post(address, sent).content.decode()
    assert "Enregistrer ce départ" in asked
    assert not Employee.objects.filter(pk__in=[one.pk for one in employees], left_on__isnull=False).exists()
    client.post(address, {**sent, "confirmer": "1"})
    gone = Employee.objects.filter(pk__in=[one.pk for one in employees], left_on__isnull=False)
    assert [one.pk for one in gone] == [employees[2].pk]
    assert employees[2].full_name not in client.get(address).content.decode()


def test_nothing_is_declared_without_a_name_and_a_day(client: Client, role: Correspondent) -> None:
    employees = staff(role, 2)
    run = brought(role, [person(0)])
    address = reverse("import_departs", args=[run.pk])
    for sent in (DAY, {"salarie": str(employees[1].pk)}, {"salarie": str(employees[1].pk), **DAY, "day_2": "2001"}):
        assert "ea-errors" in client.post(address, {**sent, "confirmer": "1"}).content.decode()
    assert not Employee.objects.filter(left_on__isnull=False).exists()


def test_a_partial_file_tempts_nobody(client: Client, role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    staff(role, 24)
    half = brought(role, [person(rank) for rank in range(12)])
    assert client.get(reverse("import_departs", args=[half.pk])).status_code == 200
    partial = brought(role, [person(rank) for rank in range(11)])
    assert "13 de vos 24 salariés" in page(client, partial)
    assert "trop nombreux" in page(client, partial)
    assert client.get(reverse("import_departs", args=[partial.pk])).status_code == 404
    monkeypatch.setattr("dispenses.employer.absents.MOST_ABSENT", 11)
    assert client.get(reverse("import_departs", args=[half.pk])).status_code == 404
    assert analysis.MOST_ABSENT == 200


def test_after_the_import_the_absents_are_still_proposed_until_it_is_forgotten(
    client: Client, role: Correspondent
) -> None:
    staff(role, 2)
    run = brought(role, [person(0), person(7)])
    runs.confirm(run=run, by=role.user)
    runs.work(run.pk)
    assert "Certains sont partis" in page(client, run)
    ImportRun.objects.update(preview={})
    assert client.get(reverse("import_departs", args=[run.pk])).status_code == 404
