"""Each page of the catalogue opens, and has a title of its own."""

import re
from collections import defaultdict
from typing import Any

import pytest

from tests.catalogue import DESK, PORTAL, World, each, groups
from tests.reading import title_of
from tests.test_rights import made_world, world

__all__ = ["made_world", "world"]  # the fixtures

OF_AN_OBJECT = re.compile(r".*_(?=(?:history|delete|second_facteur)$)")  # of Django: the same for every model


@pytest.mark.django_db
def test_no_two_pages_have_the_same_title(world: World, settings: Any) -> None:
    """The title is what tabs, histories and screen readers tell pages by (WCAG 2.4.2)."""
    found: dict[str, set[str]] = defaultdict(set)
    shut: list[str] = []
    for table in (PORTAL, DESK):
        for role, state in groups(table):
            if state == "filled":
                for page in each(table, role, state, world, settings, shut):
                    found[title_of(page.html)].add(OF_AN_OBJECT.sub("", page.line.key))
    assert shut == []
    assert {title: keys for title, keys in found.items() if len(keys) > 1} == {}
