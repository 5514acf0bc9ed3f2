"""PDFs that act, carry files or inflate: what a person would not join, and an attacker would."""

import io
import zlib
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

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
