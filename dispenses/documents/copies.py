"""A copy of a document without what came with it (place, author, date): a PDF of its pages as they are drawn.

Our own pictures are put in it as they are: a PDF holds the packed lines of a PNG (ISO 32000-2, 7.4.4.4).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

DOTS = 150  # an inch: pages are drawn so
POINTS = 72  # an inch of a PDF's page
SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, PALETTE = 0, 3  # kinds of pixels of our pictures (PNG, 11.2.2)


@dataclass(frozen=True)
class Picture:
    """A page as PNG: its size in pixels, bits of each, colours, and packed lines."""

    width: int
    height: int
    bits: int
    palette: bytes
    lines: bytes

    @classmethod
    def read(cls, png: bytes) -> "Picture":
        """Raises ValueError for a picture that is not one of ours."""
        chunks = list(_chunks(png))
        width, height, bits, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
        if kind not in {GREY, PALETTE} or interlaced:
            raise ValueError("not one of our pictures")
        palette = b"".join(body for name, body in chunks if name == b"PLTE")
        return cls(width, height, bits, palette, b"".join(body for name, body in chunks if name == b"IDAT"))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not png.startswith(SIGNATURE):
        raise ValueError("not a PNG")
    place = len(SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        yield png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        place += 12 + length


def as_pdf(pages: list[bytes]) -> bytes:
    """A PDF of these PNG, one a page. Raises ValueError when one is not a picture of ours."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    for number, png in enumerate(pages):
        objects += _page(Picture.read(png), first=3 + 3 * number)
    kids = " ".join(f"{3 + 3 * number} 0 R" for number in range(len(pages)))
    objects[1] = f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode()
    return _written(objects)


def _page(picture: Picture, *, first: int) -> list[bytes]:
    """The page, its content and its picture, which are the objects `first` and following."""
    width, height = picture.width * POINTS / DOTS, picture.height * POINTS / DOTS
    space = "/DeviceGray"
    if picture.palette:
        space = f"[/Indexed /DeviceRGB {len(picture.palette) // 3 - 1} <{picture.palette.hex()}>]"
    lines = f"<< /Predictor 15 /Colors 1 /BitsPerComponent {picture.bits} /Columns {picture.width} >>"
    return [
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.2f} {height:.2f}] /Contents {first + 1} 0 R "
        f"/Resources << /XObject << /P {first + 2} 0 R >> >> >>".encode(),
        _stream("", f"q {width:.2f} 0 0 {height:.2f} 0 0 cm /P Do Q".encode()),
        _stream(
            f"/Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height} /ColorSpace {space} "
            f"/BitsPerComponent {picture.bits} /Filter /FlateDecode /DecodeParms {lines} ",
            picture.lines,
        ),
    ]


def _stream(entries: str, content: bytes) -> bytes:
    return f"<< {entries}/Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def _written(objects: list[bytes]) -> bytes:
    parts, places, length = [b"%PDF-1.5\n"], [], 9
    for number, held in enumerate(objects, start=1):
        places.append(length)
        parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, held))
        length += len(parts[-1])
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{length}\n%%EOF\n"
    return b"".join([*parts, f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()])
