"""Employees pushed by the employer's software: created, known, changed, refused; each row whole or not at all."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.employee.values import Code
from accounts.models import ApiToken, Employee, IdempotentRequest, Invitation
from accounts.nir import unsealed_nir
from accounts.services.many import pre_affiliate_many
from dispenses.api import pushing
from notifications.models import OutgoingEmail
from tests.dispenses.api.conftest import CAMILLE, Software, code, results, software
from tests.dispenses.request.test_races import together
from tests.factories import EmployeeFactory, InvitationFactory

pytestmark = pytest.mark.django_db


def invitations() -> int:
    return OutgoingEmail.objects.filter(kind="invitation").count()


def test_unknown_is_pre_affiliated_and_invited(sirh):
    (result,) = results(sirh.push(CAMILLE))

    employee = Employee.objects.get()
    assert result == {
        "index": 0, "matricule": "L-1", "status": "created", "id": employee.pk, "changed": [], "errors": [],
    }  # fmt: skip
    assert employee.employer == sirh.employer
    assert employee.pre_affiliated_by == ApiToken.objects.get().holder
    assert OutgoingEmail.objects.get().to == "camille@levant.exemple"


def test_known_unchanged_is_left_alone(sirh):
    results(sirh.push(CAMILLE))
    before = Employee.objects.values().get()

    (result,) = results(sirh.push(CAMILLE))

    assert (result["status"], result["changed"]) == ("unchanged", [])
    assert Employee.objects.values().get() == before
    assert invitations() == 1


def test_known_changed_is_updated(sirh):
    results(sirh.push(CAMILLE))

    (result,) = results(sirh.push({"matricule": "L-1", "last_name": "Durand", "hired_on": "2018-09-04"}))

    assert (result["status"], result["changed"]) == ("updated", ["last_name", "hired_on"])
    assert Employee.objects.get().full_name == "Camille Durand"
    assert invitations() == 1


def test_new_address_kills_the_link_sent_to_the_former(sirh):
    results(sirh.push(CAMILLE))
    results(sirh.push({"matricule": "L-1", "professional_email": "Camille.Martin@levant.exemple"}))

    former, live = Invitation.objects.order_by("pk")
    assert former.revocation_reason == "resent"
    assert live.revoked_at is None
    invited = OutgoingEmail.objects.filter(kind="invitation").order_by("pk").last()
    assert invited.to == "camille.martin@levant.exemple"


def test_address_of_an_active_account_changes_without_a_link(sirh):
    EmployeeFactory(employer=sirh.employer, matricule="L-9", activated=True)
    (result,) = results(sirh.push({"matricule": "L-9", "professional_email": "neuve@levant.exemple"}))

    assert result["status"] == "updated"
    assert invitations() == 0


def test_each_wrong_row_says_what_to_correct_and_the_others_are_done(sirh):
    EmployeeFactory(employer=sirh.employer, matricule="X-1", professional_email="prise@levant.exemple")
    rows = [
        {"matricule": "A-1", "birth_name": "Roy"},
        {**CAMILLE, "matricule": "A-2", "hired_on": "2018-02-30"},
        {**CAMILLE, "matricule": "A-3", "contract_type": "stage"},
        {**CAMILLE, "matricule": "A-4", "professional_email": "prise@levant.exemple"},
        {**CAMILLE, "matricule": "A" * 31},
        {**CAMILLE, "matricule": "A-5", "first_name": "Lé\0a"},
        {**CAMILLE, "matricule": "A-6", "nir": "1 85 05 78 006 084 37"},
        {**CAMILLE, "matricule": "A-7", "siret": "12345678901234"},
        {**CAMILLE, "matricule": "A-8"},
        {**CAMILLE, "matricule": "A-8"},
    ]
    answer = sirh.push(*rows)

    found = results(answer)
    assert [result["status"] for result in found] == ["invalid"] * 8 + ["created", "invalid"]
    assert [result["index"] for result in found] == list(range(10))
    fields = [[error["field"] for error in result["errors"]] for result in found]
    assert fields[0] == ["professional_email", "hired_on"]
    assert fields[1:8] == [
        ["hired_on"], ["contract_type"], ["professional_email"], ["matricule"], ["first_name"], ["nir"], ["siret"],
    ]  # fmt: skip
    assert fields[9] == ["matricule"]
    codes = [[error["code"] for error in result["errors"]] for result in found]
    assert codes == [
        ["missing"] * 2, ["unreal"], ["unknown"], ["twin"], ["too_long"], ["invisible"], ["nir"], ["check_sum"],
        [], ["repeated"],
    ]  # fmt: skip
    assert found[0]["errors"][0]["message"] == "L’adresse e-mail manque\xa0: donnez ce champ"
    assert "n’existe pas" in found[1]["errors"][0]["message"]
    assert "deux fois" in found[9]["errors"][0]["message"]
    assert (answer.json()["created"], answer.json()["invalid"]) == (1, 9)
    assert Employee.objects.count() == 2
    assert invitations() == 1


NIR = "185057800608491"


def test_all_that_a_file_may_say_may_be_pushed(sirh):
    siret = "73282932000074"
    more = {"birth_name": "Roy", "birth_date": "1985-05-14", "nir": NIR[:13], "category": "Cadre", "siret": siret}
    row = {**CAMILLE, **more, "contract_type": "cdd", "contract_ends_on": "2030-12-31", "part_time": True}
    (result,) = results(sirh.push(row))

    employee = Employee.objects.get()
    assert result["status"] == "created"
    assert (employee.birth_name, employee.part_time, employee.establishment_siret) == ("Roy", True, siret)
    assert unsealed_nir(employee.sealed_nir) == NIR
    assert NIR[:13] not in str(Employee.objects.values().get())
    assert results(sirh.push(row))[0]["status"] == "unchanged"
    (result,) = results(sirh.push({"matricule": "L-1", "part_time": False, "nir": "285057800608441", "siret": ""}))
    assert result["changed"] == ["nir", "part_time"]
    for response in (sirh.get(), sirh.get(f"employees/{employee.pk}")):
        assert "0578006084" not in response.content.decode()


def test_every_code_of_a_row_is_documented():
    document = Client().get("/api/v1/openapi.json").json()
    assert document["components"]["schemas"]["RowError"]["properties"]["code"]["enum"] == [*Code]
    assert "code" in document["components"]["schemas"]["RowError"]["required"]
    text = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
    assert [code for code in Code if f"`{code}`" not in text] == []
    page = Client().get("/api/documentation/").content.decode()
    assert [code for code in Code if code not in page] == []


OLD_RULES = {"matricule": "A#12 (siège)", "first_name": "Ana ana.example", "last_name": "https://roy.example"}


def test_known_employee_whose_values_break_the_rules_of_today_is_still_updated(sirh):
    employee = EmployeeFactory(employer=sirh.employer, **OLD_RULES)
    address = {"professional_email": "neuve@levant.exemple"}
    (alone,) = results(sirh.push({"matricule": OLD_RULES["matricule"], **address}))
    (whole,) = results(sirh.push({**OLD_RULES, **address, "category": "Cadre"}))

    assert (alone["status"], alone["changed"]) == ("updated", ["professional_email"])
    assert (whole["status"], whole["changed"]) == ("updated", ["category"])
    employee.refresh_from_db()
    assert (employee.matricule, employee.category) == (OLD_RULES["matricule"], "Cadre")
    assert Employee.objects.count() == 1
    (worse,) = results(sirh.push({**OLD_RULES, "first_name": "Ana evil.example"}))
    assert [(error["field"], error["code"]) for error in worse["errors"]] == [("first_name", "address")]
    (new,) = results(sirh.push({**CAMILLE, "matricule": "B#12"}))
    assert [(error["field"], error["code"]) for error in new["errors"]] == [("matricule", "characters")]


def test_wrong_nir_is_not_repeated(sirh):
    response = sirh.push({**CAMILLE, "nir": "185057800608499"})

    assert results(response)[0]["errors"][0]["field"] == "nir"
    assert "18505780" not in response.content.decode()


def test_two_rows_with_one_address_make_one_employee(sirh):
    found = results(sirh.push(CAMILLE, {**CAMILLE, "matricule": "L-2"}))

    assert [result["status"] for result in found] == ["created", "invalid"]
    assert Employee.objects.count() == 1


def test_same_matricule_at_another_employer_is_somebody_else(sirh):
    other = EmployeeFactory(matricule="L-1", last_name="Autre")

    assert results(sirh.push(CAMILLE))[0]["status"] == "created"
    other.refresh_from_db()
    assert other.last_name == "Autre"


def test_token_held_by_another_than_its_maker_works(sirh):
    ApiToken.objects.update(created_by=None)

    assert results(sirh.push(CAMILLE))[0]["status"] == "created"


# Form of the request


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("", (422, "contenu_refuse")),
        ("{", (400, "requete_illisible")),
        (b"\xff\xfe{}", (400, "requete_illisible")),
        ('{"employees": NaN}', (400, "requete_illisible")),
        ('{"employees": [], "employees": []}', (400, "requete_illisible")),
        ("[" * 100_000, (400, "requete_illisible")),
        ('{"employees": [{"matricule": ' + "9" * 5000 + "}]}", (400, "requete_illisible")),
        ("[]", (422, "contenu_refuse")),
        ("null", (422, "contenu_refuse")),
        ("{}", (422, "contenu_refuse")),
        ('{"employees": []}', (422, "contenu_refuse")),
        ('{"employees": {}}', (422, "contenu_refuse")),
        ('{"employees": [1]}', (422, "contenu_refuse")),
        ('{"employees": [{}]}', (422, "contenu_refuse")),
        ('{"employees": [{"matricule": 12345678901234567890}]}', (422, "contenu_refuse")),
        ('{"employees": [{"matricule": "L-1", "salaire": "1"}]}', (422, "contenu_refuse")),
        ('{"employees": [{"matricule": "\\ud800"}]}', (400, "requete_illisible")),
        (json.dumps({"employees": [{"matricule": "L-1"}] * 501}), (422, "contenu_refuse")),
        ('{"employees": "' + "x" * 1_100_000 + '"}', (413, "corps_trop_grand")),
    ],
)  # fmt: skip
def test_body_of_another_form_is_refused_whole(sirh, body, wanted):
    assert code(sirh.post(body)) == wanted
    assert not Employee.objects.exists()
    assert not IdempotentRequest.objects.exists()


def test_wrong_form_says_where_and_what_to_do(sirh):
    error = sirh.push(CAMILLE, {"matricule": "L-2", "salaire": "1"}).json()["errors"][0]

    assert error == {
        "where": "body",
        "pointer": "/employees/1/salaire",
        "code": "extra_forbidden",
        "message": "Ce champ est inconnu\xa0: retirez-le",
    }


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_other_content_types_are_refused(sirh, content_type):
    assert code(sirh.post("{}", content_type=content_type)) == (415, "type_refuse")


@pytest.mark.parametrize("key", [None, "", " ", "é", "a" * 201, "a b"])
def test_idempotency_key_is_asked_for(sirh, key):
    headers = {"Authorization": f"Bearer {sirh.secret}"} | ({} if key is None else {"Idempotency-Key": key})
    response = Client().post(
        "/api/v1/employees", {"employees": [CAMILLE]}, content_type="application/json", headers=headers
    )

    assert code(response) == (400, "cle_absente")


# Idempotency


def test_same_key_and_body_get_the_same_answer(sirh):
    first = sirh.push(CAMILLE, key="clé-1".replace("é", "e"))
    Employee.objects.update(last_name="Changé depuis")
    second = sirh.push(CAMILLE, key="cle-1")

    assert first.content == second.content
    assert (first["Idempotent-Replayed"], second["Idempotent-Replayed"]) == ("false", "true")
    assert Employee.objects.get().last_name == "Changé depuis"
    assert invitations() == 1


def test_same_key_for_another_body_is_refused(sirh):
    sirh.push(CAMILLE, key="k")

    assert code(sirh.push({**CAMILLE, "last_name": "B"}, key="k")) == (409, "cle_deja_utilisee")
    assert Employee.objects.get().last_name == "Martin"


def test_keys_belong_to_an_employer(sirh):
    sirh.push(CAMILLE, key="k")

    assert results(software().push(CAMILLE, key="k"))[0]["status"] == "created"


def test_keys_are_forgotten_after_two_days(sirh):
    sirh.push(CAMILLE, key="k")
    assert services.purge_idempotency(timezone.now() + timedelta(hours=47)) == 0
    assert services.purge_idempotency(timezone.now() + timedelta(hours=49)) == 1


def test_failure_of_ours_leaves_neither_effect_nor_key(sirh, monkeypatch):
    def breaks_after_its_work(**answers):
        pre_affiliate_many(**answers)
        raise RuntimeError

    monkeypatch.setattr(pushing, "pre_affiliate_many", breaks_after_its_work)
    rows = [CAMILLE, {**CAMILLE, "matricule": "L-2", "professional_email": "b@levant.exemple"}]
    assert code(sirh.push(*rows, key="k")) == (500, "panne")
    assert not Employee.objects.exists()
    assert not IdempotentRequest.objects.exists()
    monkeypatch.undo()
    assert [result["status"] for result in results(sirh.push(*rows, key="k"))] == ["created", "created"]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_key_sent_six_times_at_once_has_one_effect():
    sirh = software()
    answers = together(*[lambda: Software(sirh.employer, sirh.secret).push(CAMILLE, key="k")] * 6)

    assert len({answer.content for answer in answers}) == 1
    assert sorted(answer["Idempotent-Replayed"] for answer in answers) == ["false"] + ["true"] * 5
    assert Employee.objects.count() == 1
    assert invitations() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_matricule_under_six_keys_at_once_makes_one_employee():
    sirh = software()
    answers = together(*[lambda: Software(sirh.employer, sirh.secret).push(CAMILLE)] * 6)

    statuses = sorted(results(answer)[0]["status"] for answer in answers)
    assert statuses.count("created") == 1
    assert set(statuses) <= {"created", "unchanged", "invalid"}
    assert Employee.objects.count() == 1
    assert invitations() == 1


@pytest.mark.time_machine("2026-11-23T09:00:00+01:00")
def test_rows_obey_the_clock_of_paris(sirh):
    (result,) = results(sirh.push({**CAMILLE, "hired_on": "2028-11-23"}))

    assert "n’est pas une date d’embauche possible" in result["errors"][0]["message"]


def test_revoked_link_of_a_known_employee_stays_revoked(sirh):
    invitation = InvitationFactory(employee__employer=sirh.employer, employee__matricule="L-7")
    services.revoke(employee=invitation.employee, by=ApiToken.objects.get().holder)
    results(sirh.push({"matricule": "L-7", "last_name": "Autre"}))

    assert Invitation.objects.count() == 1


def test_an_address_that_changes_too_often_is_refused_and_the_rest_of_the_request_done(sirh):
    for number in range(3):
        results(sirh.push({**CAMILLE, "professional_email": f"camille+{number}@levant.exemple"}))
    moved = {**CAMILLE, "professional_email": "camille+9@levant.exemple"}
    other = {**CAMILLE, "matricule": "L-2", "professional_email": "autre@levant.exemple"}

    refused, created = results(sirh.push(moved, other))

    assert (refused["status"], created["status"]) == ("invalid", "created")
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [("professional_email", "too_soon")]
    assert Employee.objects.get(matricule="L-1").professional_email == "camille+2@levant.exemple"
