"""An employee, by the keyboard alone: from the link of the invitation to the acknowledgement of the request."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD as DEMO_PASSWORD
from tests.browser.conftest import RunningPortal, arrived, link_in, pre_affiliate, press_until, sign_in, text_of
from tests.files import pdf_bytes

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PROFESSIONAL, PERSONAL = "noa@levant.exemple", "noa@perso.exemple"


def write(page: Page, field: str, words: str) -> None:
    press_until(page, "Tab", f"[name={field}]")
    page.keyboard.type(words)
    expect(page.locator(f"[name={field}]")).to_have_value(words)


def choose(page: Page, group: str, value: str) -> None:
    """Reach a group of choices, then one of them by the arrows."""
    press_until(page, "Tab", f"[name={group}]")
    expect(page.locator(f"[name={group}]:focus")).to_have_count(1)
    if page.locator(f"[name={group}]:focus").get_attribute("value") != value:
        press_until(page, "ArrowDown", f"[name={group}][value={value}]")
    page.keyboard.press("Space")
    expect(page.locator(f"[name={group}][value={value}]")).to_be_checked()


def push(page: Page, words: str) -> None:
    """Reach the button that says so, and press it."""
    for _ in range(120):
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_count(1)
        if words in page.locator(":focus").inner_text():
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"« {words} » ne s’atteint pas au clavier")


def test_from_the_invitation_to_the_acknowledgement(
    running_portal: RunningPortal, person: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    hr = person().new_page()
    sign_in(hr, running_portal, "nadia.roche@levant.exemple", DEMO_PASSWORD)
    pre_affiliate(hr, running_portal, first="Noa", last="Clavier", email=PROFESSIONAL, matricule="L-clavier")
    page = person().new_page()
    page.goto(link_in(running_portal.wait_for_mail(PROFESSIONAL, "complémentaire santé"), "/activation/"))

    choose(page, "has_personal_email", "oui")
    write(page, "personal_email", PERSONAL)
    write(page, "personal_email_again", PERSONAL)
    push(page, "Continuer")
    arrived(page, "Activez votre compte")
    code = re.search(r"(?<!\d)\d{6}(?!\d)", text_of(running_portal.wait_for_mail(PERSONAL, "code")))
    assert code
    write(page, "code", code.group(0))
    write(page, "password", "un cheval bleu dans la neige")
    push(page, "Activer mon compte")
    arrived(page, "identifiants")

    page.goto(running_portal.url)
    arrived(page, "Bienvenue")
    push(page, "Demander une dispense")
    arrived(page, "Votre situation")
    push(page, "Continuer")
    arrived(page, "Votre motif")
    choose(page, "famille", "couvert_par_ailleurs")
    choose(page, "motif", "multi_employeur")
    push(page, "Continuer")
    arrived(page, "Vos précisions et vos justificatifs")
    write(page, "autre_employeur", "Comptoir du Sud")
    write(page, "assureur", "Mutuelle du Lac")
    for part, words in enumerate(("1", "1", "2020")):
        write(page, f"couverture_depuis_{part}", words)
    (tmp_path / "attestation.pdf").write_bytes(pdf_bytes())
    # Listened to well before the key: asked for at its moment, a slow browser opens its own window first.
    page.on("filechooser", lambda chooser: chooser.set_files(tmp_path / "attestation.pdf"))
    press_until(page, "Tab", "[data-ea-upload] .ea-pick button")
    expect(page.locator("[data-ea-upload] .ea-pick button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("li.ea-file[id]")).to_contain_text("Fichier joint")
    push(page, "Continuer")
    arrived(page, "Vérification et envoi")
    press_until(page, "Tab", "[name=honour]")
    page.keyboard.press("Space")
    expect(page.locator("[name=honour]")).to_be_checked()
    push(page, "Envoyer")
    expect(page.locator("main")).to_contain_text("a bien été enregistrée")
