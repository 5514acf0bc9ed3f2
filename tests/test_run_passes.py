"""What `make test` says at its end of the passes that it ran."""

import signal

import pytest

from tests import run
from tests.conftest import _rank
from tests.run import Passes


@pytest.mark.parametrize(
    ("codes", "end"),
    [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([0, -signal.SIGKILL], 1)],
    ids=["all pass", "the last fails", "the first fails", "one is killed"],
)
def test_one_pass_that_did_not_end_well_makes_the_run_fail(codes: list[int], end: int) -> None:
    passes = Passes([])
    passes.done = [(f"passe {number}", code, 1.0) for number, code in enumerate(codes)]
    assert passes.report() == end


def test_what_has_no_database_is_run_today_when_sqlite_is_on_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, dict[str, str]]] = []
    passes = Passes([])
    monkeypatch.setattr(passes, "run", lambda title, *words, **then: asked.append((title, words[-1], then)))
    run.on_sqlite(passes)
    assert [(title, then) for title, _, then in asked] == [("SQLite", {}), ("SQLite, tests longs", {})]
    run.on_sqlite(passes, "2028-02-29T01:30")
    for (title, words, _), (its_title, its_words, its_then) in zip(asked[:2], asked[2:4], strict=True):
        assert (its_title, its_words) == (f"{title} 2028-02-29T01:30", words)
        assert its_then == {"PORTAL_TEST_DAY": "2028-02-29T01:30"}
    title, words, then = asked[4]
    assert (words.startswith("no_database and "), then, len(asked)) == (True, {}, 5)


def test_the_longest_are_begun_first(request: pytest.FixtureRequest) -> None:
    ranks = [_rank(item) for item in request.session.items]
    assert ranks == sorted(ranks)
    assert {_rank(item) == 2 for item in request.session.items if not item.get_closest_marker("slow")} == {True}
