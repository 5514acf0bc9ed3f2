"""Each page of the catalogue opens, has a title of its own and, of the portal, weighs little."""

import re
from collections import defaultdict
from typing import Any

import pytest

from tests.catalogue import DESK, PORTAL, World, each, groups, named_by_vowels
from tests.reading import mistakes, ours, title_of
from tests.test_rights import made_world, world
from tests.weight import weight

__all__ = ["made_world", "world"]  # the fixtures

HEAVIEST = 60_000  # bytes, of a page of the portal and all that it asks for: two seconds on a poor 3G line
OF_AN_OBJECT = re.compile(r".*_(?=(?:history|delete|second_facteur)$)")  # of Django: the same for every model


@pytest.mark.django_db
def test_each_page_has_its_title_and_is_in_french_and_those_of_the_portal_are_light(
    world: World, settings: Any
) -> None:
    """The title is what tabs, histories and screen readers tell pages by (WCAG 2.4.2)."""
    found: dict[str, set[str]] = defaultdict(set)
    heavy: dict[str, int] = {}
    shut: list[str] = []
    badly_said: dict[str, str] = {}
    named_by_vowels(world)
    for table in (PORTAL, DESK):
        for role, state in groups(table):
            if state == "filled":
                for page in each(table, role, state, world, settings, shut):
                    found[title_of(page.html)].add(OF_AN_OBJECT.sub("", page.line.key))
                    badly_said |= dict.fromkeys(mistakes(ours(page.html)), str(page.line))
                    if table is PORTAL and (bytes_sent := weight(page.html)) > HEAVIEST:
                        heavy[str(page.line)] = bytes_sent
    assert shut == []
    assert {title: keys for title, keys in found.items() if len(keys) > 1} == {}
    assert heavy == {}
    assert badly_said == {}
