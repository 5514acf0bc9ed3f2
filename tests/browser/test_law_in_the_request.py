"""A motif that the law closes, and a question of which one answer is refused, as people meet them."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, at_the_first_step, fill_date, sign_in, start_portal
from tests.browser.test_look import look, watched
from tests.files import pdf_bytes

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FOLD = "Motifs fermés pour vous aujourd’hui"
WARNING = "Vous pouvez envoyer cette demande, mais"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory):
    with start_portal(tmp_path_factory.mktemp("var")) as running:
        yield running


def at_the_motif(page: Page, portal: RunningPortal, who: str, *, hired_days_ago: int | None = None) -> None:
    sign_in(page, portal, who, PASSWORD)
    page.locator("main").get_by_role("button", name="dispense").first.click()
    at_the_first_step(page)
    if hired_days_ago is not None:
        day = timezone.localdate() - timedelta(days=hired_days_ago)
        fill_date(page, "hired_on", f"{day.day}", f"{day.month}", f"{day.year}")
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/motif/")


def test_a_closed_motif_is_read_chosen_and_sent_with_its_warning(
    portal: RunningPortal, person: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    page, complaints = watched(person())
    at_the_motif(page, portal, "sofia.rey@exemple.fr", hired_days_ago=100)
    closed = page.locator("[name=famille][value=ferme-individuelle]")
    expect(closed).to_be_hidden()
    page.get_by_text(FOLD).click()
    expect(page.locator("#p-individuelle")).to_contain_text("ce motif s’invoque à l’embauche ou à la mise en place")
    expect(page.locator("#p-individuelle")).to_contain_text("art. D911-5")
    expect(page.locator("#p-individuelle")).to_contain_text(WARNING)
    look(page)
    closed.check()
    page.reload()
    expect(closed).to_be_checked()
    expect(closed).to_be_visible()
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/justificatifs/")
    expect(page.locator("main")).to_contain_text(WARNING)
    page.get_by_label("Nom de l’assureur").fill("Mutuelle des Rives")
    fill_date(page, "couverture_depuis", "1", "1", "2020")
    end = timezone.localdate() + timedelta(days=40)
    fill_date(page, "couverture_jusquau", f"{end.day}", f"{end.month}", f"{end.year}")
    (tmp_path / "carte.pdf").write_bytes(pdf_bytes())
    page.locator("input[type=file]").first.set_input_files(tmp_path / "carte.pdf")
    expect(page.locator("li.ea-file[id]")).to_contain_text("carte.pdf")
    look(page)
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/verification/")
    expect(page.locator("main")).to_contain_text(WARNING)
    expect(page.get_by_role("heading", name="Ce que vous perdez")).to_be_visible()
    look(page)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("main")).to_contain_text("a bien été enregistrée")
    look(page)
    number = re.search(r"/demandes/(\d+)/", page.url)
    assert number
    assert complaints == []

    centre = person().new_page()
    sign_in(centre, portal, "gestion@mutuelle.exemple", PASSWORD)
    centre.goto(f"{portal.url}/gestion/dispenses/dispense/{number.group(1)}/change/")
    expect(centre.locator("#content")).to_contain_text("ce motif s’invoque à l’embauche ou à la mise en place")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "sans-javascript"])
def test_a_refused_choice_says_where_to_go(
    portal: RunningPortal, person: Callable[..., BrowserContext], javascript: bool
) -> None:
    page, complaints = watched(person(javascript=javascript))
    at_the_motif(page, portal, "virginie.durand@exemple.fr")
    page.locator("[name=famille][value=couvert_par_ailleurs]").check()
    page.get_by_label("Employeur conjoint").check()
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/justificatifs/")
    if javascript:
        page.get_by_label("Un contrat collectif").check()
        page.reload()
        expect(page.get_by_label("Un contrat collectif")).to_be_checked()
        expect(page.locator("main")).to_contain_text("Ce que vous aviez écrit ici est revenu")
    page.get_by_label("Un contrat individuel").check()
    page.get_by_label("Nom de l’assureur").fill("Mutuelle du Lac")
    page.get_by_label("titulaire", exact=False).fill("Paul Durand")
    fill_date(page, "couverture_depuis", "1", "1", "2020")
    page.get_by_role("button", name="Continuer").last.click()
    summary = page.locator("[data-ea-errors]")
    expect(summary).to_contain_text("Ce motif demande un contrat collectif et obligatoire.")
    expect(page.get_by_label("Un contrat individuel")).to_be_checked()
    summary.get_by_role("link", name="Ce motif demande un contrat").click()
    expect(page.locator("#id_nature_contrat_0")).to_be_focused()
    if javascript:
        look(page)
    page.get_by_role("link", name="Voir pourquoi, et les autres motifs").click()
    page.wait_for_url("**/motif/")
    page.get_by_text(FOLD).click()  # an individual insurance of 2018 came to its term long ago
    expect(page.locator("#p-individuelle")).to_be_visible()
    expect(page.locator("[name=famille][value=ferme-individuelle]")).to_have_count(0)
    assert complaints == []
