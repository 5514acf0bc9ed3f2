"""Hostile bytes are told apart in a process of their own, which may die without harm."""

import contextlib
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Dictionary, Name, String

from dispenses.documents import sandbox
from dispenses.documents.inspection import inspect
from dispenses.exceptions import Code, JustificatifRefused
from tests.corpus import corpus
from tests.files import heic_bytes, jpeg_bytes, pdf_bytes, png_bytes
from tests.pdfs import active, at_root, attached, made, on_page, packed_stream
from tests.refusals import refused


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "object streams"])
@pytest.mark.parametrize("kind", active())
def test_active_pdf_is_refused(kind: str, packed: bool) -> None:
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    with refused(JustificatifRefused, Code.ACTIVE, words="programme ou un formulaire actif"):
        inspect(SimpleUploadedFile("a.pdf", made(active()[kind], object_stream_mode=mode)))


@pytest.mark.parametrize("change", [attached, at_root("Collection", Dictionary())], ids=["attachment", "portfolio"])
def test_pdf_with_files_inside_is_refused(change: Callable[[pikepdf.Pdf], None]) -> None:
    with refused(JustificatifRefused, Code.ATTACHMENT, words="contient d’autres fichiers"):
        inspect(SimpleUploadedFile("a.pdf", made(change)))


def test_web_link_is_accepted() -> None:
    link = on_page(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("https://example.fr")))
    assert inspect(SimpleUploadedFile("a.pdf", made(link))).pages == 1


def test_owner_password_alone_is_accepted() -> None:
    content = made(lambda _: None, encryption=pikepdf.Encryption(user="", owner="secret"))
    assert inspect(SimpleUploadedFile("a.pdf", content)).pages == 1


@pytest.mark.parametrize("layers", [1, 2])
def test_pdf_bomb_is_refused(layers: int) -> None:
    content = made(packed_stream(layers), stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    with refused(JustificatifRefused, Code.TOO_COMPLEX, words="trop complexe"):
        inspect(SimpleUploadedFile("a.pdf", content))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.heic"])
def test_truncated_picture_is_refused(name: str, share: float) -> None:
    content = {"a.jpg": jpeg_bytes(), "a.png": png_bytes(), "a.heic": heic_bytes()}[name]
    with refused(JustificatifRefused, Code.DAMAGED):
        inspect(SimpleUploadedFile(name, content[: int(len(content) * share)]))


def test_our_failure_is_not_told_as_a_bad_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "PROGRAM", "/nulle/part.py")
    sandbox.close()
    with refused(JustificatifRefused, Code.NOT_INSPECTED, words="un problème est survenu chez nous"):
        inspect(SimpleUploadedFile("a.png", png_bytes()))
    monkeypatch.undo()
    assert inspect(SimpleUploadedFile("a.png", png_bytes())).pages == 1


def test_a_killed_helper_is_replaced() -> None:
    inspect(SimpleUploadedFile("a.pdf", pdf_bytes()))
    for helper in sandbox._idle:
        helper.kill()
        helper.wait()
    assert inspect(SimpleUploadedFile("a.pdf", pdf_bytes())).pages == 1


def test_no_odd_file_takes_512_mb(monkeypatch: pytest.MonkeyPatch) -> None:
    peaks: dict[str, int] = {}
    examine = sandbox.examine

    def watched(request: dict[str, Any]) -> dict[str, Any]:
        found = examine(request)
        peaks[odd.label] = found["peak"]
        return found

    monkeypatch.setattr(sandbox, "examine", watched)
    for odd in corpus():
        with contextlib.suppress(JustificatifRefused):
            inspect(SimpleUploadedFile(odd.name, odd.content))
    assert len(peaks) > 100
    assert max(peaks.values()) < 512 * 1024 * 1024, max(peaks.items(), key=lambda item: item[1])
