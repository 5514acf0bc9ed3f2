"""Hostile bytes are told apart in a process of their own, which may die without harm."""

import io
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Array, Dictionary, Name, Stream, String

from dispenses.documents import sandbox
from dispenses.documents.inspection import inspect
from dispenses.exceptions import JustificatifRefused
from tests.files import heic_bytes, jpeg_bytes, pdf_bytes, png_bytes

SCRIPT = {"S": Name.JavaScript, "JS": String("app.alert(1)")}


def made(change: Callable[[pikepdf.Pdf], None], **saving: object) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    change(pdf)
    buffer = io.BytesIO()
    pdf.save(buffer, **saving)  # type: ignore[arg-type]
    return buffer.getvalue()


def action(**entries: object) -> Callable[[pikepdf.Pdf], None]:
    return lambda pdf: setattr(pdf.Root, "OpenAction", pdf.make_indirect(Dictionary(**entries)))


def on_page(**entries: object) -> Callable[[pikepdf.Pdf], None]:
    annotation = Dictionary(Type=Name.Annot, Rect=[0, 0, 9, 9], **entries)
    return lambda pdf: setattr(pdf.pages[0].obj, "Annots", Array([pdf.make_indirect(annotation)]))


def at_root(key: str, value: object) -> Callable[[pikepdf.Pdf], None]:
    return lambda pdf: setattr(pdf.Root, key, value)


def attached(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["a.txt"] = b"a"


def active() -> dict[str, Callable[[pikepdf.Pdf], None]]:
    """Made anew each time: an object that joined a PDF ends with it."""
    return {
        "open action": action(**SCRIPT),
        "page event": lambda pdf: setattr(pdf.pages[0].obj, "AA", Dictionary(O=Dictionary(**SCRIPT))),
        "named script": at_root(
            "Names", Dictionary(JavaScript=Dictionary(Names=Array([String("a"), Dictionary(**SCRIPT)])))
        ),
        "annotation": on_page(Subtype=Name.Link, A=Dictionary(**SCRIPT)),
        "field": at_root(
            "AcroForm", Dictionary(Fields=Array([Dictionary(FT=Name.Tx, AA=Dictionary(K=Dictionary(**SCRIPT)))]))
        ),
        "xfa": at_root("AcroForm", Dictionary(Fields=Array([]), XFA=String("<xdp/>"))),
        "outline": at_root("Outlines", Dictionary(First=Dictionary(Title=String("a"), A=Dictionary(**SCRIPT)))),
        "chained": action(S=Name.URI, URI=String("https://example.fr"), Next=Dictionary(**SCRIPT)),
        "launch": action(S=Name.Launch, F=String("cmd.exe")),
        "remote": action(S=Name.GoToR, F=String("\\\\host\\a.pdf")),
        "embedded target": action(S=Name.GoToE),
        "submit": action(S=Name.SubmitForm, F=String("https://example.fr")),
        "import": action(S=Name.ImportData, F=String("a.fdf")),
        "rich media": on_page(Subtype=Name.RichMedia),
    }


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "object streams"])
@pytest.mark.parametrize("kind", active())
def test_active_pdf_is_refused(kind: str, packed: bool) -> None:
    mode = pikepdf.ObjectStreamMode.generate if packed else pikepdf.ObjectStreamMode.disable
    with pytest.raises(JustificatifRefused, match="programme ou un formulaire actif"):
        inspect(SimpleUploadedFile("a.pdf", made(active()[kind], object_stream_mode=mode)))


@pytest.mark.parametrize("change", [attached, at_root("Collection", Dictionary())], ids=["attachment", "portfolio"])
def test_pdf_with_files_inside_is_refused(change: Callable[[pikepdf.Pdf], None]) -> None:
    with pytest.raises(JustificatifRefused, match="contient d’autres fichiers"):
        inspect(SimpleUploadedFile("a.pdf", made(change)))


def test_web_link_is_accepted() -> None:
    link = on_page(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("https://example.fr")))
    assert inspect(SimpleUploadedFile("a.pdf", made(link))).pages == 1


def test_owner_password_alone_is_accepted() -> None:
    content = made(lambda _: None, encryption=pikepdf.Encryption(user="", owner="secret"))
    assert inspect(SimpleUploadedFile("a.pdf", content)).pages == 1


def packed_stream(layers: int) -> Callable[[pikepdf.Pdf], None]:
    content = b"0" * 300_000_000
    for _ in range(layers):
        content = zlib.compress(content)
    name = Name.FlateDecode if layers == 1 else Array([Name.FlateDecode] * layers)

    def change(pdf: pikepdf.Pdf) -> None:
        stream = Stream(pdf, b"")
        stream.write(content, filter=name)
        pdf.pages[0].obj.Contents = stream

    return change


@pytest.mark.parametrize("layers", [1, 2])
def test_pdf_bomb_is_refused(layers: int) -> None:
    content = made(packed_stream(layers), stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    with pytest.raises(JustificatifRefused, match="trop complexe"):
        inspect(SimpleUploadedFile("a.pdf", content))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.heic"])
def test_truncated_picture_is_refused(name: str, share: float) -> None:
    content = {"a.jpg": jpeg_bytes(), "a.png": png_bytes(), "a.heic": heic_bytes()}[name]
    with pytest.raises(JustificatifRefused):
        inspect(SimpleUploadedFile(name, content[: int(len(content) * share)]))


def test_our_failure_is_not_told_as_a_bad_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "PROGRAM", "/nulle/part.py")
    sandbox.close()
    with pytest.raises(JustificatifRefused, match="un problème est survenu chez nous"):
        inspect(SimpleUploadedFile("a.png", png_bytes()))
    monkeypatch.undo()
    assert inspect(SimpleUploadedFile("a.png", png_bytes())).pages == 1


def test_a_killed_helper_is_replaced() -> None:
    inspect(SimpleUploadedFile("a.pdf", pdf_bytes()))
    for helper in sandbox._idle:
        helper.kill()
        helper.wait()
    assert inspect(SimpleUploadedFile("a.pdf", pdf_bytes())).pages == 1
