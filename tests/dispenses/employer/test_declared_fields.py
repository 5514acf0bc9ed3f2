"""An employee's field is the same in the form, the file, the API, the lists that leave and the employee's page."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts import services
from accounts.employee.fields import ASKED, CORRECTED, EXPORTED, FIELDS, TOLD
from accounts.employee.values import ValueRefused, tidy
from accounts.exceptions import AlreadyPreAffiliated
from accounts.imports.rows import read_row
from accounts.models import CompanyEvent, Employee
from accounts.nir import clear_nir, seal_nir
from dispenses.api.operations import api
from dispenses.api.rows import read
from dispenses.api.schemas import EmployeeIn
from dispenses.employer.forms import CorrectionForm, PreAffiliationForm
from dispenses.exports import lists
from tests.dispenses.api.conftest import CAMILLE, Software, results, software
from tests.dispenses.member.test_wizard import text
from tests.factories import CorrespondentFactory, EmployeeFactory
from tests.refusals import refused

TYPED = {
    "first_name": "Virginie",
    "last_name": "Durand",
    "professional_email": "virginie@exemple.fr",
    "matricule": "A-1",
    "hired_on_0": "5",
    "hired_on_1": "9",
    "hired_on_2": "2018",
    "contract_type": "cdi",
}
IN_A_FILE = {
    "prenom": "Virginie",
    "nom_usage": "Durand",
    "email": "virginie@exemple.fr",
    "matricule": "A-1",
    "date_embauche": "05/09/2018",
}
PUSHED = {
    "first_name": "Virginie",
    "last_name": "Durand",
    "professional_email": "virginie@exemple.fr",
    "matricule": "A-1",
    "hired_on": "2018-09-05",
}


def test_each_field_is_in_each_place() -> None:
    assert list(PreAffiliationForm().fields) == [field.attribute for field in ASKED]
    assert list(CorrectionForm(employee=Employee()).fields) == [field.attribute for field in CORRECTED]
    of_their_own_page = {"left_on", "affiliated_on"}
    assert {field.attribute for field in ASKED} == {field.attribute for field in FIELDS}
    assert {field.attribute for field in ASKED} - of_their_own_page == {field.attribute for field in CORRECTED}
    schemas = api.get_openapi_schema()["components"]["schemas"]
    pushed = schemas["EmployeeIn"]
    assert list(pushed["properties"]) == [field.api_name for field in FIELDS]
    assert {name: inner["description"] for name, inner in pushed["properties"].items()} == {
        field.api_name: field.description for field in FIELDS
    }
    assert pushed["required"] == ["matricule"]
    assert {field.api_name for field in TOLD} <= set(schemas["EmployeeOut"]["required"])
    assert "nir" not in schemas["EmployeeOut"]["properties"]
    headings = [column.heading for column in lists.EMPLOYEES]
    assert headings[: len(EXPORTED)] == [field.export for field in EXPORTED]


@pytest.mark.django_db
def test_the_page_of_an_employee_says_all_that_was_declared(client: Client) -> None:
    role = CorrespondentFactory()
    employee = EmployeeFactory(
        employer=role.employer,
        last_name="Petitjean",
        birth_name="Grandjean",
        birth_date=date(1985, 5, 14),
        sealed_nir=seal_nir("185057800608491"),
        contract_type="cdd",
        contract_ends_on=date(2031, 12, 30),
        part_time=True,
        category="Agents",
        establishment_siret="73282932000074",
    )
    client.force_login(role.user)
    page = text(client.get(f"/employeur/salaries/{employee.pk}/"))
    for field in FIELDS:
        value = getattr(employee, field.attribute)
        said = {"sealed_nir": employee.masked_nir, "part_time": "temps partiel"}.get(field.attribute)
        assert escape(said or field.in_words(value)) in page, field.attribute


def accepted_by_the_form(name: str, value: str) -> object:
    form = PreAffiliationForm({**TYPED, name: value})
    return form.cleaned_data[name] if form.is_valid() else None


def accepted_by_a_file(name: str, value: str) -> object:
    heading = next(field.heading for field in FIELDS if field.attribute == name)
    row = read_row(1, {**IN_A_FILE, heading: value.strip()}, timezone.localdate())
    return None if row.problems else row.values[name]


def accepted_by_the_api(name: str, value: str) -> object:
    row = read(0, EmployeeIn(**{**PUSHED, name: value}), None, timezone.localdate())
    return None if row.problems else row.values[name]


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("matricule", "A 12_b/3.4-é", "A 12_b/3.4-é"),
        ("matricule", " A  12 ", "A 12"),
        ("matricule", "Ae\u0301 1", "Aé 1"),
        ("matricule", "A#12", None),
        ("matricule", "(A12)", None),
        ("matricule", "-A12", None),
        ("matricule", "A+12", None),
        ("matricule", "A×12", None),
        ("matricule", "A\u200b12", None),
        ("matricule", "x" * 31, None),
        ("first_name", "Zoé  Anne", "Zoé Anne"),
        ("first_name", "12", None),
        ("first_name", "#REF!", None),
        ("first_name", "Zo\ufffd", None),
        ("first_name", "Zo\u202eé", None),
        ("last_name", "a" * 101, None),
        ("last_name", "D’Été-Ñandú", "D’Été-Ñandú"),
        ("last_name", "https://evil.example", None),
        ("last_name", "Durand www.evil", None),
        ("first_name", "evil.com/virginie", None),
        ("first_name", "Virginie a@evil.com", None),
        ("last_name", "St. John", "St. John"),
        ("first_name", "M.Dupont", "M.Dupont"),
        ("last_name", "李小龙", "李小龙"),
        ("professional_email", "Virginie@Exemple.FR", "virginie@exemple.fr"),
        ("professional_email", "virginie", None),
        ("professional_email", f"{'a' * 60}@{'b' * 63}.{'c' * 63}.{'d' * 63}.fr", None),
    ],
)
def test_form_file_and_api_accept_the_same(name: str, value: str, kept: str | None) -> None:
    for accepted in (accepted_by_the_form, accepted_by_a_file, accepted_by_the_api):
        assert accepted(name, value) == kept, accepted.__name__


def test_form_and_file_accept_the_same_days_of_hire() -> None:
    for day in (date(1939, 12, 31), date(1940, 1, 1), date(2026, 2, 28), date(2099, 1, 1)):
        typed = {"hired_on_0": f"{day.day}", "hired_on_1": f"{day.month}", "hired_on_2": f"{day.year}"}
        row = read_row(1, {**IN_A_FILE, "date_embauche": f"{day:%d/%m/%Y}"}, timezone.localdate())
        assert PreAffiliationForm({**TYPED, **typed}).is_valid() == (not row.problems), day


def correction(employee: Employee, **changes: str) -> CorrectionForm:
    day = employee.hired_on
    typed = {"hired_on_0": str(day.day), "hired_on_1": str(day.month), "hired_on_2": str(day.year)}
    names = ("first_name", "last_name", "professional_email", "matricule", "contract_type")
    return CorrectionForm({**{name: getattr(employee, name) for name in names}, **typed, **changes}, employee=employee)


@pytest.mark.django_db
def test_a_correction_goes_with_what_it_leaves() -> None:
    employee = EmployeeFactory(contract_type="cdd", hired_on=date(2020, 1, 6), contract_ends_on=date(2027, 1, 5))
    assert correction(employee).is_valid()
    late = correction(employee, hired_on_2="2027", hired_on_0="6")
    assert "La date de fin de contrat précède la date d’embauche" in str(late.non_field_errors())
    hired = correction(employee, contract_type="cdi")
    assert hired.is_valid()
    assert hired.cleaned_data["contract_ends_on"] is None


NIR, OTHER_NIR = "185057800608491", "2 95 10 99 126 111 93"
ALL_TYPED = {
    "birth_name": "Grandjean",
    "birth_date_0": "14",
    "birth_date_1": "5",
    "birth_date_2": "1985",
    "sealed_nir": NIR,
    "contract_type": "cdd",
    "contract_ends_on_0": "30",
    "contract_ends_on_1": "12",
    "contract_ends_on_2": "2031",
    "part_time": "oui",
    "category": "Agents",
    "establishment_siret": "732 829 320 00074",
    "affiliated_on_0": "1",
    "affiliated_on_1": "1",
    "affiliated_on_2": "2019",
}


@pytest.mark.django_db
def test_one_employee_is_declared_with_all_that_a_file_may_say(client: Client) -> None:
    role = CorrespondentFactory()
    client.force_login(role.user)
    url = f"/employeur/{role.employer_id}/pre-affilier/"
    assert client.post(url, {**TYPED, **ALL_TYPED}).status_code == 302
    employee = Employee.objects.get()
    assert (employee.birth_name, employee.birth_date) == ("Grandjean", date(1985, 5, 14))
    assert clear_nir(employee.sealed_nir) == NIR != employee.sealed_nir
    assert (employee.contract_type, employee.contract_ends_on) == ("cdd", date(2031, 12, 30))
    assert (employee.part_time, employee.category) == (True, "Agents")
    assert (employee.establishment_siret, employee.affiliated_on) == ("73282932000074", date(2019, 1, 1))
    assert NIR not in client.get(f"/employeur/salaries/{employee.pk}/corriger/").content.decode()


@pytest.mark.parametrize(
    ("changed", "at", "words"),
    [
        ({"contract_ends_on_2": "2017"}, "contract_ends_on", "La date de fin de contrat précède la date d’embauche"),
        ({"contract_type": "cdi"}, "contract_ends_on", "ne va pas avec un CDI\xa0: retirez-la"),
        ({"sealed_nir": "1 85 05"}, "sealed_nir", "Le NIR doit comporter 13 chiffres"),
        ({"birth_date_2": "1986"}, "sealed_nir", "Le NIR ne correspond pas à la date de naissance"),
        ({"birth_date_2": "2024"}, "birth_date", "La date de naissance doit être le"),
        ({"establishment_siret": "732 829 320"}, "establishment_siret", "Le SIRET doit comporter 14 chiffres"),
        ({"category": "x" * 61}, "category", "La catégorie compte 60 caractères au plus"),
        ({"left_on_0": "1", "left_on_1": "1", "left_on_2": "2020"}, "left_on", "doit être le"),
    ],
)
def test_what_a_form_refuses_of_an_employee_is_said_at_its_field(changed: dict[str, str], at: str, words: str) -> None:
    form = PreAffiliationForm({**TYPED, **ALL_TYPED, **changed})
    assert words in str(form.errors.as_data()[at][0].message)
    assert form.more_open


@pytest.mark.django_db
def test_every_field_that_a_file_writes_is_corrected_on_the_page_and_written_down(client: Client) -> None:
    role = CorrespondentFactory()
    employee = EmployeeFactory(employer=role.employer, sealed_nir=seal_nir(NIR), birth_date=date(1985, 5, 14))
    client.force_login(role.user)
    names = ("first_name", "last_name", "professional_email", "matricule")
    typed = {**TYPED, **ALL_TYPED, **{name: getattr(employee, name) for name in names}, "hired_on_0": "3"}
    for part in ("affiliated_on_0", "affiliated_on_1", "affiliated_on_2"):
        del typed[part]
    other = {"sealed_nir": OTHER_NIR, "birth_date_0": "2", "birth_date_1": "10", "birth_date_2": "1995"}
    client.post(f"/employeur/salaries/{employee.pk}/corriger/", {**typed, **other})
    employee.refresh_from_db()
    assert clear_nir(employee.sealed_nir) == OTHER_NIR.replace(" ", "")
    assert (employee.part_time, employee.category, employee.birth_name) == (True, "Agents", "Grandjean")
    written = CompanyEvent.objects.get().detail
    assert "NIR : • •• •• •• ••• ••• 91 → • •• •• •• ••• ••• 93" in written
    assert "date de naissance : 14/05/1985 → 02/10/1995" in written
    assert "temps partiel : non → oui" in written
    assert "fin du contrat : – → 30/12/2031" in written


@pytest.mark.django_db
def test_a_working_time_sent_empty_stays_as_it_was(client: Client) -> None:
    role = CorrespondentFactory()
    employee = EmployeeFactory(employer=role.employer, part_time=True)
    client.force_login(role.user)
    names = ("first_name", "last_name", "professional_email", "matricule")
    typed = {**TYPED, **{name: getattr(employee, name) for name in names}, "category": "Agents", "part_time": ""}
    assert client.post(f"/employeur/salaries/{employee.pk}/corriger/", typed).status_code == 302
    employee.refresh_from_db()
    assert (employee.part_time, employee.category) == (True, "Agents")


@pytest.mark.django_db
def test_a_nir_is_kept_by_an_empty_input_and_erased_by_a_box() -> None:
    employee = EmployeeFactory(sealed_nir=seal_nir(NIR), birth_date=date(1985, 5, 14), birth_name="")
    by = CorrespondentFactory(employer=employee.employer).user
    for typed in ("", "1 85 05 78 006 084 91"):
        kept = correction(employee, sealed_nir=typed, category="")
        assert kept.is_valid()
        assert services.correct_employee(employee=employee, by=by, values=kept.cleaned_data) == []
    erased = correction(employee, sealed_nir="", effacer_nir="on")
    assert erased.is_valid()
    assert services.correct_employee(employee=employee, by=by, values=erased.cleaned_data) == ["NIR"]
    employee.refresh_from_db()
    assert employee.sealed_nir == ""
    assert CompanyEvent.objects.get().detail == "NIR : • •• •• •• ••• ••• 91 → –"


@pytest.mark.django_db
def test_the_end_of_a_contract_that_became_permanent_needs_no_erasing() -> None:
    employee = EmployeeFactory(contract_type="cdd", contract_ends_on=date(2031, 1, 5))
    ends = {"contract_ends_on_0": "5", "contract_ends_on_1": "1", "contract_ends_on_2": "2031"}
    permanent = correction(employee, contract_type="cdi", **ends)
    assert permanent.is_valid()
    assert permanent.cleaned_data["contract_ends_on"] is None
    another = correction(employee, contract_type="cdi", **{**ends, "contract_ends_on_2": "2032"})
    assert "ne va pas avec un CDI" in str(another.errors["contract_ends_on"])


@pytest.mark.django_db
def test_a_matricule_is_corrected_and_one_of_before_the_rule_may_stay() -> None:
    employee = EmployeeFactory(matricule="A#12 (siège)", birth_name="")
    assert correction(employee, first_name="Ana").is_valid()
    assert "se compose de lettres" in str(correction(employee, matricule="A#13").errors["matricule"])
    form = correction(employee, matricule="A-12")
    assert form.is_valid()
    by = CorrespondentFactory(employer=employee.employer).user
    assert services.correct_employee(employee=employee, by=by, values=form.cleaned_data) == ["matricule"]
    employee.refresh_from_db()
    assert employee.matricule == "A-12"
    assert "matricule : A#12 (siège) → A-12" in CompanyEvent.objects.get().detail
    twin = EmployeeFactory(employer=employee.employer)
    with refused(AlreadyPreAffiliated, "twin", field="matricule"):
        services.update_employee(employee=employee, values={"matricule": twin.matricule}, by="Nadia")


@pytest.mark.django_db
def test_software_may_say_that_a_contract_became_permanent() -> None:
    sirh: Software = software()
    ending: dict[str, Any] = {**CAMILLE, "contract_type": "cdd", "contract_ends_on": "2030-12-31"}
    assert results(sirh.push(ending))[0]["status"] == "created"
    (refused,) = results(
        sirh.push({"matricule": CAMILLE["matricule"], "hired_on": "2025-01-01", "contract_ends_on": "2024-01-01"})
    )
    assert [error["field"] for error in refused["errors"]] == ["contract_ends_on"]
    (done,) = results(sirh.push({"matricule": CAMILLE["matricule"], "contract_type": "cdi"}))
    assert done["changed"] == ["contract_type", "contract_ends_on"]
    employee = Employee.objects.get()
    assert (employee.contract_type, employee.contract_ends_on) == ("cdi", None)


def test_each_refusal_of_a_value_is_said_after_the_name_of_its_field() -> None:
    for field in FIELDS:
        with pytest.raises(ValueRefused) as refusal:
            field.read(tidy("a" * 300), date(2026, 11, 23))
        assert refusal.value.in_words()[0].islower()
        assert refusal.value.code
