"""A text as a QR code: SVG with attributes alone, which a strict CSP shows."""

import io
from functools import lru_cache

import segno
from django.utils.safestring import SafeString, mark_safe

MODULE = 5  # pixels of one square


def picture(text: str) -> SafeString:
    """The code of a text, never kept: it may be a secret."""
    made = segno.make(text, error="m", micro=False)
    return mark_safe(made.svg_inline(scale=MODULE, light="#fff", svgclass="ea-qr", lineclass=None))


@lru_cache(maxsize=256)
def picture_of_address(address: str) -> SafeString:
    """The code of an address, which is no secret."""
    return picture(address)


@lru_cache(maxsize=256)
def svg_of_address(address: str) -> str:
    """The same as a file of its own, black on white with its quiet margin: for what is printed."""
    made = io.BytesIO()
    segno.make(address, error="m", micro=False).save(made, kind="svg", scale=MODULE, light="#fff")
    return made.getvalue().decode()
