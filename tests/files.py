"""Real bytes for the tests: documents that a person could join."""

import io
from functools import cache

import pikepdf
import pillow_heif
from PIL import Image


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
def png_bytes(*, width: int = 320, height: int = 240) -> bytes:
    buffer = io.BytesIO()
    _picture(width, height, (200, 220, 230)).save(buffer, "PNG")
    return buffer.getvalue()


@cache
def heic_bytes(*, width: int = 320, height: int = 240) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(_picture(width, height, (90, 60, 30))).save(buffer)
    return buffer.getvalue()
