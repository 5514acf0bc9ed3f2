"""On a telephone: « rien n’a changé » from the mail's address, « ma situation change », « je souhaite adhérer »."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, arrived, fill_date, sign_in, start_portal
from tests.browser.test_look import WITHOUT_SCROLL

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OF_MARC = "employee_id = (SELECT id FROM accounts_employee WHERE last_name = 'Vidal') AND status = 'accepted'"
MARC = "marc.vidal@exemple.fr"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """Where what is written of Marc's dispense disturbs no other test."""
    with start_portal(tmp_path_factory.mktemp("var")) as running:
        yield running


def write(portal: RunningPortal, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(portal.var / "portal.sqlite3", timeout=30)) as base, base:
        base.execute(statement, values)


def number_of(portal: RunningPortal) -> int:
    with closing(sqlite3.connect(portal.var / "portal.sqlite3", timeout=30)) as base:
        return int(base.execute(f"SELECT number FROM dispenses_dispense WHERE {OF_MARC}").fetchone()[0])


def due_in(portal: RunningPortal, days: int, *policies: str) -> None:
    """Marc's dispense began a year ago less `days`, and is to be confirmed then, by prudence: as his acte's `policies`
    say, whatever another test had it say."""
    today = timezone.localdate()
    write(portal, "UPDATE accounts_acte SET yearly_policies = ?", json.dumps(policies))
    write(portal, "UPDATE dispenses_motif SET yearly = 'prudence' WHERE code = 'individuelle'")
    write(
        portal,
        "UPDATE dispenses_dispense SET confirm_by = ?, effective_on = ?, ends_on = NULL, "
        f"ends = '{{}}', end_cause = '' WHERE {OF_MARC}",
        (today + timedelta(days=days)).isoformat(),
        (today - timedelta(days=365 - days)).isoformat(),
    )


def seen_well(page: Page) -> None:
    report = Axe().run(page)
    assert report.violations_count == 0, f"{page.url} : {report.generate_report()}"
    assert page.evaluate(WITHOUT_SCROLL), f"{page.url} défile de côté"


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "sans-javascript"])
def test_a_year_of_a_dispense_on_a_telephone(
    portal: RunningPortal, person: Callable[..., BrowserContext], javascript: bool
) -> None:
    due_in(portal, 20)
    number, today = number_of(portal), timezone.localdate()
    page = person(javascript=javascript, width=390).new_page()

    # From the mail: the address, the sign-in, the box.
    page.goto(f"{portal.url}/demandes/{number}/confirmer/")
    page.get_by_label("Adresse e-mail").fill(MARC)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    arrived(page, "Rien n’a changé")
    if javascript:
        seen_well(page)
    page.get_by_role("button", name="Confirmer ma situation").click()
    expect(page.locator("[data-ea-errors]")).to_contain_text("Cochez la case")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Confirmer ma situation").click()
    arrived(page, "votre situation est confirmée")
    expect(page.locator("main")).to_contain_text(str(today.year + 1))
    mail = portal.wait_for_mail(MARC, "est enregistrée : votre dispense".replace(" :", "\xa0:"))
    assert [part.get_filename() for part in mail.iter_attachments()] == [f"confirmation-{number}.pdf"]

    # « Ma situation change »: what follows, said before; the day moved.
    page.goto(portal.url)
    page.get_by_role("link", name="Ma situation change").click()
    arrived(page, "Ma situation change")
    if javascript:
        seen_well(page)
    page.get_by_label("Ma couverture actuelle s’arrête").check()
    last_day = today + timedelta(days=40 if javascript else 41)
    fill_date(page, "last_day", *f"{last_day:%d %m %Y}".split())
    page.get_by_role("button", name="Continuer").click()
    arrived(page, "Ce qui va se passer")
    expect(page.locator("main")).to_contain_text("Rien n’est encore envoyé")
    expect(page.locator("main")).to_contain_text("aucun jour ne reste sans couverture")
    if javascript:
        seen_well(page)
    page.get_by_role("button", name="Envoyer").click()
    arrived(page, "Votre dispense prend fin le")
    expect(page.get_by_role("link", name="Commencer mon adhésion")).to_be_visible()
    portal.wait_for_mail(MARC, f"dernier jour le {last_day:%d/%m/%Y}")
    portal.wait_for_mail("nadia.roche@levant.exemple", f"dernier jour le {last_day:%d/%m/%Y}")

    # « Je souhaite adhérer »: today, unless said otherwise.
    page.goto(portal.url)
    expect(page.locator("main")).to_contain_text("Votre dispense prend fin le")
    page.get_by_role("link", name="Je souhaite adhérer").click()
    arrived(page, "Je souhaite adhérer")
    expect(page.locator("main")).to_contain_text("Vous avez déjà indiqué une fin")
    page.get_by_role("button", name="Continuer").click()
    arrived(page, "Ce qui va se passer")
    page.get_by_role("button", name="Renoncer à ma dispense").click()
    arrived(page, "Votre dispense prend fin le")
    if javascript:
        seen_well(page)
    portal.wait_for_mail(MARC, f"dernier jour le {today:%d/%m/%Y}")


def test_a_new_document_is_photographed_and_sent_with_the_confirmation(
    portal: RunningPortal, person: Callable[..., BrowserContext], chromium_pdf: bytes
) -> None:
    due_in(portal, 5, "individuelle:document")
    page = person(width=390).new_page()
    sign_in(page, portal, MARC, PASSWORD)
    page.goto(f"{portal.url}/demandes/{number_of(portal)}/confirmer/")
    expect(page.locator("main")).to_contain_text("Un nouveau document est demandé cette année")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Confirmer ma situation").click()
    expect(page.locator("[data-ea-errors]")).to_contain_text("Joignez le document demandé")
    attestation = {"name": "attestation.pdf", "mimeType": "application/pdf", "buffer": chromium_pdf}
    page.locator("input[type=file]").first.set_input_files(files=[attestation])
    expect(page.locator("main")).to_contain_text(re.compile(r"attestation\.pdf.*Fichier joint", re.DOTALL))
    seen_well(page)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Confirmer ma situation").click()
    arrived(page, "votre situation est confirmée")


@pytest.fixture
def chromium_pdf(person: Callable[..., BrowserContext]) -> bytes:
    """A PDF printed by Chromium."""
    page = person().new_page()
    page.set_content("<h1>Attestation</h1><p>Marc VIDAL est couvert.</p>")
    return page.pdf()
