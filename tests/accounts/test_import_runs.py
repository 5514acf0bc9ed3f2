"""A company's file from its upload to the last employee: previewed, written once, whatever happens on the way."""

import csv
import errno
import io
import json
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.files.storage import FileSystemStorage, storages
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import DataError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.employee.fields import EXPORTED
from accounts.enums import ImportStatus
from accounts.imports import analysis, matching, runs, writing
from accounts.imports.exceptions import Code, FileRefused
from accounts.models import Correspondent, Employee, ImportRun, Invitation
from accounts.nir import clean_nir, unsealed_nir
from accounts.services.transferring import transfer_employee
from dispenses.employer.imports import NOT_KEPT
from dispenses.exports import lists
from notifications import delivery
from notifications.models import OutgoingEmail
from portal.lib.leases import Held
from portal.lib.reception import NO_ROOM
from tests.accounts.company_files import HEADINGS, as_csv, as_xlsx, part, person, rewritten, upload
from tests.dispenses.request.test_races import together
from tests.factories import CorrespondentFactory, EmployeeFactory, EmployerFactory
from tests.pages import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory()


def brought(role: Correspondent, rows: list[dict[str, str]], **given: Any) -> ImportRun:
    """A file read, with its figures."""
    run = runs.start(employer=role.employer, by=role.user, upload=upload(as_csv(rows, **given)))
    runs.work(run.pk)
    run.refresh_from_db()
    return run


def imported(role: Correspondent, rows: list[dict[str, str]], **given: Any) -> ImportRun:
    run = brought(role, rows, **given)
    assert runs.confirm(run=run, by=role.user)
    runs.work(run.pk)
    run.refresh_from_db()
    return run


def figures(run: ImportRun) -> tuple[int, int, int, int, int]:
    return run.ready, run.changed, run.unchanged, run.to_correct, run.absent


def test_nothing_is_saved_before_the_import(role: Correspondent) -> None:
    run = brought(role, [person(1), person(2), person(3, email="x")])
    assert (run.status, run.lines, figures(run)) == ("ready", 3, (2, 0, 0, 1, 0))
    assert not Employee.objects.filter(employer=role.employer).exists()
    assert not OutgoingEmail.objects.filter(kind="invitation").exists()


def test_an_import_declares_each_employee_and_invites_them_once(role: Correspondent) -> None:
    run = imported(role, [person(1, nir="295109912611193"), person(2, type_contrat="", date_fin_contrat="01/01/2030")])
    assert (run.status, run.created, run.position) == ("done", 2, 2)
    first, second = Employee.objects.filter(employer=role.employer).order_by("matricule")
    assert (first.last_name, first.birth_date, first.contract_type) == ("Durand", date(1995, 10, 2), "cdi")
    assert (unsealed_nir(first.sealed_nir), second.contract_type) == ("295109912611193", "cdd")
    assert first.pre_affiliated_by == role.user
    assert Invitation.objects.filter(employee__in=[first, second]).count() == 2
    mail.outbox.clear()
    delivery.deliver()
    assert sorted(message.to[0] for message in mail.outbox) == ["personne1@exemple.fr", "personne2@exemple.fr"]


def test_no_nir_is_legible_in_what_is_stored(role: Correspondent) -> None:
    run = brought(role, [person(1, nir="295109912611193"), person(2, nir="295109912611194")])
    with run.rows.open("rb") as rows:
        assert b"2951099" not in rows.read()
    assert "2951099" not in str(run.preview)


def test_the_same_file_again_finds_nothing_to_do(role: Correspondent) -> None:
    rows = [person(1, nir="295109912611193"), person(2)]
    imported(role, rows)
    again = brought(role, rows)
    assert figures(again) == (0, 0, 2, 0, 0)
    assert not runs.confirm(run=again, by=role.user)


def test_two_previews_of_one_file_write_it_once(role: Correspondent) -> None:
    rows = [person(1), person(2)]
    first, second = brought(role, rows), brought(role, rows)
    for run in (first, second):
        assert runs.confirm(run=run, by=role.user)
        runs.work(run.pk)
    second.refresh_from_db()
    assert (second.status, second.created, second.updated) == ("done", 0, 0)
    assert Employee.objects.filter(employer=role.employer).count() == 2
    assert OutgoingEmail.objects.filter(kind="invitation").count() == 2


def test_a_double_click_imports_once(role: Correspondent) -> None:
    run = brought(role, [person(1)])
    assert runs.confirm(run=run, by=role.user)
    assert not runs.confirm(run=run, by=role.user)


def test_what_changes_is_told_then_written(role: Correspondent) -> None:
    other = clean_nir("1951099126111")
    imported(role, [person(1, nir="295109912611193"), person(2)])
    run = imported(role, [person(1, categorie="Non cadre", nir=other, date_naissance=""), person(2)])
    assert figures(run) == (0, 1, 1, 0, 0)
    (told,) = run.preview["changes"]
    assert ["Catégorie", "Cadre", "Non cadre"] in told["changes"]
    assert ["NIR", "• •• •• •• ••• ••• 93", "•••"] in told["changes"]
    employee = Employee.objects.get(employer=role.employer, matricule="A1")
    assert (employee.category, unsealed_nir(employee.sealed_nir)) == ("Non cadre", other)
    assert employee.birth_date == date(1995, 10, 2)  # a blank cell says nothing
    assert OutgoingEmail.objects.filter(kind="invitation").count() == 2


def test_a_line_goes_with_what_it_leaves_of_a_known_employee(role: Correspondent) -> None:
    ending = {"type_contrat": "CDD", "date_fin_contrat": "31/12/2030"}
    imported(role, [person(1, nir="295109912611193"), person(2, **ending)])
    other_birth = person(1, nir=clean_nir("2801099126111"), date_naissance="")
    hired_after = person(2, type_contrat="", date_fin_contrat="", date_embauche="01/01/2027")
    run = brought(role, [other_birth, hired_after])
    assert figures(run) == (0, 1, 0, 1, 0)
    assert [problem["column"] for problem in run.preview["problems"]] == ["nir"]
    run = imported(role, [person(2, type_contrat="CDI")])
    assert ["Fin du contrat", "31/12/2030", "–"] in run.preview["changes"][0]["changes"]
    employee = Employee.objects.get(employer=role.employer, matricule="A2")
    assert (employee.contract_type, employee.contract_ends_on) == ("cdi", None)


def test_a_known_employee_whose_values_break_the_rules_of_today_is_still_updated(role: Correspondent) -> None:
    imported(role, [person(1)])
    old = {"matricule": "A#12 (siège)", "first_name": "Ana ana.example"}
    Employee.objects.update(**old)
    line = person(1, matricule=old["matricule"], prenom=old["first_name"], categorie="Non cadre")
    run = imported(role, [line, person(2, matricule="B#1"), person(3, prenom="Ana evil.example")])
    assert figures(run) == (0, 1, 0, 2, 0)
    employee = Employee.objects.get()
    assert (employee.matricule, employee.category) == (old["matricule"], "Non cadre")


def test_a_new_address_kills_the_link_and_invites_again(role: Correspondent) -> None:
    imported(role, [person(1)])
    imported(role, [person(1, email="nouvelle@exemple.fr")])
    employee = Employee.objects.get(employer=role.employer)
    assert employee.professional_email == "nouvelle@exemple.fr"
    assert employee.invitations.filter(revoked_at__isnull=True).count() == 1
    assert employee.invitations.count() == 2


def test_columns_that_are_not_there_change_nothing(role: Correspondent) -> None:
    imported(role, [person(1)])
    headings = ["matricule", "nom", "prenom", "email", "date_embauche"]
    row = {**person(1), "nom": "Durand"}
    assert figures(brought(role, [row], headings=headings)) == (0, 0, 1, 0, 0)


@pytest.fixture
def married(role: Correspondent) -> Employee:
    """Claire Durand, born Martin."""
    imported(role, [person(1, nom_naissance="MARTIN", nom_usage="DURAND", prenom="Claire")])
    return Employee.objects.get()


@pytest.mark.parametrize(
    ("headings", "given"),
    [
        (HEADINGS, {"nom_naissance": "MARTIN", "nom_usage": ""}),
        ([heading for heading in HEADINGS if heading != "nom_usage"], {"nom_naissance": "MARTIN"}),
        (["Matricule", "Nom", "Prénom", "email", "date_embauche"], {"Matricule": "A1", "Nom": "DURAND"}),
    ],
)
def test_a_name_that_the_file_does_not_give_stays(
    role: Correspondent, married: Employee, headings: list[str], given: dict[str, str]
) -> None:
    row = {**person(1, prenom="Claire"), "Prénom": "Claire", **given}
    assert figures(brought(role, [row], headings=headings)) == (0, 0, 1, 0, 0)


def test_a_name_used_that_is_the_one_of_birth_follows_it(role: Correspondent) -> None:
    imported(role, [person(1, nom_naissance="Marin")])
    imported(role, [person(1, nom_naissance="Martin")])
    assert Employee.objects.values_list("birth_name", "last_name").get() == ("Martin", "Martin")


def test_the_list_taken_out_of_the_portal_comes_back_without_a_change(role: Correspondent, married: Employee) -> None:
    Employee.objects.update(contract_type="mission", category="", birth_date=None)
    listing = lists.employees(role.employer)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow([column.heading for column in listing.columns])
    employee = Employee.objects.get()
    known = {
        field.export: f"{value:%d/%m/%Y}" if isinstance(value, date) else field.exported(value)
        for field in EXPORTED
        for value in [getattr(employee, field.attribute)]
    }
    writer.writerow([known.get(column.heading, "26/11/2026 08:10") for column in listing.columns])
    run = runs.start(employer=role.employer, by=role.user, upload=upload(buffer.getvalue().encode("utf-8-sig")))
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, figures(run)) == ("ready", (0, 0, 1, 0, 0))


def test_one_name_alone_is_kept_as_last_name(role: Correspondent) -> None:
    rows = [person(1, prenom="李", nom_naissance=""), person(2, prenom="", nom_naissance="Suharto")]
    run = imported(role, rows)
    assert (run.status, run.created) == ("done", 2)
    names = Employee.objects.order_by("matricule").values_list("first_name", "last_name")
    assert list(names) == [("", "李"), ("", "Suharto")]
    assert [employee.full_name for employee in Employee.objects.order_by("matricule")] == ["李", "Suharto"]
    assert figures(brought(role, rows)) == (0, 0, 2, 0, 0)


def test_a_line_without_any_name_says_so(role: Correspondent) -> None:
    run = brought(role, [person(1, prenom="", nom_naissance="")])
    assert figures(run) == (0, 0, 0, 1, 0)


def test_a_first_name_alone_says_nothing_of_the_name_known(role: Correspondent) -> None:
    imported(role, [person(1, prenom="Zoé")])
    imported(role, [person(1, prenom="Zoë", nom_naissance="")])
    assert Employee.objects.values_list("first_name", "last_name", "birth_name").get() == ("Zoë", "Durand", "Durand")


def test_one_domain_in_two_forms_is_one_address(role: Correspondent) -> None:
    rows = [person(1, email="zoé@société.fr".replace("é@", "e@")), person(2, email="zoe@xn--socit-esab.fr")]
    run = imported(role, rows)
    assert figures(run) == (1, 0, 0, 1, 0)
    assert "à la ligne 2" in run.preview["problems"][0]["remedy"]
    assert Employee.objects.get().professional_email == "zoe@xn--socit-esab.fr"


def test_those_who_are_no_longer_in_the_file_are_named_and_stay(role: Correspondent) -> None:
    gone = EmployeeFactory(employer=role.employer, matricule="Z9")
    EmployeeFactory(matricule="AILLEURS")
    run = imported(role, [person(1)])
    assert (run.absent, run.preview["absents"]) == (
        1,
        [{"id": gone.pk, "name": gone.full_name, "matricule": "Z9"}],
    )
    assert Employee.objects.filter(pk=gone.pk).exists()


def test_twins_in_the_file_and_taken_addresses_are_to_be_corrected(role: Correspondent) -> None:
    EmployeeFactory(employer=role.employer, matricule="Z9", professional_email="personne4@exemple.fr")
    rows = [person(1), person(1, email="autre@exemple.fr"), person(3, email="Personne1@exemple.fr"), person(4)]
    run = brought(role, rows)
    assert figures(run) == (1, 0, 0, 3, 1)
    remedies = {problem["line"]: problem["remedy"] for problem in run.preview["problems"]}
    assert "à la ligne 2" in remedies[3]
    assert "à la ligne 2" in remedies[4]
    assert "matricule Z9" in remedies[5]


def test_a_line_of_somebody_whose_contract_passed_to_another_employer_is_to_be_corrected(role: Correspondent) -> None:
    imported(role, [person(1), person(2)])
    first, second = Employee.objects.filter(employer=role.employer).order_by("pk")
    other = EmployerFactory(name="Comptoir du Nord")
    day = timezone.localdate() - timedelta(days=3)
    for employee in (first, second):
        transfer_employee(employee, other, day, timezone.now())
    run = brought(role, [person(1, categorie="Non cadre"), person(2)])
    assert figures(run) == (0, 0, 1, 1, 0)
    (problem,) = run.preview["problems"]
    said = f"dont le contrat se poursuit chez Comptoir du Nord depuis le {day:%d/%m/%Y}"
    assert said in problem["remedy"]
    assert "retirez la ligne" in problem["remedy"]


def test_the_lines_to_correct_come_back_as_a_file_that_no_spreadsheet_runs(role: Correspondent) -> None:
    run = brought(role, [person(1), person(2, email="x", prenom="=HYPERLINK(1)", categorie="@x", nom_usage="é")])
    client = Client()
    client.force_login(role.user)
    answer = client.get(reverse("import_erreurs", args=[run.pk]))
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    headings, line = csv.reader(io.StringIO(content), delimiter=";")
    found = dict(zip(headings, line, strict=True))
    assert (found["ligne"], found["prenom"], found["categorie"]) == ("3", "'=HYPERLINK(1)", "'@x")
    assert "L’adresse e-mail n’est pas une adresse e-mail complète" in found["à corriger"]
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_the_corrected_file_of_errors_can_be_sent_as_it_is(role: Correspondent) -> None:
    run = brought(role, [person(1, email="x")])
    with run.errors.open("rb") as file:
        corrected = file.read().decode("utf-8-sig").replace(";x;", ";juste@exemple.fr;")
    again = runs.start(employer=role.employer, by=role.user, upload=upload(corrected.encode()))
    runs.work(again.pk)
    again.refresh_from_db()
    assert figures(again) == (1, 0, 0, 0, 0)


def test_a_refused_file_says_why_and_keeps_nothing(role: Correspondent) -> None:
    run = runs.start(employer=role.employer, by=role.user, upload=upload(b"bonjour"))
    runs.work(run.pk)
    run.refresh_from_db()
    assert run.status == "refused"
    assert "Les titres des colonnes" in run.refusal
    assert not run.source


def test_too_many_lines_are_refused(role: Correspondent, settings: Any) -> None:
    settings.PORTAL_IMPORT_MAX_ROWS = 3
    run = brought(role, [person(rank) for rank in range(5)])
    assert (run.status, run.refusal) == ("refused", "Ce fichier dépasse 3 lignes. Partagez-le en plusieurs fichiers.")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_too_many_lines_are_refused_before_any_is_judged(
    role: Correspondent, settings: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def judged(*given: Any) -> Any:
        raise AssertionError("a line was judged")

    settings.PORTAL_IMPORT_MAX_ROWS = 100
    monkeypatch.setattr(analysis, "read_row", judged)
    people = [person(rank) for rank in range(120)]
    content = as_csv(people) if kind == "csv" else as_xlsx([HEADINGS, *(list(row.values()) for row in people)])
    run = runs.start(employer=role.employer, by=role.user, upload=upload(content, f"salaries.{kind}"))
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.refusal[:25]) == ("refused", "Ce fichier dépasse 100 li")


def test_line_breaks_inside_cells_and_empty_styled_rows_are_no_lines(role: Correspondent, settings: Any) -> None:
    settings.PORTAL_IMPORT_MAX_ROWS = 3
    run = brought(role, [person(rank, categorie="a\nb\nc") for rank in range(3)])
    assert (run.status, run.to_correct) == ("ready", 3)
    content = as_xlsx([HEADINGS, list(person(1).values())])
    rows = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (rank, rank) for rank in range(3, 900))
    sheet = part(content, "xl/worksheets/sheet1.xml").replace(b"</sheetData>", rows + b"</sheetData>")
    content = rewritten(content, "xl/worksheets/sheet1.xml", sheet)
    run = runs.start(employer=role.employer, by=role.user, upload=upload(content, "salaries.xlsx"))
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.ready) == ("ready", 1)


def test_a_workbook_is_imported_too(role: Correspondent) -> None:
    headings, line = ["Matricule", "Nom", "Prénom", "Mail", "Entrée"], ["B1", "Durand", "Zoé", "z@exemple.fr"]
    lines = [headings, [*line, date(2020, 1, 2)]]
    run = runs.start(employer=role.employer, by=role.user, upload=upload(as_xlsx(lines), "effectif.xlsx"))
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, figures(run)) == ("ready", (1, 0, 0, 0, 0))


# Killed, resumed, disturbed


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "PIECE", 3)


class Killed(BaseException):
    """What a SIGKILL looks like from inside: nothing is tidied up."""


def later() -> Any:
    return time_machine.travel(timezone.now() + runs.LEASE + timedelta(seconds=1))


@pytest.mark.usefixtures("small_pieces")
def test_a_worker_killed_in_the_middle_leaves_the_rest_to_another(
    role: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = brought(role, [person(rank) for rank in range(10)])
    runs.confirm(run=run, by=role.user)
    calls: list[int] = []

    def dying(**given: Any) -> Any:
        calls.append(len(given["lines"]))
        found = writing.write(**given)
        if len(calls) == 3:
            raise Killed
        return found

    monkeypatch.setattr(runs, "write", dying)
    with pytest.raises(Killed):
        runs.work(run.pk)
    run.refresh_from_db()
    assert (run.position, run.created, Employee.objects.filter(employer=role.employer).count()) == (6, 6, 6)
    monkeypatch.setattr(runs, "write", writing.write)
    assert runs.sweep() == 0  # its lease still holds
    with later():
        assert runs.sweep() == 1
    run.refresh_from_db()
    assert (run.status, run.position, run.created) == ("done", 10, 10)
    assert Employee.objects.filter(employer=role.employer).count() == 10
    assert OutgoingEmail.objects.filter(kind="invitation").count() == 10


def test_a_reading_killed_begins_again_and_gives_up_in_the_end(
    role: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(*given: Any, **named: Any) -> Any:
        raise Killed

    run = runs.start(employer=role.employer, by=role.user, upload=upload(as_csv([person(1)])))
    monkeypatch.setattr(analysis, "open_table", dying)
    for turn in range(runs.ATTEMPTS):
        with pytest.raises(Killed), time_machine.travel(timezone.now() + turn * 2 * runs.LEASE):
            runs.work(run.pk)
    with time_machine.travel(timezone.now() + 9 * runs.LEASE):
        runs.sweep()
    run.refresh_from_db()
    assert (run.status, run.refusal) == ("refused", runs.TOO_HARD)


def taken_over(run: ImportRun) -> Any:
    """Another worker takes the run, as when our lease has passed. Until when."""
    theirs = timezone.now() + 2 * runs.LEASE
    ImportRun.objects.filter(pk=run.pk).update(leased_until=theirs)
    return theirs


@pytest.mark.parametrize("ending", ["silent storage", "refused", "a piece read", "read"])
def test_a_reading_taken_over_meanwhile_writes_nothing(
    role: Correspondent, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    run = runs.start(employer=role.employer, by=role.user, upload=upload(as_csv([person(1)])))
    real, theirs = analysis.Analysis.run, []

    def late(self: analysis.Analysis, source: Any) -> Any:
        found = real(self, source)
        theirs.append(taken_over(run))
        if ending == "silent storage":
            raise OSError("rien")
        if ending == "refused":
            raise FileRefused("Ce fichier est vide.", code=Code.EMPTY)
        if ending == "a piece read":
            self.told(7)
        return found

    monkeypatch.setattr(analysis.Analysis, "run", late)
    runs.work(run.pk)
    name = run.source.name
    run.refresh_from_db()
    assert [run.leased_until] == theirs
    assert (run.status, run.attempts, run.lines, run.preview, run.rows) == ("analysing", 1, 1, {}, "")
    assert run.source.name == name
    assert run.source.storage.exists(name)
    assert len([path for path in Path(run.source.storage.location).rglob("*") if path.is_file()]) == 1


@pytest.mark.usefixtures("small_pieces")
def test_an_import_taken_over_meanwhile_leaves_it_to_the_other(
    role: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = brought(role, [person(rank) for rank in range(7)])
    runs.confirm(run=run, by=role.user)
    theirs = []

    def late(**given: Any) -> Any:
        found = writing.write(**given)
        theirs.append(taken_over(run))
        return found

    monkeypatch.setattr(runs, "RUN_SECONDS", -1)
    monkeypatch.setattr(runs, "write", late)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.position, [run.leased_until]) == ("importing", 3, theirs)


@pytest.mark.usefixtures("small_pieces")
def test_a_long_import_goes_on_at_the_next_sweep(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "RUN_SECONDS", -1)
    run = imported(role, [person(rank) for rank in range(7)])
    assert (run.status, run.position) == ("importing", 3)
    for _ in range(3):
        runs.sweep()
    run.refresh_from_db()
    assert (run.status, run.created) == ("done", 7)


def test_one_declared_by_hand_meanwhile_is_neither_doubled_nor_lost(role: Correspondent) -> None:
    run = brought(role, [person(1), person(2)])
    EmployeeFactory(employer=role.employer, matricule="A1", professional_email="personne1@exemple.fr")
    EmployeeFactory(employer=role.employer, matricule="Z2", professional_email="personne2@exemple.fr")
    runs.confirm(run=run, by=role.user)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.created, run.updated, run.left_out) == ("done", 0, 1, 1)
    assert run.preview["left_out"][0]["line"] == 3


def test_nobody_is_looked_for_whom_the_file_alone_knows(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    EmployeeFactory(employer=role.employer, matricule="A1", professional_email="personne1@exemple.fr")
    run = brought(role, [person(rank) for rank in range(1, 8)])
    asked: list[list[str]] = []

    class Asked(matching.Known):
        def __init__(self, employer: Any, matricules: list[str], emails: list[str]) -> None:
            asked.append(matricules)
            super().__init__(employer, matricules, emails)

    monkeypatch.setattr(writing, "Known", Asked)
    runs.confirm(run=run, by=role.user)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.created, run.updated) == ("done", 6, 1)
    assert asked == [["A1"]]


def test_lines_kept_before_it_was_told_who_is_new_are_written_too(role: Correspondent) -> None:
    run = brought(role, [person(1), person(2)])
    with run.rows.open("rb") as file:
        lines = [json.dumps(json.loads(line)[:2]) for line in file]
    found = writing.write(employer=role.employer, by=role.user, lines=lines, now=timezone.now(), still_new=True)
    assert (found.created, found.updated, found.left_out) == (2, 0, [])


def test_a_storage_that_does_not_answer_is_waited_for(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.start(employer=role.employer, by=role.user, upload=upload(as_csv([person(1)])))

    def silent(*given: Any) -> Any:
        raise OSError("rien")

    with monkeypatch.context() as patched:
        patched.setattr(runs, "_local_copy", silent)
        runs.work(run.pk)
    runs.sweep()
    run.refresh_from_db()
    assert run.status == "ready"


def test_a_file_given_up_is_forgotten(role: Correspondent) -> None:
    run = brought(role, [person(1)])
    paths = [file.storage.path(file.name) for file in (run.rows, run.errors)]
    assert all(run.source.storage.exists(path) for path in paths)
    assert runs.give_up(run=run)
    run.refresh_from_db()
    assert (run.status, run.preview, bool(run.rows)) == ("given_up", {}, False)
    assert not any(run.source.storage.exists(path) for path in paths)
    assert not runs.confirm(run=run, by=role.user)


def test_what_was_sent_is_forgotten_once_read_and_what_was_read_once_written(role: Correspondent) -> None:
    run = runs.start(employer=role.employer, by=role.user, upload=upload(as_csv([person(1)])))
    source = run.source.name
    assert run.source.storage.exists(source)
    runs.sweep()
    run.refresh_from_db()
    rows = run.rows.name
    assert (run.status, bool(run.source), run.source.storage.exists(source)) == ("ready", False, False)
    runs.confirm(run=run, by=role.user)
    runs.sweep()
    run.refresh_from_db()
    assert (run.status, run.created, bool(run.rows), run.rows.storage.exists(rows)) == ("done", 1, False, False)


def test_a_source_that_the_storage_keeps_is_no_obstacle(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(self: Any, name: str) -> None:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "delete", refuses)
        run = brought(role, [person(1)])
    assert (run.status, bool(run.source)) == ("ready", True)
    runs.purge(timezone.now())
    run.refresh_from_db()
    assert (run.status, bool(run.source), bool(run.rows)) == ("ready", False, True)
    runs.confirm(run=run, by=role.user)
    runs.sweep()
    run.refresh_from_db()
    assert (run.status, run.created) == ("done", 1)


def test_a_refused_file_leaves_no_row(role: Correspondent, settings: Any) -> None:
    refused = brought(role, [])
    ImportRun.objects.filter(pk=refused.pk).update(status=ImportStatus.REFUSED, refusal="Illisible")
    with time_machine.travel(timezone.now() + timedelta(days=settings.PORTAL_IMPORT_KEPT_DAYS - 1)):
        runs.purge()
        assert ImportRun.objects.filter(pk=refused.pk).exists()
    with time_machine.travel(timezone.now() + timedelta(days=settings.PORTAL_IMPORT_KEPT_DAYS + 1)):
        runs.purge()
    assert not ImportRun.objects.filter(pk=refused.pk).exists()


def test_files_and_names_are_forgotten_after_a_while(role: Correspondent, settings: Any) -> None:
    done, waiting = imported(role, [person(1)]), brought(role, [person(2)])
    with time_machine.travel(timezone.now() + timedelta(days=settings.PORTAL_IMPORT_KEPT_DAYS - 1)):
        assert runs.purge(timezone.now()) == 0
    with time_machine.travel(timezone.now() + timedelta(days=settings.PORTAL_IMPORT_KEPT_DAYS + 1)):
        assert runs.purge(timezone.now()) == 2
    done.refresh_from_db()
    assert (bool(done.source), done.preview, done.status, done.created) == (False, {}, "done", 1)
    assert not ImportRun.objects.filter(pk=waiting.pk).exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_the_same_instant_write_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "PIECE", 5)
    role = CorrespondentFactory()
    both = [brought(role, [person(rank) for rank in range(40)]) for _ in range(2)]
    for run in both:
        runs.confirm(run=run, by=role.user)
    together(*[lambda key=run.pk: runs.work(key) for run in both])
    for run in both:
        run.refresh_from_db()
    assert [run.status for run in both] == ["done", "done"]
    assert sum(run.created for run in both) == 40
    assert OutgoingEmail.objects.filter(kind="invitation").count() == 40


# What cannot go on ends, with words


def kept_objects() -> list[Path]:
    """Files that the storage of imports holds."""
    return [path for path in Path(storages["imports"].location).rglob("*") if path.is_file()]


@pytest.mark.parametrize("column", ["prenom", "email", "matricule", "categorie", "date_embauche", "nir"])
def test_a_nul_anywhere_in_the_file_is_a_problem_of_its_line(role: Correspondent, column: str) -> None:
    rows = [person(rank) for rank in range(400)]
    rows[300][column] = "Zo\0é"
    run = brought(role, rows)
    assert (run.status, figures(run)) == ("ready", (399, 0, 0, 1, 0))
    (problem,) = run.preview["problems"]
    assert (problem["line"], problem["column"]) == (302, column)
    assert "\0" not in str(run.preview)


def test_a_nul_in_a_heading_does_not_stop_the_preview(role: Correspondent) -> None:
    run = runs.start(
        employer=role.employer,
        by=role.user,
        upload=upload(b"x" * 17_000 + b"\r\n" + as_csv([person(1)], headings=[*HEADINGS, "Obs\0"])),
    )
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.ready) == ("ready", 1)


def test_a_reading_that_fails_ends_at_once_says_no_value_and_leaves_nothing(
    role: Correspondent, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuses(*given: Any, **changes: Any) -> None:
        if changes.get("status") == "ready":
            raise DataError("la valeur « SECRET-DU-FICHIER » ne convient pas")
        real(*given, **changes)

    real = Held.finish
    monkeypatch.setattr(Held, "finish", refuses)
    run = brought(role, [person(1)])
    assert (run.status, run.refusal) == ("refused", runs.NOT_READ)
    assert (kept_objects(), run.preview) == ([], {})
    assert "SECRET" not in caplog.text
    assert "DataError" in caplog.text


def test_what_a_killed_reading_stored_is_forgotten_by_the_next(
    role: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(*given: Any, **changes: Any) -> None:
        raise Killed

    run = runs.start(employer=role.employer, by=role.user, upload=upload(as_csv([person(1)])))
    with monkeypatch.context() as patched:
        patched.setattr(Held, "finish", dying)
        patched.setattr(FileSystemStorage, "delete", dying)  # nor has it time to tidy up
        with pytest.raises(Killed):
            runs.work(run.pk)
    assert len(kept_objects()) == 3
    with later():
        runs.sweep()
    run.refresh_from_db()
    assert run.status == "ready"
    assert len(kept_objects()) == 2
    assert runs.give_up(run=run)
    assert kept_objects() == []


def test_an_upload_killed_before_its_bytes_ends_as_refused(
    role: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(*given: Any, **named: Any) -> None:
        raise Killed

    sent = upload(as_csv([person(1)]))
    with monkeypatch.context() as patched:
        patched.setattr(FileSystemStorage, "save", dying)
        patched.setattr(FileSystemStorage, "delete", dying)
        with pytest.raises(Killed):
            runs.start(employer=role.employer, by=role.user, upload=sent)
    assert runs.sweep() == 0
    with later():
        assert runs.sweep() == 1
    assert [(run.status, run.refusal) for run in ImportRun.objects.all()] == [("refused", runs.NOT_RECEIVED)]


@pytest.mark.parametrize("kept", ["fewer lines", "none"])
def test_an_import_whose_lines_are_not_all_there_ends_as_failed(role: Correspondent, kept: str) -> None:
    run = brought(role, [person(1), person(2)])
    path = Path(run.rows.storage.path(run.rows.name))
    if kept == "none":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    runs.confirm(run=run, by=role.user)
    runs.sweep()
    run.refresh_from_db()
    assert (run.status, run.refusal, bool(run.rows)) == ("failed", runs.NOT_WRITTEN, False)
    assert run.created == (0 if kept == "none" else 1)
    assert runs.sweep() == 0
    client = Client()
    client.force_login(role.user)
    page = page_of(client.get(reverse("import_salaries", args=[run.pk])))
    assert "Import interrompu" in page
    assert "Choisissez de nouveau le même fichier" in page
    assert brought(role, [person(1), person(2)]).unchanged == run.created


def test_an_import_that_kills_its_workers_ends_as_failed(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(**given: Any) -> Any:
        raise Killed

    run = brought(role, [person(1)])
    runs.confirm(run=run, by=role.user)
    monkeypatch.setattr(runs, "write", dying)
    for turn in range(runs.ATTEMPTS):
        with pytest.raises(Killed), time_machine.travel(timezone.now() + turn * 2 * runs.LEASE):
            runs.work(run.pk)
    with time_machine.travel(timezone.now() + 9 * runs.LEASE):
        runs.sweep()
    run.refresh_from_db()
    assert (run.status, run.refusal) == ("failed", runs.NOT_WRITTEN)


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["temporary file", "its opening", "storage"])
def test_a_full_disk_is_told_in_words_and_nothing_is_left(
    role: Correspondent, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def full(*given: Any, **named: Any) -> None:
        raise FULL

    target = {
        "temporary file": (TemporaryFileUploadHandler, "receive_data_chunk"),
        "its opening": (TemporaryFileUploadHandler, "new_file"),
        "storage": (FileSystemStorage, "save"),
    }[where]
    monkeypatch.setattr(*target, full)
    client = Client(raise_request_exception=False)
    client.force_login(role.user)
    answer = client.post(reverse("importer", args=[role.employer_id]), {"fichier": upload(as_csv([person(1)]))})
    assert answer.status_code == 503
    assert "un problème est survenu chez nous" in answer.content.decode()
    assert (ImportRun.objects.count(), kept_objects()) == (0, [])


def test_a_full_disk_of_the_worker_is_waited_for(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Any, kind: int, lines: Any) -> None:
        with matching._disk():
            raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(matching.Seen, "add", full)
        run = brought(role, [person(1)])
        assert (run.status, run.attempts) == ("analysing", 0)
    runs.sweep()
    run.refresh_from_db()
    assert run.status == "ready"


# Pages


def test_the_whole_way_by_its_pages(role: Correspondent, django_capture_on_commit_callbacks: Any) -> None:
    client = Client()
    client.force_login(role.user)
    sent = {"fichier": upload(as_csv([person(1), person(2), person(3, email="x")]))}
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("importer", args=[role.employer_id]), sent)
    page = page_of(client.get(answer.headers["Location"]))
    assert "2 lignes prêtes, 1 à corriger." in page
    assert "Rien n’est encore enregistré." in page
    assert "Importer les 2 lignes prêtes" in page
    run = ImportRun.objects.get()
    client.post(reverse("import_lancer", args=[run.pk]))
    runs.work(run.pk)
    done = client.get(reverse("import_salaries", args=[run.pk])).content.decode()
    assert "2 salariés ajoutés" in done
    assert Employee.objects.filter(employer=role.employer).count() == 2


def test_which_heading_is_which_column_is_asked_once(role: Correspondent) -> None:
    headings = ["Matricule", "Nom", "Prénom", "Date d'embauche", "Mail", "Courriel"]
    line = {"Matricule": "A1", "Nom": "Durand", "Prénom": "Zoé", "Date d'embauche": "05/09/2018"}
    content = as_csv([{**line, "Mail": "perso@exemple.fr", "Courriel": "pro@exemple.fr"}], headings=headings)
    client = Client()
    client.force_login(role.user)
    run = runs.start(employer=role.employer, by=role.user, upload=upload(content))
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, bool(run.source)) == ("asking", True)
    shown, said = reverse("import_salaries", args=[run.pk]), reverse("import_colonnes", args=[run.pk])
    assert "Quelle colonne donne «&nbsp;Adresse e-mail&nbsp;»&nbsp;?" in page_of(client.get(shown))
    for wrong in ({}, {"colonne-email": "Nom"}):
        client.post(said, wrong)
        assert ImportRun.objects.get(pk=run.pk).status == "asking"
    client.post(said, {"colonne-email": "Courriel"})
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.preview["new_people"][0]["email"]) == ("ready", "pro@exemple.fr")
    assert "Mail" in run.preview["ignored"]
    following = runs.start(employer=role.employer, by=role.user, upload=upload(content))
    runs.work(following.pk)
    following.refresh_from_db()
    assert following.status == "ready"
    page = reverse("importer", args=[role.employer_id])
    assert 'Adresse e-mail&nbsp;: colonne «&nbsp;<span class="ea-break">courriel</span>' in page_of(client.get(page))
    client.post(reverse("import_oublier", args=[role.employer_id]))
    assert 'id="c"' not in page_of(client.get(page))
    again = runs.start(employer=role.employer, by=role.user, upload=upload(content))
    runs.work(again.pk)
    assert ImportRun.objects.get(pk=again.pk).status == "asking"
    elsewhere = CorrespondentFactory()
    other = runs.start(employer=elsewhere.employer, by=elsewhere.user, upload=upload(content))
    runs.work(other.pk)
    assert ImportRun.objects.get(pk=other.pk).status == "asking"


def test_a_question_without_an_answer_keeps_no_file(role: Correspondent) -> None:
    headings = ["Matricule", "Nom", "Prénom", "Date d'embauche", "Mail", "Courriel"]
    run = brought(role, [{"Matricule": "A1"}], headings=headings)
    assert run.status == "asking"
    runs.purge()
    assert len(kept_objects()) == 1
    with time_machine.travel(timezone.now() + runs.UNANSWERED + timedelta(minutes=1)):
        runs.purge()
    run.refresh_from_db()
    assert (run.status, kept_objects()) == ("given_up", [])


def test_hidden_rows_are_told_by_the_preview_and_read_when_asked_for(
    role: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = as_xlsx([HEADINGS, *(list(person(rank).values()) for rank in range(3))])
    sheet = part(content, "xl/worksheets/sheet1.xml").replace(b'<row r="3" ', b'<row r="3" hidden="1" ')
    content = rewritten(content, "xl/worksheets/sheet1.xml", sheet)
    client = Client()
    client.force_login(role.user)
    for asked, ready in (({}, 2), ({"masquees": "on"}, 3)):
        sent = {"fichier": upload(content, "salaries.xlsx"), **asked}
        answer = client.post(reverse("importer", args=[role.employer_id]), sent)
        runs.sweep()
        run = ImportRun.objects.latest("pk")
        assert run.ready == ready
        page = page_of(client.get(answer.headers["Location"]))
        assert ("Laissées de côté, car masquées dans le classeur" in page) is (not asked)


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [(None, 422, "Choisissez un fichier CSV ou XLSX"), (b"", 422, "est vide"), (b"0" * 3_000, 413, "dépasse")],
)
def test_what_cannot_be_taken_is_said_on_the_page(
    role: Correspondent, content: bytes | None, status: int, said: str, settings: Any
) -> None:
    settings.PORTAL_IMPORT_MAX_BYTES = 2_000
    client = Client()
    client.force_login(role.user)
    sent = {} if content is None else {"fichier": upload(content)}
    answer = client.post(reverse("importer", args=[role.employer_id]), sent)
    assert (answer.status_code, ImportRun.objects.count()) == (status, 0)
    assert said in answer.content.decode()


def test_a_file_for_which_there_was_no_room_is_said_to_be_lost_by_us(role: Correspondent) -> None:
    """Not to be empty: the web worker left its contents out (portal/http_worker.py)."""
    client = Client()
    client.force_login(role.user)
    sent = {"fichier": upload(b"")}
    answer = client.post(reverse("importer", args=[role.employer_id]), sent, **{NO_ROOM: True})
    assert (answer.status_code, ImportRun.objects.count()) == (503, 0)
    assert "est vide" not in answer.content.decode()
    assert NOT_KEPT in answer.content.decode()


def test_the_csrf_token_is_asked_for(role: Correspondent) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(role.user)
    answer = client.post(reverse("importer", args=[role.employer_id]), {"fichier": upload(as_csv([person(1)]))})
    assert (answer.status_code, ImportRun.objects.count()) == (403, 0)


def test_another_employer_s_imports_are_nobody_else_s(role: Correspondent) -> None:
    run = brought(role, [person(1, email="x")])
    client = Client()
    client.force_login(CorrespondentFactory(employer=EmployerFactory()).user)
    for name in ("import_salaries", "import_erreurs"):
        assert client.get(reverse(name, args=[run.pk])).status_code == 404
    for name in ("import_lancer", "import_abandonner"):
        assert client.post(reverse(name, args=[run.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "start"), [("import_modele_csv", b"\xef\xbb\xbfmatricule;nir"), ("import_modele_xlsx", b"PK")]
)
def test_the_model_is_a_file_that_the_import_takes(role: Correspondent, name: str, start: bytes) -> None:
    client = Client()
    client.force_login(role.user)
    content = client.get(reverse(name)).content
    assert content.startswith(start)
    run = runs.start(employer=role.employer, by=role.user, upload=upload(content))
    runs.work(run.pk)
    run.refresh_from_db()
    assert figures(run) == (1, 0, 0, 0, 0)


def test_who_has_no_address_is_declared_and_waits_for_a_letter(role: Correspondent) -> None:
    run = imported(role, [person(1), person(2, email=""), person(3, email="")])
    assert (run.status, run.created, run.preview["by_letter"]) == ("done", 3, 2)
    assert Invitation.objects.get().employee.matricule == "A1"
    assert OutgoingEmail.objects.filter(kind="invitation").count() == 1
    waiting = services.waiting_for_letter(role.employer, timezone.now())
    assert [employee.matricule for employee in waiting] == ["A2", "A3"]
    client = Client()
    client.force_login(role.user)
    page = client.get(reverse("import_salaries", args=[run.pk])).content.decode()
    assert f'href="{reverse("lettres", args=[role.employer_id])}"' in page
    again = brought(role, [person(1, email=""), person(2, email="a2@exemple.fr"), person(3, email="")])
    assert figures(again) == (0, 1, 2, 0, 0), "an empty cell says nothing of an address that is known"
