"""Nobody is given a page that cannot be read: each text of the style sheets on each of its backgrounds, at the start.

4.5:1 at least (WCAG 2.2, 1.4.3), in the light theme and in the dark one; a colour of the brand that is too pale stops
`manage.py`, the web processes and the workers.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from portal.lib.colours import Palette, contrast

LEAST = 4.5
_SURFACES = ("paper", "canvas", "brand-tint")
_NOTES = ("info-bg", "ok-bg", "warn-bg", "err-bg")
# Text, and what it is read on; tests/portal/test_contrast.py compares this with the style sheets.
PAIRS: dict[str, tuple[str, ...]] = {
    "ink": (*_SURFACES, *_NOTES, "sheet"),
    "ink-2": (*_SURFACES, *_NOTES, "sheet"),
    "ink-loud": _SURFACES,
    "link": (*_SURFACES, *_NOTES, "sheet"),
    "link-strong": (*_SURFACES, *_NOTES, "sheet"),
    "on-brand": ("brand", "brand-strong", "brand-header", "away", "away-strong", "danger", "danger-strong"),
    "info": (*_SURFACES, "info-bg"),
    "ok": (*_SURFACES, "ok-bg"),
    "warn": (*_SURFACES, "warn-bg"),
    "err": (*_SURFACES, "err-bg"),
    "mute": (*_SURFACES, "mute-bg"),
}
# What is always on white, whatever the theme: drawings of figures, mails, PDF.
ALWAYS_LIGHT = {"sheet"}
NAMES = {
    "ink": "texte", "ink-2": "texte discret", "ink-loud": "titre", "link": "lien", "link-strong": "lien survolé",
    "on-brand": "texte des boutons", "info": "texte d’information", "ok": "texte de réussite",
    "warn": "texte d’avertissement", "err": "texte d’erreur", "mute": "texte neutre",
    "paper": "papier", "canvas": "fond de page", "sheet": "feuille blanche", "brand-tint": "fond teinté",
    "brand": "couleur principale", "brand-strong": "couleur soutenue", "brand-header": "bandeau",
    "info-bg": "fond d’information", "ok-bg": "fond de réussite", "warn-bg": "fond d’avertissement",
    "err-bg": "fond d’erreur", "mute-bg": "fond neutre",
    "away": "bouton fermer", "away-strong": "bouton fermer survolé",
    "danger": "bouton supprimer", "danger-strong": "bouton supprimer survolé",
}  # fmt: skip


def problems(palette: Palette) -> list[str]:
    """A French sentence for each pair that is hard to read."""
    return [
        f"Contraste insuffisant, thème {theme} : « {NAMES[text]} » ({front}) sur « {NAMES[ground]} » ({back}) fait "
        f"{_figure(contrast(front, back))}:1, il faut 4,5:1 au moins."
        for text, grounds in PAIRS.items()
        for ground in grounds
        for theme, front, back in (
            ("clair", palette[text].light, palette[ground].light),
            *([] if ground in ALWAYS_LIGHT else [("sombre", palette[text].dark, palette[ground].dark)]),
        )
        if contrast(front, back) < LEAST
    ]


def _figure(ratio: float) -> str:
    """Two decimals, cut and not rounded: 4.499 is no 4.50."""
    return f"{int(ratio * 100) / 100:.2f}".replace(".", ",")


def check(app_configs: Sequence[AppConfig] | None = None, **options: Any) -> list[CheckMessage]:
    """The same, as a system check of Django."""
    hint = "Choisissez d’autres couleurs PORTAL_BRAND_… (docs/settings.md)."
    return [Error(problem, hint=hint, id="portal.E001") for problem in problems(settings.PORTAL_BRAND.palette)]


def refuse_to_start() -> None:
    """For the processes that run no system check. Raises ImproperlyConfigured, with every pair."""
    if found := problems(settings.PORTAL_BRAND.palette):
        raise ImproperlyConfigured("\n".join(found))
