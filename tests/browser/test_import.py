"""A correspondent brings a company of 10,000 people: preview, import, progress, list, in Chromium before `make run`."""

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.accounts.company_files import as_csv, person
from tests.browser.conftest import RunningPortal, arrived, refresh, sign_in, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NADIA = "nadia.roche@levant.exemple"
ROWS = 10_000
SECONDS = 60_000  # milliseconds that a step may take on a busy machine
WATCH_THE_BAR = """() => {
    window.shown = [];
    const see = () => {
        const bar = document.querySelector('progress');
        if (bar && window.shown.at(-1) !== bar.value) window.shown.push(bar.value);
    };
    see();
    new MutationObserver(see).observe(document.body, { attributes: true, childList: true, subtree: true });
}"""
PICTURES = os.environ.get("PORTAL_PICTURES", "")
Person = Callable[..., BrowserContext]


def look(page: Page, name: str) -> None:
    """Check the page shown, wide then narrow."""
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        report = Axe().run(page)
        assert report.violations_count == 0, f"{name} ({width}) : {report.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
        if PICTURES and width != 320:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def bring(page: Page, portal: RunningPortal, path: Path) -> None:
    """From « Mes salariés » to the file sent."""
    page.goto(f"{portal.url}/employeur/")
    page.get_by_role("link", name="Importer").first.click()
    page.get_by_label("Fichier des salariés").set_input_files(path)
    page.get_by_role("button", name="Vérifier le fichier").click()


@pytest.fixture
def company(tmp_path: Path) -> Path:
    rows = [person(rank, nom_naissance="Import", prenom=f"Zoé-{chr(97 + rank % 26)}") for rank in range(ROWS)]
    rows += [person(ROWS, email="sans-arobase"), person(ROWS + 1, date_embauche="31/02/2020")]
    path = tmp_path / "effectif.csv"
    path.write_bytes(as_csv(rows, "cp1252"))
    return path


def test_a_company_of_ten_thousand_is_brought_in(running_portal: RunningPortal, person: Person, company: Path) -> None:
    page, complaints = person().new_page(), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    sign_in(page, running_portal, NADIA, PASSWORD)
    page.goto(f"{running_portal.url}/employeur/")
    page.get_by_role("link", name="Importer").first.click()
    arrived(page, "Importer des salariés")
    look(page, "choix")
    page.get_by_label("Fichier des salariés").set_input_files(company)
    page.get_by_role("button", name="Vérifier le fichier").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Vérifiez avant d’importer", timeout=SECONDS)
    expect(page.locator("main")).to_contain_text(re.compile(r"10\s000 lignes prêtes, 2\s+à corriger"))
    expect(page.locator("main")).to_contain_text("Rien n’est encore enregistré.")
    expect(page.get_by_role("table", name="Ce qui est à corriger, ligne par ligne")).to_contain_text("sans-arobase")
    look(page, "apercu")
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger les lignes à corriger").click()
    assert "sans-arobase" in download.value.path().read_text(encoding="utf-8-sig")

    page.get_by_role("button", name=re.compile(r"Importer les\s+10\s000 lignes\s+prêtes")).click()
    expect(page.get_by_role("progressbar", name="Avancement de l’import")).to_be_visible()
    shown = advance(page)
    assert shown == sorted(shown)
    assert any(0 < percent < 100 for percent in shown), "la barre n’a pas avancé sous les yeux"
    expect(page.locator("main")).to_contain_text(re.compile(r"10\s000 salariés\s+ajoutés"))
    look(page, "termine")
    page.get_by_role("link", name="Voir mes salariés").click()
    expect(page.locator("main")).to_contain_text("Import")
    assert complaints == []


def advance(page: Page) -> list[int]:
    """What the bar showed, without any action, until the import was over."""
    page.evaluate(WATCH_THE_BAR)
    expect(page.get_by_role("heading", level=1)).to_have_text("Import terminé", timeout=SECONDS)
    return [int(value) for value in page.evaluate("window.shown")]


def test_without_scripts_the_page_is_refreshed_by_hand(
    running_portal: RunningPortal, person: Person, tmp_path: Path
) -> None:
    path = tmp_path / "perdu.csv"
    path.write_bytes(b"bonjour")
    page = person(javascript=False).new_page()
    sign_in(page, running_portal, NADIA, PASSWORD)
    bring(page, running_portal, path)
    page.wait_for_url("**/employeur/imports/**")
    title = page.get_by_role("heading", level=1)
    until(partial(refresh, page), partial(expect(title).to_have_text, "Ce fichier ne peut pas être importé"))
    expect(page.locator("main")).to_contain_text("Les titres des colonnes n’ont pas été reconnus")
    page.get_by_role("link", name="Choisir un autre fichier").click()
    page.get_by_role("button", name="Vérifier le fichier").click()
    expect(page.locator("main")).to_contain_text("Choisissez un fichier CSV ou XLSX")
