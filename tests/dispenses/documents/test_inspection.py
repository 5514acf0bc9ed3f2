"""Hostile bytes are told apart in a process of their own, which may die without harm."""

import contextlib
import io
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Dictionary, Name, String
from PIL import Image

from dispenses.documents import limits, sandbox
from dispenses.documents.inspection import inspect
from dispenses.exceptions import Code, JustificatifRefused, StorageUnavailable
from tests.corpus import corpus
from tests.files import heic_bytes, jpeg_bytes, pdf_bytes, png_bytes, scanned, text_pdf_bytes
from tests.pdfs import (
    INVOICE,
    active,
    at_root,
    attached,
    carrying,
    harmless,
    made,
    on_page,
    opens_outside,
    packed_stream,
)
from tests.refusals import refused


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "object streams"])
@pytest.mark.parametrize("kind", active())
def test_active_pdf_is_refused(kind: str, packed: bool) -> None:
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    code, words = Code.ACTIVE, "programme ou un formulaire actif"
    if kind == "xfa":  # many Cerfa: what to do is said step by step
        code, words = Code.FORM, "Ouvrez-le avec Acrobat Reader, imprimez-le en PDF"
    with refused(JustificatifRefused, code, words=words):
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


@pytest.mark.parametrize("kind", opens_outside())
def test_pdf_that_leaves_itself_is_refused(kind: str) -> None:
    with refused(JustificatifRefused, Code.ACTIVE, words="appelle un autre fichier. Imprimez-le en PDF"):
        inspect(SimpleUploadedFile("a.pdf", made(opens_outside()[kind])))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "object streams"])
@pytest.mark.parametrize("kind", harmless())
def test_what_is_only_named_like_an_action_is_taken(kind: str, packed: bool) -> None:
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    assert inspect(SimpleUploadedFile("a.pdf", made(harmless()[kind], object_stream_mode=mode))).pages == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("facture.xml", INVOICE),
        ("factur-x.xml", b"MZ" + bytes(100)),
        ("factur-x.xml", b"<html><script>alert(1)</script></html>"),
        ("factur-x.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + INVOICE),
        ("factur-x.xml", INVOICE.replace(b"/>", b">" + b" " * 2_100_000)),
        ("factur-x.xml.exe", INVOICE),
    ],
)
def test_only_the_data_of_an_invoice_is_carried(name: str, content: bytes) -> None:
    with refused(JustificatifRefused, Code.ATTACHMENT, words="contient d’autres fichiers"):
        inspect(SimpleUploadedFile("a.pdf", made(carrying(name, content))))


@pytest.mark.filterwarnings("ignore:Encryption R=5:UserWarning")
@pytest.mark.parametrize("strength", [5, 6])
def test_a_password_to_open_is_seen_behind_an_empty_owner_s(strength: int) -> None:
    encryption = pikepdf.Encryption(user="secret", owner="", R=strength)  # type: ignore[arg-type]
    with refused(JustificatifRefused, Code.PASSWORD):
        inspect(SimpleUploadedFile("a.pdf", made(lambda _: None, encryption=encryption)))


@pytest.mark.parametrize("before", [b" ", b"\r\n", b"\n\n", b"\xef\xbb\xbf", b"\0\0", b"\t " * 300])
def test_blanks_before_a_pdf_are_nothing(before: bytes) -> None:
    assert inspect(SimpleUploadedFile("a.pdf", before + text_pdf_bytes("Bonjour"))).content_type == limits.PDF


@pytest.mark.parametrize("share", [20, 50, 80, 95])
@pytest.mark.parametrize("kind", ["text", "linear", "packed", "scans"])
def test_a_pdf_cut_short_is_said_so(kind: str, share: int) -> None:
    whole = several_pages()[kind]
    assert inspect(SimpleUploadedFile("a.pdf", whole)).pages == 7
    with refused(JustificatifRefused, Code.CUT, words="la fin du fichier manque"):
        inspect(SimpleUploadedFile("a.pdf", whole[: len(whole) * share // 100]))


def several_pages() -> dict[str, bytes]:
    """Seven pages, as several programs write them."""
    text = text_pdf_bytes("#pagebreak()".join(["Attestation"] * 7))
    linear, packed, scans = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with pikepdf.open(io.BytesIO(text)) as pdf:
        pdf.save(linear, linearize=True)
        pdf.save(packed, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    page = Image.linear_gradient("L").resize((800, 1100))
    page.save(scans, "PDF", save_all=True, append_images=[page] * 6)
    return {"text": text, "linear": linear.getvalue(), "packed": packed.getvalue(), "scans": scans.getvalue()}


@pytest.mark.parametrize(
    ("pages", "width", "height", "mode"),
    [
        (10, 2480, 3508, "RGB"),
        (25, 2480, 3508, "L"),
        (3, 4960, 7016, "RGB"),
        (1, 9921, 14031, "RGB"),
        (1, 9921, 14031, "L"),
        (1, 9921, 14031, "1"),
    ],
)
def test_fine_scans_are_taken(pages: int, width: int, height: int, mode: str) -> None:
    assert inspect(SimpleUploadedFile("scan.pdf", scanned(pages, width, height, mode))).pages == pages


def test_a_scan_that_nothing_can_draw_is_told_how_to_be_made() -> None:
    with refused(JustificatifRefused, Code.TOO_FINE, words="Numérisez-le à 200\xa0dpi"):
        inspect(SimpleUploadedFile("scan.pdf", scanned(1, 30_000, 30_000, "1")))


def waiting_child() -> int:
    """The process that the helper used next forked ahead."""
    helper = sandbox._idle[-1].pid
    time.sleep(0.5)  # the one of the document before ends
    return int(Path(f"/proc/{helper}/task/{helper}/children").read_text())


@pytest.mark.slow
def test_a_busy_machine_refuses_no_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is the time of the processor: a photo that got none for 9 seconds is taken."""
    photo = jpeg_bytes()
    inspect(SimpleUploadedFile("a.jpg", photo))
    child = waiting_child()
    os.kill(child, signal.SIGSTOP)
    threading.Timer(9, os.kill, [child, signal.SIGCONT]).start()
    assert inspect(SimpleUploadedFile("a.jpg", photo)).pages == 1


def test_a_child_killed_by_the_machine_is_our_failure() -> None:
    inspect(SimpleUploadedFile("a.jpg", jpeg_bytes()))
    os.kill(waiting_child(), signal.SIGKILL)
    with refused(StorageUnavailable, Code.NOT_INSPECTED, words="un problème est survenu chez nous"):
        inspect(SimpleUploadedFile("a.jpg", jpeg_bytes()))
    assert inspect(SimpleUploadedFile("a.jpg", jpeg_bytes())).pages == 1


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


@pytest.mark.slow
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
    assert len(peaks) > 250
    assert max(peaks.values()) < 512 * 1024 * 1024, max(peaks.items(), key=lambda item: item[1])
