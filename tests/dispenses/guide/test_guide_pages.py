"""The pages of « Puis-je être dispensé ? »: in public, by a company's address, signed in, and against forged input."""

import re
from datetime import date
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.employee.fields import Declared
from accounts.models import CompanyEvent, Employee, Employer
from accounts.services import pre_affiliate
from dispenses.models import Dispense
from dispenses.request import drafts
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from portal.lib.sealing import unseal
from portal.logs import redact
from tests.factories import (
    ActeFactory,
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    EmployerFactory,
    UserFactory,
)
from tests.naughty import STRINGS
from tests.pages import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-11-23T12:00:00+01:00")]
PUBLIC = "/puis-je-etre-dispense/"


def day(name: str, value: date) -> dict[str, str]:
    """A date as the form sends it."""
    return {f"{name}_0": str(value.day), f"{name}_1": str(value.month), f"{name}_2": str(value.year)}


COVER = {"voir": "1", "couverture": "conjoint", **day("depuis", date(2026, 11, 1))}
ANSWERS = {
    **COVER,
    "contrat": "cdi",
    **day("embauche", date(2018, 9, 3)),
    "temps_partiel": "non",
    "present": "non",
}


def asked(client: Client, address: str = PUBLIC, **answers: str) -> str:
    """The page of these answers, as read."""
    response = client.get(address, answers)
    assert response.status_code == 200
    return page_of(response)


def section(page: str, start: str, end: str) -> str:
    return page.partition(start)[2].partition(end)[0]


def card(page: str, code: str) -> str:
    """The card of a motif, "" when there is none."""
    return section(page, f'aria-labelledby="m-{code}"', "</article>")


# In public


def test_anybody_gets_the_motif_its_day_its_documents_and_its_article(client: Client) -> None:
    page = asked(client, **ANSWERS)
    assert "Un motif vous est ouvert" in page
    shown = card(page, "conjoint")
    assert "Ouvert" in shown
    assert "de droit" in shown
    assert "Au plus tard le 31\xa0décembre\xa02026" in shown  # 60 days after the other cover
    assert "Attestation de la mutuelle obligatoire de votre conjoint <span" in shown
    assert "(demandé par l’assureur)" in shown
    assert "au titre d&#x27;un autre emploi" in shown
    assert "Code de la sécurité sociale, art. D911-2, 3° a" in shown
    assert "Ce à quoi vous renoncez" in page
    assert "portabilité" in page


def test_what_the_law_itself_demands_is_told_apart(client: Client) -> None:
    short = {**ANSWERS, "couverture": "individuelle", "contrat": "cdd", **day("embauche", date(2026, 11, 2))}
    shown = card(asked(client, **short, **day("fin", date(2027, 1, 15))), "contrat_court")
    assert "(exigé par la loi)" in shown
    assert "un versement santé de votre employeur" in shown
    assert "Le 15\xa0janvier\xa02027" in shown


def test_a_closed_motif_says_why_and_what_would_open_it(client: Client) -> None:
    page = asked(client, **{**ANSWERS, **day("depuis", date(2019, 1, 1))})
    shown = card(page, "conjoint")
    assert "Fermé" in shown
    assert "À vérifier" in card(page, "acte_f_couverture_collective")  # which the acte may open at any time
    assert "Ce qui l’ouvrirait&nbsp;: une autre couverture qui commence" in shown
    assert "art. D911-5" in shown
    assert "Documents" not in shown


def test_a_cover_by_this_very_job_is_refused_in_words(client: Client) -> None:
    page = asked(client, **{**ANSWERS, "couverture": "alsace_moselle", "emploi": "cet_emploi"})
    assert "la loi n’ouvre la dispense que par un autre emploi" in card(page, "alsace_moselle")
    assert "Un motif vous est ouvert" not in page


def test_every_motif_is_told_of_once(client: Client) -> None:
    page = asked(client, **ANSWERS)
    for label in ("Contrat groupe Madelin", "Complémentaire santé solidaire", "Temps partiel ou apprenti"):
        assert label in page
    assert page.count("<strong>Contrat groupe Madelin</strong>") == 1
    assert "ACS ou CMU-C" not in page


def test_an_engine_may_read_the_first_page_and_no_other(client: Client) -> None:
    first = client.get(PUBLIC)
    assert first["X-Robots-Tag"] == "all"
    page = page_of(first)
    assert "noindex" not in page
    assert '<meta name="description"' in page
    assert f'<link rel="canonical" href="{settings.PORTAL_BASE_URL}{PUBLIC}">' in page
    assert "<title>Puis-je être dispensé de la mutuelle d’entreprise&nbsp;? –" in page
    for response in (client.get(PUBLIC, ANSWERS), client.get("/connexion/"), client.get("/aide/")):
        assert response["X-Robots-Tag"] == "noindex"
        assert '<meta name="robots" content="noindex">' in page_of(response)
    assert client.get(reverse("lettre_pdf", args=["attestation_conjoint"]))["X-Robots-Tag"] == "noindex"


def test_robots_txt_opens_the_guide_alone(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert f"Allow: {PUBLIC}$" in lines
    assert lines[-1] == "Disallow: /"


def test_nothing_is_stored_nor_read_of_people(client: Client, django_assert_num_queries: Any) -> None:
    client.get(PUBLIC, ANSWERS)  # the motifs are kept some seconds
    with django_assert_num_queries(0):
        response = client.get(PUBLIC, ANSWERS)
    assert response.cookies == {}
    assert response["Cache-Control"] == "no-store"


def test_no_personal_datum_is_asked(client: Client) -> None:
    names = set(re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+?)(?:_\d)?"', page_of(client.get(PUBLIC))))
    assert names == {
        *("voir", "couverture", "emploi", "depuis", "jusquau", "contrat", "embauche", "fin"),
        *("temps_partiel", "part", "present", "mise_en_place", "par"),
    }


def test_pages_lead_to_it(client: Client) -> None:
    for address in ("/connexion/", "/aide/"):
        assert f'href="{PUBLIC}"' in page_of(client.get(address))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"couverture": ""}, "Indiquez par quoi vous êtes déjà couvert ou couverte"),
        ({"couverture": "zzz"}, "Indiquez par quoi vous êtes déjà couvert ou couverte"),
        ({"contrat": "stage"}, "Indiquez votre contrat de travail"),
        ({"embauche_0": "31", "embauche_1": "2"}, "Cette date n’existe pas"),
        ({"embauche_2": ""}, "La date d’embauche doit comporter une année"),
        ({"temps_partiel": ""}, "Indiquez si vous travaillez à temps partiel"),
        ({"depuis_0": "x"}, "doit s’écrire en chiffres"),
        ({"couverture": "camieg"}, "Indiquez par quel emploi vous avez cette couverture"),
        ({"couverture": "c2s", **day("jusquau", date(2026, 1, 1))}, "Cette couverture est terminée"),
        (
            {"couverture": "c2s", **day("depuis", date(2027, 3, 1)), **day("jusquau", date(2027, 2, 1))},
            "avant de commencer",
        ),
        ({"contrat": "cdd", **day("fin", date(2017, 1, 1))}, "La fin du contrat doit suivre l’embauche"),
        ({"present": "oui", "par": "decision_payante"}, "Indiquez le jour de la mise en place"),
        ({"present": "jamais"}, "Choisissez une des réponses"),
    ],
)
def test_a_wrong_answer_is_said_and_the_others_stay(client: Client, changed: dict[str, str], said: str) -> None:
    page = asked(client, **{**ANSWERS, **changed})
    assert said in page
    assert "<title>Erreur" in page
    assert 'id="reponse"' not in page
    if "temps_partiel" not in changed:
        assert re.search(r'name="temps_partiel" value="non"[^>]* checked', page)


def test_an_answer_that_is_not_asked_any_more_counts_for_nothing(client: Client) -> None:
    """A style sheet hides it: it cannot be seen, so it must not be judged."""
    left = {**ANSWERS, "emploi": "zzz", **day("fin", date(1800, 1, 1)), "jusquau_0": "x", "par": "?", "part": "?"}
    page = asked(client, **left)
    assert "Un motif vous est ouvert" in page
    assert "Fin du contrat</dt>" not in page


@pytest.mark.parametrize("value", [*STRINGS[:16], "a" * 5000, "9" * 400, "-1", "[]", "\x01", "🦄"])
def test_forged_input_never_breaks_it(client: Client, value: str) -> None:
    for name in (*ANSWERS, "emploi", "fin_0", "jusquau_2", "part", "par", "mise_en_place_1", "salarie", "lien"):
        response = client.get(PUBLIC, {**ANSWERS, "present": "oui", name: value})
        assert response.status_code in {200, 400}
        assert b"<script>alert" not in response.content


def test_posting_to_it_is_refused(client: Client) -> None:
    assert client.post(PUBLIC, ANSWERS).status_code == 405


# By a company's address


@pytest.fixture
def employer() -> Employer:
    acte = ActeFactory(
        employer__name="Fonderie & Cie",
        in_force_from=date(2020, 1, 1),
        opened_motifs=["cdd_moins_12_mois", "acte_f_couverture_collective"],
    )
    return acte.employer


def address_of(employer: Employer) -> str:
    return reverse("puis_je_entreprise", args=[employer.guide_key])


def test_a_companys_address_knows_the_acte(client: Client, employer: Employer) -> None:
    dates = {**day("embauche", date(2026, 11, 2)), **day("fin", date(2027, 5, 31))}
    fixed_term = {**ANSWERS, "couverture": "aucune", "contrat": "cdd", **dates}
    public = card(asked(client, **fixed_term), "cdd_moins_12_mois")
    assert "À vérifier" in public
    page = asked(client, address_of(employer), **fixed_term)
    assert "Fonderie &amp; Cie" in page
    assert "Ouvert" in card(page, "cdd_moins_12_mois")
    assert card(page, "temps_partiel") == ""
    assert "L’acte en vigueur ne prévoit pas ce motif" in page


def test_it_does_not_ask_what_the_acte_says(client: Client, employer: Employer) -> None:
    page = page_of(client.get(address_of(employer)))
    assert 'name="present"' not in page
    assert 'name="contrat"' in page


def test_it_tells_nothing_of_the_employees_and_is_not_indexed(client: Client, employer: Employer) -> None:
    somebody = EmployeeFactory(employer=employer, last_name="Zwingelstein", matricule="M-77331")
    response = client.get(address_of(employer), ANSWERS)
    page = page_of(response)
    assert somebody.last_name not in page
    assert somebody.matricule not in page
    assert employer.siret not in page
    assert response["X-Robots-Tag"] == "noindex"
    assert f'href="{settings.PORTAL_BASE_URL}{PUBLIC}"' in page  # the canonical one
    assert response["Referrer-Policy"] == "strict-origin"


def test_two_companies_have_two_addresses_that_nobody_guesses() -> None:
    keys = {EmployerFactory().guide_key for _ in range(3)}
    assert len(keys) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", key) for key in keys)


@pytest.mark.parametrize("key", ["inconnue", "0" * 32, "é" * 8, "a" * 3000, "%00", "..", "'"])
def test_an_unknown_address_leads_to_the_public_page(client: Client, key: str) -> None:
    EmployerFactory()
    response = client.get(reverse("puis_je_entreprise", args=[key]), follow=True)
    assert response.redirect_chain == [(f"{PUBLIC}?lien=1", 302)]
    assert "n’est plus celle d’une entreprise" in page_of(response)
    assert response["X-Robots-Tag"] == "noindex"


def test_its_address_is_changed_by_a_correspondent_alone(client: Client) -> None:
    role = CorrespondentFactory()
    former = role.employer.guide_key
    stranger = CorrespondentFactory().user
    for user, status in ((stranger, 404), (role.user, 302)):
        client.force_login(user)
        assert client.post(reverse("guide_changer", args=[role.employer_id])).status_code == status
    role.employer.refresh_from_db()
    assert role.employer.guide_key != former
    client.logout()
    assert client.get(reverse("puis_je_entreprise", args=[former])).status_code == 302
    assert client.get(address_of(role.employer)).status_code == 200
    assert CompanyEvent.objects.get(employer=role.employer).get_act_display() == "Adresse du guide changée"


def test_the_correspondent_finds_it_to_copy(client: Client) -> None:
    role = CorrespondentFactory()
    client.force_login(role.user)
    assert "Guide à partager" in page_of(client.get(reverse("salaries")))
    page = page_of(client.get(reverse("guide_a_partager", args=[role.employer_id])))
    assert f"{settings.PORTAL_BASE_URL}{address_of(role.employer)}" in page
    assert "data-ea-copy" in page
    assert "Aucun acte en vigueur n’est enregistré" in page


def test_the_invitation_gives_it() -> None:
    role = CorrespondentFactory()
    declared = Declared("L-1", "Camille", "Martin", "camille@exemple.fr", date(2018, 9, 3), "cdi")
    pre_affiliate(by=role.user, employer=role.employer, declared=declared)
    text = unseal(OutgoingEmail.objects.get(kind="invitation").text_body)
    assert f"{settings.PORTAL_BASE_URL}{address_of(role.employer)}" in text


def test_no_log_keeps_it(employer: Employer) -> None:
    assert employer.guide_key not in redact(f"GET {address_of(employer)}?voir=1 200")


def test_one_query_reads_a_companys_guide(client: Client, employer: Employer, django_assert_num_queries: Any) -> None:
    client.get(address_of(employer), ANSWERS)
    with django_assert_num_queries(1):
        client.get(address_of(employer), ANSWERS)


# Signed in


@pytest.fixture
def employee(employer: Employer) -> Employee:
    return EmployeeFactory(activated=True, employer=employer, hired_on=date(2018, 9, 3))


@pytest.fixture
def home(client: Client, employee: Employee) -> Client:
    client.force_login(employee.user)
    return client


def demand(client: Client, employee: Employee, motif: str) -> HttpResponse:
    """Press « Demander cette dispense » under the answers of COVER."""
    body = {"salarie": employee.pk, "motif": motif}
    return client.post(f"{reverse('puis_je_demander')}?{urlencode(COVER)}", body)


def test_what_the_portal_knows_is_not_asked(home: Client, employee: Employee) -> None:
    page = page_of(home.get(PUBLIC))
    for name in ("contrat", "embauche_0", "temps_partiel", "present", "part"):
        assert f'name="{name}"' not in page
    assert "vous a déclaré en CDI" in page
    assert "3\xa0septembre 2018" in page
    assert "Demander cette dispense" in asked(home, **COVER)


def test_the_wizard_opens_prefilled(home: Client, employee: Employee) -> None:
    page = asked(home, **COVER)
    action = section(page, '<form class="ea-actions" method="post" action="', '"').replace("&amp;", "&")
    response = home.post(action, {"salarie": employee.pk, "motif": "conjoint"})
    draft = Dispense.objects.get(employee=employee)
    assert response["Location"] == reverse("demande_situation", args=[draft.number])
    assert draft.motif is not None
    assert draft.motif.code == "conjoint"
    assert draft.answers == {"nature_contrat": "collective", "couverture_depuis": "01/11/2026"}
    step = page_of(home.get(reverse("demande_justificatifs", args=[draft.number])))
    assert re.search(r'name="couverture_depuis_1"[^>]*value="11"', step)


def test_a_draft_that_was_begun_keeps_its_other_answers(home: Client, employee: Employee) -> None:
    draft = DispenseFactory(employee=employee)
    draft.answers = {"assureur": "Mutuelle du Lac"}
    draft.save(update_fields=["answers"])
    demand(home, employee, "conjoint")
    draft.refresh_from_db()
    assert draft.answers["assureur"] == "Mutuelle du Lac"
    assert draft.answers["couverture_depuis"] == "01/11/2026"


def test_a_request_in_hand_is_not_touched(home: Client, employee: Employee) -> None:
    sent = DispenseFactory(employee=employee, in_progress=True)
    response = demand(home, employee, "conjoint")
    assert response["Location"] == reverse("demandes")
    assert [one.status for one in Dispense.objects.filter(employee=employee)] == [Status.IN_PROGRESS.value]
    assert sent.number


def test_a_motif_that_is_closed_opens_nothing(home: Client, employee: Employee) -> None:
    back = demand(home, employee, "temps_partiel")["Location"]
    assert back.startswith(PUBLIC)
    assert "Ce motif n’est pas ouvert pour vous aujourd’hui" in page_of(home.get(back))
    assert not Dispense.objects.filter(employee=employee, motif__isnull=False).exists()


def test_a_motif_that_is_closed_erases_nothing_that_was_given_up(home: Client, employee: Employee) -> None:
    draft = drafts.abandon_draft(dispense=DispenseFactory(employee=employee))
    demand(home, employee, "temps_partiel")
    assert Dispense.objects.get(employee=employee).pk == draft.pk
    assert draft.justificatifs.count() == 2
    demand(home, employee, "conjoint")
    assert Dispense.objects.get(employee=employee).pk != draft.pk


def test_a_request_that_was_abandoned_is_said_before_another_is_asked(home: Client, employee: Employee) -> None:
    draft = drafts.abandon_draft(dispense=DispenseFactory(employee=employee))
    asked = f"{PUBLIC}?{urlencode({**COVER, 'salarie': employee.pk})}"
    page = page_of(home.get(asked))
    assert f"Vous avez abandonné la demande N°{draft.number}" in page
    assert "En demander une autre l’efface aussitôt." in page
    assert "Vous avez abandonné" not in page_of(home.get(PUBLIC))
    drafts.take_up_again(dispense=draft)
    assert "Vous avez abandonné" not in page_of(home.get(asked))


@pytest.mark.parametrize("posted", [{}, {"motif": "zzz"}, {"motif": "conjoint", "salarie": "9" * 30}, {"salarie": "é"}])
def test_a_forged_demand_opens_nothing(home: Client, employee: Employee, posted: dict[str, str]) -> None:
    body = {"salarie": str(employee.pk), **posted}
    assert home.post(f"{reverse('puis_je_demander')}?voir=1", body).status_code in {302, 404}
    assert not Dispense.objects.filter(employee=employee).exists()


def test_nobody_demands_for_another(home: Client) -> None:
    other = EmployeeFactory(activated=True)
    response = demand(home, other, "conjoint")
    assert response.status_code == 404


def test_of_several_employments_one_is_chosen(home: Client, employee: Employee) -> None:
    other = EmployeeFactory(
        activated=True, user=employee.user, employer__name="Zinguerie", hired_on=date(2026, 11, 2), contract_type="cdd"
    )
    page = asked(home, salarie=str(other.pk))
    assert "vous a déclaré en CDD" in page
    assert f'name="salarie" value="{other.pk}"' in page
    assert "Fonderie" in asked(home, salarie="999999")


def test_a_motif_granted_once_is_known(home: Client, employee: Employee) -> None:
    """Cass. soc. 13 January 2021: an individual contract speaks until its first term, once."""
    employee.hired_on = date(2026, 10, 1)
    employee.save()
    done = DispenseFactory(employee=employee, accepted=True)
    Dispense.objects.filter(pk=done.pk).update(
        motif=done.motif.__class__.objects.get(code="individuelle"), ends_on=date(2026, 12, 31)
    )
    page = asked(home, **{**COVER, "couverture": "individuelle", **day("depuis", date(2020, 1, 1))})
    assert "Déjà invoqué jusqu’au 31/12/2026" in card(page, "individuelle")


def test_who_signs_in_comes_back_with_the_answers(client: Client) -> None:
    page = asked(client, **ANSWERS)
    link = section(page, 'href="/connexion/?next=', '"')
    assert unquote(link).startswith(PUBLIC)
    assert "couverture=conjoint" in unquote(link)


def test_an_account_without_employment_sees_the_public_page(client: Client) -> None:
    client.force_login(UserFactory())
    page = asked(client, **ANSWERS)
    assert "Un motif vous est ouvert" in page
    assert "Demander cette dispense" not in page
