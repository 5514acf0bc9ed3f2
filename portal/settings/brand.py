"""The brand of whoever runs the portal: its colours over those of the style sheets, its logo and its icon.

Read once, when the process starts: a changed file is served after the next start.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from portal.lib.colours import BLACK, HEX, WHITE, Colour, Palette, contrast, mixed, read, written
from portal.settings import env

VARIABLES, ICON = "variables.css", "favicon.svg"
STYLES = "marque.css"
LARGEST = 500_000  # bytes of a logo or of an icon
READABLE = 7.0  # contrast that a link of the dark theme is given, when it is not chosen
_SVG, _PNG = "image/svg+xml", "image/png"
_KINDS = {".svg": _SVG, ".png": _PNG, ".ico": "image/x-icon"}
_BEGINNINGS = {".png": b"\x89PNG\r\n\x1a\n", ".ico": b"\0\0\1\0"}


@dataclass(frozen=True)
class BrandFile:
    """What is served of the brand."""

    content: bytes
    content_type: str


@dataclass(frozen=True)
class BrandSettings:
    """`files` by name in an address; `styles`, `logo` and `icon` name one of them, or are "" for the portal's own.

    `version` is part of the addresses, so that browsers may keep the files for good.
    """

    palette: Palette
    files: dict[str, BrandFile]
    styles: str
    logo: str
    icon: str
    version: str

    @cached_property
    def colours(self) -> dict[str, str]:
        """The light colours by name (`brand_strong`), for mails, PDF and drawings."""
        return {name.replace("-", "_"): colour.light for name, colour in self.palette.items()}

    @cached_property
    def dark_colours(self) -> dict[str, str]:
        """The dark ones, for the mail readers that have a dark theme."""
        return {name.replace("-", "_"): colour.dark for name, colour in self.palette.items()}


def read_brand(static: Path) -> BrandSettings:
    """The brand that the environment names, over the colours of `static`.

    Raises ImproperlyConfigured for a colour that is none, a file that is absent, too big, or not what its name says.
    """
    base = read((static / VARIABLES).read_text(encoding="utf-8"))
    palette = branded(base)
    files: dict[str, BrandFile] = {}
    if changed := {name: colour for name, colour in palette.items() if colour != base[name]}:
        files[STYLES] = BrandFile(written(changed).encode(), "text/css; charset=utf-8")
    logo_path, icon_path = env.text("PORTAL_BRAND_LOGO", ""), env.text("PORTAL_BRAND_FAVICON", "")
    logo = _add(files, "logo", "PORTAL_BRAND_LOGO", logo_path, (".svg", ".png"))
    icon = _add(files, "icone", "PORTAL_BRAND_FAVICON", icon_path, (".svg", ".png", ".ico"))
    if changed and not icon:
        icon = "icone.svg"
        files[icon] = BrandFile(_recoloured((static / ICON).read_text(encoding="utf-8"), base, palette), _SVG)
    content = b"\0".join(name.encode() + b"\0" + file.content for name, file in sorted(files.items()))
    version = hashlib.sha256(content).hexdigest()[:12] if files else ""
    styles = STYLES if changed else ""
    return BrandSettings(palette=palette, files=files, styles=styles, logo=logo, icon=icon, version=version)


def branded(base: Palette) -> Palette:
    """The palette with the colours that were chosen; shades that were not follow the chosen ones."""
    asked = {
        "COLOUR": env.text("PORTAL_BRAND_COLOUR", ""),
        "STRONG": env.text("PORTAL_BRAND_STRONG", ""),
        "TINT": env.text("PORTAL_BRAND_TINT", ""),
        "LINE": env.text("PORTAL_BRAND_LINE", ""),
        "ACCENT": env.text("PORTAL_BRAND_ACCENT", ""),
        "DARK_COLOUR": env.text("PORTAL_BRAND_DARK_COLOUR", ""),
        "DARK_LINK": env.text("PORTAL_BRAND_DARK_LINK", ""),
    }
    chosen = {name: _colour(f"PORTAL_BRAND_{name}", value.strip()) for name, value in asked.items()}
    colour = chosen["COLOUR"]
    if colour:
        paper = base["paper"].dark
        chosen["STRONG"] = chosen["STRONG"] or mixed(colour, BLACK, 0.3)
        chosen["TINT"] = chosen["TINT"] or mixed(colour, WHITE, 0.9)
        chosen["LINE"] = chosen["LINE"] or mixed(colour, WHITE, 0.6)
        chosen["DARK_COLOUR"] = chosen["DARK_COLOUR"] or colour
        chosen["DARK_LINK"] = chosen["DARK_LINK"] or _lightened(colour, paper)
    return base | {
        name: Colour(light or base[name].light, dark or base[name].dark)
        for name, (light, dark) in _shades(chosen, base).items()
    }


def _shades(chosen: dict[str, str], base: Palette) -> dict[str, tuple[str, str]]:
    """(light, dark) of each variable of the brand; "" where nothing chosen changes it."""
    colour, strong, dark, link = (chosen[name] for name in ("COLOUR", "STRONG", "DARK_COLOUR", "DARK_LINK"))
    middle = colour and mixed(colour, WHITE, 0.2)
    return {
        "brand": (colour, dark),
        "brand-strong": (strong, dark and mixed(dark, BLACK, 0.2)),
        "brand-header": (strong, dark and mixed(dark, BLACK, 0.55)),
        "brand-mid": (middle, middle),
        "brand-line": (chosen["LINE"], ""),
        "brand-tint": (chosen["TINT"], dark and mixed(base["paper"].dark, dark, 0.25)),
        "link": (colour, link),
        "link-strong": (strong, link and mixed(link, WHITE, 0.5)),
        "sun": (chosen["ACCENT"], chosen["ACCENT"]),
    }


def _lightened(colour: str, paper: str) -> str:
    """The colour with as much white as it needs to be read on dark paper."""
    shades = (mixed(colour, WHITE, part / 20) for part in range(20))
    return next((shade for shade in shades if contrast(shade, paper) >= READABLE), WHITE)


def _colour(name: str, value: str) -> str:
    """The colour in small letters, "" for none."""
    if value and not HEX.fullmatch(value):
        raise ImproperlyConfigured(f"{name} doit être une couleur comme #0b5563, pas « {value} ».")
    return value.lower()


def _add(files: dict[str, BrandFile], name: str, variable: str, value: str, suffixes: tuple[str, ...]) -> str:
    """Add the file that a variable names. Returns the name under which it is served, "" without one."""
    if not value:
        return ""
    path = Path(value)
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        raise ImproperlyConfigured(f"{variable} : {path} doit être un fichier {' ou '.join(suffixes)}.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImproperlyConfigured(f"{variable} : {path} est illisible ({error.strerror}).") from error
    if len(content) > LARGEST:
        raise ImproperlyConfigured(f"{variable} : {path} dépasse {LARGEST // 1000} Ko.")
    right = b"<svg" in content[:2000] if suffix == ".svg" else content.startswith(_BEGINNINGS[suffix])
    if not right:
        raise ImproperlyConfigured(f"{variable} : le contenu de {path} n’est pas celui d’un fichier {suffix}.")
    files[f"{name}{suffix}"] = BrandFile(content, _KINDS[suffix])
    return f"{name}{suffix}"


def _recoloured(drawing: str, base: Palette, palette: Palette) -> bytes:
    """The portal's own icon in the colours of the brand."""
    for name in ("brand", "sun"):
        drawing = drawing.replace(base[name].light, palette[name].light)
    return drawing.encode()
