"""The administrator's pages in Chromium: readable on a desktop and a telephone, by keyboard, without a violation."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, sign_in, start_portal
from tests.files import pdf_bytes

pytestmark = pytest.mark.browser
ADMINISTRATOR = "administration@mutuelle.exemple"
Person = Callable[..., BrowserContext]
PAGES = (
    "",
    "exploitation/",
    "dispenses/motif/",
    "dispenses/motif/1/change/",
    "dispenses/motif/4/change/",
    "dispenses/motif/4/edition/",
    "dispenses/motif/4/fin/",
    "dispenses/motif/1/apercu/",
    "dispenses/standardphrase/",
    "dispenses/standardphrase/add/",
    "accounts/employer/1/change/",
    "accounts/correspondent/",
    "accounts/correspondent/add/",
    "accounts/correspondent/1/second-facteur/",
    "accounts/staffaccount/",
    "accounts/staffaccount/add/",
    "accounts/trycount/",
    "notifications/emailtext/",
    "notifications/emailtext/message/invitation/",
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    with start_portal(tmp_path_factory.mktemp("var")) as portal:
        yield portal


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']} {[node['target'] for node in one['nodes']][:3]}" for one in found]


@pytest.mark.parametrize("width", [1280, 390])
def test_each_page_is_read_by_all(desk: RunningPortal, person: Person, width: int) -> None:
    page = person(width=width).new_page()
    sign_in(page, desk, ADMINISTRATOR, PASSWORD)
    wrong: list[str] = []
    for path in PAGES:
        page.goto(f"{desk.url}/gestion/{path}")
        found: list[str] = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append("plus large que l'écran")
        wrong += [f"{path} : {line}" for line in found]
    assert "\n".join(wrong) == ""


def test_a_new_edition_by_keyboard_and_its_preview(desk: RunningPortal, person: Person) -> None:
    page = person().new_page()
    sign_in(page, desk, ADMINISTRATOR, PASSWORD)
    page.goto(f"{desk.url}/gestion/dispenses/motif/1/change/")
    expect(page.get_by_text("Cette édition est en lecture seule")).to_be_visible()
    page.get_by_role("link", name="Nouvelle édition à partir du").focus()
    page.keyboard.press("Enter")
    page.get_by_label("En vigueur à partir du").fill("2099-01-01")
    page.keyboard.press("Enter")
    expect(page.get_by_text("La nouvelle édition est créée")).to_be_visible()
    page.get_by_label("Libellé", exact=False).first.fill("Conjoint, épouse ou partenaire")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Voir ce que verra le salarié").click()
    preview = opened.value
    expect(preview.get_by_text("rien n’est enregistré")).to_be_visible()
    expect(preview.get_by_text("Conjoint, épouse ou partenaire").first).to_be_visible()
    page.reload()
    expect(page.get_by_label("Libellé", exact=False).first).to_have_value("Employeur conjoint")


def test_a_mail_is_worded_tried_and_sent(desk: RunningPortal, person: Person) -> None:
    page = person().new_page()
    sign_in(page, desk, ADMINISTRATOR, PASSWORD)
    page.goto(f"{desk.url}/gestion/notifications/emailtext/message/correspondent_welcome/")
    page.get_by_label("Objet").fill("Bienvenue à bord de {entreprise}")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Essayer (nouvel onglet)", exact=True).click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Bienvenue à bord d’Ateliers du Levant")
    page.get_by_role("button", name="Enregistrer ce texte").click()
    expect(page.get_by_text("Le texte est enregistré")).to_be_visible()

    page.goto(f"{desk.url}/gestion/accounts/correspondent/add/")
    page.locator(".select2-selection").first.click()
    page.locator(".select2-search__field").fill("Comptoir")
    page.locator(".select2-results__option", has_text="Comptoir du Nord").click()
    page.get_by_label("Adresse e-mail").fill("ana@nord.exemple")
    page.get_by_label("Prénom").fill("Ana")
    page.get_by_label("Nom", exact=True).or_(page.locator("#id_last_name")).first.fill("Costa")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page).to_have_url(re.compile("/correspondent/$"))
    desk.wait_for_mail("ana@nord.exemple", "Bienvenue à bord de Comptoir du Nord", seconds=75)


def test_the_text_of_an_acte_is_replaced_with_a_reason_and_read(desk: RunningPortal, person: Person) -> None:
    page = person().new_page()
    sign_in(page, desk, ADMINISTRATOR, PASSWORD)
    page.goto(f"{desk.url}/gestion/accounts/employer/1/change/")
    text = {"name": "DUE signée.pdf", "mimeType": "application/pdf", "buffer": pdf_bytes(pages=3)}
    page.locator("#id_actes-0-text").set_input_files(text)
    page.get_by_role("button", name="Enregistrer et continuer les modifications").click()
    expect(page.get_by_text("Cette version a déjà un texte")).to_be_visible()
    page.locator("#id_actes-0-text").set_input_files(text)
    page.locator("#id_actes-0-text_reason").fill("La dernière page manquait")
    page.get_by_role("button", name="Enregistrer et continuer les modifications").click()
    expect(page.get_by_text("La dernière page manquait")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="DUE signée.pdf").click()
    assert download.value.path().read_bytes() == pdf_bytes(pages=3)
