"""What is reached step by step, as people see it: no accessibility violation, no sideways scroll, no refused resource.

Pages that an address opens are in tests/catalogue.py.
"""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, arrived, at_the_first_step, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WITHOUT_SCROLL = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def look(page: Page, *, admin: bool = False) -> None:
    """Check the page shown, wide then narrow."""
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 900})
        report = Axe().run(page)
        assert report.violations_count == 0, f"{page.url} ({width}) : {report.generate_report()}"
        if not admin:
            assert page.evaluate(WITHOUT_SCROLL), f"{page.url} défile de côté à {width} px"


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what its console complains of (a refused script, a missing file)."""
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


def test_pages_of_the_request(running_portal: RunningPortal, person: Callable[..., BrowserContext]) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, "virginie.durand@exemple.fr", PASSWORD)
    look(page)
    page.locator("main").get_by_role("button", name="dispense").first.click()
    at_the_first_step(page)
    for step in ("situation", "motif", "justificatifs"):
        page.wait_for_url(f"**/{step}/")
        look(page)
        if step == "motif":
            page.get_by_text("Motifs fermés pour vous aujourd’hui").click()
            page.locator("[name=famille][value=solidaire]").check()
            expect(page.locator("[name=famille][value=solidaire]")).to_be_checked()
            look(page)
        page.get_by_role("button", name="Continuer").click()
    expect(page.locator("[data-ea-errors]")).to_be_visible()
    expect(page).to_have_title(re.compile("^Erreur"))
    look(page)
    for path in ("/demandes/", "/mes-informations/", "/mes-donnees/", "/puis-je-etre-dispense/"):
        page.goto(running_portal.url + path)
        look(page)
    assert complaints == []


def test_pages_of_the_correspondent(running_portal: RunningPortal, person: Callable[..., BrowserContext]) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, "nadia.roche@levant.exemple", PASSWORD)
    look(page)
    page.get_by_role("link", name="Révoquer").first.click()
    arrived(page, "Révoquer le lien d’Amel")
    look(page)
    page.goto(f"{running_portal.url}/employeur/")
    page.get_by_role("link", name="Pré-affilier un salarié").first.click()
    arrived(page, "Pré-affilier un salarié")
    look(page)
    page.get_by_role("button", name="Pré-affilier").first.click()
    expect(page.locator("[data-ea-errors]")).to_be_visible()
    look(page)
    assert complaints == []


def test_pages_of_the_company(running_portal: RunningPortal, person: Callable[..., BrowserContext]) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, "nadia.roche@levant.exemple", PASSWORD)
    home = f"{running_portal.url}/employeur/"
    page.goto(home)
    page.get_by_role("link", name="Plus de filtres").click()
    page.wait_for_url(re.compile("plus=1"))
    look(page)
    page.locator("tbody th a").first.click()
    page.wait_for_url(re.compile(r"/salaries/\d+/\?liste="))
    look(page)
    page.get_by_role("link", name="Corriger").click()
    arrived(page, "Corriger")
    look(page)
    for link, title in (
        ("Relancer tous les salariés", "relancer"),
        ("Correspondants", "Correspondants d’Ateliers du Levant"),
        ("Importer un fichier", "Importer des salariés"),
        ("Preuves URSSAF", "Preuves URSSAF"),
        ("Guide à partager", "Guide à partager"),
        ("Lettres avec un code", "Lettres pour vos salariés"),
        ("Aide", "Aide des correspondants"),
    ):
        page.goto(home)
        page.get_by_role("link", name=link, exact=link == "Aide").click()
        arrived(page, title)
        look(page)
    page.goto(f"{running_portal.url}/code/")
    arrived(page, "J’ai reçu une lettre")
    look(page)
    assert complaints == []


def test_pages_of_the_api(running_portal: RunningPortal, person: Callable[..., BrowserContext]) -> None:
    page, complaints = watched(person(javascript=False))
    page.goto(f"{running_portal.url}/api/documentation/")
    expect(page.get_by_role("heading", name="Webhooks")).to_be_visible()
    sign_in(page, running_portal, "nadia.roche@levant.exemple", PASSWORD)
    page.goto(f"{running_portal.url}/employeur/")
    page.get_by_role("link", name="API et webhooks").click()
    page.get_by_role("link", name="Créer un jeton").click()
    page.get_by_label("Nom du jeton").fill("Paie Plus")
    page.get_by_role("button", name="Créer le jeton").click()
    expect(page.get_by_text("eapi_")).to_be_visible()
    page.get_by_role("link", name="J’ai copié le jeton").click()
    page.get_by_role("link", name="Révoquer le jeton Paie Plus").click()
    arrived(page, "Révoquer le jeton")
    page.go_back()
    page.get_by_role("link", name="Ajouter une adresse").click()
    page.get_by_label("Adresse").fill("https://127.0.0.1:1/webhooks")
    page.get_by_role("button", name="Ajouter l’adresse").click()
    page.get_by_role("link", name="J’ai copié le secret").click()
    page.get_by_role("button", name="essai").click()
    expect(page.get_by_text("L’évènement d’essai part")).to_be_visible()
    addresses = [page.url, f"{running_portal.url}/api/documentation/", page.url.partition("webhooks/")[0]]

    page, complaints = watched(person())
    sign_in(page, running_portal, "nadia.roche@levant.exemple", PASSWORD)
    for address in (*addresses, f"{addresses[2]}jetons/nouveau/", f"{addresses[2]}webhooks/nouveau/"):
        page.goto(address)
        look(page)
    assert complaints == []


def test_pages_of_the_centre(running_portal: RunningPortal, person: Callable[..., BrowserContext]) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, "gestion@mutuelle.exemple", PASSWORD)
    page.goto(f"{running_portal.url}/gestion/dispenses/dispense/")
    look(page, admin=True)
    page.locator("#result_list tbody a").first.click()
    page.wait_for_url(re.compile("/change/"))
    look(page, admin=True)
    assert complaints == []
