"""What `make lint` says of local times, and what it leaves alone."""

from pathlib import Path

import pytest

from tests import lint_instants
from tests.lint_instants import COMPUTED, MADE, SET, faults


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("x = timezone.localtime(at) + timedelta(hours=1)", COMPUTED),
        ("x = localtime() - other", COMPUTED),
        ("x = end - timezone.localtime(at)", COMPUTED),
        ("def f(at):\n    local = timezone.localtime(at)\n    return local - timedelta(days=1)", COMPUTED),
        ("def f(at):\n    local = timezone.localtime(at)\n    local += PERIOD", COMPUTED),
        ("def f(at):\n    if local := timezone.localtime(at):\n        return local.replace(day=1)", COMPUTED),
        ("def f(at):\n    local = timezone.localtime(at) if at else None\n    return local + PERIOD", COMPUTED),
        ("x = timezone.localtime(at).replace(second=0)", COMPUTED),
        ("x = timezone.now().replace(hour=0)", SET),
        ("x = at.replace(tzinfo=UTC)", SET),
        ("x = datetime.fromtimestamp(0, tz=timezone.get_current_timezone()) + timedelta(seconds=1)", MADE),
        ("x = timezone.make_aware(datetime(2026, 1, 1))", MADE),
        ("x = datetime.combine(day, time.min, tzinfo=PARIS)", MADE),
        ("x = datetime.combine(day, time.min, PARIS)", MADE),
        ("x = datetime.datetime(2026, 3, 29, 2, 30, tzinfo=PARIS)", MADE),
        ("x = datetime(2026, 3, 29, 2, 30, 0, 0, PARIS)", MADE),
        ("x = datetime.now(PARIS)", MADE),
        ("x = at.astimezone(PARIS)", MADE),
        ("x = at.astimezone()", MADE),
        ('x = ZoneInfo("Europe/Paris")', MADE),
    ],
)
def test_a_local_time_made_or_computed_with_is_found(source: str, words: str) -> None:
    found = faults(source)
    assert found
    assert words in {told for _, told in found}
    assert {line for line, _ in found} <= set(range(1, source.count("\n") + 2))


@pytest.mark.parametrize(
    "source",
    [
        "x = timezone.localtime(at + timedelta(minutes=1))",
        "x = timezone.now() - timedelta(days=7)",
        "x = timezone.now().replace(second=0, microsecond=0)",
        "x = timezone.localdate(at) - timedelta(days=1)",
        "x = day.replace(month=1, day=1)",
        'x = text.replace("a", "b")',
        "os.replace(one, other)",
        "x = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)",
        "x = datetime.fromtimestamp(0, tz=UTC)",
        "x = datetime.fromtimestamp(0, tz=now.tzinfo)",
        "x = at.astimezone(datetime.UTC)",
        "x = now(10)",
        'x = f"{timezone.localtime(at):%H:%M}" + " h"',
        "def f(at):\n    local = timezone.localtime(at)\n    return local.hour\ndef g(local):\n    return local + 1",
    ],
)
def test_instants_days_and_texts_are_left_alone(source: str) -> None:
    assert faults(source) == []


def test_a_fault_is_printed_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "wrong.py").write_text("\nat = timezone.localtime() + DAY\n")
    monkeypatch.setattr(lint_instants, "ROOT", tmp_path)
    assert lint_instants.main() == 1
    assert capsys.readouterr().out == f"accounts/wrong.py:2: {COMPUTED}.\n"
