"""The four steps, in and out of order, as a person with a browser would send them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import ContractType
from dispenses.models import Dispense, Motif
from dispenses.workflow import Status
from tests.factories import TYPED, ActeFactory, DispenseFactory, EmployeeFactory, EmployerFactory, UserFactory, add_file
from tests.pages import page_of

pytestmark = pytest.mark.django_db
STEPS = ("situation", "motif", "justificatifs", "verification")


def signed_in(dispense: Dispense) -> Client:
    client = Client(enforce_csrf_checks=False)
    user = dispense.employee.user
    assert user is not None
    client.force_login(user)
    return client


def url(name: str, dispense: Dispense) -> str:
    return reverse(f"demande_{name}", args=[dispense.number])


def text(response: Any) -> str:
    return page_of(response).replace("&nbsp;", "\xa0")


@pytest.fixture
def blank() -> Dispense:
    return DispenseFactory(motif=None, answers={})


def test_home_has_two_doors_and_begins_a_draft() -> None:
    employee = EmployeeFactory(activated=True)
    client = Client()
    client.force_login(employee.user)
    page = text(client.get("/"))
    assert "Bienvenue dans votre espace adhérent\xa0!" in page
    assert "10\xa0min pour vous assurer\xa0!" in page
    assert employee.employer.enrolment_url in page
    answer = client.post(reverse("demande_nouvelle"), {"employee": employee.pk})
    draft = Dispense.objects.get()
    assert answer.url == url("situation", draft)
    assert "Reprendre ma demande de dispense" in text(client.get("/"))
    assert client.get(reverse("demande_nouvelle")).url == url("situation", draft)
    client.post(reverse("demande_nouvelle"), {"employee": employee.pk})
    assert Dispense.objects.count() == 1


def test_home_without_enrolment_address_says_whom_to_ask() -> None:
    employee = EmployeeFactory(activated=True, employer=EmployerFactory(enrolment_url=""))
    client = Client()
    client.force_login(employee.user)
    assert "ne se fait pas en ligne" in text(client.get("/"))


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (Status.IN_PROGRESS, "est en cours d’examen"),
        (Status.AWAITING_COMPLEMENT, "Compléter ma demande de dispense"),
        (Status.ACCEPTED, "Vous êtes dispensé d’adhésion"),
        (Status.REFUSED, "Demander une dispense"),
    ],
)
def test_home_says_where_the_request_stands(stage: Status, words: str) -> None:
    dispense = DispenseFactory(stage=stage)
    assert words in text(signed_in(dispense).get("/"))


def test_home_offers_each_employer(django_assert_num_queries: Any) -> None:
    user = UserFactory()
    for _ in range(3):
        EmployeeFactory(user=user, activated_at=timezone.now())
    client = Client()
    client.force_login(user)
    client.get("/")
    with django_assert_num_queries(4):  # session, account, employments, their requests
        page = text(client.get("/"))
    assert page.count("Demander une dispense") == 3


def test_home_of_those_who_are_no_employee() -> None:
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    assert client.get("/").url == reverse("admin:index")
    client.force_login(UserFactory())
    assert "Aucune entreprise n’est rattachée" in text(client.get("/"))


@pytest.mark.parametrize("employee", ["", "0", "-1", "9" * 19, "9" * 40, "²", "abc", "1 OR 1=1"])
def test_a_request_for_somebody_else_is_not_found(employee: str) -> None:
    DispenseFactory()
    client = Client()
    client.force_login(UserFactory())
    assert client.post(reverse("demande_nouvelle"), {"employee": employee}).status_code == 404


def test_no_second_request_while_one_is_open() -> None:
    dispense = DispenseFactory(in_progress=True)
    client = signed_in(dispense)
    answer = client.post(reverse("demande_nouvelle"), {"employee": dispense.employee_id}, follow=True)
    assert f"Votre demande N°{dispense.number} est déjà en cours" in text(answer)
    assert Dispense.objects.count() == 1


def test_the_whole_way(blank: Dispense) -> None:
    client = signed_in(blank)
    page = text(client.get(url("situation", blank)))
    assert "Je suis dispensé en tant que salarié" in page
    assert "vérifier et compléter" in page
    assert f'value="{blank.matricule}"' in page
    assert "Votre demande n’est pas encore envoyée." in page
    answer = client.post(
        url("situation", blank), {"matricule": "L-9", "hired_on_0": "3", "hired_on_1": "9", "hired_on_2": "2018"}
    )
    assert answer.url == url("motif", blank)
    assert client.post(url("motif", blank), {"motif": "conjoint"}).url == url("justificatifs", blank)
    page = text(client.get(url("justificatifs", blank)))
    assert "Vous pouvez encore joindre 4\xa0fichiers." in page
    assert page.count('type="file"') == 3
    add_file(blank, "attestation_conjoint")
    for piece in Motif.objects.get(code="conjoint").required_justificatifs.all():
        add_file(blank, piece.code)
    answer = client.post(
        url("justificatifs", blank), {**TYPED, "assureur": "Mutuelle <b>du Lac</b>", "titulaire": "Paul Ô'Neil"}
    )
    assert answer.url == url("verification", blank)
    page = text(client.get(url("verification", blank)))
    assert "Je demande à être dispensé(e) de la couverture complémentaire santé" in page
    assert "IMPORTANT\xa0: Il appartient à l’adhérent de justifier annuellement" in page
    assert "Mutuelle &lt;b&gt;du Lac&lt;/b&gt;" in page
    assert "Votre demande n’est pas encore envoyée." in page
    refused = client.post(url("verification", blank), {})
    assert "Cochez la déclaration sur l’honneur pour envoyer votre demande" in text(refused)
    assert "<title>Erreur\xa0: " in text(refused)
    assert client.post(url("verification", blank), {"honour": "on"}).url == url("accuse", blank)
    page = text(client.get(url("accuse", blank)))
    assert "Merci, votre demande de dispense a bien été enregistrée." in page
    assert "Employeur conjoint" in page
    assert "Suivi de mes demandes" in page
    pdf = client.get(reverse("demande_recu", args=[blank.number]))
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")


def test_a_second_click_on_envoyer_lands_on_the_acknowledgement() -> None:
    dispense = DispenseFactory()
    client = signed_in(dispense)
    first = client.post(url("verification", dispense), {"honour": "on"})
    second = client.post(url("verification", dispense), {"honour": "on"}, follow=True)
    assert first.url == second.redirect_chain[0][0] == url("accuse", dispense)
    assert "ea-msg--error" not in text(second)
    assert dispense.events.count() == dispense.declarations.count() == 1


@pytest.mark.parametrize("step", STEPS)
def test_a_sent_request_is_not_changed(step: str) -> None:
    dispense = DispenseFactory(in_progress=True)
    answer = signed_in(dispense).get(url(step, dispense), follow=True)
    assert answer.redirect_chain[0][0] == url("accuse", dispense)
    assert "déjà envoyée\xa0: elle ne se modifie plus" in text(answer)
    if step != "verification":
        assert signed_in(dispense).post(url(step, dispense), {"motif": "c2s"}).url == url("accuse", dispense)
    dispense.refresh_from_db()
    assert dispense.motif is not None
    assert dispense.motif.code == "conjoint"


@pytest.mark.parametrize(
    ("stage", "target"),
    [
        (Status.AWAITING_COMPLEMENT, "completer"),
        (Status.ACCEPTED, "suivi"),
        (Status.REFUSED, "suivi"),
        (Status.WITHDRAWN, "suivi"),
        (Status.ENDED, "suivi"),
    ],
)
def test_a_closed_request_leads_where_it_may_be_read(stage: Status, target: str) -> None:
    dispense = DispenseFactory(stage=stage)
    expected = reverse("demandes") if target == "suivi" else url(target, dispense)
    assert signed_in(dispense).get(url("motif", dispense)).url == expected


def test_a_step_too_early_leads_to_the_first_undone(blank: Dispense) -> None:
    client = signed_in(blank)
    assert client.get(url("verification", blank)).url == url("motif", blank)
    assert client.post(url("verification", blank), {"honour": "on"}).url == url("motif", blank)
    assert client.get(url("accuse", blank)).url == url("verification", blank)
    assert client.get(reverse("demande_recu", args=[blank.number])).status_code == 302
    Dispense.objects.filter(pk=blank.pk).update(matricule="")
    assert client.get(url("justificatifs", blank)).url == url("situation", blank)
    assert Dispense.objects.get().status == Status.DRAFT


@pytest.mark.parametrize("name", [*STEPS, "accuse", "completer", "annuler"])
def test_other_people_find_nothing(name: str) -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    client = Client()
    client.force_login(EmployeeFactory(activated=True).user)
    assert client.get(url(name, dispense)).status_code == 404
    assert client.post(url(name, dispense)).status_code in {404, 405}
    assert client.get(f"/demandes/{'9' * 30}/{name}/").status_code == 404


def test_what_is_missing_leads_to_its_field() -> None:
    dispense = DispenseFactory(answers={"assureur": "Lac"})
    dispense.justificatifs.filter(piece="carte_mutuelle").delete()
    client = signed_in(dispense)
    page = text(client.post(url("verification", dispense), {"honour": "on"}))
    assert f'href="{url("justificatifs", dispense)}#id_titulaire"' in page
    assert f'href="{url("justificatifs", dispense)}#fichier-carte_mutuelle"' in page
    assert "Il manque des informations" in page
    dispense.refresh_from_db()
    assert dispense.status == Status.DRAFT
    date_motif = Motif.objects.get(code="c2s")
    Dispense.objects.filter(pk=dispense.pk).update(motif=date_motif)
    page = text(client.get(url("verification", dispense)))
    assert "#id_couverture_jusquau_0" in page


def test_a_motif_closed_since_sends_back_to_the_choice() -> None:
    dispense = DispenseFactory()
    yesterday = timezone.localdate() - timedelta(days=1)
    Motif.objects.filter(code="conjoint").update(in_force_until=yesterday)
    page = text(signed_in(dispense).post(url("verification", dispense), {"honour": "on"}))
    assert f'href="{url("motif", dispense)}#id_motif"' in page
    assert "Ce motif n’est pas ouvert pour vous" in page


def test_errors_keep_what_was_typed(blank: Dispense) -> None:
    client = signed_in(blank)
    page = text(
        client.post(
            url("situation", blank), {"matricule": "", "hired_on_0": "31", "hired_on_1": "13", "hired_on_2": "2026"}
        )
    )
    assert "Indiquez votre numéro de matricule" in page
    assert 'value="13"' in page
    assert 'href="#id_matricule"' in page
    assert "<title>Erreur\xa0: " in page
    page = text(client.post(url("motif", blank), {}))
    assert page.count("Sélectionnez un motif de dispense") == 2  # on top and at the field
    page = text(client.post(url("motif", blank), {"famille": "couvert_par_ailleurs"}))
    assert "Précisez de quel cas il s’agit" in page
    assert client.post(url("motif", blank), {"famille": "solidaire"}).url == url("justificatifs", blank)
    page = text(client.post(url("justificatifs", blank), {"couverture_jusquau_0": "31", "couverture_jusquau_1": "2"}))
    assert "doit comporter une année" in page
    assert "Joignez le document demandé\xa0: Attestation de Complémentaire santé solidaire" in page
    assert 'href="#fichier-attestation_c2s"' in page
    assert 'href="#id_couverture_jusquau_2"' in page
    assert 'value="31"' in text(client.get(url("justificatifs", blank)))


@pytest.mark.parametrize("step", STEPS[:3])
def test_finish_later_from_any_step(blank: Dispense, step: str) -> None:
    client = signed_in(blank)
    data = {
        "matricule": "L-9", "hired_on_0": "3", "hired_on_1": "9", "hired_on_2": "2018",
        "motif": "conjoint", "assureur": "à moitié", "plus_tard": "1",
    }  # fmt: skip
    if step == "justificatifs":
        Dispense.objects.update(motif=Motif.objects.get(code="conjoint"))
    answer = client.post(url(step, blank), data, follow=True)
    assert answer.redirect_chain[0][0] == reverse("demandes")
    assert "pas encore envoyées" in text(answer)
    blank.refresh_from_db()
    kept = {"situation": blank.matricule == "L-9", "motif": blank.motif is not None}
    assert kept.get(step, blank.answers.get("assureur") == "à moitié")


def test_only_the_motifs_open_to_the_person_are_shown() -> None:
    plain = DispenseFactory(motif=None)
    page, _, closed = text(signed_in(plain).get(url("motif", plain))).partition("Motifs fermés pour vous")
    assert "ACS ou CMU-C" not in page + closed
    assert "Temps partiel" not in page
    assert "décision unilatérale" not in page
    assert "Employeur conjoint" in page
    assert "Temps partiel" in closed
    assert "décision unilatérale" in closed
    assert "Employeur conjoint" not in closed
    acte = ActeFactory()
    fixed = DispenseFactory(
        motif=None,
        employee=EmployeeFactory(activated=True, employer=acte.employer, contract_type=ContractType.CDD),
    )
    page = text(signed_in(fixed).get(url("motif", fixed)))
    assert "Mon contrat de travail le permet" in page
    assert "CDD ou apprentissage" in page
    assert 'value="ferme-present_avant_due"' in page  # hired in 2018, DUE of 2020: long after its moment
    refused = signed_in(plain).post(url("motif", plain), {"motif": "temps_partiel"})
    assert "Sélectionnez un motif de dispense" in text(refused)


NAUGHTY = ["\x00", "‮evil", "<script>alert(1)</script>", "' OR 1=1--", "9" * 20, "é" * 5000, "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "%00", "{{7*7}}", "../../etc/passwd", "𝕿𝖍𝖊"]  # fmt: skip # noqa: E501


@pytest.mark.parametrize("value", NAUGHTY, ids=range(len(NAUGHTY)))
def test_naughty_strings_are_answered(blank: Dispense, value: str) -> None:
    client = signed_in(blank)
    situation = {"matricule": value, "hired_on_0": value, "hired_on_1": value, "hired_on_2": value}
    assert client.post(url("situation", blank), situation).status_code in {200, 400}
    assert client.post(url("motif", blank), {"motif": value, "famille": value}).status_code in {200, 400}
    for code in ("conjoint", "c2s", "temps_partiel"):
        motif = Motif.objects.get(code=code)
        Dispense.objects.update(motif=motif)
        keys = [
            *motif.extra_fields,
            "joindre",
            "retirer",
            *(f"{key}_{n}" for key in motif.extra_fields for n in range(3)),
        ]
        answer = client.post(url("justificatifs", blank), dict.fromkeys(keys, value))
        assert answer.status_code in {200, 302, 400}
        assert client.get(url("justificatifs", blank)).status_code == 200
        page = client.get(url("verification", blank))
        assert page.status_code == 200
        assert "<script>alert" not in text(page)


@pytest.mark.parametrize(("step", "count"), [("situation", 3), ("motif", 3), ("justificatifs", 4), ("verification", 4)])
def test_queries_of_a_step_do_not_grow(step: str, count: int, django_assert_num_queries: Any) -> None:
    dispense = DispenseFactory()
    client = signed_in(dispense)
    client.get(url("motif", dispense))  # the session is written once, motifs and acte are read once
    for _ in range(2):
        with django_assert_num_queries(count):
            client.get(url(step, dispense))
        add_file(dispense, "")
        add_file(dispense, "carte_mutuelle")
