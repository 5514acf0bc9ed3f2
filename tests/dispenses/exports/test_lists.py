"""Lists as files: what they hold, whose they are, that they are written down, in how many queries."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Correspondent
from dispenses.desk import exporting
from dispenses.exports import lists, sheets
from dispenses.exports.columns import Column
from dispenses.models import ListExport, Motif
from tests.dispenses.member.test_wizard import text
from tests.factories import (
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    InvitationFactory,
    StaffFactory,
    answers_to,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory()


@pytest.fixture
def client(role: Correspondent) -> Client:
    client = Client()
    client.force_login(role.user)
    return client


def address(role: Correspondent, what: str = "salaries", form: str = "csv") -> str:
    return f"/employeur/{role.employer_id}/exports/{what}/{form}/"


def body(answer: Any) -> bytes:
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)


def rows(answer: Any) -> list[list[str]]:
    content = body(answer)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def headings(columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(column.heading for column in columns)


def test_employees_with_the_filters_of_the_page(client: Client, role: Correspondent) -> None:
    granted = DispenseFactory(employee__employer=role.employer, accepted=True).employee
    InvitationFactory(employee=EmployeeFactory(employer=role.employer, last_name="=HYPERLINK(1)", matricule="L-9"))
    EmployeeFactory(last_name="Ailleurs")
    header, *found = rows(client.get(address(role)))
    assert tuple(header) == headings(lists.EMPLOYEES)
    assert {row[1] for row in found} == {granted.last_name, "'=HYPERLINK(1)"}
    assert {row[header.index("État")] for row in found} == {"Dispensé", "Invité"}
    assert [row[0] for row in rows(client.get(address(role), {"etat": "dispense"}))[1:]] == [granted.matricule]
    assert [row[0] for row in rows(client.get(address(role), {"q": "hyperlink L-9"}))[1:]] == ["L-9"]
    assert len(rows(client.get(address(role), {"etat": "inconnu", "q": " "}))) == 3
    logged = [(e.user, e.employer, e.what, e.form, e.filters, e.rows) for e in ListExport.objects.order_by("pk")]
    mine = (role.user, role.employer, "salaries", "csv")
    by_name = {"q": "hyperlink L-9"}
    assert logged == [(*mine, {}, 2), (*mine, {"etat": "dispense"}, 1), (*mine, by_name, 1), (*mine, {}, 2)]


def test_an_employer_never_gets_the_motif(client: Client, role: Correspondent) -> None:
    c2s = Motif.objects.get(code="c2s")
    answers = answers_to("c2s")
    DispenseFactory(employee__employer=role.employer, motif=c2s, answers=answers, in_progress=True)
    DispenseFactory(employee__employer=role.employer)  # a draft
    for what in ("salaries", "demandes"):
        content = body(client.get(address(role, what))).decode()
        assert "Couvert par ailleurs" in content
        for secret in (c2s.label, "solidaire", "c2s"):
            assert secret not in content
    assert len(rows(client.get(address(role, "demandes")))) == 2
    assert len(rows(client.get(address(role, "demandes"), {"etat": "accepted"}))) == 1
    assert rows(client.get(address(role, "correspondants")))[1] == [
        role.user.last_name,
        role.user.first_name,
        role.user.email,
    ]


def test_a_workbook(client: Client, role: Correspondent) -> None:
    EmployeeFactory(employer=role.employer, last_name="@SUM(1)")
    answer = client.get(address(role, form="xlsx"))
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    sheet = load_workbook(io.BytesIO(body(answer))).active
    assert sheet is not None
    assert tuple(one.value for one in sheet[1]) == headings(lists.EMPLOYEES)
    assert sheet["B2"].value == "'@SUM(1)"
    assert sheet["E2"].is_date


def test_too_long_for_a_workbook(client: Client, role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    EmployeeFactory.create_batch(2, employer=role.employer)
    monkeypatch.setattr(sheets, "MAX_ROWS", 1)
    answer = client.get(address(role, form="xlsx"), follow=True)
    assert "Choisissez le format CSV" in text(answer)
    assert not ListExport.objects.exists()
    assert len(rows(client.get(address(role)))) == 3


def test_another_employer_and_what_does_not_exist(client: Client, role: Correspondent) -> None:
    other = CorrespondentFactory()
    for wrong in (address(other), address(role, "secrets"), address(role, form="pdf")):
        assert client.get(wrong).status_code == 404
    assert client.post(address(role)).status_code == 405
    assert not ListExport.objects.exists()


def test_two_queries_for_any_number_of_rows(
    client: Client, role: Correspondent, django_assert_num_queries: Any
) -> None:
    EmployeeFactory.create_batch(5, employer=role.employer)
    client.get("/employeur/")
    with django_assert_num_queries(6):  # session, account, employer, count, log, rows
        body(client.get(address(role)))


def test_the_centre_exports_its_queue(role: Correspondent) -> None:
    staff = StaffFactory()
    client = Client()
    client.force_login(staff)
    sent = DispenseFactory(employee__employer=role.employer, in_progress=True)
    DispenseFactory(accepted=True)
    page = "/gestion/dispenses/dispense/exporter/"
    header, *found = rows(client.get(f"{page}csv/"))
    assert tuple(header) == headings(exporting.REQUESTS)
    assert [row[0] for row in found] == [str(sent.number)]
    assert found[0][6] == sent.motif.label
    assert len(rows(client.get(f"{page}csv/", {"statut": "toutes"}))) >= 2
    assert load_workbook(io.BytesIO(body(client.get(f"{page}xlsx/")))).active["A2"].value == sent.number  # type: ignore[index]
    assert client.get(f"{page}pdf/").status_code == 404
    assert {(e.user, e.employer, e.what) for e in ListExport.objects.all()} == {(staff, None, "file")}


def test_the_pages_lead_to_the_exports(client: Client, role: Correspondent) -> None:
    EmployeeFactory(employer=role.employer, last_name="Petit")
    page = text(client.get("/employeur/", {"q": "petit"}))
    assert f'href="{address(role)}?q=petit"' in page
    assert "/employeur/preuves/" in page


def test_the_documentation_names_every_column() -> None:
    told = (django_settings.BASE_DIR / "docs" / "exports.md").read_text(encoding="utf-8")
    for columns in (lists.EMPLOYEES, lists.REQUESTS, lists.CORRESPONDENTS, exporting.REQUESTS):
        assert f"| {', '.join(headings(columns))} |" in told
