"""Every page of the desk and of the administration, by role and by state, as Chromium shows it (tests/catalogue.py)."""

import re
from typing import Any

import pytest

from tests.browser.looking import Window, faults
from tests.catalogue import DESK, World, each, groups
from tests.test_rights import made_world, world

__all__ = ["made_world", "world"]  # the fixtures

# Of Django's admin/edit_inline/tabular.html: the heads of its two columns without words, and its rows that slide
# sideways on a telephone, which browsers put among the stops of the keyboard by themselves.
OF_DJANGO = re.compile(
    r"axe \(\d+\) : (?:empty-table-header \.original, th:nth-child\(\d\)|scrollable-region-focusable #[\w-]+-group)"
)
pytestmark = [pytest.mark.browser, pytest.mark.slow("minutes"), pytest.mark.django_db]


@pytest.mark.parametrize(("role", "state"), groups(DESK), ids=str)
def test_pages(role: str, state: str, world: World, window: Window, settings: Any) -> None:
    found: list[str] = []
    for page in each(DESK, role, state, world, settings, found):
        window.goto(page.path, page.response, page.client)
        found += [f"{page.line} · {one}" for one in faults(window, narrowest=False) if not OF_DJANGO.fullmatch(one)]
    assert not found, "\n".join(found)
