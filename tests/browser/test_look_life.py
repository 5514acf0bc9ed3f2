"""The pages of a dispense's life, as people see them: each turn of the demonstration, for the three who read it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev import demo_lives
from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, arrived, sign_in, until
from tests.browser.test_look import look, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Person = Callable[..., BrowserContext]

REQUEST = (
    "SELECT max(number) FROM dispenses_dispense WHERE employee_id IN "
    "(SELECT id FROM accounts_employee WHERE last_name = ?)"
)
EMPLOYEE = "SELECT max(id) FROM accounts_employee WHERE last_name = ?"
IMPORT = "SELECT max(id) FROM accounts_importrun WHERE name = ?"
HOMES = {
    "solene.kermarrec": "Vous êtes dispensé",
    "rayan.benkirane": "Vous serez dispensé",
    "maelle.prigent": "Votre dispense prend fin le",
    "florian.guillou": "Preuve à renouveler",
    "erwan.tanguy": "vous a affilié",
    "ronan.abgrall": "Votre emploi terminé",
    "anais.quere": "Votre emploi terminé",
}
"""Who signs in, and what their first page says."""


def key(portal: RunningPortal, statement: str, *values: str) -> int:
    with closing(sqlite3.connect(portal.var / "portal.sqlite3", timeout=30)) as base:
        return int(base.execute(statement, values).fetchone()[0])


def visit(page: Page, portal: RunningPortal, *paths: str, admin: bool = False) -> None:
    for path in paths:
        answer = page.goto(portal.url + path)
        assert answer is not None, path
        assert answer.ok, path
        look(page, admin=admin)


@pytest.mark.parametrize("who", HOMES)
def test_the_first_page_at_each_turn(running_portal: RunningPortal, person: Person, who: str) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, f"{who}@perso.exemple", PASSWORD)
    expect(page.locator("main")).to_contain_text(HOMES[who])
    look(page)
    assert complaints == []


@pytest.mark.parametrize(("name", "email"), [("Le Bihan", "gwenael.lebihan"), ("Haddou", "yasmine.haddou")])
def test_pages_of_who_is_to_confirm(running_portal: RunningPortal, person: Person, name: str, email: str) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, f"{email}@perso.exemple", PASSWORD)
    request = f"/demandes/{key(running_portal, REQUEST, name)}/"
    pages = [f"{request}{page}/" for page in ("confirmer", "changement", "adhesion")]
    visit(page, running_portal, "/", *pages, "/demandes/", "/mes-donnees/")
    assert complaints == []


def test_pages_of_an_end(running_portal: RunningPortal, person: Person) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, "olivier.stephan@perso.exemple", PASSWORD)
    visit(page, running_portal, "/", f"/demandes/{key(running_portal, REQUEST, 'Stéphan')}/fin/", "/demandes/")
    assert complaints == []


def test_pages_of_departures_affiliations_and_payroll(running_portal: RunningPortal, person: Person) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, demo_lives.CORRESPONDENT, PASSWORD)
    people = [f"/employeur/salaries/{key(running_portal, EMPLOYEE, name)}/" for name in ("Stéphan", "Abgrall", "Quéré")]
    forms = [f"{people[0]}depart/", f"{people[0]}affiliation/"]
    visit(page, running_portal, "/employeur/", "/employeur/?etat=parti", "/employeur/?etat=affilie", *people, *forms)
    page.goto(f"{running_portal.url}/employeur/")
    page.get_by_role("link", name="Fichiers pour la paie").click()
    arrived(page, "Fichiers pour la paie")
    look(page)
    page.get_by_role("button", name="Partir de ce modèle").first.click()
    arrived(page, "Modifier")
    look(page)
    with page.expect_navigation():
        page.get_by_role("link", name="Retour au profil").click()
    look(page)
    assert complaints == []


def test_page_of_who_is_absent_from_a_file(running_portal: RunningPortal, person: Person) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, demo_lives.CORRESPONDENT, PASSWORD)
    run = f"/employeur/imports/{key(running_portal, IMPORT, demo_lives.FILE)}/"
    page.goto(running_portal.url + run)
    until(page.reload, expect(page.get_by_role("link", name="Certains sont partis")).to_be_visible)
    look(page)
    visit(page, running_portal, f"{run}departs/")
    expect(page.locator("main")).to_contain_text("Qui est parti")
    assert complaints == []


def test_what_the_centre_sees_after_the_decision(running_portal: RunningPortal, person: Person) -> None:
    page, complaints = watched(person())
    sign_in(page, running_portal, "gestion@mutuelle.exemple", PASSWORD)
    queue = "/gestion/dispenses/dispense/"
    views = [f"{queue}?suite={name}" for name in ("finit", "confirmer", "renouveler")]
    life = f"{queue}salarie/{key(running_portal, EMPLOYEE, 'Rolland')}/"
    visit(page, running_portal, *views, life, admin=True)
    assert complaints == []
