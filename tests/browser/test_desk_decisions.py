"""One decision at the desk: taken, seen by another, undone and taken again, by keyboard, up to its mail."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, press_until, sign_in, start_portal, text_of
from tests.browser.test_desk_together import ALEX, BEAT, DESK, MARTINE, address_of, at_the_desk
from tests.browser.test_look import WITHOUT_SCROLL, look

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EMPLOYEE = "claire.morel@exemple.fr"
People = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """Decisions wait an hour here: a test says when they are due."""
    with start_portal(tmp_path_factory.mktemp("var"), PORTAL_UNDO_SECONDS="3600") as running:
        yield running


def make_due(portal: RunningPortal) -> None:
    """The hour of every waiting decision has passed."""
    past = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S")
    with closing(sqlite3.connect(portal.var / "portal.sqlite3", timeout=30)) as base, base:
        base.execute("UPDATE dispenses_pendingdecision SET effective_at = ? WHERE state = 'waiting'", [past])


def seen_well(page: Page) -> None:
    look(page, admin=True)
    assert page.evaluate(WITHOUT_SCROLL), f"{page.url} défile de côté"
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_decision_is_taken_seen_undone_and_taken_again_by_keyboard(portal: RunningPortal, person: People) -> None:
    martine, complaints = at_the_desk(portal, person(), MARTINE)
    alex, _ = at_the_desk(portal, person(), ALEX)
    url = address_of(martine, portal, "morel")
    number = re.findall(r"/(\d+)/change/", url)[0]
    martine.goto(url)
    alex.goto(url)
    press, say = martine.keyboard.press, martine.keyboard.type

    # One verdict, a text, a look at the mail: nothing but keys
    press("c")
    expect(martine.locator("[id$=avis_attestation_conjoint]")).to_be_focused()
    press("ArrowDown")
    press("ArrowDown")
    press("Tab")
    say("La page 2 manque.")
    expect(martine.locator(":focus")).to_have_value("La page 2 manque.")
    press_until(martine, "Tab", "[name=request_complement-message]")
    expect(martine.get_by_label("Ce qui manque")).to_be_focused()
    say("Votre dossier est presque complet.")
    expect(martine.get_by_label("Ce qui manque")).to_have_value(re.compile("^Votre dossier est presque complet."))
    seen_well(martine)
    press_until(martine, "Tab", "button[formaction$='#apercu']")
    expect(martine.get_by_role("button", name="Prévisualiser")).to_be_focused()
    press("Enter")
    preview = martine.locator("#apercu")
    expect(preview).to_be_focused()
    expect(preview.locator("pre")).to_contain_text("Votre dossier est presque complet.")
    expect(preview.locator("pre")).not_to_contain_text("page 2")
    expect(preview).to_contain_text("à remplacer. La page 2 manque.")
    shown = preview.locator("pre").inner_text()
    seen_well(martine)
    press("Control+Enter")
    martine.wait_for_url(lambda now: f"/{number}/" not in now)
    said = martine.locator(".messagelist")
    expect(said).to_be_focused()
    expect(said).to_contain_text(f"Demande N°{number}")
    seen_well(martine)

    # The other one, whose page was open, is told; decides all the same; nothing of both is lost
    alex.locator("h1").click()
    alex.keyboard.press("f")
    alex.keyboard.type("Elle ne vous cite pas.")
    alex.clock.run_for(BEAT)
    expect(alex.get_by_role("alert")).to_contain_text("Martine Colas vient de décider")
    seen_well(alex)
    alex.get_by_label("Règle invoquée").fill("art. 9")
    alex.get_by_label("Je confirme").check()
    alex.keyboard.press("Control+Enter")
    expect(alex.locator(".messagelist")).to_contain_text("Martine Colas vient de la décider")
    expect(alex.locator(".messagelist")).to_be_focused()
    expect(alex.get_by_role("region", name="Décision prise")).to_contain_text("La page 2 manque.")
    expect(alex.get_by_role("region", name="Ce que vous aviez écrit")).to_contain_text("Elle ne vous cite pas.")
    seen_well(alex)

    # Undone from the message, by two keys
    press("u")
    press("Enter")
    expect(martine.get_by_role("button", name="Annuler cette décision")).to_be_focused()
    seen_well(martine)
    press("Enter")
    expect(said).to_contain_text("est comme avant")
    expect(said).to_be_focused()
    expect(martine.get_by_label("Ce qui manque")).to_have_value(re.compile("^Votre dossier est presque complet."))
    expect(martine.locator(".desk-entete .ea-badge")).to_have_text(re.compile("En cours"))
    seen_well(martine)
    alex.clock.run_for(BEAT)
    expect(alex.get_by_role("alert")).to_contain_text("La décision a été annulée par Martine Colas")
    assert not [mail for mail in portal.mails(EMPLOYEE) if "compléter" in str(mail["Subject"])]

    # Taken again, it takes effect by itself and says what was previewed
    press("c")
    press("Control+Enter")
    martine.wait_for_url(lambda now: f"/{number}/" not in now)
    alex.goto(url)
    expect(alex.get_by_role("region", name="Décision prise")).to_be_visible()
    make_due(portal)
    mail = portal.wait_for_mail(EMPLOYEE, "Votre dossier est presque complet.", seconds=90)
    assert text_of(mail).split() == shown.split()
    alex.clock.run_for(BEAT)
    expect(alex.get_by_role("alert")).to_contain_text("complément demandé, par Martine Colas")
    alex.reload()
    expect(alex.get_by_role("region", name="Avis sur les documents")).to_contain_text("La page 2 manque.")
    seen_well(alex)
    assert complaints == []


def test_errors_are_reached_at_once_and_every_form_is_seen(portal: RunningPortal, person: People) -> None:
    page, _ = at_the_desk(portal, person(), ALEX)
    page.goto(address_of(page, portal, "garnier"))
    press = page.keyboard.press
    for key, field in (("f", "refuse-reason"), ("a", "accept-effective_on"), ("c", "request_complement-avis")):
        page.locator("h1").click()
        press(key)
        expect(page.locator(f":is(input, select, textarea)[id^=id_{field}]").first).to_be_focused()
        seen_well(page)
    page.locator("h1").click()
    press("f")
    press("Control+Enter")
    errors = page.locator("[data-ea-errors]")
    expect(errors).to_be_focused()
    expect(errors).to_contain_text("Indiquez la raison du refus")
    seen_well(page)
    press("Tab")
    press("Enter")
    expect(page.get_by_label("Raison du refus")).to_be_focused()
    page.locator("h1").click()
    press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Demander un complément, valider, refuser")
    press("Escape")
    page.get_by_label("Raison du refus").fill("Elle ne vous cite pas.")
    press("Escape")
    expect(page.locator("summary", has_text="Refuser")).to_be_focused()
    press("c")
    press("Escape")
    press("f")
    expect(page.get_by_label("Raison du refus")).to_have_value("Elle ne vous cite pas.")


def test_a_request_without_documents_tells_its_keys_too(portal: RunningPortal, person: People) -> None:
    page, complaints = at_the_desk(portal, person(), ALEX)
    page.goto(address_of(page, portal, "marty"))
    key = page.locator("summary kbd").first
    expect(key).to_be_visible()
    page.get_by_role("button", name="Raccourcis clavier").click()
    page.get_by_label("Utiliser ces raccourcis").uncheck()
    page.get_by_role("button", name="Fermer").click()
    expect(key).to_be_hidden()
    page.keyboard.press("c")
    expect(page.get_by_label("Ce qui manque")).to_be_hidden()
    seen_well(page)
    assert complaints == []


def test_two_who_take_the_next_one_get_two_requests(portal: RunningPortal, person: People) -> None:
    taken = []
    for email in (MARTINE, ALEX):
        page, _ = at_the_desk(portal, person(), email)
        page.goto(f"{portal.url}{DESK}")
        page.locator("h1").click()
        page.keyboard.press("n")
        page.wait_for_url(re.compile("/change/"))
        expect(page.locator(".desk-entete")).to_contain_text("À vous")
        taken.append(page.url)
    assert taken[0] != taken[1]


def test_without_scripts_the_mail_is_previewed_and_the_decision_undone(portal: RunningPortal, person: People) -> None:
    page = person(javascript=False).new_page()
    sign_in(page, portal, ALEX, PASSWORD)
    url = address_of(page, portal, "garnier")
    page.goto(url)
    page.locator("summary", has_text="Demander un complément").click()
    page.get_by_label("Ce qui manque").fill("Il manque le verso.")
    page.get_by_role("button", name="Prévisualiser").click()
    expect(page.locator("#apercu pre")).to_contain_text("« Il manque le verso. »")
    expect(page.get_by_label("Ce qui manque")).to_have_value("Il manque le verso.")
    page.get_by_role("button", name="Demander le complément").click()
    page.get_by_role("link", name="Revenir pour annuler").click()
    page.get_by_role("button", name="Annuler cette décision").click()
    expect(page.get_by_label("Ce qui manque")).to_have_value("Il manque le verso.")
