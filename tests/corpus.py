"""Odd files, made here: each with its name as sent, its bytes, and what must be said of it ("" when it is taken)."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf
from PIL import Image

from tests.files import encoded, heic_bytes, jpeg_bytes, letter, pdf_bytes, png_bytes, scanned, text_pdf_bytes
from tests.pdfs import (
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
from tests.producers import honest

TAKEN = ""
TYPE = "doit être un PDF, une photo JPEG, PNG ou HEIC"
DAMAGED = "est abîmé"
EMPTY = "est vide"
LARGE = "dépasse 10"
PASSWORD = "protégé par un mot de passe"
PAGES = "doit compter de 1 à 50"
ACTIVE = "programme ou un formulaire actif"
FORM = "Ouvrez-le avec Acrobat Reader, imprimez-le en PDF"
ATTACHED = "contient d’autres fichiers"
COMPLEX = "trop complexe"
CUT = "la fin du fichier manque"
FINE = "numérisé trop finement"
HUGE = "image trop grande"
ANY_REFUSAL = "Choisissez|Joignez|joignez|Renommez|Reprenez|doit être"


@dataclass(frozen=True)
class Odd:
    """`expected`: a regular expression found in the answer's error, "" when the file must be joined."""

    label: str
    name: str
    content: bytes
    expected: str


def corpus() -> Iterator[Odd]:
    """All of them; every label once."""
    yield from _sound()
    yield from _truncated()
    yield from _disguised()
    yield from _pictures()
    yield from _pdfs()
    yield from _polyglots()
    yield from _names()
    yield from _honest()
    yield from _acting()
    yield from _heavy()


def _honest() -> Iterator[Odd]:
    """As programs and telephones make them; and what is only called like something that acts."""
    for maker, (name, content) in honest().items():
        yield Odd(f"made by {maker}", name, content, TAKEN)
    for kind, change in harmless().items():
        yield Odd(f"harmless: {kind}", "a.pdf", made(change), TAKEN)


def _acting() -> Iterator[Odd]:
    for kind, change in opens_outside().items():
        yield Odd(f"leaves the document: {kind}", "a.pdf", made(change), ACTIVE)
    for name in ("note.xml", "factur-x.xml.exe", "virus.exe"):
        yield Odd(f"carries {name}", "a.pdf", made(carrying(name, b"<?xml version='1.0'?><a/>")), ATTACHED)
    behind = pikepdf.Encryption(user="secret", owner="", R=6)
    yield Odd("password behind an empty owner's", "a.pdf", made(lambda _: None, encryption=behind), PASSWORD)
    for share in (25, 50, 75, 95):
        # At first nothing tells that more was to come; at last all objects may be there, without their places.
        expected = {25: f"{CUT}|{DAMAGED}", 95: f"{CUT}|^$"}.get(share, CUT)
        for maker in ("Word", "Ghostscript", "Acrobat form, changed twice", "Genius Scan"):
            name, content = honest()[maker]
            yield Odd(f"{share} % of {maker}", name, content[: len(content) * share // 100], expected)


def _heavy() -> Iterator[Odd]:
    """Scans finer than is of use: taken while they can be drawn."""
    yield Odd("10 pages at 300 dpi", "scan.pdf", scanned(10, 2480, 3508), TAKEN)
    yield Odd("25 grey pages at 300 dpi", "scan.pdf", scanned(25, 2480, 3508, "L"), TAKEN)
    yield Odd("3 pages at 600 dpi", "scan.pdf", scanned(3, 4960, 7016), TAKEN)
    for mode in ("1", "L", "RGB"):
        yield Odd(f"a page at 1200 dpi, {mode}", "scan.pdf", scanned(1, 9921, 14_031, mode), TAKEN)
    yield Odd("a page at 4800 dpi", "scan.pdf", scanned(1, 39_684, 56_124, "1"), FINE)


def _sound() -> Iterator[Odd]:
    for name, content in SOUND.items():
        yield Odd(f"sound {name}", name, content, TAKEN)
        yield Odd(f"capitals {name}", name.upper(), content, TAKEN)
        yield Odd(f"empty {name}", name, b"", f"{EMPTY}|Choisissez un fichier")
        yield Odd(f"one byte {name}", name, content[:1], TYPE)
        yield Odd(f"zeros {name}", name, bytes(4096), TYPE)
        yield Odd(f"trailing bytes {name}", name, content + b"\0" * 1000, f"{DAMAGED}|^$")


SOUND = {"a.pdf": pdf_bytes(), "a.jpg": jpeg_bytes(), "a.png": png_bytes(), "a.heic": heic_bytes()}


def _truncated() -> Iterator[Odd]:
    for name, content in SOUND.items():
        for share in (10, 30, 50, 70, 90, 99):
            cut = content[: len(content) * share // 100]
            # qpdf mends a PDF that lost its end, as readers do; a PNG's last bytes hold no pixel.
            mended = name == "a.pdf" or (name, share) == ("a.png", 99)
            expected = f"{DAMAGED}|{PAGES}|^$" if mended else f"{DAMAGED}|{COMPLEX}|{TYPE}"
            yield Odd(f"{share} % of {name}", name, cut, expected)


def _disguised() -> Iterator[Odd]:
    for name, content in SOUND.items():
        for extension in ("pdf", "jpg", "png", "heic", "txt", "pdf.exe"):
            if not name.endswith(f".{extension}"):
                yield Odd(f"{name} as .{extension}", f"a.{extension}", content, TAKEN)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("word/document.xml", "<w:document/>")
    others = {
        "html": b"<!doctype html><html><script>alert(1)</script></html>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "zip": archive.getvalue(),
        "exe": b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(200),
        "elf": b"\x7fELF\x02\x01\x01" + bytes(200),
        "text": b"Bonjour, voici mon attestation.",
        "postscript": b"%!PS-Adobe-3.0\n(salut) show\nshowpage\n",
        "rtf": b"{\\rtf1 salut}",
        "mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(200),
        "avif": b"\0\0\0\x18ftypavif\0\0\0\0avifmif1" + bytes(200),
        "gif": encoded(Image.new("P", (9, 9)), "GIF"),
        "bmp": encoded(Image.new("RGB", (9, 9)), "BMP"),
        "tiff": encoded(Image.new("RGB", (9, 9)), "TIFF"),
        "webp": encoded(Image.new("RGB", (9, 9)), "WEBP"),
        "ico": encoded(Image.new("RGB", (16, 16)), "ICO"),
    }
    for kind, content in others.items():
        yield Odd(f"{kind} as .pdf", "a.pdf", content, TYPE)
        yield Odd(f"{kind} as .jpg", "a.jpg", content, TYPE)


def _png_header(width: int, height: int) -> bytes:
    """A PNG that announces a size, with next to no data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def _pictures() -> Iterator[Odd]:
    small = letter("Attestation", width=200, height=300)
    yield Odd("CMYK JPEG", "a.jpg", encoded(small.convert("CMYK"), "JPEG"), TAKEN)
    yield Odd("grey JPEG", "a.jpeg", encoded(small.convert("L"), "JPEG"), TAKEN)
    yield Odd("progressive JPEG", "a.jpg", encoded(small, "JPEG", progressive=True), TAKEN)
    yield Odd("MPO", "a.jpg", encoded(small, "MPO", save_all=True, append_images=[small]), TAKEN)
    for turn in range(1, 9):
        yield Odd(f"JPEG turned {turn}", "a.jpg", jpeg_bytes(orientation=turn), TAKEN)
    yield Odd("16-bit PNG", "a.png", encoded(Image.new("I;16", (50, 50), 40_000), "PNG"), TAKEN)
    yield Odd("palette PNG", "a.png", encoded(small.convert("P"), "PNG"), TAKEN)
    yield Odd("transparent PNG", "a.png", encoded(small.convert("RGBA"), "PNG"), TAKEN)
    yield Odd("1-bit PNG", "a.png", encoded(small.convert("1"), "PNG"), TAKEN)
    yield Odd("animated PNG", "a.png", encoded(small, "PNG", save_all=True, append_images=[small]), TAKEN)
    yield Odd("1 pixel", "a.png", encoded(Image.new("RGB", (1, 1)), "PNG"), TAKEN)
    yield Odd("longest side", "a.png", encoded(Image.new("1", (20_000, 10)), "PNG"), TAKEN)
    yield Odd("a pixel too long", "a.png", encoded(Image.new("1", (20_001, 10)), "PNG"), HUGE)
    yield Odd("61 megapixels", "a.png", encoded(Image.new("1", (10_000, 6_100)), "PNG"), HUGE)
    yield Odd("announces 65,000 x 65,000", "a.png", _png_header(65_000, 65_000), HUGE)
    yield Odd("announces 2,000 x 2,000", "a.png", _png_header(2_000, 2_000), DAMAGED)
    yield Odd("torn checksum", "a.png", png_bytes()[:60] + b"\xff" + png_bytes()[61:], DAMAGED)
    yield Odd("text of 5 MB in a PNG", "a.png", _png_with_text(5_000_000), f"{DAMAGED}|{COMPLEX}|^$")
    yield Odd("60 megapixels of one colour", "a.png", encoded(Image.new("RGB", (10_000, 6_000)), "PNG"), TAKEN)


def _png_with_text(size: int) -> bytes:
    body = b"Comment\0\0" + zlib.compress(bytes(size))
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return png_bytes()[:33] + chunk + png_bytes()[33:]


def _pdfs() -> Iterator[Odd]:
    for kind, change in active().items():
        words = FORM if kind == "xfa" else ACTIVE
        yield Odd(f"active PDF: {kind}", "a.pdf", made(change), words)
        packed = made(active()[kind], object_stream_mode=pikepdf.ObjectStreamMode.generate)
        yield Odd(f"active PDF: {kind}, packed", "a.pdf", packed, words)
    yield Odd("attachment", "a.pdf", made(attached), ATTACHED)
    yield Odd("portfolio", "a.pdf", made(at_root("Collection", pikepdf.Dictionary())), ATTACHED)
    link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("https://example.fr"))
    yield Odd("web link", "a.pdf", made(on_page(Subtype=pikepdf.Name.Link, A=link)), TAKEN)
    yield Odd("user password", "a.pdf", pdf_bytes(password="secret"), PASSWORD)
    owner = pikepdf.Encryption(user="", owner="secret")
    yield Odd("owner password", "a.pdf", made(lambda _: None, encryption=owner), TAKEN)
    yield Odd("50 pages", "a.pdf", pdf_bytes(pages=50), TAKEN)
    yield Odd("51 pages", "a.pdf", pdf_bytes(pages=51), PAGES)
    yield Odd("text", "a.pdf", text_pdf_bytes("Attestation de mutuelle"), TAKEN)
    plain = {"stream_decode_level": pikepdf.StreamDecodeLevel.none, "compress_streams": False}
    for layers in (1, 2):
        yield Odd(f"bomb, {layers} layers", "a.pdf", made(packed_stream(layers), **plain), COMPLEX)
    yield Odd("header alone", "a.pdf", b"%PDF-1.7\n", f"{DAMAGED}|{PAGES}")
    yield Odd("garbage after the header", "a.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 20, f"{DAMAGED}|{PAGES}")
    yield Odd("10 MB and one byte", "a.pdf", pdf_bytes() + b"\n" * (10_000_001 - len(pdf_bytes())), LARGE)


def _polyglots() -> Iterator[Odd]:
    page = b"<html><script>alert(1)</script></html>"
    yield Odd("PDF then HTML", "a.pdf", pdf_bytes() + page, TAKEN)
    yield Odd("HTML then PDF", "a.pdf", page + pdf_bytes(), TYPE)
    yield Odd("line break then PDF", "a.pdf", b"\r\n" + pdf_bytes(), TAKEN)
    yield Odd("JPEG then PDF", "a.jpg", jpeg_bytes() + pdf_bytes(), TAKEN)
    yield Odd("JPEG then PDF, as PDF", "a.pdf", jpeg_bytes() + pdf_bytes(), TAKEN)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.js", "alert(1)")
    yield Odd("PNG then ZIP", "a.png", png_bytes() + archive.getvalue(), TAKEN)
    yield Odd("GIF header, PDF body", "a.pdf", b"GIF89a" + pdf_bytes(), TYPE)
    yield Odd(
        "JPEG with HTML in its comment",
        "a.jpg",
        encoded(Image.open(io.BytesIO(jpeg_bytes())), "JPEG", comment=page),
        TAKEN,
    )


HOSTILE_NAMES = (
    "../../etc/passwd.pdf", "..\\..\\windows\\win.ini.pdf", "/etc/shadow.pdf", "C:\\boot.pdf", "\\\\host\\part\\a.pdf",
    ".pdf", "..pdf", "...pdf", "a..pdf", " .pdf", "a .pdf", "a.pdf ", "a.pdf.", ".htaccess.pdf",
    "a\x00.pdf", "a.pdf\x00.exe", "a\r\nX: y.pdf", "a\n.pdf", "a\t.pdf", "a\x7f.pdf", "a\x1b[31m.pdf",
    "\u202efdp.exe.pdf", "a\u202e.pdf", "\u200bzéro.pdf", "\ufeffbom.pdf", "a\u2028b.pdf",
    "attestation « été ».pdf", "é\u0301.pdf", "文件.pdf", "ملف.pdf", "😀👩‍👩‍👧.pdf", "Ⅸ½.pdf",
    "x" * 300 + ".pdf", "é" * 200 + ".pdf", "a" + ".b" * 100 + ".pdf",
    "CON.pdf", "nul.pdf", "COM1.pdf", "desktop.ini.pdf",
    "a'b.pdf", 'a"b.pdf', "a;b.pdf", "a%00.pdf", "%2e%2e%2fa.pdf", "<script>alert(1)</script>.pdf", "{{7*7}}.pdf",
    "=cmd|'/c calc'!A0.pdf",
)  # fmt: skip


def _names() -> Iterator[Odd]:
    """A sound PDF under each hostile name: taken, or refused in words; never anything else."""
    for number, name in enumerate(HOSTILE_NAMES):
        yield Odd(f"name {number}", name, pdf_bytes(), f"{ANY_REFUSAL}|^$")
