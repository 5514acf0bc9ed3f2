"""What the employer's software reads: states of its own people, by pages, and nothing of anybody's health."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import services
from accounts.models import Employee
from dispenses.request import sending
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.complement import ComplementContent
from dispenses.request.decisions.registry import decide
from tests.dispenses.api.conftest import CAMILLE, code, software
from tests.factories import DispenseFactory, EmployeeFactory, InvitationFactory, StaffFactory

pytestmark = pytest.mark.django_db


def listed(response):
    assert response.status_code == 200, response.content.decode()
    return response.json()["employees"]


def test_one_employee_in_full(sirh):
    dispense = DispenseFactory(employee__employer=sirh.employer, accepted=True)
    InvitationFactory(employee=dispense.employee)

    told = sirh.get(f"employees/{dispense.employee_id}").json()

    assert told["state"] == "dispense"
    assert told["invitation"]["status"] == "live"
    assert told["dispense"]["number"] == dispense.number
    assert told["dispense"]["status"] == "accepted"
    assert told["dispense"]["motif_group"] == "Couvert par ailleurs"
    assert set(told) == {
        "id", "matricule", "first_name", "last_name", "professional_email", "hired_on", "contract_type", "left_on",
        "affiliated_on", "state", "state_label", "activated_at", "changed_at", "invitation", "asks_anew", "dispense",
    }  # fmt: skip


@pytest.mark.parametrize("motif", ["c2s", "conjoint", "individuelle"])
def test_motif_and_answers_are_never_told(sirh, motif):
    dispense = DispenseFactory(employee__employer=sirh.employer)
    dispense.motif = type(dispense.motif).objects.get(code=motif)
    dispense.status, dispense.submitted_at = "in_progress", timezone.now()
    dispense.save()

    text = sirh.get(f"employees/{dispense.employee_id}").content.decode()
    for secret in (motif, dispense.motif.label, "Mutuelle du Lac", "Paul Durand", "nir", "attestation"):
        assert secret not in text


def test_states_are_those_of_the_correspondent_s_page(sirh):
    stages = {
        "a_affilier": DispenseFactory(employee__employer=sirh.employer, refused=True).employee,
        "invite": EmployeeFactory(employer=sirh.employer),
        "active": EmployeeFactory(employer=sirh.employer, activated=True),
        "en_cours": DispenseFactory(employee__employer=sirh.employer, in_progress=True).employee,
        "a_completer": DispenseFactory(employee__employer=sirh.employer, awaiting_complement=True).employee,
        "dispense": DispenseFactory(employee__employer=sirh.employer, accepted=True).employee,
    }
    for state, employee in stages.items():
        assert [told["id"] for told in listed(sirh.get(state=state))] == [employee.pk]


def test_drafts_are_nobody_s_business(sirh):
    draft = DispenseFactory(employee__employer=sirh.employer)

    told = sirh.get(f"employees/{draft.employee_id}").json()
    assert (told["state"], told["dispense"]) == ("active", None)


def test_pages_give_each_employee_once(sirh):
    EmployeeFactory.create_batch(7, employer=sirh.employer)
    Employee.objects.update(changed_at=timezone.now())  # all at the same instant
    seen, cursor = [], {}
    for _ in range(4):
        body = sirh.get(limit=2, **cursor).json()
        seen += [told["id"] for told in body["employees"]]
        cursor = {"cursor": body["next_cursor"]}

    assert sorted(seen) == sorted(Employee.objects.values_list("pk", flat=True))
    assert body["has_more"] is False


def test_last_cursor_gives_what_changed_afterwards(sirh):
    first, *_ = EmployeeFactory.create_batch(3, employer=sirh.employer)
    cursor = sirh.get().json()["next_cursor"]
    empty = sirh.get(cursor=cursor).json()
    assert (empty["employees"], empty["next_cursor"]) == ([], cursor)

    sirh.push({"matricule": first.matricule, "last_name": "Changé"})

    assert [told["id"] for told in listed(sirh.get(cursor=cursor))] == [first.pk]


@pytest.mark.parametrize("act", ["activate", "submit", "accept", "complement", "resend", "revoke", "expire"])
def test_each_change_is_dated(sirh, act):
    dispense = DispenseFactory(employee__employer=sirh.employer, **({} if act == "submit" else {"in_progress": True}))
    invitation = InvitationFactory(employee=EmployeeFactory(employer=sirh.employer))
    services.register(invitation=invitation, personal_email="", marketing_consent=False)
    past = timezone.now() - timedelta(days=1)
    Employee.objects.update(changed_at=past)
    staff, by = StaffFactory(), StaffFactory()
    done = {
        "activate": lambda: services.activate(invitation=invitation, password="motdepasse-solide-1", code=""),
        "submit": lambda: sending.submit(dispense=dispense, user=dispense.employee.user),
        "accept": lambda: decide(AcceptContent(), dispense=dispense, user=staff),
        "complement": lambda: decide(ComplementContent(message="La carte"), dispense=dispense, user=staff),
        "resend": lambda: services.resend(employee=invitation.employee, by=by),
        "revoke": lambda: services.revoke(employee=invitation.employee, by=by),
        "expire": lambda: services.expire_invitations(timezone.now() + timedelta(days=61)),
    }
    done[act]()

    since = (timezone.now() - timedelta(minutes=5)).isoformat()
    whose = dispense.employee_id if act in ("submit", "accept", "complement") else invitation.employee_id
    assert [told["id"] for told in listed(sirh.get(changed_since=since))] == [whose]


@pytest.mark.parametrize(
    "since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00-18:25"]
)
def test_dates_as_far_as_can_be_are_answered(sirh, since):
    EmployeeFactory(employer=sirh.employer)

    assert len(listed(sirh.get(changed_since=since))) == (since < "2")
    assert listed(sirh.get(cursor="99999999999999999.1")) == []


def test_matricule_is_found_exactly(sirh):
    sirh.push(CAMILLE)
    assert len(listed(sirh.get(matricule="L-1"))) == 1
    assert listed(sirh.get(matricule="L-")) == []


def test_people_of_another_employer_do_not_exist(sirh):
    other = EmployeeFactory()

    assert code(sirh.get(f"employees/{other.pk}")) == (404, "introuvable")
    assert listed(sirh.get()) == []
    assert listed(sirh.get(matricule=other.matricule)) == []
    theirs = software(employer=other.employer).get().json()["next_cursor"]
    assert listed(sirh.get(cursor=theirs)) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"state": "inconnu"},
        {"limit": 0},
        {"limit": 201},
        {"limit": "9" * 30},
        {"limit": "dix"},
        {"cursor": "x"},
        {"cursor": "MTIz"},
        {"cursor": "1"},
        {"cursor": "1.1\n"},
        {"cursor": "٣.٣"},
        {"cursor": "9" * 20 + ".1"},
        {"cursor": "é"},
        {"cursor": "a" * 101},
        {"changed_since": "hier"},
        {"changed_since": "2026-01-01"},
        {"changed_since": "1" * 40},
        {"matricule": "x" * 31},
        {"inconnu": "1"},
        {"limit": ["1", "2"]},
    ],
)
def test_parameters_that_mean_nothing_are_refused(sirh, parameters):
    response = sirh.get(**parameters)

    assert code(response) == (422, "contenu_refuse")
    assert response.json()["errors"][0]["pointer"] == f"/{next(iter(parameters))}"


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 25, "-1", "1.5", "abc", "%00", "1%0a"])
def test_odd_identifiers_are_not_found(sirh, number):
    assert sirh.client.get(f"/api/v1/employees/{number}").status_code in (400, 404)


def test_number_of_queries_does_not_depend_on_the_rows(sirh, django_assert_max_num_queries):
    for _ in range(6):
        InvitationFactory(employee=DispenseFactory(employee__employer=sirh.employer, accepted=True).employee)
    with django_assert_max_num_queries(6):
        assert len(listed(sirh.get())) == 6
