"""Files joined one by one: by the page's script, or by the button of a page without scripts."""

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dispenses.documents import sandbox
from dispenses.enums import PreviewStatus
from dispenses.models import Consultation, Dispense, Justificatif, Motif
from dispenses.request import contents
from portal.lib.reception import NO_ROOM
from tests.dispenses.member.test_wizard import signed_in, text, url
from tests.factories import TYPED, DispenseFactory, UserFactory, add_pictures
from tests.files import heic_bytes, jpeg_bytes, pdf_bytes, png_bytes
from tests.pdfs import active, made

pytestmark = pytest.mark.django_db
PIECE = "carte_mutuelle"
REAL = [
    ("Attestation Mutuelle.pdf", pdf_bytes, "application/pdf"),
    ("IMG_2041.jpg", jpeg_bytes, "image/jpeg"),
    ("scan.PNG", png_bytes, "image/png"),
    ("IMG_7.HEIC", heic_bytes, "image/heic"),
]


@pytest.fixture
def empty() -> Dispense:
    dispense = DispenseFactory(answers={})
    dispense.justificatifs.all().delete()
    return dispense


def post(client: Client, dispense: Dispense, name: str, content: bytes, key: str = PIECE) -> Any:
    """As the page's script does."""
    return client.post(
        reverse("justificatif_ajouter", args=[dispense.number]),
        {f"fichier_{key}": SimpleUploadedFile(name, content)},
        headers={"X-Requested-With": "fetch"},
    )


@pytest.mark.parametrize(("name", "make", "mime"), REAL)
def test_joined_on_selection_then_downloaded_and_removed(empty: Dispense, name: str, make: Any, mime: str) -> None:
    client = signed_in(empty)
    answer = post(client, empty, name, make())
    assert answer.status_code == 200
    page = text(answer)
    assert page.lstrip().startswith("<section")
    assert name in page
    assert "Vous pouvez encore joindre 3\xa0fichiers." in page
    file = empty.justificatifs.get()
    assert (file.piece, file.content_type) == (PIECE, mime)
    download = client.get(reverse("justificatif", args=[empty.number, file.pk]))
    assert b"".join(download.streaming_content) == make()
    assert download["Content-Disposition"].startswith("attachment")
    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.get(reverse("justificatif", args=[empty.number, file.pk])).status_code == 404
    assert stranger.post(reverse("justificatif_retirer", args=[empty.number, file.pk])).status_code == 404
    assert post(stranger, empty, name, make()).status_code == 404
    client.post(reverse("justificatif_retirer", args=[empty.number, file.pk]))
    assert not empty.justificatifs.exists()


@pytest.mark.parametrize(("name", "make", "mime"), REAL)
def test_joined_without_script(empty: Dispense, name: str, make: Any, mime: str) -> None:
    client = signed_in(empty)
    data = {"assureur": "Lac", f"fichier_{PIECE}": SimpleUploadedFile(name, make(), mime), "joindre": PIECE}
    assert client.post(url("justificatifs", empty), data).url == url("justificatifs", empty)
    page = text(client.get(url("justificatifs", empty)))
    assert name in page
    assert 'value="Lac"' in page
    assert "<title>Erreur" not in page
    pk = empty.justificatifs.get().pk
    answer = client.post(url("justificatifs", empty), {"assureur": "Lac 2", "retirer": pk}, follow=True)
    assert f"«\xa0{name}\xa0» est retiré." in text(answer)
    assert 'value="Lac 2"' in text(answer)
    assert not empty.justificatifs.exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("vide.pdf", b"", "est vide"),
        ("virus.exe", b"MZ" + b"\0" * 100, "doit être un PDF"),
        ("secret.pdf", pdf_bytes(password="x"), "protégé par un mot de passe"),
        ("coupe.jpg", jpeg_bytes()[:400], "abîmé"),
        ("<img src=x onerror=alert(1)>.txt", b"bonjour", "doit être un PDF"),
    ],
)
def test_refused_in_place(empty: Dispense, name: str, content: bytes, words: str) -> None:
    client = signed_in(empty)
    answer = post(client, empty, name, content)
    assert answer.status_code == 422
    assert words in text(answer)
    assert f'id="fichier-{PIECE}-1-erreur"' in text(answer)
    assert "<img src=x" not in text(answer)
    data = {"assureur": "Lac", f"fichier_{PIECE}": SimpleUploadedFile(name, content), "joindre": PIECE}
    page = text(client.post(url("justificatifs", empty), data))
    assert words in page or not content
    assert "<title>Erreur\xa0: " in page
    assert 'value="Lac"' in page
    assert "id_titulaire_error" not in page  # the button judges the file, not the answers
    assert not empty.justificatifs.exists()


@pytest.mark.parametrize(
    ("name", "shown"), [("1000012345", "1000012345.jpg"), ("IMG_2.HEIC", "IMG_2.jpg"), ("a.jfif", "a.jfif")]
)
def test_a_photo_is_taken_under_any_name(empty: Dispense, name: str, shown: str) -> None:
    answer = post(signed_in(empty), empty, name, jpeg_bytes())
    assert answer.status_code == 200
    assert f"«\xa0{shown}\xa0» est joint" in text(answer)
    assert empty.justificatifs.get().content_type == "image/jpeg"


def test_a_failure_of_ours_asks_to_try_again(empty: Dispense, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(request: dict[str, Any]) -> dict[str, Any]:
        raise sandbox.CannotInspect("killed")

    monkeypatch.setattr(sandbox, "examine", killed)
    answer = post(signed_in(empty), empty, "a.jpg", jpeg_bytes())
    assert answer.status_code == 503
    assert "un problème est survenu chez nous" in text(answer)
    assert not empty.justificatifs.exists()


def test_no_file_chosen(empty: Dispense) -> None:
    client = signed_in(empty)
    page = text(client.post(url("justificatifs", empty), {"joindre": PIECE, "assureur": "Lac"}))
    assert "Choisissez un fichier" in page
    address = reverse("justificatif_ajouter", args=[empty.number])
    assert client.post(address, headers={"X-Requested-With": "fetch"}).status_code == 422
    assert client.post(address).url == url("justificatifs", empty)
    assert client.get(address).status_code == 405


def test_quota_is_said(empty: Dispense) -> None:
    client = signed_in(empty)
    for pages in range(1, 4):
        answer = post(client, empty, "a.pdf", pdf_bytes(pages=pages))
    assert "Vous pouvez encore joindre 1\xa0fichier." in text(answer)
    answer = post(client, empty, "a.pdf", pdf_bytes(), key="autre")
    assert "Vous avez joint les 4\xa0fichiers possibles. Retirez-en un pour le remplacer." in text(answer)
    assert 'type="file"' not in text(answer)
    assert post(client, empty, "a.pdf", pdf_bytes(pages=9)).status_code == 422
    assert empty.justificatifs.count() == 4
    assert post(client, empty, "a.pdf", pdf_bytes(pages=1)).status_code == 200  # a retry of one that is there
    assert empty.justificatifs.count() == 4


def stored_files() -> set[Path]:
    """Every file that the storage of documents holds."""
    root = Path(Justificatif._meta.get_field("file").storage.location)
    return {path for path in root.rglob("*") if path.is_file()}


def test_the_same_file_sent_again_is_there_once(empty: Dispense) -> None:
    client, before = signed_in(empty), stored_files()
    for _ in range(2):  # the first answer was lost on its way
        answer = post(client, empty, "a.pdf", pdf_bytes())
        assert answer.status_code == 200
        assert "«\xa0a.pdf\xa0» est joint" in text(answer)
    assert stored_files() - before == {Path(empty.justificatifs.get().file.path)}
    post(client, empty, "a.pdf", pdf_bytes(), key="autre")  # another document may be the same file
    assert empty.justificatifs.count() == 2


def test_the_photographs_of_a_contract_are_one_file(empty: Dispense, settings: Any) -> None:
    settings.PORTAL_UPLOAD_MAX_PICTURES = 6
    client = signed_in(empty)
    for number in range(6):
        answer = post(client, empty, f"page {number}.jpg", jpeg_bytes(width=300 + number))
        assert answer.status_code == 200
    assert "Vous pouvez encore joindre 3\xa0fichiers." in text(answer)
    answer = post(client, empty, "page 7.jpg", jpeg_bytes(width=400))
    assert answer.status_code == 422
    assert "les 6 photos possibles pour ce document" in text(answer)
    for pages in range(1, 4):
        answer = post(client, empty, "a.pdf", pdf_bytes(pages=pages), key="autre")
        assert answer.status_code == 200
    assert "Vous avez joint les 4\xa0fichiers possibles" in text(answer)
    pk = empty.justificatifs.filter(piece=PIECE).first().pk  # type: ignore[union-attr]
    client.post(reverse("justificatif_retirer", args=[empty.number, pk]))
    page = text(client.get(url("justificatifs", empty)))
    assert f'id="fichier-{PIECE}"' in page  # a photo more of the same document
    assert 'id="fichier-autre"' not in page
    assert post(client, empty, "page 8.jpg", jpeg_bytes(width=500)).status_code == 200


def photographed(dispense: Dispense, client: Client, count: int = 3) -> list[Justificatif]:
    """Pages of one document, each of another width, in the order in which they were chosen."""
    for number in range(count):
        assert post(client, dispense, f"page {number + 1}.jpg", jpeg_bytes(width=300 + number)).status_code == 200
    return list(dispense.justificatifs.all())


def names(dispense: Dispense) -> list[str]:
    return [file.name for file in dispense.justificatifs.all()]


def test_photographs_are_the_pages_of_a_document_in_the_order_of_their_owner(empty: Dispense) -> None:
    client = signed_in(empty)
    _, second, third = photographed(empty, client)
    page = text(client.get(url("justificatifs", empty)))
    assert "Ces 3\xa0photos sont les pages d’un seul document" in page
    assert page.index("Page 1 sur 3") < page.index("Page 2 sur 3") < page.index("Page 3 sur 3")
    assert client.post(url("justificatifs", empty), {"monter": third.pk}).url == url("justificatifs", empty)
    assert names(empty) == ["page 1.jpg", "page 3.jpg", "page 2.jpg"]
    answer = client.post(
        reverse("justificatif_monter", args=[empty.number, third.pk]), headers={"X-Requested-With": "fetch"}
    )
    assert text(answer).lstrip().startswith("<section")
    assert names(empty) == ["page 3.jpg", "page 1.jpg", "page 2.jpg"]
    post(client, empty, "page 4.jpg", jpeg_bytes(width=900))
    assert names(empty)[-1] == "page 4.jpg"
    client.post(reverse("justificatif_retirer", args=[empty.number, second.pk]))
    assert names(empty) == ["page 3.jpg", "page 1.jpg", "page 4.jpg"]
    assert "Page 3 sur 3" in text(client.get(url("justificatifs", empty)))


def test_the_first_page_does_not_move_and_a_pdf_is_no_page(empty: Dispense) -> None:
    client = signed_in(empty)
    first, *_ = photographed(empty, client, 2)
    post(client, empty, "a.pdf", pdf_bytes())
    client.post(reverse("justificatif_monter", args=[empty.number, first.pk]))
    assert names(empty)[0] == "a.pdf" or names(empty)[:2] == ["page 1.jpg", "page 2.jpg"]
    page = text(client.get(url("justificatifs", empty)))
    assert "Page 2 sur 2" in page
    assert page.count('name="monter"') == 1


def test_the_pages_are_read_together_as_one_pdf(empty: Dispense) -> None:
    client = signed_in(empty)
    files = photographed(empty, client)
    address = reverse("justificatif_ensemble", args=[empty.number, files[1].pk])
    assert address not in text(client.get(url("justificatifs", empty)))  # not drawn yet
    assert client.get(address).status_code == 302
    for pages, file in enumerate(files, start=1):
        add_pictures(file, pages)
    assert reverse("justificatif_ensemble", args=[empty.number, files[0].pk]) in text(
        client.get(url("justificatifs", empty))
    )
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert len(pdf.pages) == 6
    assert Consultation.objects.filter(document__in=[file.pk for file in files]).count() == 3


def test_pages_already_sent_do_not_move(empty: Dispense) -> None:
    client = signed_in(empty)
    *_, last = photographed(empty, client)
    empty.justificatifs.update(sent_at=timezone.now())
    client.post(reverse("justificatif_monter", args=[empty.number, last.pk]))
    assert names(empty)[-1] == last.name
    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.post(reverse("justificatif_monter", args=[empty.number, last.pk])).status_code == 404


def test_a_file_is_removed_in_place_by_a_script(empty: Dispense) -> None:
    client = signed_in(empty)
    file, *_ = photographed(empty, client, 1)
    address = reverse("justificatif_retirer", args=[empty.number, file.pk])
    answer = client.post(address, headers={"X-Requested-With": "fetch"})
    assert "«\xa0page 1.jpg\xa0» est retiré." in text(answer)
    assert not empty.justificatifs.exists()
    assert client.post(address, headers={"X-Requested-With": "fetch"}).status_code == 404


def test_each_document_shows_a_sample_and_a_message_to_ask_for_it(empty: Dispense) -> None:
    page = text(signed_in(empty).get(url("justificatifs", empty)))
    for code in Motif.objects.get(code="conjoint").required_justificatifs.values_list("code", flat=True):
        assert f'data-ea-copy="message-{code}"' in page
    assert page.count("SPÉCIMEN</text>") == 2
    assert page.count('href="mailto:?subject=') == 2
    assert empty.employee.employer.name in page


def test_a_file_that_cannot_be_read_is_said_at_its_place_and_not_sent_as_proof(empty: Dispense) -> None:
    client = signed_in(empty)
    keys = Motif.objects.get(code="conjoint").required_justificatifs.values_list("code", flat=True)
    for key in keys:
        post(client, empty, f"{key}.pdf", pdf_bytes(), key=key)
    empty.justificatifs.filter(piece=PIECE).update(preview_status=PreviewStatus.FAILED)
    page = text(client.get(url("justificatifs", empty)))
    assert "Illisible" in page
    assert "Aucune page de ce fichier n’a pu être affichée" in page
    page = text(client.post(url("justificatifs", empty), {**TYPED, "assureur": "Lac", "titulaire": "Paul"}))
    assert "Le fichier joint ne peut pas être lu. Retirez-le et joignez une autre copie" in page
    assert (
        "justificatifs",
        contents.lacking(next(p for p in contents.pieces(empty) if p.code == PIECE)),
    ) in contents.missing(empty)
    post(client, empty, "bon.pdf", pdf_bytes())  # the same bytes, drawn anew: they may have been spoilt on their way
    assert empty.justificatifs.filter(piece=PIECE).count() == 2


def test_a_file_under_an_unknown_document_is_a_free_one(empty: Dispense) -> None:
    post(signed_in(empty), empty, "a.pdf", pdf_bytes(), key="inconnu")
    assert empty.justificatifs.get().piece == ""


def test_nothing_joined_to_a_sent_request() -> None:
    dispense = DispenseFactory(in_progress=True)
    answer = post(signed_in(dispense), dispense, "a.pdf", pdf_bytes())
    assert answer.status_code == 422
    assert "déjà envoyée" in text(answer)
    assert dispense.justificatifs.count() == 2


def test_continuing_joins_what_was_chosen(empty: Dispense) -> None:
    client = signed_in(empty)
    keys = Motif.objects.get(code="conjoint").required_justificatifs.values_list("code", flat=True)
    files = {f"fichier_{key}": SimpleUploadedFile(f"{key}.pdf", pdf_bytes()) for key in keys}
    answer = client.post(url("justificatifs", empty), {**TYPED, "assureur": "Lac", "titulaire": "Paul", **files})
    assert answer.url == url("verification", empty)


def test_when_there_was_no_room_what_was_typed_is_there(empty: Dispense) -> None:
    """The web worker left the contents of the files out (portal/http_worker.py): the page says so, at their place."""
    client = signed_in(empty)
    data = {"assureur": "Lac", f"fichier_{PIECE}": SimpleUploadedFile("a.pdf", b"")}
    for button in ({"joindre": PIECE}, {"plus-tard": "1"}, {}):
        answer = client.post(url("justificatifs", empty), {**data, **button}, **{NO_ROOM: True})
        assert answer.status_code == 503
        page = text(answer)
        assert "«\xa0a.pdf\xa0» n’a pas pu être reçu\xa0: la place manque chez nous pour le moment." in page
        assert 'value="Lac"' in page
        data[f"fichier_{PIECE}"].seek(0)
    empty.refresh_from_db()
    assert empty.answers["assureur"] == "Lac"
    assert not empty.justificatifs.exists()


def test_a_cerfa_is_told_what_to_do_at_its_place(empty: Dispense) -> None:
    page = text(post(signed_in(empty), empty, "cerfa.pdf", made(active()["xfa"])))
    box = page[page.index(f'id="piece-{PIECE}"') :]
    assert "imprimez-le en PDF" in box[: box.index('id="piece-', 10)]


def test_how_much_may_be_chosen_at_once_is_said_without_scripts(empty: Dispense) -> None:
    assert "Au-delà de 40\xa0Mo en tout, joignez-les en plusieurs fois." in text(
        signed_in(empty).get(url("justificatifs", empty))
    )


def several(*files: tuple[str, bytes]) -> dict[str, Any]:
    """The fields of a page without scripts, files chosen together under one document."""
    return {"assureur": "Lac", f"fichier_{PIECE}": [SimpleUploadedFile(*file) for file in files], "joindre": PIECE}


def test_each_of_several_files_is_taken_or_refused_by_itself(empty: Dispense, settings: Any) -> None:
    settings.PORTAL_UPLOAD_MAX_BYTES = 200_000
    client = signed_in(empty)
    files = [
        ("un.pdf", pdf_bytes()),
        ("secret.pdf", pdf_bytes(password="x")),
        ("lourd.pdf", b"%PDF" + bytes(300_000)),
        ("deux.jpg", jpeg_bytes()),
        ("notes.txt", b"bonjour"),
        ("enorme.pdf", b"%PDF" + bytes(400_000)),
    ]
    answer = client.post(url("justificatifs", empty), several(*files))
    assert answer.status_code == 200
    page = text(answer)
    assert sorted(file.name for file in empty.justificatifs.all()) == ["deux.jpg", "un.pdf"]
    for name in ("secret.pdf", "lourd.pdf", "notes.txt", "enorme.pdf"):
        assert page.count(f"«\xa0{name}\xa0»") == 2, name  # in the summary, and at its place
    assert "«\xa0un.pdf\xa0»" not in page
    assert 'value="Lac"' in page


def test_several_files_for_which_there_is_no_place_are_each_said(empty: Dispense) -> None:
    client = signed_in(empty)
    page = text(
        client.post(url("justificatifs", empty), several(*[(f"{n}.pdf", pdf_bytes(pages=n)) for n in range(1, 8)]))
    )
    assert empty.justificatifs.count() == 4
    for name in ("5.pdf", "6.pdf", "7.pdf"):  # in the summary, and at their place
        assert page.count(f"«\xa0{name}\xa0»\xa0: vous avez joint les 4\xa0fichiers possibles. Retirez-en un") == 2
    at_its_place = page[page.index(f'id="piece-{PIECE}"') :]
    assert "ea-error" in at_its_place[: at_its_place.index('id="piece-', 10)]


def test_several_files_sent_together_by_a_script(empty: Dispense) -> None:
    client = signed_in(empty)
    data = {
        f"fichier_{PIECE}": [SimpleUploadedFile("a.pdf", pdf_bytes(pages=1)), SimpleUploadedFile("b.txt", b"bonjour")]
    }
    answer = client.post(
        reverse("justificatif_ajouter", args=[empty.number]), data, headers={"X-Requested-With": "fetch"}
    )
    assert answer.status_code == 422
    assert "«\xa0a.pdf\xa0» est joint" in text(answer)
    assert "«\xa0b.txt\xa0»" in text(answer)
