"""The queue in a browser: two people take the next at once, a search as one types, the keyboard alone, its pictures."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, sign_in, start_portal
from tests.browser.test_look import WITHOUT_SCROLL, look, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MARTINE, HELENE = "gestion@mutuelle.exemple", "responsable@mutuelle.exemple"
DESK = "/gestion/dispenses/dispense/"
People = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """A portal of its own: these tests share requests out."""
    with start_portal(tmp_path_factory.mktemp("var")) as running:
        yield running


def at_the_queue(portal: RunningPortal, context: BrowserContext, email: str) -> tuple[Page, list[str]]:
    page, complaints = watched(context)
    sign_in(page, portal, email, PASSWORD)
    page.goto(f"{portal.url}{DESK}")
    return page, complaints


def test_two_people_press_at_once_and_get_two_requests(portal: RunningPortal, person: People) -> None:
    pages = [at_the_queue(portal, person(), email)[0] for email in (MARTINE, HELENE)]
    for page in pages:
        page.evaluate("setTimeout(() => document.querySelector('[data-prendre]').click(), 300)")
    for page in pages:
        page.wait_for_url(re.compile(r"/dispense/\d+/change/$"))
    assert pages[0].url != pages[1].url
    for page in pages:
        number = page.url.rstrip("/").split("/")[-2]
        page.goto(f"{portal.url}{DESK}?qui=moi")
        expect(page.locator("#result_list")).to_contain_text(f"N°{number}")


def test_a_search_answers_as_one_types(portal: RunningPortal, person: People) -> None:
    page, complaints = at_the_queue(portal, person(), MARTINE)
    names = page.locator("#result_list tbody th a")
    page.get_by_label("Rechercher un numéro, un nom ou un matricule").press_sequentially("oeuvr", delay=30)
    expect(names).to_have_text(["Œuvrard Camille"])
    expect(page).to_have_url(re.compile(r"\?q=oeuvr$"))
    expect(page.get_by_role("status")).to_contain_text("1 demande")
    page.get_by_label("Rechercher un numéro, un nom ou un matricule").fill("zzzz")
    expect(page.locator(".file-rien")).to_contain_text("Aucune demande ne répond à cette recherche")
    page.get_by_label("Rechercher un numéro, un nom ou un matricule").fill("")
    expect(names.nth(5)).to_be_visible()
    page.get_by_text("Filtrer", exact=True).first.click()
    page.get_by_label("Employeur").press_sequentially("belair", delay=30)
    expect(page.locator("#f-employeurs option")).to_have_count(1)
    assert complaints == []


def test_the_queue_by_keyboard_alone(portal: RunningPortal, person: People) -> None:
    page, _ = at_the_queue(portal, person(), MARTINE)
    press, names = page.keyboard.press, page.locator("#result_list tbody th a")
    press("/")
    expect(page.get_by_label("Rechercher un numéro, un nom ou un matricule")).to_be_focused()
    page.keyboard.type("njk?")
    expect(page).to_have_url(re.compile(r"\?q=njk"))  # letters of a search, not shortcuts
    page.goto(f"{portal.url}{DESK}")
    press("j")
    expect(names.nth(0)).to_be_focused()
    press("j")
    press("x")
    expect(page.locator("input[name=numero]").nth(1)).to_be_checked()
    expect(page.locator("[data-coches]")).to_have_text("1 cochée")
    press("k")
    press("Enter")
    page.wait_for_url(re.compile(r"/change/$"))
    page.goto(f"{portal.url}{DESK}")
    press("?")
    page.get_by_label("Raccourcis d’une seule touche en service").uncheck()
    page.reload()
    press("j")
    expect(names.nth(0)).not_to_be_focused()
    page.evaluate("localStorage.clear()")
    page.reload()
    press("n")
    page.wait_for_url(re.compile(r"/change/$"))


def test_without_scripts_everything_is_a_form_or_a_link(portal: RunningPortal, person: People) -> None:
    page, _ = at_the_queue(portal, person(javascript=False), HELENE)
    page.get_by_label("Rechercher un numéro, un nom ou un matricule").fill(
        "vasseur"
    )  # the last of the queue: no other test takes her
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody th a")).to_have_text(["Vasseur Nina"])
    page.locator("input[name=numero]").first.check()
    page.get_by_role("button", name="M’attribuer").click()
    expect(page.locator(".messagelist")).to_contain_text("attribuée à vous")
    page.get_by_text("Enregistrer cette vue").click()
    page.get_by_label("Nom de la vue").fill("Nina")
    page.get_by_role("button", name="Enregistrer la vue").click()
    expect(page.get_by_role("navigation", name="Vues de la file")).to_contain_text("Nina")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_the_queue_and_its_pictures_look(portal: RunningPortal, person: People, scheme: str) -> None:
    page, complaints = at_the_queue(portal, person(), HELENE)
    page.emulate_media(color_scheme=scheme)
    page.get_by_text("Filtrer", exact=True).first.click()
    page.get_by_text("Raccourcis du clavier").click()
    expect(page.get_by_label("Employeur")).to_be_visible()
    expect(page.get_by_label("Raccourcis d’une seule touche en service")).to_be_visible()
    for address in ("", "?statut=toutes&employeur=belair", "?q=zzz", "chiffres/"):
        if address:
            page.goto(f"{portal.url}{DESK}{address}")
        look(page, admin=True)
        assert page.evaluate(WITHOUT_SCROLL), address
    assert complaints == []
