import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from dispenses.documents import limits
from dispenses.documents.inspection import clean_name, inspect
from dispenses.exceptions import Code, JustificatifRefused
from tests.files import encoded, heic_bytes, jpeg_bytes, pdf_bytes, png_bytes
from tests.refusals import refused


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("Attestation Mutuelle.pdf", pdf_bytes(pages=3), "application/pdf"),
        ("IMG_2041.JPG", jpeg_bytes(orientation=6), "image/jpeg"),
        ("photo.jpeg", jpeg_bytes(), "image/jpeg"),
        ("carte.png", png_bytes(), "image/png"),
        ("IMG_0001.HEIC", heic_bytes(), "image/heic"),
    ],
)
def test_accepted(name: str, content: bytes, content_type: str) -> None:
    found = inspect(SimpleUploadedFile(name, content, content_type="text/html"))
    assert (found.name, found.content_type, found.size) == (name, content_type, len(content))
    assert found.pages == (3 if content_type == "application/pdf" else 1)
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("1000012345", jpeg_bytes(), "1000012345.jpg"),
        ("photo_whatsapp.jfif", jpeg_bytes(), "photo_whatsapp.jfif"),
        ("IMG_0001.HEIC", jpeg_bytes(), "IMG_0001.jpg"),
        ("IMG_0001.jpg", heic_bytes(), "IMG_0001.heic"),
        ("photo.png", jpeg_bytes(), "photo.jpg"),
        ("photo.pdf", png_bytes(), "photo.png"),
        ("sans-extension", pdf_bytes(), "sans-extension.pdf"),
        ("attestation M. Durand", pdf_bytes(), "attestation M. Durand.pdf"),
        ("attestation.", pdf_bytes(), "attestation.pdf"),
        ("facture.exe", pdf_bytes(), "facture.exe.pdf"),
        (".pdf", jpeg_bytes(), ".pdf.jpg"),
        ("é" * 200, pdf_bytes(), "é" * 146 + ".pdf"),
    ],
)
def test_the_bytes_say_what_it_is_and_the_name_follows(name: str, content: bytes, shown: str) -> None:
    assert inspect(SimpleUploadedFile(name, content)).name == shown


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("vide.pdf", b"", Code.EMPTY, "est vide"),
        (
            "page.pdf",
            b"<html><script>alert(1)</script></html>",
            Code.WRONG_KIND,
            "doit être un PDF, une photo JPEG, PNG ou HEIC",
        ),
        ("virus.exe", b"MZ" + b"\0" * 200, Code.WRONG_KIND, "doit être un PDF"),
        ("dessin.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", Code.WRONG_KIND, "doit être un PDF"),
        ("photo.jpg", encoded(Image.new("RGB", (9, 9)), "GIF"), Code.WRONG_KIND, "doit être un PDF"),
        ("coupe.jpg", jpeg_bytes()[:900], Code.DAMAGED, "abîmé"),
        ("coupe.png", png_bytes()[:200], Code.DAMAGED, "abîmé"),
        ("coupe.heic", heic_bytes()[: len(heic_bytes()) // 2], Code.DAMAGED, "abîmé"),
        ("secret.pdf", pdf_bytes(password="1234"), Code.PASSWORD, "protégé par un mot de passe"),
        ("abime.pdf", b"%PDF-1.7\n" + b"x" * 500, Code.DAMAGED, "abîmé"),
        ("long.pdf", pdf_bytes(pages=51), Code.PAGES, "de 1 à 50 pages"),
    ],
)
def test_refused_with_what_to_do(name: str, content: bytes, code: Code, words: str) -> None:
    with refused(JustificatifRefused, code, words=words):
        inspect(SimpleUploadedFile(name, content))


def test_too_big(settings) -> None:  # type: ignore[no-untyped-def]
    settings.PORTAL_UPLOAD_MAX_BYTES = 1_000_000
    with refused(JustificatifRefused, Code.TOO_LARGE, words="dépasse 1 Mo"):
        inspect(SimpleUploadedFile("gros.pdf", pdf_bytes() + b" " * 1_000_000))


def test_too_many_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PIXELS", 1000)
    with refused(JustificatifRefused, Code.TOO_LARGE_IMAGE, words="trop grande"):
        inspect(SimpleUploadedFile("photo.jpg", jpeg_bytes()))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("C:\\Users\\moi\\carte.pdf", "carte.pdf"),
        ("../../etc/passwd", "passwd"),
        ("fac\u202efdp.exe", "facfdp.exe"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("   ", "document"),
        ("é" * 300 + ".pdf", "é" * 146 + ".pdf"),
        ("x" * 400, "x" * 150),
    ],
)
def test_names_are_shown_without_traps(raw: str, shown: str) -> None:
    assert clean_name(raw) == shown
