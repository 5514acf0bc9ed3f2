"""« Puis-je être dispensé ? » in a browser: in public, by a company's address, signed in, without scripts, printed."""

import io
import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pypdf import PdfReader

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, arrived, fill_date, sign_in
from tests.browser.test_look import WITHOUT_SCROLL, look, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]
GUIDE = "/puis-je-etre-dispense/"


def check(page: Page, name: str, value: str) -> None:
    page.locator(f"[name={name}][value={value}]").check()


def answer_as_a_spouse(page: Page) -> None:
    """Covered by a spouse's employer since today, hired eight years ago: what only the other cover opens."""
    is_known = page.locator("[name=contrat]").count() == 0
    check(page, "couverture", "conjoint")
    today = date.today()  # noqa: DTZ011 – of the machine that runs the portal
    fill_date(page, "depuis", str(today.day), str(today.month), str(today.year))
    if not is_known:
        check(page, "contrat", "cdi")
        fill_date(page, "embauche", "3", "9", "2018")
        check(page, "temps_partiel", "non")
    page.get_by_role("button", name="Voir les motifs possibles").click()
    expect(page.get_by_role("heading", name="Employeur conjoint")).to_be_visible()


def test_in_public_to_the_letter(running_portal: RunningPortal, person: Callable[..., BrowserContext]) -> None:
    page, complaints = watched(person())
    page.goto(f"{running_portal.url}/connexion/")
    page.get_by_role("main").get_by_role("link", name="Puis-je être dispensé").click()
    arrived(page, "Puis-je être dispensé")
    look(page)
    page.get_by_role("button", name="Voir les motifs possibles").click()
    expect(page.locator("[data-ea-errors]")).to_be_visible()
    look(page)
    answer_as_a_spouse(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(WITHOUT_SCROLL)
    look(page)
    with page.expect_download() as caught:
        page.get_by_role("link", name="en PDF").first.click()
    assert "collective et obligatoire" in " ".join(PdfReader(caught.value.path()).pages[0].extract_text().split())
    page.get_by_role("link", name="Me connecter pour demander une dispense").click()
    page.get_by_label("Adresse e-mail").fill("virginie.durand@exemple.fr")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("heading", name="Employeur conjoint")).to_be_visible()  # the answers came along
    assert complaints == []


def test_a_question_appears_with_the_answer_that_asks_it(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    """By the style sheet alone: the same without scripts."""
    for javascript in (True, False):
        page = person(javascript=javascript, width=390).new_page()
        page.goto(running_portal.url + GUIDE)
        for name in ("emploi", "depuis_0", "jusquau_0", "fin_0", "part", "par"):
            expect(page.locator(f"[name={name}]").first).to_be_hidden()
        check(page, "couverture", "alsace_moselle")
        expect(page.locator("[name=emploi]").first).to_be_visible()
        check(page, "couverture", "c2s")
        expect(page.locator("[name=emploi]").first).to_be_hidden()
        expect(page.locator("[name=jusquau_0]")).to_be_visible()
        check(page, "contrat", "cdd")
        expect(page.locator("[name=fin_0]")).to_be_visible()
        check(page, "present", "oui")
        expect(page.locator("[name=mise_en_place_0]")).to_be_visible()


def test_without_scripts_nothing_is_missing(
    running_portal: RunningPortal, person: Callable[..., BrowserContext]
) -> None:
    page = person(javascript=False).new_page()
    page.goto(running_portal.url + GUIDE)
    answer_as_a_spouse(page)
    expect(page.get_by_role("button", name="Imprimer")).to_have_count(0)  # it needs a script: not shown


def test_by_the_companys_address(running_portal: RunningPortal, person: Callable[..., BrowserContext]) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, "nadia.roche@levant.exemple", PASSWORD)
    page.goto(f"{running_portal.url}/employeur/")
    page.get_by_role("link", name="Guide à partager").click()
    arrived(page, "Guide à partager")
    look(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.reload()
    page.get_by_role("button", name="Copier l’adresse").click()
    expect(page.get_by_role("button", name="Copié")).to_be_visible()
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == page.locator("#adresse").inner_text().strip()

    stranger, more = watched(person())
    stranger.goto(address)
    expect(stranger.locator("main")).to_contain_text("Ateliers du Levant")
    expect(stranger.locator("main")).not_to_contain_text("Durand")
    answer_as_a_spouse(stranger)
    look(stranger)

    page.get_by_role("button", name="Changer l’adresse").click()
    expect(page.get_by_text("L’adresse est changée")).to_be_visible()
    stranger.goto(address)
    expect(stranger.get_by_text("n’est plus celle d’une entreprise")).to_be_visible()
    look(stranger)
    assert complaints + more == []


def test_signed_in_to_the_wizard(running_portal: RunningPortal, person: Callable[..., BrowserContext]) -> None:
    page, complaints = watched(person(width=390))
    sign_in(page, running_portal, "virginie.durand@exemple.fr", PASSWORD)
    page.goto(running_portal.url + GUIDE)
    expect(page.locator("[name=contrat]")).to_have_count(0)
    answer_as_a_spouse(page)
    look(page)
    page.get_by_role("button", name=re.compile("Demander cette dispense")).first.click()
    page.wait_for_url("**/situation/")
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/motif/")
    expect(page.locator("[name=motif][value=conjoint]")).to_be_checked()
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/justificatifs/")
    expect(page.locator("[name=couverture_depuis_2]")).not_to_be_empty()
    assert complaints == []


def test_printed_it_is_a_sheet_to_keep(running_portal: RunningPortal, person: Callable[..., BrowserContext]) -> None:
    page = person().new_page()
    page.goto(running_portal.url + GUIDE)
    answer_as_a_spouse(page)
    printed = " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf(format="A4"))).pages)
    words = " ".join(printed.split())
    for said in ("Employeur conjoint", "art. D911-2, 3° a", "Ce à quoi vous renoncez", "3 septembre 2018"):
        assert said in words.replace("\xa0", " "), said
    for left_out in ("Voir les motifs possibles", "Imprimer", "Mentions légales", "Besoin d’aide"):
        assert left_out not in words
