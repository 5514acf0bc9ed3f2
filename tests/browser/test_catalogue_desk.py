"""Every page of the desk and of the administration, by role and by state, as Chromium shows it (tests/catalogue.py)."""

from typing import Any

import pytest

from tests.browser.looking import Window, faults
from tests.catalogue import DESK, World, each, groups
from tests.test_rights import made_world, world

__all__ = ["made_world", "world"]  # the fixtures

# Of Django's templates: the head of a column without words, and rows that slide sideways on a telephone, which
# browsers put among the stops of the keyboard by themselves.
OF_DJANGO = tuple(f"axe (390) : {rule}" for rule in ("empty-table-header", "scrollable-region-focusable"))
OF_DJANGO += ("axe (1280) : empty-table-header",)
pytestmark = [pytest.mark.browser, pytest.mark.slow("minutes"), pytest.mark.django_db]


@pytest.mark.parametrize(("role", "state"), groups(DESK), ids=str)
def test_pages(role: str, state: str, world: World, window: Window, settings: Any) -> None:
    found: list[str] = []
    for page in each(DESK, role, state, world, settings, found):
        window.goto(page.path, page.response, page.client)
        found += [f"{page.line} · {one}" for one in faults(window, narrowest=False) if not one.startswith(OF_DJANGO)]
    assert not found, "\n".join(found)
