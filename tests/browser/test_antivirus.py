"""A document seen by people while a real clamd and a real worker examine it; times from the upload to the preview."""

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, answer_other_employer, at_the_first_step, sign_in, start_portal, until
from tests.browser.test_look import look, watched
from tests.files import encoded, letter, pdf_bytes, text_pdf_bytes
from tests.servers.clamd import EICAR, RunningClamd, start_clamd

pytestmark = [pytest.mark.browser, pytest.mark.clamd, pytest.mark.slow]
EMPLOYEE = "virginie.durand@exemple.fr"
TO_PREVIEW_SECONDS = 20  # on two busy cores; measured apart by `make bench`


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[RunningClamd]:
    with start_clamd(tmp_path / "clamd") as running:
        yield running


@pytest.fixture
def portal(clamd: RunningClamd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    with start_portal(tmp_path_factory.mktemp("var"), PORTAL_CLAMD=clamd.address) as running:
        yield running


@pytest.fixture
def infected(tmp_path: Path) -> Path:
    """A PDF that any reader opens, with EICAR in a stream that nothing shows."""
    pdf = pikepdf.open(io.BytesIO(pdf_bytes()))
    pdf.Root.Essai = pdf.make_stream(EICAR)
    pdf.save(tmp_path / "carte.pdf", compress_streams=False)
    return tmp_path / "carte.pdf"


def at_the_documents(page: Page, portal: RunningPortal) -> None:
    sign_in(page, portal, EMPLOYEE, PASSWORD)
    page.locator("main").get_by_role("button", name="dispense").first.click()
    at_the_first_step(page)
    page.get_by_role("button", name="Continuer").click()
    page.locator("[name=famille][value=couvert_par_ailleurs]").check()
    page.get_by_label("Autre employeur du salarié").check()
    page.get_by_role("button", name="Continuer").click()
    answer_other_employer(page)


def reloaded_until(page: Page, words: str) -> None:
    until(page.reload, partial(expect(page.locator("main")).to_contain_text, words), seconds=TO_PREVIEW_SECONDS)


def test_a_virus_is_said_and_replaced(
    portal: RunningPortal, infected: Path, tmp_path: Path, person: Callable[..., BrowserContext]
) -> None:
    page, complaints = watched(person())
    at_the_documents(page, portal)
    page.locator("input[type=file]").first.set_input_files(infected)
    expect(page.locator("li.ea-file[id]")).to_contain_text("carte.pdf")
    page.get_by_role("button", name="Enregistrer et finir plus tard").click()
    page.get_by_role("link", name="Reprendre ma demande").click()
    page.wait_for_url("**/justificatifs/")
    reloaded_until(page, "Contient un virus")
    look(page)
    page.get_by_role("button", name="Continuer").click()
    expect(page.locator("main")).to_contain_text("Retirez-le et joignez une autre copie")
    portal.wait_for_mail(EMPLOYEE, "mis à l’écart", seconds=90)
    page.get_by_role("button", name="Retirer").click()
    (tmp_path / "attestation.pdf").write_bytes(
        text_pdf_bytes("Attestation de la mutuelle de Paul LEROY, sans date de début de couverture")
    )
    page.locator("input[type=file]").first.set_input_files(tmp_path / "attestation.pdf")
    expect(page.locator("li.ea-file[id]")).to_contain_text("attestation.pdf")
    page.get_by_role("button", name="Continuer").click()
    reloaded_until(page, "Nous n’avons pas trouvé votre nom")
    look(page)
    page.get_by_role("link", name="Voir l’aperçu").click()
    expect(page.get_by_alt_text("Page 1 sur 1")).to_be_visible()
    look(page)
    page.get_by_role("link", name="Retour").click()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("main")).to_contain_text("a bien été enregistrée")
    assert complaints == []


def test_the_states_arrive_without_reloading(
    portal: RunningPortal, infected: Path, person: Callable[..., BrowserContext]
) -> None:
    page, complaints = watched(person())
    at_the_documents(page, portal)
    page.locator("input[type=file]").first.set_input_files(infected)
    expect(page.locator("main")).to_contain_text("Contient un virus", timeout=TO_PREVIEW_SECONDS * 1000)
    expect(page.get_by_label("Nom de l’autre employeur")).to_have_value("Comptoir du Sud")
    page.get_by_role("button", name="Retirer").click()
    infected.write_bytes(pdf_bytes())
    page.locator("input[type=file]").first.set_input_files(infected)
    expect(page.locator(".ea-file__view img")).to_be_visible(timeout=TO_PREVIEW_SECONDS * 1000)
    assert complaints == []


def test_the_centre_sees_the_pages(
    portal: RunningPortal, tmp_path: Path, person: Callable[..., BrowserContext]
) -> None:
    """A photo taken sideways, joined without scripts, is upright on the desk."""
    page, _ = watched(person(javascript=False))
    at_the_documents(page, portal)
    (tmp_path / "photo.heic").write_bytes(encoded(letter("Attestation de VIRGINIE DURAND 05/09/2018"), "HEIF"))
    box = page.locator("[data-ea-upload]").first
    box.locator("input[type=file]").set_input_files(tmp_path / "photo.heic")
    box.locator("button[name=joindre]").click()
    reloaded_until(page, "Aucun virus trouvé")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("main")).to_contain_text("a bien été enregistrée")
    number = page.url.split("/demandes/")[1].split("/")[0]
    desk, complaints = watched(person())
    sign_in(desk, portal, "gestion@mutuelle.exemple", PASSWORD)
    desk.goto(f"{portal.url}/gestion/dispenses/dispense/{number}/change/")
    picture = desk.get_by_alt_text("photo.heic, page 1 sur 1")
    until(desk.reload, partial(expect(picture).to_be_visible), seconds=TO_PREVIEW_SECONDS)
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("e => e.naturalHeight > e.naturalWidth")
    look(desk, admin=True)
    assert complaints == []
