"""No browser test asks a page anything before what it did has had its effect."""

from pathlib import Path

import pytest

from tests.waiting import impatient

FOLDER = Path(__file__).parent / "browser"
SHARED = [
    (FOLDER / name).read_text(encoding="utf-8") for name in ("conftest.py", "test_look.py", "test_desk_together.py")
]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_every_question_waits_for_its_answer(path: Path) -> None:
    assert impatient(path.read_text(encoding="utf-8"), *SHARED) == []


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ("page.goto('/')\n    page.locator('a').click()\n    assert page.locator('b').is_visible()", 1),
        ("page.goto('/')\n    page.locator('a').click()\n    expect(b).to_be_visible()\n    assert b.count() == 1", 0),
        ("page.locator('a').click()\n    assert '/x/' in page.url", 1),
        ("page.locator('a').click()\n    look(page)", 1),
        ("page.goto('/')\n    look(page)", 0),
        ("for _ in range(3):\n        assert page.title()\n        page.keyboard.press('Tab')\n    page.reload()", 1),
        ("page.goto('/')\n    for _ in range(3):\n        assert page.title()\n        page.keyboard.press('Tab')", 1),
        ("with page.expect_navigation():\n        page.locator('a').click()\n    assert page.url == '/'", 0),
        ("page.goto('/')\n    time.sleep(3)", 1),
    ],
)
def test_a_question_asked_too_early_is_found(body: str, faults: int) -> None:
    source = f"def look(page):\n    assert page.evaluate('1')\n\n\ndef test_one(page):\n    {body}\n"
    assert len(impatient(source)) == faults
