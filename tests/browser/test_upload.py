"""A person joins files in Chromium: progress, cancel, refusal before sending, cut, retry, drag and drop, no script."""

import base64
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from portal.dev.demo import PASSWORD
from tests.browser.conftest import RunningPortal, at_the_first_step, sign_in, start_portal
from tests.browser.test_look import look, watched
from tests.files import jpeg_bytes, pdf_bytes

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SENT = "**/justificatifs/ajouter/"
DROP = """([box, files]) => {
    const dataTransfer = new DataTransfer();
    for (const [name, content] of files)
        dataTransfer.items.add(new File([Uint8Array.from(atob(content), (char) => char.charCodeAt(0))], name));
    for (const kind of ['dragenter', 'dragover', 'drop'])
        box.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory):
    with start_portal(tmp_path_factory.mktemp("var")) as running:
        yield running


@pytest.fixture
def at_the_documents(portal: RunningPortal, person: Callable[..., BrowserContext]):
    """A page at the third step of a fresh request, and the complaints of its console."""

    def go(*, javascript: bool = True) -> tuple[Page, list[str]]:
        page, complaints = watched(person(javascript=javascript))
        sign_in(page, portal, "virginie.durand@exemple.fr", PASSWORD)
        page.locator("main").get_by_role("button", name="dispense").first.click()
        at_the_first_step(page)
        page.get_by_role("button", name="Continuer").click()
        page.locator("[name=famille][value=couvert_par_ailleurs]").check()
        page.get_by_label("Autre employeur du salarié").check()
        page.get_by_role("button", name="Continuer").click()
        page.wait_for_url("**/justificatifs/")
        files = page.locator("li.ea-file[id]")
        for left in reversed(range(files.count())):
            page.get_by_role("button", name="Retirer").first.click()
            expect(files).to_have_count(left)
        return page, complaints

    return go


def shot(page: Page, name: str) -> None:
    """Keep the picture where PORTAL_SHOTS says, for whoever wants to see it."""
    if folder := os.environ.get("PORTAL_SHOTS"):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def choose(page: Page, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    page.locator("[data-ea-upload] input[type=file]").first.set_input_files(path)


def joined(page: Page, name: str) -> None:
    expect(page.locator("li.ea-file[id]").filter(has_text=name)).to_contain_text("Fichier joint")


def throttled(page: Page, bytes_per_second: int) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 20, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    session.send("Network.emulateNetworkConditions", slow)


def test_progress_cancel_then_joined(at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path) -> None:
    page, complaints = at_the_documents()
    throttled(page, 400_000)
    content = jpeg_bytes() + random.Random(1).randbytes(1_500_000)  # a reader stops at the end of the picture
    choose(page, tmp_path / "lente.jpg", content)
    expect(page.locator("[data-ea-upload] .ea-file__meta").first).to_contain_text(re.compile(r"[1-9]\d? % de 1,5 Mo"))
    shot(page, "progres")
    page.get_by_role("button", name="Annuler l’envoi de lente.jpg").click()
    expect(page.locator("progress")).to_have_count(0)
    expect(page.get_by_text("Envoi annulé.")).to_be_attached()
    assert page.locator("li.ea-file[id]").count() == 0
    throttled(page, -1)
    choose(page, tmp_path / "lente.jpg", content)
    joined(page, "lente.jpg")
    page.reload()
    joined(page, "lente.jpg")
    look(page)
    assert complaints == []


def test_continuing_waits_for_the_file_on_its_way(
    at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path
) -> None:
    page, complaints = at_the_documents()
    throttled(page, 400_000)
    choose(page, tmp_path / "lente.jpg", jpeg_bytes() + random.Random(2).randbytes(1_200_000))
    expect(page.locator("progress").first).to_be_visible()
    page.locator(".ea-actions").get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("La page continuera dès que ce fichier sera joint.")).to_be_visible()
    shot(page, "attente")
    with page.expect_navigation():
        pass  # by itself, once the file is there
    throttled(page, -1)
    joined(page, "lente.jpg")
    assert page.locator("li.ea-file[id]").count() == 1
    assert complaints == []


def test_a_photo_without_extension_is_sent(
    at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path
) -> None:
    page, complaints = at_the_documents()
    choose(page, tmp_path / "1000012345", jpeg_bytes())
    joined(page, "1000012345.jpg")
    assert complaints == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gros.pdf", b"%PDF-1.4" + b"0" * 10_400_000, "pèse 10,4 Mo : c’est plus que les 10 Mo possibles"),
        ("vide.pdf", b"", "est vide"),
        ("notes.txt", b"bonjour", "doit être un PDF, une photo JPEG, PNG ou HEIC"),
    ],
)
def test_refused_before_it_is_sent(
    at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    page, complaints = at_the_documents()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/ajouter/") else None)
    choose(page, tmp_path / name, content)
    expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    assert page.get_by_role("button", name="Réessayer").count() == 0
    look(page)
    shot(page, f"refus-{name}")
    choose(page, tmp_path / "bon.pdf", pdf_bytes())
    joined(page, "bon.pdf")
    assert len(sent) == 1
    assert complaints == []


def test_a_file_refused_by_the_server_is_not_tried_again(
    at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path
) -> None:
    page, _ = at_the_documents()
    choose(page, tmp_path / "secret.pdf", pdf_bytes(password="x"))
    expect(page.locator("[data-ea-upload] .ea-error").first).to_contain_text("protégé par un mot de passe")
    assert page.get_by_role("button", name="Réessayer").count() == 0
    look(page)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lambda route: route.abort("connectionreset"), "La connexion a été coupée"),
        (lambda route: route.fulfill(status=502, body="Bad Gateway"), "Notre serveur n’a pas répondu"),
        (lambda route: route.fulfill(status=504, body="Gateway Timeout"), "trop de temps à répondre"),
        (lambda route: route.fulfill(status=500, body="<h1>500</h1>"), "Un problème est survenu chez nous"),
    ],
    ids=["cut", "502", "504", "500"],
)
def test_a_cut_is_retried_with_the_same_file(
    at_the_documents: Callable[..., tuple[Page, list[str]]],
    tmp_path: Path,
    fault: Callable[[Route], None],
    words: str,
) -> None:
    page, _ = at_the_documents()
    page.route(SENT, fault)
    choose(page, tmp_path / "carte.pdf", pdf_bytes())
    expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    again = page.get_by_role("button", name="Réessayer l’envoi de carte.pdf")
    expect(again).to_be_focused()
    look(page)
    shot(page, "coupure")
    page.unroute(SENT)
    again.click()
    joined(page, "carte.pdf")


def test_a_proxy_that_refuses_the_size_offers_no_retry(
    at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path
) -> None:
    page, _ = at_the_documents()
    page.route(SENT, lambda route: route.fulfill(status=413, body="Request Entity Too Large"))
    choose(page, tmp_path / "carte.pdf", pdf_bytes())
    expect(page.get_by_role("alert").filter(has_text="Choisissez un fichier plus léger")).to_be_visible()
    assert page.get_by_role("button", name="Réessayer").count() == 0


def test_drag_and_drop(at_the_documents: Callable[..., tuple[Page, list[str]]]) -> None:
    page, complaints = at_the_documents()
    box = page.locator("[data-ea-upload]").first.element_handle()
    files = {"deposee.pdf": pdf_bytes(pages=1), "avec.pdf": pdf_bytes(pages=2)}
    page.evaluate(DROP, [box, [[name, base64.b64encode(content).decode()] for name, content in files.items()]])
    for name in files:
        joined(page, name)
    assert complaints == []


def choose_several(page: Page, folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    field = page.locator("[data-ea-upload] input[type=file]").first
    field.set_input_files([folder / name for name in files])


def test_several_files_each_joined_or_refused(
    at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path
) -> None:
    page, _ = at_the_documents()
    throttled(page, 300_000)
    files = {
        "un.pdf": pdf_bytes(pages=1),
        "secret.pdf": pdf_bytes(password="x"),
        "notes.txt": b"bonjour",
        "lente.jpg": jpeg_bytes() + random.Random(3).randbytes(700_000),
        "vide.pdf": b"",
    }
    choose_several(page, tmp_path, files)
    expect(page.locator("[data-ea-upload] .ea-file__meta").first).to_contain_text(re.compile("Fichier 4 sur 5"))
    shot(page, "plusieurs-progres")
    page.locator(".ea-actions").get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("La page continuera dès que ces fichiers seront joints.")).to_be_visible()
    for name in ("un.pdf", "lente.jpg"):
        joined(page, name)
    said = page.locator("[data-ea-upload]").first.locator(".ea-error")
    expect(said).to_have_count(3)  # the refusals are read first: the page stays
    for line, words in enumerate(["protégé par un mot de passe", "« notes.txt » doit être un PDF", "« vide.pdf » est"]):
        expect(said.nth(line)).to_contain_text(words)
    assert page.get_by_role("button", name="Réessayer").count() == 0
    look(page)
    shot(page, "plusieurs-refus")


def test_several_files_more_than_there_is_place(
    at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path
) -> None:
    page, _ = at_the_documents()
    choose_several(page, tmp_path, {f"{number}.pdf": pdf_bytes(pages=number) for number in range(1, 7)})
    for number in range(1, 5):
        joined(page, f"{number}.pdf")
    expect(page.get_by_role("alert")).to_contain_text("Fichiers non envoyés : « 5.pdf », « 6.pdf ». Il n’y a plus de")
    look(page)
    shot(page, "plusieurs-place")


def test_several_files_cut_in_the_middle_are_retried(
    at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path
) -> None:
    page, _ = at_the_documents()
    sent = []

    def cut(route: Route) -> None:
        sent.append(route)
        route.continue_() if len(sent) == 1 else route.abort("connectionreset")

    page.route(SENT, cut)
    choose_several(page, tmp_path, {f"{number}.pdf": pdf_bytes(pages=number) for number in range(1, 4)})
    expect(page.get_by_role("alert").filter(has_text="La connexion a été coupée")).to_contain_text(
        "Fichiers non envoyés : « 2.pdf », « 3.pdf »."
    )
    again = page.get_by_role("button", name="Réessayer l’envoi de 2.pdf, 3.pdf")
    expect(again).to_be_focused()
    assert len(sent) == 2
    look(page)
    shot(page, "plusieurs-coupure")
    page.unroute(SENT)
    again.click()
    for number in range(1, 4):
        joined(page, f"{number}.pdf")


def test_pages_are_moved_and_removed_in_place_and_the_focus_stays_near(
    at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path
) -> None:
    page, complaints = at_the_documents()
    page.get_by_label("Nom de l’assureur").fill("Mutuelle du Lac")
    choose_several(page, tmp_path, {name: jpeg_bytes(width=300 + len(name)) for name in ("un.jpg", "deux.jpg")})
    files = page.locator("li.ea-file[id]")
    expect(files.nth(1)).to_contain_text("Page 2 sur 2")
    page.get_by_role("button", name="Monter deux.jpg").click()
    expect(files.first).to_contain_text("deux.jpg")
    expect(page.get_by_role("button", name="Retirer deux.jpg")).to_be_focused()
    look(page)
    shot(page, "pages")
    page.keyboard.press("Enter")
    expect(files).to_have_count(1)
    expect(page.get_by_role("button", name="Retirer un.jpg")).to_be_focused()
    expect(page.locator("p[role=status]", has_text="« deux.jpg » est retiré.").first).to_be_attached()
    page.keyboard.press("Enter")
    expect(files).to_have_count(0)
    expect(page.locator("[data-ea-upload] .ea-pick button").first).to_be_focused()
    expect(page.get_by_label("Nom de l’assureur")).to_have_value("Mutuelle du Lac")
    assert complaints == []


def test_what_cannot_be_done_in_place_is_done_by_the_page(
    at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path
) -> None:
    page, _ = at_the_documents()
    choose(page, tmp_path / "carte.pdf", pdf_bytes())
    joined(page, "carte.pdf")
    page.route("**/retirer/", lambda route: route.abort())
    page.get_by_role("button", name="Retirer carte.pdf").click()
    expect(page.get_by_text("« carte.pdf » est retiré.")).to_be_visible()
    expect(page.locator("li.ea-file[id]")).to_have_count(0)


def test_a_sample_is_seen_and_its_message_copied(
    at_the_documents: Callable[..., tuple[Page, list[str]]], portal: RunningPortal
) -> None:
    page, complaints = at_the_documents()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=portal.url)
    page.get_by_text("À quoi il ressemble, à qui le demander").first.click()
    expect(page.get_by_role("img", name="Spécimen dessiné, fictif").first).to_be_visible()
    look(page)
    shot(page, "specimen")
    page.get_by_role("button", name="Copier le message").first.click()
    expect(page.get_by_role("button", name="Copié").first).to_be_visible()
    assert "Je demande à être dispensé(e)" in page.evaluate("navigator.clipboard.readText()")
    assert complaints == []


def test_telephones_offer_their_camera(at_the_documents: Callable[..., tuple[Page, list[str]]]) -> None:
    """iOS and Android offer it for an input that names types of pictures and does not force one."""
    page, _ = at_the_documents()
    field = page.locator("[data-ea-upload] input[type=file]").first
    assert {"image/jpeg", "image/heic", "application/pdf", ".pdf"} <= set(
        (field.get_attribute("accept") or "").split(",")
    )
    assert field.get_attribute("capture") is None


def test_without_scripts(at_the_documents: Callable[..., tuple[Page, list[str]]], tmp_path: Path) -> None:
    page, _ = at_the_documents(javascript=False)
    choose(page, tmp_path / "gros.pdf", b"%PDF-1.4" + b"0" * 10_400_000)
    page.get_by_role("button", name="Joindre", exact=True).first.click()
    expect(page.locator("[data-ea-upload] .ea-error").first).to_contain_text("dépasse 10 Mo")
    shot(page, "sans-script")
    choose(page, tmp_path / "carte.pdf", pdf_bytes())
    page.get_by_role("button", name="Joindre", exact=True).first.click()
    joined(page, "carte.pdf")
    choose(page, tmp_path / "enorme.pdf", b"%PDF-1.4" + b"0" * 60_000_000)
    page.get_by_role("button", name="Joindre", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce fichier est trop volumineux")
