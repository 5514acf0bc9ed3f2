"""A professional address that changes: the former link is dead at once, and the correspondents are told."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.models import CompanyEvent, Correspondent, Employee
from notifications.messages import load
from notifications.models import OutgoingEmail
from tests.accounts.company_files import person
from tests.accounts.test_import_runs import imported
from tests.dispenses.api.conftest import Software, results, software
from tests.factories import CorrespondentFactory, EmployeeFactory, InvitationFactory

pytestmark = pytest.mark.django_db
MANY = 30


@pytest.fixture
def sirh() -> Software:
    """Its employer has three correspondents, of whom one has a closed account."""
    found = software()
    CorrespondentFactory(employer=found.employer, user__email="nadia@levant.exemple")
    CorrespondentFactory(employer=found.employer, user__email="partie@levant.exemple", user__is_active=False)
    return found


def told(kind: str) -> dict[str, list[Any]]:
    """The messages of a kind, by addressee."""
    found: dict[str, list[Any]] = {}
    for row in OutgoingEmail.objects.filter(kind=kind).order_by("pk"):
        found.setdefault(row.to, []).append(load(row.kind, row.context))
    return found


def test_software_that_moves_an_address_is_told_to_each_correspondent_and_written_down(sirh: Software) -> None:
    employee = EmployeeFactory(employer=sirh.employer, professional_email="avant@levant.exemple")
    invitation = InvitationFactory(employee=employee)
    results(sirh.push({"matricule": employee.matricule, "professional_email": "apres@ailleurs.exemple"}))

    mails = told("address_changed")
    assert set(mails) == set(services.people_to_notify(sirh.employer))
    assert len(mails) == 2
    (message,) = mails["nadia@levant.exemple"]
    assert (message.before, message.after) == ("avant@levant.exemple", "apres@ailleurs.exemple")
    assert "jeton" in message.by
    page = Client().get(reverse("activation", args=[invitation.token]))
    assert page.status_code == 410
    assert OutgoingEmail.objects.filter(kind="invitation").get().to == "apres@ailleurs.exemple"
    event = CompanyEvent.objects.get(employee=employee)
    assert "avant@levant.exemple → apres@ailleurs.exemple" in event.detail
    assert "jeton" in event.actor_label


def test_each_change_by_software_is_a_mail_until_they_are_many(sirh: Software) -> None:
    staff = EmployeeFactory.create_batch(MANY, employer=sirh.employer)
    rows = [{"matricule": one.matricule, "professional_email": f"n{one.pk}@levant.exemple"} for one in staff]
    results(sirh.push(*rows[:3]))
    assert {len(messages) for messages in told("address_changed").values()} == {3}

    results(sirh.push(*rows[3:]))
    assert {len(messages) for messages in told("address_changed").values()} == {3}
    (summary,) = told("addresses_changed")["nadia@levant.exemple"]
    assert summary.count == MANY - 3
    assert summary.changes.endswith("… et 7 autres")
    results(sirh.push(*rows))
    assert len(told("addresses_changed")["nadia@levant.exemple"]) == 1


def test_an_address_that_does_not_change_tells_nobody(sirh: Software) -> None:
    employee = EmployeeFactory(employer=sirh.employer)
    results(sirh.push({"matricule": employee.matricule, "category": "Cadre"}))

    assert not told("address_changed")
    assert not told("addresses_changed")


def test_a_row_that_is_refused_tells_nobody(sirh: Software) -> None:
    employee, other = EmployeeFactory.create_batch(2, employer=sirh.employer)
    (refused,) = results(sirh.push({"matricule": employee.matricule, "professional_email": other.professional_email}))

    assert refused["status"] == "invalid"
    assert not told("address_changed")


def test_an_import_tells_all_its_changes_in_one_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    role = CorrespondentFactory()
    colleague = CorrespondentFactory(employer=role.employer)
    monkeypatch.setattr("accounts.imports.runs.PIECE", 4)
    imported(role, [person(rank) for rank in range(MANY)])
    imported(role, [person(rank, email=f"neuf{rank}@exemple.fr") for rank in range(MANY - 1)])

    mails = told("addresses_changed")
    assert set(mails) == {role.user.email, colleague.user.email}
    (summary,) = mails[colleague.user.email]
    assert summary.count == MANY - 1
    assert "personne0@exemple.fr → neuf0@exemple.fr" in summary.changes
    assert role.user.full_name in summary.by
    assert not told("address_changed")
    assert f"{MANY - 1} adresses e-mail modifiées" in CompanyEvent.objects.get().detail
    imported(role, [person(0, email="neuf0@exemple.fr", categorie="Non cadre")])
    assert len(told("addresses_changed")[role.user.email]) == 1


def test_a_correction_by_hand_tells_the_colleagues(client: Client) -> None:
    role: Correspondent = CorrespondentFactory()
    colleague = CorrespondentFactory(employer=role.employer)
    employee: Employee = EmployeeFactory(employer=role.employer)
    before = employee.professional_email
    services.correct_employee(employee=employee, by=role.user, values={"professional_email": "neuf@exemple.fr"})

    (message,) = told("address_changed")[colleague.user.email]
    assert (message.before, message.after, message.by) == (before, "neuf@exemple.fr", role.user.full_name)
