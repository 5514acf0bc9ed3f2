"""Pieces of page that are the same for everyone who sees the same values: rendered once, kept, shared by everybody.

Rendering a menu, a footer or a list of motifs costs more than the queries of a page. A fragment sees nothing but the
values that it is given, which are its key: what is kept can never be another person's or out of date.
"""

from collections.abc import Hashable
from functools import lru_cache

from django.conf import settings
from django.db.models import Model
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from portal.lib.kept import forgets

KEPT = 2048  # fragments of a few kilobytes, in each process


def render_fragment(template: str, **values: Hashable) -> SafeString:
    """HTML of a template that reads only `values`.

    Raises TypeError for a value that is not hashable, or that is a row: two states of a row are equal.
    """
    if any(isinstance(value, Model) for value in values.values()):
        raise TypeError("Un fragment ne reçoit pas de ligne de la base : donnez-lui les valeurs qu’il montre.")
    items = tuple(sorted(values.items()))
    if settings.DEBUG:
        return _fresh(template, items, ())
    return _kept(template, items, tuple(type(value) for _, value in items))


def _fresh(template: str, items: tuple[tuple[str, Hashable], ...], types: tuple[type, ...]) -> SafeString:
    hash(items)
    return mark_safe(get_template(template).render(dict(items)))


_kept = lru_cache(maxsize=KEPT)(_fresh)  # `types`: 1 and True, a text and a safe text are equal, not shown alike
forgets(_kept.cache_clear)
