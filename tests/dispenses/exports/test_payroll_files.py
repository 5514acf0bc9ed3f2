"""Files for payroll: what each profile writes, since when, whose they are, that a file cut short moves nothing."""

import csv
import io
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from openpyxl import load_workbook

from accounts.enums import CompanyAct
from accounts.models import CompanyEvent, Correspondent, Employee
from accounts.services.updating import update_employee
from dispenses.exports import sheets
from dispenses.exports.payroll import files, presets, profiles
from dispenses.exports.payroll.columns import COLUMNS
from dispenses.models import Dispense, ListExport, Motif, PayrollChange, PayrollFile, PayrollProfile
from tests.dispenses.member.test_wizard import text
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, PayrollProfileFactory, answers_to

pytestmark = pytest.mark.django_db
DAY = date(2027, 3, 10)
SINCE, UNTIL = date(2027, 1, 1), date(2027, 3, 31)


@pytest.fixture(autouse=True)
def _ten_march(request: pytest.FixtureRequest) -> Iterable[None]:
    with time_machine.travel("2027-03-10T10:00:00+01:00", tick=False) as clock:
        request.node.clock = clock
        yield


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory(employer__siret="73282932000074")


@pytest.fixture
def client(role: Correspondent) -> Client:
    client = Client()
    client.force_login(role.user)
    return client


def base(profile: PayrollProfile, page: str = "") -> str:
    return f"/employeur/{profile.employer_id}/paie/{profile.pk}/{page}"


def body(answer: Any) -> bytes:
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="paie-')
    return b"".join(answer.streaming_content)


def lines(content: bytes, delimiter: str = ";", encoding: str = "utf-8-sig") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter))


def matricules(answer: Any) -> list[str]:
    return [row[0] for row in lines(body(answer))[1:]]


def at(day: date) -> dict[str, str]:
    return {"jour_0": str(day.day), "jour_1": str(day.month), "jour_2": str(day.year)}


def dispensed(role: Correspondent, since: date = SINCE, until: date | None = UNTIL, **fields: Any) -> Employee:
    dispense = DispenseFactory(
        employee=EmployeeFactory(employer=role.employer, activated=True, **fields), accepted=True
    )
    Dispense.objects.filter(pk=dispense.pk).update(effective_on=since, ends_on=until)
    return Employee.objects.get(pk=dispense.employee_id)


def test_every_column_in_the_order_and_under_the_headings_of_the_profile(client: Client, role: Correspondent) -> None:
    employee = dispensed(role, matricule="L-1")
    EmployeeFactory(employer=role.employer, matricule="L-2", sort_name="zz", establishment_siret="12345678200010")
    EmployeeFactory()
    profile = PayrollProfileFactory(employer=role.employer)
    header, first, second = lines(body(client.get(base(profile, "au/"), at(DAY))))
    assert header == [column.heading for column in COLUMNS]
    assert first == [
        "L-1", employee.last_name, "Virginie", "73282932000074", "03/09/2018", "", "oui", "01/01/2027", "31/03/2027",
        "01/04/2027", "Couvert par ailleurs",
    ]  # fmt: skip
    assert second[3:] == ["12345678200010", "03/09/2018", "", "non", "", "", "", ""]
    profile.columns = [["dispense", "EXO"], ["inconnue", "?"], ["matricule", "MAT"]]
    profile.save()
    assert lines(body(client.get(base(profile, "au/"), at(DAY))))[:2] == [["EXO", "MAT"], ["oui", "L-1"]]
    logged = ListExport.objects.latest("pk")
    assert (logged.user, logged.employer, logged.what, logged.form, logged.rows) == (
        role.user, role.employer, "paie", "csv", 2,
    )  # fmt: skip
    assert logged.filters == {"profil": profile.name, "jour": "2027-03-10"}


@pytest.mark.parametrize(
    ("day", "expected"),
    [(SINCE - timedelta(days=1), "non"), (SINCE, "oui"), (UNTIL, "oui"), (UNTIL + timedelta(days=1), "non")],
)
def test_a_file_at_a_date_is_of_that_date(client: Client, role: Correspondent, day: date, expected: str) -> None:
    dispensed(role)
    profile = PayrollProfileFactory(employer=role.employer, columns=[["dispense", "D"]])
    assert lines(body(client.get(base(profile, "au/"), at(day)))) == [["D"], [expected]]
    assert not PayrollFile.objects.exists()


def test_who_left_before_is_left_out_unless_asked(client: Client, role: Correspondent) -> None:
    for matricule, left_on in (("A", DAY), ("B", DAY - timedelta(days=1)), ("C", None)):
        EmployeeFactory(employer=role.employer, matricule=matricule, left_on=left_on, last_name=matricule)
    profile = PayrollProfileFactory(employer=role.employer)
    assert matricules(client.get(base(profile, "au/"), at(DAY))) == ["A", "C"]
    assert matricules(client.post(base(profile, "depuis/"))) == ["A", "C"]
    profile = PayrollProfileFactory(employer=role.employer, with_gone=True)
    assert matricules(client.get(base(profile, "au/"), at(DAY))) == ["A", "B", "C"]
    assert matricules(client.post(base(profile, "depuis/"))) == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("dates", "written"),
    [("french", "01/01/2027"), ("iso", "2027-01-01"), ("digits_french", "01012027"), ("digits", "20270101")],
)
def test_dates_codes_separators_and_encodings(role: Correspondent, dates: str, written: str) -> None:
    dispensed(role, matricule="É-1", last_name="Ōe")
    columns = [["matricule", "N°"], ["nom", "Nom"], ["debut", "Début"], ["dispense", "D"]]
    one = PayrollProfileFactory(
        employer=role.employer, columns=columns, dates=dates, yes_code="1", no_code="", with_headings=False
    )
    for separator, between in files.SEPARATORS.items():
        for encoding, (codec, mark) in files.ENCODINGS.items():
            one.separator, one.encoding = separator, encoding
            name = "?e" if codec == "cp1252" else "Ōe"
            answer = files.at(one, DAY, user=role.user)
            assert answer["Content-Type"] == f"text/csv; charset={files.CHARSETS[codec]}"
            assert body(answer) == (mark + between.join(["É-1", name, written, "1"]) + "\r\n").encode(codec)
            assert b"\r\n" in body(files.at(one, SINCE - timedelta(days=1), user=role.user))


def test_a_workbook_keeps_its_dates(role: Correspondent) -> None:
    dispensed(role, matricule="=1+1")
    columns = [["matricule", "=Mat"], ["debut", "Début"], ["dispense", "D"]]
    profile = PayrollProfileFactory(employer=role.employer, columns=columns, form="xlsx", dates="iso")
    sheet = load_workbook(io.BytesIO(body(files.since_last(profile, user=role.user)))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]] == ["'=Mat", "Début", "D"]
    assert (sheet["A2"].value, sheet["C2"].value) == ("'=1+1", "oui")
    assert sheet["B2"].is_date
    assert sheet["B2"].number_format == "yyyy-mm-dd"
    profile.with_headings = False
    sheet = load_workbook(io.BytesIO(body(files.at(profile, DAY, user=role.user)))).active
    assert sheet is not None
    assert sheet["C1"].value == "oui"
    assert profile.files.get().taken_at


@pytest.mark.parametrize("separator", ["semicolon", "comma", "tab", "pipe"])
def test_a_cell_is_never_a_formula(role: Correspondent, separator: str) -> None:
    EmployeeFactory(employer=role.employer, last_name="=HYPERLINK(1)", first_name="a;b,c\td|e", matricule="+33")
    profile = PayrollProfileFactory(employer=role.employer, separator=separator, columns=[
        ["nom", "@Nom"], ["prenom", "Prénom"], ["matricule", "M"],
    ])  # fmt: skip
    found = lines(body(files.at(profile, DAY, user=role.user)), files.SEPARATORS[separator])
    assert found == [["'@Nom", "Prénom", "M"], ["'=HYPERLINK(1)", "a;b,c d|e", "'+33"]]


def test_the_motif_is_never_told(role: Correspondent) -> None:
    c2s = Motif.objects.get(code="c2s")
    employee = EmployeeFactory(employer=role.employer, activated=True)
    DispenseFactory(employee=employee, motif=c2s, answers=answers_to("c2s"), accepted=True)
    content = body(files.since_last(PayrollProfileFactory(employer=role.employer), user=role.user)).decode()
    assert "Couvert par ailleurs" in content
    for secret in (c2s.label, "olidaire", "c2s"):
        assert secret not in content


def test_everybody_first_then_what_changed_since_the_file_taken(client: Client, role: Correspondent) -> None:
    one, two = (EmployeeFactory(employer=role.employer, matricule=name, last_name=name) for name in ("A", "B"))
    profile = PayrollProfileFactory(employer=role.employer)
    assert "Aucun fichier de ce profil" in text(client.get(base(profile)))
    assert matricules(client.post(base(profile, "depuis/"))) == ["A", "B"]
    assert "Depuis le fichier du <strong>10 mars 2027 à 10 h 00" in text(client.get(base(profile))).replace("\xa0", " ")
    assert matricules(client.post(base(profile, "depuis/"))) == []
    update_employee(employee=two, values={"matricule": "B2"}, by="x")
    assert matricules(client.get(base(profile, "au/"), at(DAY))) == ["A", "B2"]
    assert matricules(client.post(base(profile, "depuis/"))) == ["B2"]
    assert matricules(client.post(base(profile, "depuis/"))) == []
    other = PayrollProfileFactory(employer=role.employer)
    assert matricules(client.post(base(other, "depuis/"))) == ["A", "B2"]
    assert one.matricule == "A"


def test_a_dispense_that_begins_or_is_over_is_in_the_next_file(
    client: Client, role: Correspondent, request: pytest.FixtureRequest
) -> None:
    dispensed(role, DAY + timedelta(days=5), DAY + timedelta(days=9))
    profile = PayrollProfileFactory(employer=role.employer, columns=[["dispense", "D"], ["affiliation", "A"]])
    told = []
    for days in (0, 4, 1, 4, 1):
        request.node.clock.shift(timedelta(days=days))
        client.force_login(role.user)
        told.append(lines(body(client.post(base(profile, "depuis/"))))[1:])
    due = f"{DAY + timedelta(days=10):%d/%m/%Y}"
    assert told == [[["non", due]], [], [["oui", due]], [], [["non", due]]]


def test_a_file_cut_short_moves_nothing(client: Client, role: Correspondent) -> None:
    EmployeeFactory(employer=role.employer, matricule="A")
    profile = PayrollProfileFactory(employer=role.employer)
    cut = client.post(base(profile, "depuis/"))
    next(iter(cut.streaming_content))
    cut._iterator.close()  # as the client does at the end: its own close() would close the connection of the test
    assert profile.files.get().taken_at is None
    assert files.marker(profile) is None
    assert ListExport.objects.filter(what="paie").count() == 1
    assert "Pas parti en entier" in text(client.get(base(profile)))
    assert matricules(client.post(base(profile, "depuis/"))) == ["A"]
    assert matricules(client.post(base(profile, "depuis/"))) == []


def test_a_file_is_taken_again_as_it_was(client: Client, role: Correspondent) -> None:
    EmployeeFactory(employer=role.employer, matricule="A")
    changing = EmployeeFactory(employer=role.employer, matricule="B")
    profile = PayrollProfileFactory(employer=role.employer)
    first = body(client.post(base(profile, "depuis/")))
    marker = files.marker(profile)
    assert marker is not None
    update_employee(employee=changing, values={"matricule": "B2"}, by="x")
    later = EmployeeFactory(employer=role.employer, matricule="C")
    assert matricules(client.post(base(profile, "depuis/"))) == ["B2", later.matricule]
    last = files.marker(profile)
    assert body(client.get(base(profile, f"fichiers/{marker.pk}/"))) == first
    assert files.marker(profile) == last
    assert matricules(client.post(base(profile, "depuis/"))) == []


def test_two_people_at_once_leave_no_hole(role: Correspondent) -> None:
    """Whoever begins before the other has finished gets all that follows the same marker; the farthest one counts."""
    first = EmployeeFactory(employer=role.employer, matricule="A")
    profile, colleague = PayrollProfileFactory(employer=role.employer), CorrespondentFactory(employer=role.employer)
    early = files.since_last(profile, user=role.user)
    update_employee(employee=first, values={"matricule": "A2"}, by="x")
    late = files.since_last(profile, user=colleague.user)
    assert matricules(late) == ["A2"]
    assert matricules(early) == ["A"]
    marker = files.marker(profile)
    assert marker is not None
    assert marker.user == colleague.user
    assert matricules(files.since_last(profile, user=role.user)) == []


def test_too_long_for_a_workbook(client: Client, role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    EmployeeFactory.create_batch(2, employer=role.employer)
    monkeypatch.setattr(sheets, "MAX_ROWS", 1)
    profile = PayrollProfileFactory(employer=role.employer, form="xlsx")
    for answer in (
        client.post(base(profile, "depuis/"), follow=True),
        client.get(base(profile, "au/"), at(DAY), follow=True),
    ):
        assert "Choisissez le format CSV" in text(answer)
    assert not ListExport.objects.exists()
    assert not PayrollFile.objects.exists()


def test_a_day_that_cannot_be_is_refused_on_the_page(client: Client, role: Correspondent) -> None:
    profile = PayrollProfileFactory(employer=role.employer)
    for wrong in ({}, {"jour_0": "31", "jour_1": "2", "jour_2": "2027"}, at(date(1900, 1, 1))):
        answer = client.get(base(profile, "au/"), wrong)
        assert answer.status_code == 200
        assert "à corriger" in text(answer)
    assert not ListExport.objects.exists()


# Profiles


def form_data(**changes: str) -> dict[str, str]:
    return {
        "name": "Ma paie", "yes_code": "O", "no_code": "N", "dates": "digits", "form": "csv", "separator": "tab",
        "encoding": "windows", "rang_matricule": "2", "titre_matricule": "MAT", "rang_dispense": "1", **changes,
    }  # fmt: skip


@pytest.mark.parametrize("preset", presets.PRESETS, ids=lambda preset: preset.key)
def test_a_preset_is_copied_then_changed_and_removed(
    client: Client, role: Correspondent, preset: presets.Preset
) -> None:
    employee = dispensed(role)
    pages = f"/employeur/{role.employer_id}/paie/"
    assert preset.name in text(client.get(pages))
    answer = client.post(f"{pages}nouveau/", {"modele": preset.key}, follow=True)
    profile = PayrollProfile.objects.get()
    profile.full_clean()
    assert profile.name == preset.name
    assert employee.matricule in text(client.get(base(profile)))
    assert body(client.post(base(profile, "depuis/")))
    assert client.post(f"{pages}nouveau/", {"modele": preset.key}).status_code == 302
    assert {one.name for one in PayrollProfile.objects.all()} == {preset.name, f"{preset.name} 2"}
    assert f'value="{preset.name}"' in text(answer)
    client.post(base(profile, "modifier/"), form_data())
    profile.refresh_from_db()
    assert (profile.name, profile.columns) == ("Ma paie", [["dispense", "Dispense"], ["matricule", "MAT"]])
    assert (profile.with_headings, profile.separator) == (False, "tab")
    client.post(base(profile, "copier/"))
    assert PayrollProfile.objects.filter(name="Ma paie (copie)", columns=profile.columns).exists()
    assert client.get(base(profile, "supprimer/")).status_code == 200
    client.post(base(profile, "supprimer/"))
    assert not PayrollProfile.objects.filter(pk=profile.pk).exists()
    acts = list(CompanyEvent.objects.order_by("pk").values_list("act", "detail", "actor"))
    assert acts == [
        (CompanyAct.PAYROLL_ADDED, preset.name, role.user_id),
        (CompanyAct.PAYROLL_ADDED, f"{preset.name} 2", role.user_id),
        (CompanyAct.PAYROLL_CHANGED, f"{preset.name} → Ma paie", role.user_id),
        (CompanyAct.PAYROLL_ADDED, "Ma paie (copie)", role.user_id),
        (CompanyAct.PAYROLL_REMOVED, "Ma paie", role.user_id),
    ]
    assert ListExport.objects.filter(what="paie").count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Autre"}, "name"),
        ({"name": "=1"}, "name"),
        ({"yes_code": ""}, "yes_code"),
        ({"yes_code": "-"}, "yes_code"),
        ({"yes_code": "o" * 21}, "yes_code"),
        ({"no_code": "O"}, "no_code"),
        ({"titre_matricule": "@MAT"}, "titre_matricule"),
        ({"rang_matricule": "premier"}, "rang_matricule"),
        ({"rang_matricule": "-1"}, "rang_matricule"),
        ({"rang_matricule": "", "rang_dispense": "0"}, "rang_matricule"),
        ({"form": "pdf"}, "form"),
        ({"separator": "é"}, "separator"),
    ],
)
def test_what_no_file_could_be_is_refused(
    client: Client, role: Correspondent, changes: dict[str, str], field: str
) -> None:
    profile = PayrollProfileFactory(employer=role.employer, name="Avant")
    PayrollProfileFactory(employer=role.employer, name="Autre")
    answer = client.post(base(profile, "modifier/"), form_data(**changes))
    errors = answer.context["form"].errors
    assert set(errors) == {field}
    if field.startswith(("rang_", "titre_")) and len(changes) == 1:
        assert "Matricule" in errors[field][0]  # which of the columns
    assert "à corriger" in text(answer)
    profile.refresh_from_db()
    assert profile.name == "Avant"
    assert not CompanyEvent.objects.exists()


def test_what_is_not_changed_is_not_in_the_journal(client: Client, role: Correspondent) -> None:
    profile = PayrollProfileFactory(employer=role.employer)
    client.post(base(profile, "modifier/"), form_data())
    client.post(base(profile, "modifier/"), form_data())
    assert CompanyEvent.objects.count() == 1


def test_a_company_has_so_many_profiles(client: Client, role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "MOST", 1)
    profile = PayrollProfileFactory(employer=role.employer)
    pages = f"/employeur/{role.employer_id}/paie/"
    for address, data in ((f"{pages}nouveau/", {"modele": "codes"}), (base(profile, "copier/"), {})):
        assert "profils au plus" in text(client.post(address, data, follow=True))
    assert client.post(f"{pages}nouveau/", {"modele": "secret"}).status_code == 404
    assert PayrollProfile.objects.count() == 1


def test_the_log_is_begun_before_the_first_file(
    role: Correspondent, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    EmployeeFactory.create_batch(2, employer=role.employer)
    with django_capture_on_commit_callbacks(execute=True):
        profiles.add(employer=role.employer, by=role.user, name="P", values=presets.PRESETS[0].fields())
    assert PayrollChange.objects.filter(employer=role.employer).count() == 2


def test_the_preview_is_the_first_five(client: Client, role: Correspondent) -> None:
    for number in range(7):
        EmployeeFactory(employer=role.employer, matricule=f"M-{number}", last_name=f"Nom{number}")
    page = text(client.get(base(PayrollProfileFactory(employer=role.employer))))
    assert [f"M-{number}" in page for number in range(7)] == [True] * 5 + [False] * 2
    assert not ListExport.objects.exists()


def test_the_profile_of_another_employer_or_of_another_profile(client: Client, role: Correspondent) -> None:
    other = PayrollProfileFactory()
    mine = PayrollProfileFactory(employer=role.employer)
    file = PayrollFile.objects.create(
        profile=PayrollProfileFactory(employer=role.employer),
        user=role.user,
        day=DAY,
        after_rank=0,
        up_to_rank=0,
        rows=0,
    )
    stolen = f"/employeur/{role.employer_id}/paie/{other.pk}/"
    for wrong in (
        base(other),
        stolen,
        f"{stolen}modifier/",
        base(mine, f"fichiers/{file.pk}/"),
        base(mine, f"fichiers/{'9' * 20}/"),
    ):
        assert client.get(wrong).status_code == 404
    assert client.get(base(mine, "depuis/")).status_code == 405


def test_the_pages_lead_there(client: Client, role: Correspondent) -> None:
    assert f'href="/employeur/{role.employer_id}/paie/"' in text(client.get("/employeur/"))


def test_the_documentation_names_every_column_and_preset() -> None:
    told = (django_settings.BASE_DIR / "docs" / "exports.md").read_text(encoding="utf-8")
    assert f"| {', '.join(column.heading for column in COLUMNS)} |" in told
    assert all(preset.name in told for preset in presets.PRESETS)
