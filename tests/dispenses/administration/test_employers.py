"""Employers and actes: the SIRET's key, versions that follow each other, documents lowered."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import Acte, Employer, JournalEntry
from dispenses.administration.actes import CODE
from dispenses.law.catalogue import OPENED_BY_ACTE
from dispenses.models import Motif
from tests.factories import ActeFactory, AdministratorFactory, CorrespondentFactory, EmployerFactory

pytestmark = pytest.mark.django_db
SIRET = "73282932000074"


@pytest.fixture
def admin(client):
    client.force_login(AdministratorFactory())
    return client


def typed(employer: Employer, *versions: dict, **changes):
    known = list(employer.actes.order_by("-in_force_from"))
    answers = {
        "name": employer.name,
        "siret": SIRET,
        "enrolment_url": "https://adhesion.exemple.fr/",
        "actes-TOTAL_FORMS": len(known) + len(versions),
        "actes-INITIAL_FORMS": len(known),
    }
    stored = [
        {
            "id": acte.pk,
            "kind": acte.kind,
            "in_force_from": f"{acte.in_force_from:%d/%m/%Y}",
            "in_force_until": f"{acte.in_force_until:%d/%m/%Y}" if acte.in_force_until else "",
            "opened_motifs": acte.opened_motifs,
        }
        for acte in known
    ]
    for index, version in enumerate([*stored, *versions]):
        answers |= {f"actes-{index}-{name}": value for name, value in version.items()}
        answers[f"actes-{index}-employer"] = employer.pk
    return answers | changes


def version(start: str, end: str = "", **more):
    return {"kind": "accord", "in_force_from": start, "in_force_until": end} | more


def change(employer):
    return reverse("admin:accounts_employer_change", args=[employer.pk])


@pytest.mark.parametrize(
    ("siret", "right"),
    [
        (SIRET, True),
        (" 732 829 320 00074 ", True),
        ("35600000000048", True),  # La Poste
        ("73282932000075", False),
        ("12345", False),
        ("732829320000A4", False),
        ("\u200f", False),
        ("９" * 14, False),
    ],
)
def test_the_key_of_the_siret_is_checked(admin, siret, right):
    employer = EmployerFactory()
    answer = admin.post(change(employer), typed(employer, siret=siret))
    assert (answer.status_code == 302) is right
    if not right:
        assert "Ce SIRET n’existe pas" in answer.content.decode()


def test_a_siret_serves_once(admin):
    EmployerFactory(siret=SIRET)
    employer = EmployerFactory()
    page = admin.post(change(employer), typed(employer)).content.decode()
    assert "existe déjà" in page


def test_a_new_version_closes_the_former_the_day_before(admin):
    former = ActeFactory()
    answer = admin.post(change(former.employer), typed(former.employer, version("01/01/2027")))
    assert answer.status_code == 302, answer.content.decode()
    former.refresh_from_db()
    assert former.in_force_until == date(2026, 12, 31)
    assert Acte.objects.get(in_force_until=None).in_force_from == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ((version("01/01/2020"),), "Deux versions de l’acte commencent le 01/01/2020"),
        ((version("01/01/2019", "01/06/2020"),), "chevauche celle du 01/01/2020"),
        ((version("01/06/2030", "01/01/2030"),), "La fin de l’acte précède son début"),
        ((version("31/02/2030"),), "Saisissez une date valide"),
    ],
)
def test_versions_that_overlap_are_refused_in_words(admin, versions, said):
    acte = ActeFactory()
    page = admin.post(change(acte.employer), typed(acte.employer, *versions))
    assert page.status_code == 200
    assert said in page.content.decode()
    assert Acte.objects.count() == 1


def test_the_database_holds_against_two_hands():
    acte = ActeFactory()
    for start in (acte.in_force_from, date(2030, 1, 1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Acte.objects.create(employer=acte.employer, kind="due", in_force_from=start)


def test_an_acte_lowers_documents_but_not_those_of_the_law(admin):
    acte = ActeFactory()
    page = admin.get(change(acte.employer)).content.decode()
    assert 'value="conjoint:carte_mutuelle"' in page
    assert 'value="cdd_12_mois_et_plus:carte_mutuelle"' not in page
    data = typed(acte.employer) | {"actes-0-recommended_pieces": ["conjoint:carte_mutuelle"]}
    assert admin.post(change(acte.employer), data).status_code == 302
    acte.refresh_from_db()
    assert acte.recommended_pieces == ["conjoint:carte_mutuelle"]
    pirate = data | {"actes-0-recommended_pieces": ["cdd_12_mois_et_plus:carte_mutuelle"]}
    assert admin.post(change(acte.employer), pirate).status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({"first_set_up_on": "01/06/2018"}, {}, ""),
        ({}, {"first_set_up_on": "01/06/2018", "set_up_kind": "due"}, ""),
        ({"first_set_up_on": "01/06/2018"}, {"first_set_up_on": "01/06/2018"}, ""),
        (
            {"first_set_up_on": "01/06/2018"},
            {"first_set_up_on": "01/01/2019"},
            "ne disent pas toutes le jour de la première mise en place (01/06/2018, 01/01/2019)",
        ),
        (
            {"set_up_kind": "due"},
            {"set_up_kind": "accord"},
            "ne disent pas toutes la nature de la première mise en place (Décision unilatérale",
        ),
        ({"first_set_up_on": "01/06/2020"}, {}, "ne peut pas suivre le début de cette version"),
        ({}, {"first_set_up_on": "01/06/2020"}, "ne peut pas suivre le début de la version la plus ancienne"),
    ],
)
def test_the_versions_tell_one_first_set_up(admin, first, second, said):
    employer = EmployerFactory()
    versions = version("01/01/2020", "31/12/2023") | first, version("01/01/2024") | second
    answer = admin.post(change(employer), typed(employer, *versions))
    page = answer.content.decode()
    assert (answer.status_code == 302) is (not said), page
    assert said in page
    if not said:
        told = set(Acte.objects.values_list("first_set_up_on", "set_up_kind"))
        assert told == {(date(2018, 6, 1), second.get("set_up_kind", "accord"))}


def test_without_a_word_the_first_set_up_is_the_oldest_version(admin):
    employer = EmployerFactory()
    versions = version("01/01/2024"), version("01/01/2020", "31/12/2023", kind="due")
    assert admin.post(change(employer), typed(employer, *versions)).status_code == 302
    assert set(Acte.objects.values_list("first_set_up_on", "set_up_kind")) == {(date(2020, 1, 1), "due")}


@pytest.mark.parametrize("told", ["01/01/2019", ""])
def test_employees_never_pay_before_the_first_set_up(admin, told):
    employer = EmployerFactory()
    acte = version("01/01/2019", first_set_up_on=told, employee_share_from="31/12/2018")
    page = admin.post(change(employer), typed(employer, acte)).content.decode()
    assert "payer une part avant la première mise en place" in page
    with pytest.raises(IntegrityError), transaction.atomic():
        ActeFactory(first_set_up_on=date(2019, 1, 1), employee_share_from=date(2018, 12, 31))


def test_every_motif_of_the_catalogue_that_an_acte_opens_is_offered_with_its_article(admin):
    page = admin.get(change(ActeFactory().employer)).content.decode()
    for entry in OPENED_BY_ACTE:
        assert f'value="{entry.code.value}"' in page
        assert entry.legal_basis.removeprefix(CODE) in page
    assert 'value="conjoint"' not in page


def test_an_acte_sets_what_is_asked_each_year_where_the_law_is_silent(admin):
    acte = ActeFactory()
    page = admin.get(change(acte.employer)).content.decode()
    assert 'name="actes-0-yearly_policies-conjoint"' in page
    assert 'name="actes-0-yearly_policies-acte_f_couverture_collective"' not in page  # the law itself asks
    assert 'name="actes-0-yearly_policies-c2s"' not in page  # it ends by itself
    data = typed(acte.employer) | {
        "actes-0-yearly_policies-conjoint": "nothing",
        "actes-0-yearly_policies-camieg": "document",
        "actes-0-yearly_policies-madelin": "unchanged",
    }
    assert admin.post(change(acte.employer), data).status_code == 302
    acte.refresh_from_db()
    assert acte.yearly_policies == ["conjoint:nothing", "camieg:document"]
    entry = JournalEntry.objects.get()
    assert "Ce qui est demandé chaque année\xa0: — → CAMIEG" in entry.detail
    assert "Employeur conjoint\xa0: Rien" in entry.detail
    pirate = data | {"actes-0-yearly_policies-conjoint": "jamais"}
    assert admin.post(change(acte.employer), pirate).status_code == 200


def test_what_an_acte_asked_of_a_closed_motif_stays_written(admin):
    acte = ActeFactory(yearly_policies=["conjoint:nothing"])
    Motif.objects.filter(code="conjoint").update(in_force_until=date(2020, 1, 1))
    data = typed(acte.employer) | {"actes-0-yearly_policies-conjoint": "nothing"}
    assert admin.post(change(acte.employer), data).status_code == 302
    acte.refresh_from_db()
    assert acte.yearly_policies == ["conjoint:nothing"]


def test_a_migration_closes_the_versions_that_overlapped():
    new = ActeFactory(in_force_from=date(2022, 1, 1))
    old = ActeFactory(employer=new.employer, in_force_from=date(2019, 1, 1), in_force_until=date(2022, 6, 1))
    alone = ActeFactory()
    import_module("accounts.migrations.0006_actes_without_overlap").close_overlaps(apps, connection)
    for acte, until in ((old, date(2021, 12, 31)), (new, None), (alone, None)):
        acte.refresh_from_db()
        assert acte.in_force_until == until


def test_employers_are_chosen_by_searching_never_in_a_list(admin):
    wanted = EmployerFactory(name="Comptoir du Nord")
    page = admin.get(reverse("admin:accounts_correspondent_add")).content.decode()
    assert "admin-autocomplete" in page
    assert wanted.name not in page
    asked = {"app_label": "accounts", "model_name": "correspondent", "field_name": "employer", "term": "comptoir"}
    found = admin.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert [row["id"] for row in found] == [str(wanted.pk)]


def test_a_correspondent_s_right_is_withdrawn_at_once(admin, client):
    role = CorrespondentFactory()
    assert (
        admin.post(reverse("admin:accounts_correspondent_delete", args=[role.pk]), {"post": "yes"}).status_code == 302
    )
    client.force_login(role.user)
    assert client.get(reverse("salaries")).status_code == 403


def test_the_end_of_the_insurer_s_contract_is_written_emptied_and_journaled(admin) -> None:
    employer = EmployerFactory(siret=SIRET)
    assert admin.post(change(employer), typed(employer, insured_until="2027-04-30")).status_code == 302
    employer.refresh_from_db()
    assert employer.insured_until == date(2027, 4, 30)
    assert "2027" in JournalEntry.objects.latest("pk").detail
    assert "30" in admin.get(reverse("admin:accounts_employer_changelist")).content.decode()
    admin.post(change(employer), typed(employer, insured_until=""))
    employer.refresh_from_db()
    assert employer.insured_until is None
