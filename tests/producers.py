"""Documents as the programs that people use make them: their structures, version, packing and habits, made here."""

import io
import zlib
from collections.abc import Callable, Iterator
from functools import cache

import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Stream, String
from PIL import Image

from tests.files import encoded, heic_bytes, jpeg_bytes, letter, png_bytes
from tests.pdfs import INVOICE, script

A4 = (595, 842)
WORDS = "Attestation de la mutuelle pour Virginie DURAND, du 05/09/2018 au 31/12/2026"
XMP = (
    b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta><?xpacket end="w"?>'
)
Change = Callable[[pikepdf.Pdf], None]


def page_of_text(pdf: pikepdf.Pdf, words: str = WORDS, *, font: str = "F1") -> None:
    """Add a page of text in Helvetica, its font called `font`."""
    page = pdf.add_blank_page(page_size=A4)
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    page.obj.Resources = Dictionary(Font=Dictionary({f"/{font}": helvetica}))
    page.obj.Contents = Stream(pdf, f"BT /{font} 11 Tf 60 780 Td ({words}) Tj ET".encode("cp1252"))


def page_of_picture(
    pdf: pikepdf.Pdf, content: bytes, size: tuple[int, int], *, text: bytes = b"", **entries: object
) -> None:
    """Add a page that is one picture, with text that nobody sees over it when a scanner read it."""
    page = pdf.add_blank_page(page_size=A4)
    picture = Stream(pdf, b"")
    picture.write(content, filter=entries.pop("Filter"), decode_parms=entries.pop("DecodeParms", None))
    picture.Type, picture.Subtype, picture.Width, picture.Height = Name.XObject, Name.Image, *size
    for key, value in {"BitsPerComponent": 8, "ColorSpace": Name.DeviceRGB, **entries}.items():
        picture[f"/{key}"] = value
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    page.obj.Resources = Dictionary(XObject=Dictionary(Im0=picture), Font=Dictionary(F0=helvetica))
    page.obj.Contents = Stream(pdf, b"q 595 0 0 842 0 0 cm /Im0 Do Q\n" + text)


def saved(*changes: Change, producer: str, creator: str = "", **saving: object) -> bytes:
    """A PDF that `changes` fill, with the words by which its producer is known."""
    pdf = pikepdf.new()
    for change in changes:
        change(pdf)
    pdf.docinfo["/Producer"] = producer
    if creator:
        pdf.docinfo["/Creator"] = creator
    buffer = io.BytesIO()
    pdf.save(buffer, **saving)  # type: ignore[arg-type]
    return buffer.getvalue()


def tagged(pdf: pikepdf.Pdf) -> None:
    """A logical structure, as for readers aloud."""
    element = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P, K=0, Pg=pdf.pages[0].obj))
    root = pdf.make_indirect(
        Dictionary(Type=Name.StructTreeRoot, K=Array([element]), RoleMap=Dictionary(Link=Name.Span))
    )
    element.P = root
    pdf.Root.StructTreeRoot, pdf.Root.MarkInfo, pdf.Root.Lang = root, Dictionary(Marked=True), String("fr-FR")
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)


def at_top(pdf: pikepdf.Pdf) -> None:
    """Opens on the top of its first page."""
    pdf.Root.OpenAction = Array([pdf.pages[0].obj, Name.XYZ, None, None, 0])


def described(pdf: pikepdf.Pdf) -> None:
    pdf.Root.Metadata = Stream(pdf, XMP, Type=Name.Metadata, Subtype=Name.XML)


def archived(pdf: pikepdf.Pdf) -> None:
    """The output intent of PDF/A."""
    described(pdf)
    profile = Stream(pdf, b"\0" * 128, N=3)
    intent = Dictionary(
        Type=Name.OutputIntent, S=Name.GTS_PDFA1, OutputConditionIdentifier="sRGB", DestOutputProfile=profile
    )
    pdf.Root.OutputIntents = Array([intent])


def linked(*targets: dict[str, object]) -> Change:
    """Links of the page, by their actions; made anew each time, as an object ends with its PDF."""

    def change(pdf: pikepdf.Pdf) -> None:
        annotations = [Dictionary(A=Dictionary(**target)) for target in targets]
        for one in annotations:
            one.Type, one.Subtype, one.Rect, one.Border = Name.Annot, Name.Link, [60, 700, 300, 720], [0, 0, 0]
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(one) for one in annotations])

    return change


def form(pdf: pikepdf.Pdf) -> None:
    """A form filled in Acrobat: its date is formatted by Acrobat's own functions, its fields are drawn."""
    drawn = Stream(pdf, b"/Tx BMC q BT /Helv 11 Tf 2 4 Td (DURAND Virginie) Tj ET Q EMC")
    drawn.Type, drawn.Subtype, drawn.BBox = Name.XObject, Name.Form, [0, 0, 200, 18]
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    drawn.Resources = Dictionary(Font=Dictionary(Helv=helvetica))
    dated = Dictionary(F=script('AFDate_FormatEx("dd/mm/yyyy");'), K=script('AFDate_KeystrokeEx("dd/mm/yyyy");'))
    fields = [
        Dictionary(FT=Name.Tx, T=String("nom"), V=String("DURAND Virginie"), AP=Dictionary(N=drawn)),
        Dictionary(FT=Name.Tx, T=String("date"), V=String("05/09/2018"), AA=dated, AP=Dictionary(N=drawn)),
        Dictionary(FT=Name.Btn, T=String("case"), V=Name.Oui, AS=Name.Oui, MK=Dictionary(CA=String("4"))),
    ]
    for rank, field in enumerate(fields):
        field.Type, field.Subtype, field.F = Name.Annot, Name.Widget, 4
        field.Rect = [60, 600 - 30 * rank, 260, 618 - 30 * rank]
    held = [pdf.make_indirect(field) for field in fields]
    pdf.pages[0].obj.Annots = Array(held)
    resources = Dictionary(Font=Dictionary(Helv=helvetica))
    pdf.Root.AcroForm = Dictionary(Fields=Array(held), DR=resources, DA=String("/Helv 0 Tf 0 g"), NeedAppearances=True)


def signed(pdf: pikepdf.Pdf) -> None:
    """A signature with its certificates beside it (PAdES), which forbids changes."""
    locked = Dictionary(Type=Name.SigRef, TransformMethod=Name.DocMDP, TransformParams=Dictionary(P=2))
    value = pdf.make_indirect(
        Dictionary(
            Type=Name.Sig,
            Filter=Name("/Adobe.PPKLite"),
            SubFilter=Name("/ETSI.CAdES.detached"),
            Contents=bytes(2000),
            ByteRange=[0, 10, 80, 10],
            M=String("D:20260115093000+01'00'"),
            Name=String("Mutuelle du Lac"),
            Reference=Array([locked]),
        )
    )
    field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String("Signature1"), V=value, F=132)
    field.Rect = [0, 0, 0, 0]
    held = pdf.make_indirect(field)
    pdf.pages[0].obj.Annots = Array([held])
    pdf.Root.AcroForm = Dictionary(Fields=Array([held]), SigFlags=3)
    pdf.Root.Perms = Dictionary(DocMDP=value)
    pdf.Root.DSS = Dictionary(Certs=Array([Stream(pdf, bytes(700))]), OCSPs=Array([]), CRLs=Array([]))


def invoiced(pdf: pikepdf.Pdf) -> None:
    """Factur-X: a PDF/A-3 that carries its data."""
    archived(pdf)
    content = Stream(pdf, INVOICE, Type=Name.EmbeddedFile, Subtype=Name("/text#2Fxml"))
    specification = pdf.make_indirect(
        Dictionary(
            Type=Name.Filespec, F=String("factur-x.xml"), UF=String("factur-x.xml"), AFRelationship=Name.Data,
            EF=Dictionary(F=content, UF=content), Desc=String("Factur-X"),
        )
    )  # fmt: skip
    pdf.Root.AF = Array([specification])
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([String("factur-x.xml"), specification])))


def continued(first: bytes) -> bytes:
    """A change written after the end of a PDF, as who signs or annotates does: objects, their places, another end."""
    with pikepdf.open(io.BytesIO(first)) as pdf:
        size = int(pdf.trailer.Size)
        root = pdf.Root.objgen[0]
    place = len(first) + 1
    body = f"\n{size} 0 obj\n<< /Type /Metadata /Note (ajout) >>\nendobj\n".encode()
    start = len(first) + len(body)
    table = f"xref\n{size} 1\n{place:010d} 00000 n \ntrailer\n<< /Size {size + 1} /Root {root} 0 R /Prev "
    before = int(first.rpartition(b"startxref")[2].split()[0])
    return first + body + f"{table}{before} >>\nstartxref\n{start}\n%%EOF\n".encode()


def by_hand(newline: str = "\n", before: bytes = b"") -> bytes:
    """A PDF of 1.4 written plainly, as small programs of payroll do; its table of objects counts from its header."""
    content = f"BT /F1 11 Tf 60 780 Td ({WORDS}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>{newline}stream{newline}{content}{newline}endstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    text, places = f"%PDF-1.4{newline}", []
    for number, held in enumerate(objects, start=1):
        places.append(len(text))
        text += f"{number} 0 obj{newline}{held}{newline}endobj{newline}"
    start = len(text)
    text += f"xref{newline}0 6{newline}0000000000 65535 f\r\n" + "".join(
        f"{place:010d} 00000 n\r\n" for place in places
    )
    text += f"trailer{newline}<< /Size 6 /Root 1 0 R >>{newline}startxref{newline}{start}{newline}%%EOF{newline}"
    return before + text.encode("latin-1")


def faxed(image: Image.Image) -> bytes:
    """The picture packed as a fax (CCITT group 4), in one strip."""
    data = encoded(image.convert("1"), "TIFF", compression="group4", strip_size=10_000_000)
    with Image.open(io.BytesIO(data)) as tiff:
        (place,), (length,) = tiff.tag_v2[273], tiff.tag_v2[279]  # type: ignore[attr-defined]
    return data[place : place + length]


@cache
def honest() -> dict[str, tuple[str, bytes]]:
    """Name as sent and bytes, by who made it."""
    return dict(_pdfs()) | dict(_pictures())


def _pdfs() -> Iterator[tuple[str, tuple[str, bytes]]]:
    packed = {"object_stream_mode": ObjectStreamMode.generate}
    web = {"S": Name.URI, "URI": String("https://www.mutuelle.exemple/espace?id=1")}
    mail = {"S": Name.URI, "URI": String("mailto:contact@mutuelle.exemple")}
    beside = {"S": Name.GoToR, "F": String("conditions.pdf"), "D": String("page.1"), "NewWindow": True}
    inside = {"S": Name.GoTo, "D": String("page.1")}
    first = page_of_text

    word = "Microsoft® Word pour Microsoft 365"
    links = linked(web, mail)
    yield "Word", ("contrat.pdf", saved(first, tagged, described, links, producer=word, creator=word, **packed))
    yield "Word, one page more", ("contrat.pdf", saved(first, first, tagged, producer="Microsoft® Word 2016"))
    yield "Print to PDF of Windows", ("Sans titre.pdf", saved(first, producer="Microsoft: Print To PDF"))
    yield (
        "LibreOffice",
        ("courrier.pdf", saved(first, tagged, at_top, linked(web), producer="LibreOffice 24.2", creator="Writer")),
    )
    yield (
        "LibreOffice, form",
        ("formulaire.pdf", saved(first, form, producer="LibreOffice 7.4", creator="Writer", **packed)),
    )
    yield "LibreOffice, PDF/A", ("archive.pdf", saved(first, tagged, archived, producer="LibreOffice 7.6"))
    yield "Ghostscript", ("imprime.pdf", saved(first, described, producer="GPL Ghostscript 10.02.1", linearize=True))
    yield (
        "Ghostscript, CUPS",
        ("job_12.pdf", saved(first, producer="GPL Ghostscript 9.55", creator="CUPS", force_version="1.4")),
    )
    yield (
        "Quartz, Mac",
        ("attestation.pdf", saved(first, producer="macOS Version 14.4 Quartz PDFContext", force_version="1.3")),
    )
    yield (
        "iOS, printed page",
        ("Attestation", saved(first, producer="iOS Version 17.4 Quartz PDFContext", force_version="1.3")),
    )
    yield (
        "Chrome",
        (
            "espace.pdf",
            saved(first, tagged, linked(web, inside), producer="Skia/PDF m120", creator="Mozilla/5.0", **packed),
        ),
    )
    yield "Android, printed page", ("document", saved(first, producer="Skia/PDF m118", creator="Android"))
    yield (
        "Firefox",
        ("mozilla.pdf", saved(first, producer="cairo 1.18.0 (https://cairographics.org)", creator="Firefox")),
    )
    yield (
        "LaTeX",
        (
            "memoire.pdf",
            saved(first, linked(beside, inside), at_top, producer="pdfTeX-1.40.25", creator="LaTeX", **packed),
        ),
    )
    yield (
        "wkhtmltopdf",
        ("facture.pdf", saved(first, producer="Qt 5.15.3", creator="wkhtmltopdf 0.12.6", force_version="1.4")),
    )
    yield "iText, insurer's portal", ("carte_tp.pdf", saved(first, producer="iText® 7.2.5", linearize=True, **packed))
    yield (
        "Acrobat form",
        ("cerfa.pdf", saved(first, form, described, producer="Adobe Acrobat Pro 24", creator="InDesign", **packed)),
    )
    yield (
        "Acrobat form, changed twice",
        ("cerfa.pdf", continued(continued(saved(first, form, producer="Adobe PDF Library 17")))),
    )
    yield "e-signature", ("signe.pdf", saved(first, signed, producer="Yousign"))
    yield (
        "e-signature, in a second writing",
        ("signe.pdf", continued(saved(first, signed, producer="DocuSign", force_version="1.7"))),
    )
    yield "Factur-X", ("facture.pdf", saved(first, invoiced, producer="Factur-X", force_version="1.7"))
    yield "payroll program", ("bulletin.pdf", by_hand())
    yield "payroll program, lines of Windows", ("bulletin.pdf", by_hand("\r\n"))
    yield "payroll program, lines of old Macs", ("bulletin.pdf", by_hand("\r"))
    for label, before in {
        "space": b" ",
        "line break": b"\r\n",
        "two": b"\n\n",
        "mark of order": b"\xef\xbb\xbf",
    }.items():
        yield f"mail program, {label} before", ("piece.pdf", by_hand(before=before))
    yield (
        "owner's password of an insurer",
        ("carte.pdf", saved(first, producer="PDFlib", encryption=pikepdf.Encryption(owner="x", R=4))),
    )
    yield (
        "owner's password, AES-256",
        ("carte.pdf", saved(first, producer="PDFlib", encryption=pikepdf.Encryption(owner="x", R=6))),
    )
    for font in ("JS", "XFA", "AA", "EF"):
        yield (
            f"font called {font}",
            ("police.pdf", saved(lambda pdf, font=font: page_of_text(pdf, font=font), producer="SAP")),
        )
    yield from _scans()


def _scans() -> Iterator[tuple[str, tuple[str, bytes]]]:
    page = letter(WORDS, width=827, height=1170)
    photo = encoded(page, "JPEG", quality=60)
    read = f"BT 3 Tr /F0 11 Tf 60 780 Td ({WORDS}) Tj ET".encode("cp1252")

    def pages(
        content: bytes, *, count: int = 1, text: bytes = b"", size: tuple[int, int] = page.size, **entries: object
    ) -> Change:
        def change(pdf: pikepdf.Pdf) -> None:
            for _ in range(count):
                page_of_picture(pdf, content, size, text=text, **entries)

        return change

    jpeg = pages(photo, Filter=Name.DCTDecode)
    seen = pages(photo, text=read, Filter=Name.DCTDecode)
    creator = "Adobe Scan for Android"
    adobe = saved(seen, described, producer="Adobe PDF Library 15.0", creator=creator)
    yield "Adobe Scan", ("Adobe Scan 12 janv. 2026.pdf", adobe)
    yield (
        "CamScanner",
        ("CamScanner 05-09-2026 10.12.pdf", saved(jpeg, producer="intsig.com pdf producer", force_version="1.7")),
    )
    yield (
        "Notes of iOS",
        ("Document numérisé", saved(pages(photo, count=3, Filter=Name.DCTDecode), producer="iOS Quartz PDFContext")),
    )
    yield "Genius Scan", ("Scan.pdf", saved(pages(photo, count=5, Filter=Name.DCTDecode), producer="Genius Scan"))
    yield "Lens", ("Office Lens.pdf", saved(jpeg, producer="Microsoft Lens", linearize=True))
    yield (
        "JPEG packed once more",
        (
            "scan.pdf",
            saved(pages(zlib.compress(photo), Filter=Array([Name.FlateDecode, Name.DCTDecode])), producer="Kofax"),
        ),
    )
    grey = encoded(page.convert("L"), "JPEG", quality=60)
    many = pages(grey, count=25, ColorSpace=Name.DeviceGray, Filter=Name.DCTDecode)
    yield "copier, 25 grey pages", ("SKM_C250i.pdf", saved(many, producer="KONICA MINOLTA bizhub C250i"))
    fax = faxed(page)
    parameters = Dictionary(K=-1, Columns=page.width, Rows=page.height, BlackIs1=False)
    lines = pages(
        fax, BitsPerComponent=1, ColorSpace=Name.DeviceGray, Filter=Name.CCITTFaxDecode, DecodeParms=parameters
    )
    yield "copier, fax", ("20260112.pdf", saved(lines, producer="Canon iR-ADV"))
    plain = pages(zlib.compress(page.tobytes()), Filter=Name.FlateDecode)
    yield "scanner, without loss", ("Numérisation.pdf", saved(plain, producer="HP Scan"))
    pillow = encoded(page, "PDF", resolution=150)
    yield "Pillow", ("photo.pdf", pillow)


def _pictures() -> Iterator[tuple[str, tuple[str, bytes]]]:
    taken = Image.Exif()
    taken[0x010F], taken[0x0110], taken[0x0112], taken[0x0132] = "Apple", "iPhone 15", 6, "2026:01:12 10:12:00"
    taken.get_ifd(0x8825)[1] = "N"
    page = letter(WORDS, width=1200, height=1600)
    yield "iPhone, JPEG", ("IMG_4021.JPG", encoded(page, "JPEG", exif=taken))
    yield "iPhone, HEIC", ("IMG_4022.HEIC", heic_bytes(width=1200, height=900))
    yield "iPhone, HEIC called JPEG by the mail", ("IMG_4022.jpg", heic_bytes(width=1200, height=900))
    yield "iPhone, JPEG called HEIC by the gallery", ("IMG_4023.HEIC", encoded(page, "JPEG", exif=taken))
    yield (
        "Samsung, moving photo",
        ("20260112_101200.jpg", jpeg_bytes() + b"MotionPhoto_Data\0\0\0\x18ftypmp42" + bytes(5000)),
    )
    yield "Pixel, moving photo", ("PXL_20260112_101200.MP.jpg", jpeg_bytes() + b"\0\0\0\x1cftypisom" + bytes(5000))
    yield "gallery of Android, no extension", ("1000012345", jpeg_bytes(width=800, height=600))
    yield "WhatsApp, computer", ("WhatsApp Image 2026-01-12 at 10.12.00.jfif", jpeg_bytes())
    yield "WhatsApp, telephone", ("IMG-20260112-WA0003.jpeg", jpeg_bytes())
    yield "Outlook", ("image001.jpe", jpeg_bytes())
    yield "WeChat", ("微信图片_20261126101500.jpg", jpeg_bytes())
    yield "screenshot", ("Capture d’écran 2026-01-12.png", png_bytes(width=1080, height=2340))
    yield "long screenshot", ("Screenshot_20260112_Chrome.png", png_bytes(width=1080, height=7200))
    yield "screenshot called JPEG", ("capture.jpg", png_bytes(width=1080, height=1920))
    yield "scanner, grey PNG", ("scan0001.png", encoded(page.convert("L"), "PNG", dpi=(150, 150)))
