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


def script(words: str) -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String(words))


def field(**events: Dictionary) -> Callable[[pikepdf.Pdf], None]:
    """A form of one field, with a script for each of its events."""
    typed = Dictionary(FT=Name.Tx, T=String("date"), V=String("05/09/2018"), AA=Dictionary(**events))
    return at_root("AcroForm", Dictionary(Fields=Array([typed])))


def clicked(**entries: object) -> Callable[[pikepdf.Pdf], None]:
    """A link of the page."""
    return on_page(Subtype=Name.Link, A=Dictionary(**entries))


def with_object(**entries: object) -> Callable[[pikepdf.Pdf], None]:
    """Resources of the page that are called as one likes: `entries` by kind."""
    return lambda pdf: setattr(pdf.pages[0].obj, "Resources", Dictionary(**entries))


def form(pdf: pikepdf.Pdf, content: bytes = b"", **entries: object) -> Stream:
    """A form XObject."""
    return Stream(pdf, content, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 595, 842]), **entries)


def carrying(name: str, content: bytes) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.attachments[name] = content

    return change


INVOICE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice '
    b'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"/>'
)


def opens_outside() -> dict[str, Callable[[pikepdf.Pdf], None]]:
    """What leaves the document when it is opened, read or clicked, without a script nor an attachment."""
    share = String("//serveur/partage/a.pdf")
    addresses = {
        "file": "file:///C:/a.exe",
        "share": "\\\\serveur\\partage\\a",
        "share, slashes": "//serveur/partage",
        "share, as a file": "file://serveur/partage/a",
        "script": "javascript:alert(1)",
        "script, capitals and a tab": " Java\tScript:alert(1)",
        "data": "data:text/html,<script>alert(1)</script>",
        "mail program": "ms-msdt:/id",
        "drive": "C:\\a.exe",
    }
    return {
        **{f"link: {kind}": clicked(S=Name.URI, URI=String(address)) for kind, address in addresses.items()},
        **{f"opening: {kind}": action(S=Name.URI, URI=String(address)) for kind, address in addresses.items()},
        "opening: web": action(S=Name.URI, URI=String("https://exemple.fr/")),
        "page opening: web": lambda pdf: setattr(
            pdf.pages[0].obj, "AA", Dictionary(O=Dictionary(S=Name.URI, URI=String("https://exemple.fr/")))
        ),
        "page visible": on_page(Subtype=Name.Link, AA=Dictionary(PV=Dictionary(S=Name.URI, URI=String("http://a.fr")))),
        "base of addresses": at_root("URI", Dictionary(Base=String("file:///C:/"))),
        "opening: another PDF": action(S=Name.GoToR, F=String("autre.pdf"), D=Array([0, Name.Fit])),
        "link: PDF of a share": clicked(S=Name.GoToR, F=share, D=Array([0, Name.Fit])),
        "link: PDF of a share, by system": clicked(
            S=Name.GoToR, F=Dictionary(Type=Name.Filespec, F=String("a.pdf"), DOS=String("\\\\serveur\\a.pdf"))
        ),
        "thread": action(S=Name.Thread, D=0),
        "thread of another file": clicked(S=Name.Thread, F=share, D=0),
        "sound": action(S=Name.Sound, Sound=Dictionary()),
        "sound, clicked": clicked(S=Name.Sound, Sound=Dictionary()),
        "movie": clicked(S=Name.Movie),
        "rendition": clicked(S=Name.Rendition),
        "print dialogue": action(S=Name.Named, N=Name.Print),
        "bytes elsewhere": lambda pdf: setattr(pdf.pages[0].obj, "Contents", Stream(pdf, b"", F=share)),
        "bytes elsewhere, as a dictionary": lambda pdf: setattr(
            pdf.pages[0].obj, "Contents", Stream(pdf, b"", F=Dictionary(FS=Name.URL, F=String("http://a.fr/a")))
        ),
        "page of another document": lambda pdf: setattr(
            pdf.pages[0].obj,
            "Resources",
            Dictionary(XObject=Dictionary(Fm=form(pdf, Ref=Dictionary(F=share, Page=0)))),
        ),
        "script in a name that nothing shows": at_root("Piece", Dictionary(a=Dictionary(**SCRIPT))),
        "script called an element": action(Type=Name.StructElem, P=Dictionary(), K=0, **SCRIPT),
        "script beside a format": field(F=script('AFDate_FormatEx("dd/mm/yyyy");app.launchURL("http://a.fr")')),
        "format with a call inside": field(F=script("AFDate_FormatEx(app.alert(1))")),
        "script in a tree": at_root(
            "Names",
            Dictionary(
                JavaScript=Dictionary(
                    Kids=Array([Dictionary(Names=Array([String("a"), Dictionary(JS=String("app.alert(1)"))]))])
                )
            ),
        ),
    }


def harmless() -> dict[str, Callable[[pikepdf.Pdf], None]]:
    """What is only called like something that acts, or stays in the document: what honest programs write."""
    font = {"Type": Name.Font, "Subtype": Name.Type1, "BaseFont": Name.Helvetica}
    called = (
        "JS",
        "JavaScript",
        "XFA",
        "EF",
        "AA",
        "A",
        "OpenAction",
        "EmbeddedFiles",
        "Collection",
        "RichMediaContent",
    )
    return {
        "fonts called as actions": with_object(Font=Dictionary(**{key: Dictionary(**font) for key in called})),
        "forms called as actions": lambda pdf: setattr(
            pdf.pages[0].obj, "Resources", Dictionary(XObject=Dictionary(**{key: form(pdf, b"q Q") for key in called}))
        ),
        "date formatted": field(
            F=script('AFDate_FormatEx("dd/mm/yyyy");'), K=script('AFDate_KeystrokeEx("dd/mm/yyyy");')
        ),
        "number formatted": field(F=script('AFNumber_Format(2, 2, 0, 0, " \\u20ac", false);')),
        "sum": field(C=script('AFSimple_Calculate("SUM", new Array ("a", "b"));')),
        "range": field(V=script("AFRange_Validate(true, 0, true, 100);")),
        "link to another PDF": clicked(S=Name.GoToR, F=String("annexe.pdf"), D=Array([0, Name.Fit])),
        "link to another PDF, specified": clicked(
            S=Name.GoToR, F=Dictionary(Type=Name.Filespec, F=String("annexe.pdf"), UF=String("annexe.pdf"))
        ),
        "web links": clicked(S=Name.URI, URI=String("www.exemple.fr/a?b=c:d")),
        "mail link": clicked(S=Name.URI, URI=String("mailto:rh@exemple.fr")),
        "telephone link": clicked(S=Name.URI, URI=String("tel:+33123456789")),
        "host and port": clicked(S=Name.URI, URI=String("exemple.fr:8080/a")),
        "opens on its first page": action(S=Name.GoTo, D=Array([0, Name.Fit])),
        "opens at a destination": at_root("OpenAction", Array([0, Name.FitH, 800])),
        "next page, clicked": clicked(S=Name.Named, N=Name.NextPage),
        "print, clicked": clicked(S=Name.Named, N=Name.Print),
        "no file attached": at_root("Names", Dictionary(EmbeddedFiles=Dictionary(Names=Array([])))),
        "rights of Adobe Reader": at_root(
            "Perms",
            Dictionary(
                UR3=Dictionary(
                    Type=Name.Sig,
                    Reference=Array(
                        [Dictionary(TransformParams=Dictionary(EF=Array([Name.Create, Name.Delete]), V=Name("/2.2")))]
                    ),
                )
            ),
        ),
        "signature": at_root(
            "AcroForm",
            Dictionary(
                SigFlags=3,
                Fields=Array(
                    [Dictionary(FT=Name.Sig, T=String("S"), V=Dictionary(Type=Name.Sig, Contents=b"\0" * 40))]
                ),
            ),
        ),
        "structure called as actions": at_root(
            "StructTreeRoot",
            Dictionary(K=Array([Dictionary(Type=Name.StructElem, S=Name.Movie), Dictionary(S=Name.Sound, P=0, K=0)])),
        ),
        "Factur-X": carrying("factur-x.xml", INVOICE),
        "ZUGFeRD": carrying("zugferd-invoice.xml", INVOICE.replace(b"Invoice", b"Document")),
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
