"""A reviewer adds a passkey, signs in with it, and without scripts with the code: Chromium and its virtual key."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, arrived, prove_mailbox, sign_in, start_portal
from tests.second_factor import code_of

pytestmark = pytest.mark.browser
STAFF = "gestion@mutuelle.exemple"
Person = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """The portal under a name, since keys know no IP address; second factor asked as in production."""
    with start_portal(tmp_path_factory.mktemp("var"), host="localhost", PORTAL_SECOND_FACTOR="tous") as portal:
        yield portal


def plug_in(page: Page) -> tuple[CDPSession, str]:
    """A key in this browser, whose owner is recognised."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return devtools, devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def fits(page: Page) -> None:
    """No accessibility violation, nothing wider than the screen."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def add_key(page: Page, portal: RunningPortal, name: str, *, looked_at: bool = True) -> None:
    """From « Mon second facteur » to the page that asks the key."""
    page.goto(f"{portal.url}/second-facteur/gerer/")
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    arrived(page, "Ajouter une clé d’accès")
    if looked_at:  # by a script, where there are some
        fits(page)
    page.get_by_label("Nom de la clé").fill(name)
    page.get_by_label("Mot de passe actuel", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    arrived(page, "Enregistrer")


def test_a_passkey_from_its_making_to_its_end(named: RunningPortal, person: Person) -> None:
    page = person(width=390).new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    devtools, key = plug_in(page)
    sign_in(page, named, STAFF, PASSWORD)
    page.goto(f"{named.url}/gestion/")
    prove_mailbox(page, named, STAFF)
    arrived(page, "Protégez votre compte")
    secret = page.locator("figcaption code").inner_text()
    page.get_by_label("Code à 6 chiffres").fill(code_of(secret))
    page.get_by_role("button", name="Activer le second facteur").click()
    arrived(page, "Conservez vos codes de secours")

    add_key(page, named, "Clé du bureau")
    fits(page)
    page.evaluate(
        "() => { navigator.credentials.create = async () => { throw new DOMException('', 'NotAllowedError'); }; }"
    )
    page.get_by_role("button", name="Enregistrer cette clé").click()
    expect(page.get_by_role("alert")).to_contain_text("La clé n’a pas répondu")
    fits(page)
    page.reload()
    page.get_by_role("button", name="Enregistrer cette clé").click()
    expect(page.get_by_text("La clé d’accès « Clé du bureau » est ajoutée")).to_be_visible()
    fits(page)
    named.wait_for_mail(STAFF, "Clé du bureau")
    assert len(devtools.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]) == 1

    for _ in range(2):  # its count goes on
        page.get_by_role("button", name="Se déconnecter").click()
        arrived(page, "Connexion")
        sign_in(page, named, STAFF, PASSWORD)
        page.goto(f"{named.url}/gestion/dispenses/dispense/")
        arrived(page, "Confirmez que c’est vous")
        fits(page)
        page.get_by_role("button", name="Utiliser ma clé d’accès").click()
        expect(page).to_have_url(re.compile("/gestion/dispenses/dispense/$"))
        page.goto(f"{named.url}/mes-informations/")

    plain = person(javascript=False).new_page()
    sign_in(plain, named, STAFF, PASSWORD)
    plain.goto(f"{named.url}/gestion/")
    expect(plain.get_by_role("button", name="Utiliser ma clé d’accès")).to_be_hidden()
    plain.get_by_label("Code à 6 chiffres").fill(code_of(secret, steps=1))
    plain.get_by_role("button", name="Continuer").click()
    expect(plain).to_have_url(re.compile("/gestion/$"))
    add_key(plain, named, "Autre clé", looked_at=False)
    expect(plain.get_by_text("ses scripts sont désactivés")).to_be_visible()
    expect(plain.get_by_role("button", name="Enregistrer cette clé")).to_be_hidden()

    page.goto(f"{named.url}/second-facteur/gerer/")
    page.get_by_role("button", name="Retirer la clé Clé du bureau").click()
    expect(page.get_by_text("Cette clé d’accès est retirée")).to_be_visible()
    plain.goto(f"{named.url}/gestion/")
    expect(plain).to_have_url(re.compile("/connexion/"))
    assert refused == []
