"""Two reviewers on one request, in two browsers; the viewer by keyboard alone; each page in light and in dark."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, press_until, sign_in, start_portal, until
from tests.browser.test_look import WITHOUT_SCROLL, look, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MARTINE, ALEX = "gestion@mutuelle.exemple", "admin@mutuelle.exemple"
BEAT = 16_000  # milliseconds of the page's own clock
DESK = "/gestion/dispenses/dispense/"
People = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """A portal of its own: these tests decide."""
    with start_portal(tmp_path_factory.mktemp("var")) as running:
        yield running


def at_the_desk(portal: RunningPortal, context: BrowserContext, email: str) -> tuple[Page, list[str]]:
    page, complaints = watched(context)
    page.clock.install()
    sign_in(page, portal, email, PASSWORD)
    return page, complaints


def address_of(page: Page, portal: RunningPortal, name: str) -> str:
    """The page of the request of `name`, found by a search."""
    page.goto(f"{portal.url}{DESK}?q={name}")
    link = page.locator("a[href*='/change/']").first.get_attribute("href")
    assert link
    return portal.url + (link if link.startswith("/") else f"{DESK}{link}").partition("?")[0]


def with_its_pages(page: Page, url: str) -> None:
    """The page, once the worker has drawn the documents."""
    page.goto(url)
    until(page.reload, partial(expect(page.locator("[data-desk-pages]")).to_have_count, 2))


def test_two_reviewers_see_each_other_and_nothing_typed_is_lost(portal: RunningPortal, person: People) -> None:
    martine, complaints = at_the_desk(portal, person(), MARTINE)
    alex, _ = at_the_desk(portal, person(), ALEX)
    url = address_of(martine, portal, "garnier")
    martine.goto(url)
    expect(martine.locator("[data-desk-others]")).to_have_text("")
    alex.goto(url)
    expect(alex.locator("[data-desk-others]")).to_have_text("Martine Colas est aussi sur cette demande.")
    martine.clock.run_for(BEAT)
    expect(martine.locator("[data-desk-others]")).to_have_text("Alex Admin est aussi sur cette demande.")
    alex.goto(f"{portal.url}{DESK}")
    martine.clock.run_for(BEAT)
    expect(martine.locator("[data-desk-others]")).to_have_text("")

    martine.get_by_text("Refuser", exact=True).first.click()
    reason = martine.locator("textarea[name$=reason]")
    reason.fill("L’attestation est illisible.")
    martine.get_by_text("Ajouter une note").click()
    martine.get_by_label("Nouvelle note").fill("À rappeler jeudi")
    alex.goto(url)
    alex.locator("summary", has_text=re.compile(r"^\s*Valider")).click()
    alex.get_by_role("button", name=re.compile("^Valider")).click()
    alex.wait_for_url(lambda now: now != url)
    martine.clock.run_for(BEAT)
    banner = martine.get_by_role("alert")
    expect(banner).to_contain_text("demande validée, par Alex Admin")
    expect(reason).to_have_value("L’attestation est illisible.")
    look(martine, admin=True)
    martine.get_by_role("link", name="rechargez la demande").click()
    expect(martine.locator("[data-desk-kept] pre")).to_contain_text("L’attestation est illisible.")
    expect(martine.get_by_label("Nouvelle note")).to_have_value("À rappeler jeudi")
    expect(banner).to_have_text("")
    martine.reload()
    expect(martine.locator("[data-desk-kept]")).to_have_text("")
    assert complaints == []


def test_the_one_who_is_signed_out_keeps_what_was_typed(portal: RunningPortal, person: People) -> None:
    context = person()
    page, _ = at_the_desk(portal, context, MARTINE)
    page.goto(address_of(page, portal, "morel"))
    page.get_by_text("Ajouter une note").click()
    page.get_by_label("Nouvelle note").fill("À rappeler jeudi")
    context.clear_cookies()
    page.clock.run_for(BEAT)
    expect(page.get_by_role("alert")).to_contain_text("Vous n’êtes plus connecté")
    expect(page.get_by_label("Nouvelle note")).to_have_value("À rappeler jeudi")


def test_the_viewer_by_keyboard_alone(portal: RunningPortal, person: People) -> None:
    page, complaints = at_the_desk(portal, person(), MARTINE)
    with_its_pages(page, address_of(page, portal, "morel"))
    press, tools = page.keyboard.press, page.locator(".desk-outils")
    press("v")
    expect(page.locator("[data-desk-pages]:visible")).to_be_focused()
    expect(tools).to_contain_text("Page 1 sur 3")
    for key, words in (
        ("ArrowLeft", "Page 1 sur 3"),
        ("ArrowRight", "Page 2 sur 3"),
        ("ArrowRight", "Page 3 sur 3"),
        ("ArrowRight", "Page 3 sur 3"),
        ("Shift+ArrowRight", "Document 2 sur 2"),
        ("Shift+ArrowRight", "Document 2 sur 2"),
        ("Shift+ArrowLeft", "Document 1 sur 2"),
        ("+", "125 %"),
        ("-", "100 %"),
        ("-", "75 %"),
        ("0", "100 %"),
    ):
        press(key)
        expect(tools).to_contain_text(words)
    picture = page.locator("[data-desk-pages]:visible img:visible")
    expect(picture).to_have_attribute("alt", re.compile("page 3 sur 3"))
    frame = page.locator("[data-desk-pages]:visible li:visible a").element_handle()
    page.wait_for_function("e => e.getBoundingClientRect().height > e.getBoundingClientRect().width", arg=frame)
    press("r")
    page.wait_for_function("e => e.getBoundingClientRect().height < e.getBoundingClientRect().width", arg=frame)
    press("Shift+R")
    press("?")
    dialog = page.get_by_role("dialog", name="Raccourcis clavier")
    expect(dialog).to_be_visible()
    assert Axe().run(page).violations_count == 0
    press("Escape")
    expect(dialog).to_be_hidden()
    press("d")
    press("Enter")
    expect(page.locator("details[open] summary:focus")).to_be_visible()
    press_until(page, "Tab", "textarea")
    page.keyboard.type("v+?rd")
    expect(page.locator("textarea:focus")).to_have_value("v+?rd")
    page.locator("h1").click()
    press("n")
    expect(page.get_by_label("Nouvelle note")).to_be_focused()
    assert complaints == []


def test_verdicts_of_one_key(portal: RunningPortal, person: People) -> None:
    page, complaints = at_the_desk(portal, person(), MARTINE)
    with_its_pages(page, address_of(page, portal, "morel"))
    press, tools = page.keyboard.press, page.locator(".desk-outils")
    choices = page.locator("select[name*='-avis_']")
    expect(tools).to_contain_text("Accepté O")
    expect(tools).to_contain_text("Document 1 sur 2")
    page.locator("h1").click()
    for _ in range(2):  # held
        page.keyboard.down("o")
    page.keyboard.up("o")
    expect(choices.first).to_have_value("accepted")
    expect(tools).to_contain_text("Document 2 sur 2")
    expect(choices.nth(1)).to_have_value("")
    press("x")
    reason = page.locator("input[name*='-raison_']").nth(1)
    expect(choices.nth(1)).to_have_value("rejected")
    expect(reason).to_be_focused()
    page.keyboard.type("oxzt")
    expect(reason).to_have_value("oxzt")
    expect(choices.nth(1)).to_have_value("rejected")
    expect(page.locator("[data-desk-given]:visible")).to_have_text("Votre avis : à remplacer")
    look(page, admin=True)
    page.locator("h1").click()
    press("z")
    expect(choices.nth(1)).to_have_value("")
    press("z")
    expect(choices.first).to_have_value("")
    expect(tools).to_contain_text("Document 1 sur 2")
    press("t")
    expect(tools).to_contain_text("Document 2 sur 2")
    assert complaints == []


def test_single_keys_may_be_switched_off(portal: RunningPortal, person: People) -> None:
    page, _ = at_the_desk(portal, person(), MARTINE)
    with_its_pages(page, address_of(page, portal, "morel"))
    page.get_by_role("button", name="Raccourcis clavier").click()
    page.get_by_label("Utiliser ces raccourcis").uncheck()
    page.get_by_role("button", name="Fermer").click()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".desk-outils")).to_contain_text("Page 1 sur 3")
    page.get_by_role("button", name="Page suivante").click()
    expect(page.locator(".desk-outils")).to_contain_text("Page 2 sur 3")


def test_without_scripts_pages_are_a_list_of_links(portal: RunningPortal, person: People) -> None:
    page, _ = watched(person(javascript=False))
    sign_in(page, portal, MARTINE, PASSWORD)
    url = address_of(page, portal, "morel")
    with_its_pages(page, url)
    assert page.locator("[data-desk-pages] a[href] img").count() == 6
    assert page.locator(".desk-outils").count() == 0
    page.get_by_text("Ajouter une note").click()
    page.get_by_label("Nouvelle note").fill("Sans script")
    page.get_by_role("button", name="Ajouter la note").click()
    expect(page.locator("main")).to_contain_text("Sans script")
    other, _ = watched(person(javascript=False))
    sign_in(other, portal, ALEX, PASSWORD)
    other.goto(url)
    expect(other.locator("main")).to_contain_text("Martine Colas est aussi sur cette demande.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_and_the_journal_in_each_theme(portal: RunningPortal, person: People, scheme: str) -> None:
    page, complaints = watched(person())
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    sign_in(page, portal, ALEX, PASSWORD)
    url = address_of(page, portal, "morel")
    with_its_pages(page, url)
    page.evaluate("document.querySelectorAll('details').forEach((element) => { element.open = true; })")
    for path in ("", "consultations", "all"):
        if path:
            page.goto(
                url.replace("change/", "consultations/") if path != "all" else f"{portal.url}{DESK}consultations/"
            )
            expect(page.locator("main")).to_contain_text("Aperçu")
        look(page, admin=True)
        assert page.evaluate(WITHOUT_SCROLL), f"{page.url} défile de côté"
        page.set_viewport_size({"width": 1280, "height": 900})
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    assert complaints == []
