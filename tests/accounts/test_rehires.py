"""Departures and rehires through a company's file, its software and its pages: one row for each employment."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import services
from accounts.employee.fields import Declared
from accounts.exceptions import AlreadyPreAffiliated, EmploymentRefused
from accounts.imports import runs
from accounts.models import CompanyEvent, Correspondent, Employee, Employer, Invitation
from accounts.states import Standing
from dispenses.models import Dispense
from notifications.models import OutgoingEmail
from tests.accounts.company_files import HEADINGS, person
from tests.accounts.test_import_runs import brought, figures, imported
from tests.dispenses.api.conftest import CAMILLE, Software, results, software
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, InvitationFactory, UserFactory

pytestmark = pytest.mark.django_db

LEFT = date(2026, 1, 31)
HIRED_AGAIN = date(2026, 3, 2)


def fr(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def gone(employer: Employer, **given: Any) -> Employee:
    """Somebody who left, of the file's first line, with an account."""
    told = {"first_name": "Virginie", "last_name": "Durand", "birth_name": "Durand", "birth_date": date(1995, 10, 2)}
    return EmployeeFactory(
        **{"employer": employer, "matricule": "A1", "activated": True, "left_on": LEFT} | told | given
    )


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory()


def newest(role: Correspondent) -> Employee:
    return Employee.objects.filter(employer=role.employer).latest("pk")


def declared(**given: Any) -> Declared:
    told: dict[str, Any] = {"matricule": "A1", "first_name": "Virginie", "last_name": "Durand", "contract_type": "cdi"}
    return Declared(**{"professional_email": "v@exemple.fr", "hired_on": HIRED_AGAIN} | told | given)


# Transferred to another employer


@pytest.fixture
def passed(role: Correspondent) -> Employee:
    """The former employer's row of somebody whose contract goes on elsewhere."""
    employee = gone(role.employer)
    EmployeeFactory(transferred_from=employee, transferred_on=LEFT + timedelta(days=1), matricule="A1")
    return employee


def test_a_file_of_the_former_employer_is_refused_for_who_passed_to_another(
    role: Correspondent, passed: Employee
) -> None:
    before = Employee.objects.filter(pk=passed.pk).values().get()
    run = brought(role, [person(1, date_depart=fr(LEFT + timedelta(days=60)))])
    (said,) = run.preview["problems"]
    assert "se poursuit chez" in said["remedy"]
    assert not runs.confirm(run=run, by=role.user)
    assert Employee.objects.filter(pk=passed.pk).values().get() == before


def test_a_file_read_before_leaves_out_who_has_passed_to_another(role: Correspondent) -> None:
    employee = gone(role.employer)
    run = brought(role, [person(1, date_depart=fr(LEFT + timedelta(days=60)))])
    EmployeeFactory(transferred_from=employee, transferred_on=LEFT + timedelta(days=1), matricule="A1")
    before = Employee.objects.filter(pk=employee.pk).values().get()
    assert runs.confirm(run=run, by=role.user)
    runs.work(run.pk)
    run.refresh_from_db()
    assert Employee.objects.filter(pk=employee.pk).values().get() == before
    (said,) = run.preview["left_out"]
    assert "se poursuit chez" in said["remedy"]


def test_the_software_of_the_former_employer_is_told_who_passed_to_another(
    role: Correspondent, passed: Employee
) -> None:
    before = Employee.objects.filter(pk=passed.pk).values().get()
    sirh = software(role.employer)
    late = {"hired_on": f"{passed.hired_on}", "left_on": f"{LEFT + timedelta(days=60)}"}
    row = {**CAMILLE, **late, "matricule": "A1", "professional_email": passed.professional_email}
    changed, other = results(sirh.push(row, CAMILLE))
    assert (changed["status"], other["status"]) == ("invalid", "created")
    assert [(error["field"], error["code"]) for error in changed["errors"]] == [("matricule", "transferred")]
    assert "se poursuit chez" in changed["errors"][0]["message"]
    assert Employee.objects.filter(pk=passed.pk).values().get() == before


# Departures


def test_a_leaving_date_in_a_file_is_a_departure(role: Correspondent) -> None:
    one = DispenseFactory(
        employee=EmployeeFactory(employer=role.employer, matricule="A1", activated=True), accepted=True
    )
    run = imported(role, [person(1, date_depart=fr(timezone.localdate() - timedelta(days=3)))])
    assert (run.updated, run.to_correct) == (1, 0)
    one.refresh_from_db()
    assert (one.status, one.end_cause) == ("ended", "departure")
    assert newest(role).standing == Standing.LEFT


@pytest.mark.parametrize("heading", ["date_fin_contrat", "Date de sortie"])
@pytest.mark.parametrize("type_contrat", ["CDI", ""])
def test_the_end_that_payroll_gives_for_a_cdi_is_a_departure(
    role: Correspondent, heading: str, type_contrat: str
) -> None:
    EmployeeFactory(employer=role.employer, matricule="A1")
    day = timezone.localdate() + timedelta(days=20)
    line = {**person(1, type_contrat=type_contrat), heading: fr(day)}
    headings = [heading if name == "date_fin_contrat" else name for name in HEADINGS]
    imported(role, [line], headings=headings)
    employee = newest(role)
    assert (employee.left_on, employee.contract_ends_on, employee.contract_type) == (day, None, "cdi")


def test_an_end_of_cdi_far_away_is_still_to_correct(role: Correspondent) -> None:
    run = brought(role, [person(1, date_fin_contrat="31/12/2099")])
    assert figures(run)[3] == 1
    assert "CDI" in run.preview["problems"][0]["remedy"]


def test_somebody_unknown_who_left_is_not_declared(role: Correspondent) -> None:
    run = brought(role, [person(1, date_depart="31/01/2026"), person(2)])
    assert (run.ready, run.to_correct) == (1, 1)
    assert "retirez la ligne" in run.preview["problems"][0]["remedy"]


def test_an_import_declares_affiliations_so_that_nobody_is_left_to_choose(role: Correspondent) -> None:
    EmployeeFactory(employer=role.employer, matricule="A1", activated=True)
    imported(role, [person(1, date_affiliation="01/01/2026"), person(2, date_affiliation="01/01/2026")])
    assert set(Employee.objects.values_list("standing", flat=True)) == {Standing.AFFILIATED}


def test_software_declares_departures_and_affiliations_and_reads_them() -> None:
    company = software()
    assert results(company.push(CAMILLE))[0]["status"] == "created"
    soon = (timezone.localdate() + timedelta(days=10)).isoformat()
    pushed = results(company.push({"matricule": "L-1", "left_on": soon, "affiliated_on": "2026-01-01"}))[0]
    assert (pushed["status"], pushed["changed"]) == ("updated", ["left_on", "affiliated_on"])
    (told,) = company.get().json()["employees"]
    assert (told["left_on"], told["affiliated_on"], told["state"]) == (soon, "2026-01-01", "affilie")
    refused = results(company.push({"matricule": "L-1", "left_on": "2001-01-01"}))[0]
    assert (refused["status"], refused["errors"][0]["field"]) == ("invalid", "left_on")


# Hired again


def test_a_line_about_somebody_gone_and_hired_since_is_a_new_employment(role: Correspondent) -> None:
    former = gone(role.employer)
    Invitation.objects.all().delete()
    run = imported(role, [person(1, date_embauche=fr(HIRED_AGAIN))])
    assert (run.created, run.updated) == (1, 0)
    employee = newest(role)
    assert (employee.rehired_from, employee.user, employee.hired_on) == (former, former.user, HIRED_AGAIN)
    assert employee.standing == Standing.ACTIVE
    assert employee.activated_at is not None
    assert not Invitation.objects.exists()
    assert set(OutgoingEmail.objects.values_list("kind", flat=True)) == {"employer_attached"}
    former.refresh_from_db()
    assert former.left_on == LEFT
    assert CompanyEvent.objects.get(act="rehired").employee == employee


def test_who_never_had_an_account_is_invited_again(role: Correspondent) -> None:
    former = gone(role.employer, activated=False)
    imported(role, [person(1, date_embauche=fr(HIRED_AGAIN))])
    employee = newest(role)
    assert (employee.rehired_from, employee.user, employee.standing) == (former, None, Standing.INVITED)
    assert Invitation.objects.get().employee == employee


def test_the_same_name_and_birth_tell_the_person_under_another_matricule(role: Correspondent) -> None:
    former = gone(role.employer, matricule="Z9", last_name="Martin")  # known by another name since
    imported(role, [person(1, date_embauche=fr(HIRED_AGAIN))])
    assert newest(role).rehired_from == former


@pytest.mark.parametrize(
    "other",
    [
        {"matricule": "A1", "last_name": "Petit", "birth_name": "Petit", "birth_date": date(1980, 1, 1)},
        {"matricule": "Z9", "birth_date": date(1995, 10, 3)},
        {"matricule": "Z9", "first_name": "Zoé"},
    ],
)
def test_a_matricule_given_again_or_a_namesake_is_another_person(role: Correspondent, other: dict[str, Any]) -> None:
    gone(role.employer, **other)
    imported(role, [person(1, date_embauche=fr(HIRED_AGAIN))])
    employee = newest(role)
    assert (employee.rehired_from, employee.user) == (None, None)
    assert Invitation.objects.get().employee == employee


def test_a_line_about_somebody_gone_who_was_not_hired_since_is_theirs(role: Correspondent) -> None:
    former = gone(role.employer)
    run = brought(
        role, [person(1, date_embauche="03/09/2018", date_depart="28/02/2026", email=former.professional_email)]
    )
    assert (run.ready, run.changed) == (0, 1)
    runs.confirm(run=run, by=role.user)
    runs.work(run.pk)
    former.refresh_from_db()
    assert former.left_on == date(2026, 2, 28)
    assert Employee.objects.count() == 1


def test_a_matricule_leads_to_the_employed_row_first(role: Correspondent) -> None:
    company = software(role.employer)
    former = gone(role.employer)
    current = EmployeeFactory(employer=role.employer, matricule="A1", hired_on=HIRED_AGAIN, rehired_from=former)
    gone(role.employer, left_on=date(2025, 1, 1))
    pushed = results(company.push({"matricule": "A1", "category": "Cadre"}))[0]
    assert (pushed["status"], pushed["id"]) == ("updated", current.pk)
    assert [told["id"] for told in company.get(matricule="A1").json()["employees"]] == [current.pk]
    run = brought(role, [person(1, date_embauche=fr(HIRED_AGAIN), email=current.professional_email)])
    assert (run.ready, run.changed) == (0, 1)


def test_software_hires_somebody_again(role: Correspondent) -> None:
    company: Software = software(role.employer)
    former = gone(role.employer)
    pushed = results(company.push({"matricule": "A1", "hired_on": HIRED_AGAIN.isoformat()}))[0]
    assert pushed["status"] == "created"
    employee = Employee.objects.get(pk=pushed["id"])
    assert (employee.rehired_from, employee.user, employee.first_name) == (former, former.user, "Virginie")


def test_the_page_hires_somebody_again_and_the_row_of_before_does_not_change(role: Correspondent) -> None:
    former = gone(role.employer, professional_email="v@exemple.fr")
    employee = services.pre_affiliate(by=role.user, employer=role.employer, declared=declared())
    assert (employee.rehired_from, employee.user) == (former, former.user)
    for act in (
        lambda: services.declare_departure(employee=former, by=role.user, left_on=None),
        lambda: services.declare_affiliation(employee=former, by=role.user, affiliated_on=LEFT),
        lambda: services.correct_employee(employee=former, by=role.user, values={"category": "Cadre"}),
    ):
        with pytest.raises(EmploymentRefused):
            act()


def test_a_matricule_is_free_from_the_day_after_the_departure(role: Correspondent) -> None:
    former = gone(role.employer, left_on=HIRED_AGAIN)
    with pytest.raises(AlreadyPreAffiliated):
        services.pre_affiliate(by=role.user, employer=role.employer, declared=declared())
    services.declare_departure(employee=former, by=role.user, left_on=HIRED_AGAIN - timedelta(days=1))
    services.pre_affiliate(by=role.user, employer=role.employer, declared=declared())
    other = gone(role.employer, matricule="B2", professional_email="w@exemple.fr", last_name="Petit", birth_date=None)
    services.pre_affiliate(
        by=role.user,
        employer=role.employer,
        declared=declared(matricule="B2", professional_email="x@exemple.fr", last_name="Grand"),
    )
    with pytest.raises(AlreadyPreAffiliated):  # the departure that is cancelled would make two of that matricule
        services.declare_departure(employee=other, by=role.user, left_on=None)


def test_an_account_that_stands_for_somebody_else_there_is_not_taken(role: Correspondent) -> None:
    former = gone(role.employer)
    EmployeeFactory(employer=role.employer, user=former.user, activated_at=timezone.now())
    imported(role, [person(1, date_embauche=fr(HIRED_AGAIN))])
    assert newest(role).user is None
    assert Invitation.objects.get().employee == newest(role)


def test_a_former_employment_does_not_prevent_the_same_account_from_being_attached(role: Correspondent) -> None:
    former = gone(role.employer)
    invited = InvitationFactory(employee__employer=role.employer, employee__hired_on=HIRED_AGAIN)
    services.refuse_attaching(invited.employee, former.user)


def test_the_purge_of_those_who_never_came_keeps_who_was_hired_again(role: Correspondent) -> None:
    former = gone(role.employer, activated=False, created_at=timezone.now() - timedelta(days=800))
    employee = services.pre_affiliate(by=UserFactory(), employer=role.employer, declared=declared())
    assert employee.rehired_from == former
    assert services.purge_never_activated() == 1
    employee.refresh_from_db()
    assert employee.rehired_from is None
    assert not Dispense.objects.exists()
