"""Real bytes for the tests: documents that a person could join."""

import io
import zlib
from functools import cache
from typing import Any

import pikepdf
import pillow_heif
import typst
from PIL import Image, ImageDraw, ImageFont


def _picture(width: int, height: int, color: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGB", (width, height), color)
    image.paste((255, 255, 255), (width // 8, height // 8, width // 2, height // 4))
    return image


@cache
def pdf_bytes(*, pages: int = 1, password: str = "") -> bytes:
    """A PDF of blank A4 pages, encrypted with `password` if given."""
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
    buffer = io.BytesIO()
    encryption = pikepdf.Encryption(user=password, owner=password) if password else False
    pdf.save(buffer, encryption=encryption)
    return buffer.getvalue()


@cache
def jpeg_bytes(*, width: int = 640, height: int = 480, orientation: int = 1) -> bytes:
    """A JPEG with an EXIF orientation, as a telephone makes them."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    _picture(width, height, (40, 120, 140)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


@cache
def text_pdf_bytes(text: str) -> bytes:
    """A PDF of one page that says `text`."""
    return typst.compile(text.encode(), format="pdf")  # type: ignore[return-value]


@cache
def scanned(pages: int, width: int, height: int, mode: str = "RGB") -> bytes:
    """A PDF of A4 pages that are each one picture without loss, as an office scanner makes it. `mode`: Pillow's."""
    bits, space = {"RGB": (24, pikepdf.Name.DeviceRGB)}.get(mode, (1 if mode == "1" else 8, pikepdf.Name.DeviceGray))
    row = (width * bits + 7) // 8
    packer = zlib.compressobj(1)
    lines = [b"\xf8" * row, (b"\x10\xf8\xf8\x40\xf8" * (row // 5 + 1))[:row]]
    packed = b"".join(packer.compress(lines[line % 40 < 9]) for line in range(height)) + packer.flush()
    pdf = pikepdf.new()
    for number in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
        picture = pikepdf.Stream(pdf, b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
        picture.write(packed, filter=pikepdf.Name.FlateDecode)
        picture.Width, picture.Height, picture.ColorSpace = width, height, space
        picture.BitsPerComponent = 1 if mode == "1" else 8
        page = pdf.pages[number].obj
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=picture))
        page.Contents = pikepdf.Stream(pdf, b"q 595 0 0 842 0 0 cm /Im Do Q")
    buffer = io.BytesIO()
    pdf.save(buffer, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return buffer.getvalue()


def letter(text: str, *, width: int = 1654, height: int = 2339) -> Image.Image:
    """A scanned page: `text` repeated in black on greyish paper."""
    image = Image.new("RGB", (width, height), (246, 244, 238))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=height // 50)
    for line in range(20):
        draw.text((width // 10, height // 10 + line * height // 26), text, fill=(20, 20, 30), font=font)
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as the bytes of a "JPEG", "PNG", "HEIF" or "PDF"."""
    buffer = io.BytesIO()
    pillow_heif.register_heif_opener()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@cache
def png_bytes(*, width: int = 320, height: int = 240) -> bytes:
    buffer = io.BytesIO()
    _picture(width, height, (200, 220, 230)).save(buffer, "PNG")
    return buffer.getvalue()


@cache
def page_bytes() -> bytes:
    """A page as the portal draws it: a PNG of 256 colours."""
    return encoded(_picture(320, 240, (200, 220, 230)).quantize(256), "PNG")


@cache
def heic_bytes(*, width: int = 320, height: int = 240) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(_picture(width, height, (90, 60, 30))).save(buffer)
    return buffer.getvalue()
