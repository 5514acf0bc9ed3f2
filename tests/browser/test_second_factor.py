"""A reviewer sets a second factor, signs in with it, loses the telephone: in Chromium, with and without scripts."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, prove_mailbox, sign_in, start_portal
from tests.second_factor import code_of

pytestmark = pytest.mark.browser
STAFF = "gestion@mutuelle.exemple"
Person = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """The portal of `make run`, second factor asked as in production."""
    with start_portal(tmp_path_factory.mktemp("var"), PORTAL_SECOND_FACTOR="tous") as portal:
        yield portal


def fits(page: Page) -> None:
    """No accessibility violation, nothing wider than the screen, nothing refused by the CSP."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_from_the_first_sign_in_to_the_lost_telephone(protected: RunningPortal, person: Person) -> None:
    page = person().new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    sign_in(page, protected, STAFF, PASSWORD)
    page.goto(f"{protected.url}/gestion/")
    fits(page)
    prove_mailbox(page, protected, STAFF)
    expect(page.get_by_role("heading", level=1)).to_have_text("Protégez votre compte par un second facteur")
    expect(page.locator("svg.ea-qr")).to_be_visible()
    fits(page)
    secret = page.locator("figcaption code").inner_text()
    page.get_by_label("Code à 6 chiffres").fill("000000")
    page.get_by_role("button", name="Activer le second facteur").click()
    expect(page.get_by_role("alert").or_(page.locator(".ea-errors")).first).to_contain_text("Ce code est incorrect")
    assert page.locator("figcaption code").inner_text() == secret
    page.get_by_label("Code à 6 chiffres").fill(code_of(secret))
    page.get_by_role("button", name="Activer le second facteur").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Conservez vos codes de secours")
    fits(page)
    codes = page.locator(".ea-codes code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="J’ai conservé mes codes").click()
    expect(page).to_have_url(re.compile("/gestion/$"))
    protected.wait_for_mail(STAFF, "second facteur")

    small = person(javascript=False, width=390).new_page()
    sign_in(small, protected, STAFF, PASSWORD)
    small.goto(f"{protected.url}/gestion/dispenses/dispense/")
    expect(small.get_by_role("heading", level=1)).to_have_text("Confirmez que c’est vous")
    small.get_by_label("Code à 6 chiffres").fill(code_of(secret, steps=1))  # the first one is used up
    small.get_by_role("button", name="Continuer").click()
    expect(small).to_have_url(re.compile("/gestion/dispenses/dispense/$"))

    lost = person(width=390).new_page()
    sign_in(lost, protected, STAFF, PASSWORD)
    lost.goto(f"{protected.url}/gestion/")
    fits(lost)
    lost.get_by_role("link", name="Je n’ai plus mon téléphone").click()
    expect(lost.get_by_role("heading", level=1)).to_have_text("Je n’ai plus mon téléphone")
    fits(lost)
    lost.get_by_label("Code de secours", exact=True).fill(codes[0])
    lost.get_by_role("button", name="Utiliser ce code").click()
    expect(lost.get_by_text("Il vous en reste 9.")).to_be_visible()
    fits(lost)
    assert refused == []
