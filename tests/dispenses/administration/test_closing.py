"""What a new version of an acte closes: a list for the centre, never an end."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Acte, Employer
from dispenses.models import Dispense, ListExport, Motif
from dispenses.request import closing
from dispenses.workflow import Status
from portal.lib.dates import instant
from tests.dispenses.administration.test_employers import change, typed, version
from tests.factories import (
    ActeFactory,
    AdministratorFactory,
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    EmployerFactory,
    StaffFactory,
)
from tests.pages import page_of

pytestmark = pytest.mark.django_db
SINCE = date(2026, 1, 1)


@pytest.fixture
def employer() -> Employer:
    """A DUE that makes employees pay, then a version of 2026."""
    employer = EmployerFactory()
    ActeFactory(
        employer=employer,
        in_force_until=SINCE - timedelta(days=1),
        opened_motifs=["temps_partiel", "acte_1_present"],
    )
    return employer


def later(employer: Employer, **more: Any) -> Acte:
    acte: Acte = ActeFactory(
        **{
            "employer": employer,
            "in_force_from": SINCE,
            "employee_share_from": date(2020, 1, 1),
            "first_set_up_on": date(2020, 1, 1),
            "set_up_kind": "due",
            "opened_motifs": ["temps_partiel", "acte_1_present"],
            **more,
        }
    )
    return acte


def granted(employer: Employer, code: str, day: date = date(2025, 3, 3), **changes: Any) -> Dispense:
    """A dispense granted on `day`, whatever was asked for it."""
    employee = EmployeeFactory(activated=True, employer=employer)
    dispense = DispenseFactory(employee=employee, in_progress=True)
    at = instant(day, 12)
    fields = {
        "status": Status.ACCEPTED.value,
        "submitted_at": at,
        "decided_at": at,
        "status_at": at,
        "decided_by": StaffFactory(),
        "effective_on": day,
        "motif": Motif.objects.get(code=code, in_force_until=None),
    }
    Dispense.objects.filter(pk=dispense.pk).update(**fields | changes)
    dispense.refresh_from_db()
    return dispense


def closed(acte: Acte) -> list[int]:
    return [row.number for row in closing.closed_dispenses(acte, closing.closed_motifs(acte))]


def test_motifs_that_a_version_no_longer_opens(employer: Employer) -> None:
    part_time = granted(employer, "temps_partiel")
    granted(employer, "conjoint")
    granted(employer, "temps_partiel", SINCE)  # asked under the new version: another matter
    granted(employer, "temps_partiel", ends_on=SINCE - timedelta(days=1))  # over before
    granted(employer, "temps_partiel", status=Status.REFUSED.value, decision_reason="x", decision_rule="x")
    granted(EmployerFactory(), "temps_partiel")
    last = granted(employer, "temps_partiel", ends_on=SINCE)
    acte = later(employer, opened_motifs=["acte_1_present"])
    assert closed(acte) == [part_time.number, last.number]
    assert closed(employer.actes.get(in_force_from=date(2020, 1, 1))) == []


@pytest.mark.parametrize("kind", ["accord", "referendum", "due"])
def test_a_due_that_gives_way_closes_those_who_were_there_before(employer: Employer, kind: str) -> None:
    present = [granted(employer, "present_avant_due"), granted(employer, "acte_1_present")]
    granted(employer, "temps_partiel")
    acte = later(employer, kind=kind)
    assert closed(acte) == ([] if kind == "due" else [row.number for row in present])


def test_nothing_ends_and_the_centre_reads_who_which_and_since_when(client: Client, employer: Employer) -> None:
    dispense = granted(employer, "present_avant_due")
    acte = later(employer, kind="accord")
    client.force_login(StaffFactory())
    assert "Voir celles dont elle n’ouvre plus le motif" in page_of(client.get(change(employer)))
    address = reverse("admin:accounts_employer_ferme", args=[employer.pk, acte.pk])
    page = page_of(client.get(address)).replace("&nbsp;", "\xa0")
    for said in (
        f"N°{dispense.number}",
        dispense.employee.full_name,
        dispense.matricule,
        "Présent avant la mise en place par décision unilatérale (DUE)",
        "03/03/2025",
        "Depuis le 01/01/2026, un accord collectif a pris la place de la décision unilatérale.",
        "Aucune dispense ne prend fin d’elle-même",
    ):
        assert said in page
    dispense.refresh_from_db()
    assert dispense.status == Status.ACCEPTED
    answer = client.get(reverse("admin:accounts_employer_ferme_exporter", args=[employer.pk, acte.pk, "csv"]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("Dispense;Matricule;Nom;Prénom;Motif;Fondement;Dispense à compter du")
    assert f"{dispense.number};{dispense.matricule}" in text
    assert "03/03/2025" in text
    log = ListExport.objects.get()
    assert (log.what, log.employer, log.rows) == ("acte-ferme", employer, 1)
    other = reverse("admin:accounts_employer_ferme", args=[EmployerFactory().pk, acte.pk])
    assert client.get(other).status_code == 404
    unknown = reverse("admin:accounts_employer_ferme_exporter", args=[employer.pk, acte.pk, "pdf"])
    assert client.get(unknown).status_code == 404


def test_a_party_finds_none_of_theirs_and_an_administrator_no_list(client: Client, employer: Employer) -> None:
    dispense = granted(employer, "present_avant_due")
    acte = later(employer, kind="accord")
    address = reverse("admin:accounts_employer_ferme", args=[employer.pk, acte.pk])
    member = StaffFactory()
    CorrespondentFactory(user=member, employer=employer)
    client.force_login(member)
    assert f"N°{dispense.number}" not in page_of(client.get(address))
    client.force_login(AdministratorFactory())
    assert client.get(address).status_code == 403
    assert "Voir celles" not in page_of(client.get(change(employer)))


def test_whoever_writes_a_version_learns_that_it_closes_dispenses(client: Client, employer: Employer) -> None:
    granted(employer, "temps_partiel")
    client.force_login(AdministratorFactory())
    next_year = timezone.localdate().year + 1
    data = typed(employer, version(f"01/01/{next_year}", opened_motifs=["acte_1_present"], kind="due"))
    page = page_of(client.post(change(employer), data, follow=True)).replace("&nbsp;", "\xa0")
    assert f"La version du 01/01/{next_year} n’ouvre plus le motif de 1\xa0dispense accordée" in page
