"""What is kept some seconds: read once, read again later, forgotten on demand, never without bound."""

import pytest

from portal.lib import kept


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(kept, "clock", lambda: now[0])
    return now


def test_an_answer_is_kept_for_its_seconds(clock: list[float]) -> None:
    calls: list[int] = []

    @kept.kept(seconds=10, most=2)
    def square(number: int) -> int:
        calls.append(number)
        return number * number

    assert [square(3), square(3)] == [9, 9]
    assert calls == [3]
    clock[0] += 9.9
    assert square(3) == 9
    assert calls == [3]
    clock[0] += 0.1
    assert square(3) == 9
    assert calls == [3, 3]


def test_the_seconds_count_from_the_end_of_the_read(clock: list[float]) -> None:
    calls: list[int] = []

    @kept.kept(seconds=10)
    def slow() -> None:
        calls.append(1)
        clock[0] += 9

    slow()
    clock[0] += 5
    slow()
    assert calls == [1]


def test_no_more_than_so_many_are_kept(clock: list[float]) -> None:
    calls: list[int] = []

    @kept.kept(seconds=10, most=2)
    def same(number: int) -> int:
        calls.append(number)
        return number

    for number in (1, 2, 3, 1):
        same(number)
    assert calls == [1, 2, 3, 1]
    assert len(same._answers) <= 2


def test_an_absent_answer_is_kept_too(clock: list[float]) -> None:
    calls: list[int] = []

    @kept.kept(seconds=10)
    def nothing() -> None:
        calls.append(1)

    assert nothing() is None
    assert nothing() is None
    assert calls == [1]
    nothing.forget()
    assert nothing() is None
    assert calls == [1, 1]


def test_everything_is_forgotten_at_once(clock: list[float]) -> None:
    cleared: list[str] = []
    kept.forgets(lambda: cleared.append("done"))

    @kept.kept(seconds=10)
    def one() -> int:
        return len(cleared)

    assert one() == 0
    kept.forget_all()
    assert cleared == ["done"]
    assert one() == 1
    kept._forgetters.pop()
    kept._forgetters.pop()
