"""A decision on many requests by keyboard alone: ticked, chosen, followed, undone; each page wide and narrow."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import BrowserContext, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, press_until, refresh, sign_in, start_portal, until
from tests.browser.test_look import look, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ALEX = "admin@mutuelle.exemple"
DESK = "/gestion/dispenses/dispense/"
People = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """A portal of its own, with an undo window."""
    with start_portal(tmp_path_factory.mktemp("var"), PORTAL_UNDO_SECONDS="300") as running:
        yield running


def test_ticked_decided_followed_and_undone_by_keyboard(portal: RunningPortal, person: People) -> None:
    page, complaints = watched(person())
    sign_in(page, portal, ALEX, PASSWORD)
    page.goto(f"{portal.url}{DESK}")
    waiting = page.locator("#result_list tbody tr").count()
    press_until(page, "Tab", "[data-tout] input")
    page.keyboard.press("Space")
    expect(page.locator("[data-coches]")).to_have_text(f"{waiting} cochées")
    press_until(page, "Shift+Tab", "h1, a, input, button")
    press_until(page, "Tab", "button[formaction$='/lot/']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"{waiting} demandes")).to_be_visible()
    message = page.get_by_label("Ce qui manque")
    expect(message).to_be_hidden()
    look(page, admin=True)

    press_until(page, "Tab", "input[name=name]")
    press_until(page, "ArrowDown", "[value=request_complement]")
    expect(page.get_by_role("radio", name=re.compile("^Demander un complément"))).to_be_checked()
    expect(message).to_be_visible()
    press_until(page, "Tab", "form button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile("^Indiquez ce qui manque"))).to_be_visible()
    look(page, admin=True)
    press_until(page, "Tab", "textarea[name=message]")
    page.keyboard.type("Joignez la carte de votre mutuelle.")
    expect(message).to_have_value("Joignez la carte de votre mutuelle.")
    press_until(page, "Tab", "form button[type=submit]")
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text(f"{waiting} demandes traitées.", timeout=30_000)
    expect(page.locator("main")).to_contain_text("Prend effet à")
    look(page, admin=True)
    press_until(page, "Tab", "form[action$='/annuler/'] button")
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text(f"{waiting}\xa0décisions annulées")
    expect(page.locator("main")).to_contain_text(f"aucune demande traitée, {waiting} annulées.")
    look(page, admin=True)
    page.goto(f"{portal.url}{DESK}")
    expect(page.locator("#result_list tbody tr")).to_have_count(waiting)
    page.get_by_role("link", name="Mes décisions en lot").click()
    expect(page.locator("main tbody tr", has_text=f"{waiting} annulées")).to_have_count(1)
    look(page, admin=True)
    assert [text for text in complaints if "422" not in text] == []


def test_without_scripts_every_decision_shows_what_it_needs(portal: RunningPortal, person: People) -> None:
    page, _ = watched(person(javascript=False))
    sign_in(page, portal, ALEX, PASSWORD)
    page.goto(f"{portal.url}{DESK}")
    page.locator("input[name=numero]").first.check()
    page.get_by_role("button", name="Décider en lot").click()
    page.get_by_role("radio", name=re.compile("^Refuser")).check()
    page.get_by_label("Raison du refus").fill("Document illisible.")
    page.get_by_label("Règle invoquée").fill("CSS, D911-2")
    page.get_by_label("Motifs de droit").check()
    page.get_by_role("button", name="Appliquer à cette demande").click()
    page.wait_for_url(re.compile("/lot/[0-9a-f-]{36}/"))
    until(partial(refresh, page), partial(expect(page.locator("main")).to_contain_text, "1 demande traitée."))
