"""Pages of a dispense's life that only the demonstration has: who is absent from a file, what the centre sees after."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev import demo_lives
from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, sign_in, until
from tests.browser.test_look import look, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Person = Callable[..., BrowserContext]

EMPLOYEE = "SELECT max(id) FROM accounts_employee WHERE last_name = ?"
IMPORT = "SELECT max(id) FROM accounts_importrun WHERE name = ?"


def key(portal: RunningPortal, statement: str, *values: str) -> int:
    with closing(sqlite3.connect(portal.var / "portal.sqlite3", timeout=30)) as base:
        return int(base.execute(statement, values).fetchone()[0])


def visit(page: Page, portal: RunningPortal, *paths: str, admin: bool = False) -> None:
    for path in paths:
        answer = page.goto(portal.url + path)
        assert answer is not None, path
        assert answer.ok, path
        look(page, admin=admin)


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
