"""Pieces of page that are the same for everyone who sees the same values: rendered once, kept, shared by everybody.

Rendering a menu, a footer or a list of motifs costs more than the queries of a page. A fragment sees nothing but the
values that it is given, all hashable, so what is kept can never be another person's or out of date.
"""

from collections.abc import Hashable
from functools import lru_cache

from django.conf import settings
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

KEPT = 2048  # fragments of a few kilobytes, in each process


def render_fragment(template: str, **values: Hashable) -> SafeString:
    """HTML of a template that reads only `values`. Raises TypeError when one of them is not hashable."""
    items = tuple(sorted(values.items()))
    return _fresh(template, items) if settings.DEBUG else _kept(template, items)


def forget_fragments() -> None:
    """Render everything anew: settings or templates changed in this process (in tests)."""
    _kept.cache_clear()


def _fresh(template: str, items: tuple[tuple[str, Hashable], ...]) -> SafeString:
    hash(items)
    return mark_safe(get_template(template).render(dict(items)))


@lru_cache(maxsize=KEPT)
def _kept(template: str, items: tuple[tuple[str, Hashable], ...]) -> SafeString:
    return _fresh(template, items)
