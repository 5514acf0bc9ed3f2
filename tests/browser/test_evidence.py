"""« Preuves URSSAF » in a browser: ask for a pack, wait for the worker, take it, check it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dispenses.packs.verification import verify
from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, arrived, sign_in, until
from tests.browser.test_look import look, watched

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def _ready(page: Page, count: int) -> int:
    """Wait for that many packs to take, at least; how many there are."""
    links = page.get_by_role("link", name="Télécharger")
    until(page.reload, partial(expect(links.nth(count - 1)).to_be_visible))
    return links.count()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_pack_from_asking_to_checking(
    running_portal: RunningPortal, person: Callable[..., BrowserContext], tmp_path: Path, javascript: bool
) -> None:
    page, complaints = watched(person(javascript=javascript))
    sign_in(page, running_portal, "nadia.roche@levant.exemple", PASSWORD)
    page.goto(f"{running_portal.url}/employeur/")
    page.get_by_role("link", name="Preuves URSSAF").click()
    arrived(page, "Preuves URSSAF")
    before = _ready(page, 1)  # that of the demonstration, one at a time for an employer
    page.get_by_label("Cotisation patronale").fill("38,50")
    page.get_by_role("button", name="Examiner la période").click()
    expect(page.get_by_text("Redressement estimé")).to_be_visible()
    if javascript:
        look(page)
    page.get_by_role("button", name="Préparer le dossier").click()
    expect(page.get_by_text("Le dossier est en préparation")).to_be_visible()
    _ready(page, before + 1)
    if javascript:
        look(page)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Télécharger").first.click()
    path = tmp_path / "dossier.zip"
    taken.value.save_as(path)
    assert verify(path).faults == []
    page.reload()
    expect(page.get_by_role("cell", name="Nadia Roche").first).to_be_visible()
    assert complaints == []
