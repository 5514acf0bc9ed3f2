"""The runner of the bench, with tiny parts: a failure stops nothing, figures are told at once, pairs are in turns."""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from tests.bench import __main__ as bench
from tests.bench import databases, report
from tests.bench.databases import Base, database, prepared
from tests.bench.figures import MISSED, Figure, compare
from tests.bench.mann_whitney import p_value
from tests.bench.runner import GOAL_MISSED, PART_FAILED, LeftOut, Outcome, Part, run
from tests.bench.turns import in_turns, pairs_in_turns


def figure(name: str, ratio: float = 1.0) -> Figure:
    """Of one turn, with a goal of at least a half."""
    return compare(name, [ratio], [1.0], goal=0.5, unit="tours", detail="essai")


def quick(folder: Path) -> Iterator[Figure]:
    yield figure("rapide")


def slow(folder: Path) -> Iterator[Figure]:
    yield figure("lente", ratio=0.2)


def broken(folder: Path) -> Iterator[Figure]:
    yield figure("avant la panne")
    raise ValueError("panne de la partie")


def absent(folder: Path) -> Iterator[Figure]:
    raise LeftOut("pas de navigateur")
    yield


def outcomes_of(**parts: Part) -> tuple[int, list[Outcome]]:
    """(exit code, outcomes)."""
    seen: list[list[Outcome]] = []
    code = run(parts, seen.append)
    return code, seen[-1]


def test_a_part_that_fails_is_told_and_the_rest_goes_on() -> None:
    code, (first, second, third) = outcomes_of(quick=quick, broken=broken, slow=slow)
    assert code == PART_FAILED
    assert [found.name for found in second.figures] == ["avant la panne"]
    assert "panne de la partie" in report.told(second)
    assert "ÉCHEC (ValueError: panne de la partie)" in report.told(second)
    assert [found.name for found in (*first.figures, *third.figures)] == ["rapide", "lente"]


def test_a_ratio_beyond_its_goal_is_marked_and_the_exit_code_says_so() -> None:
    assert outcomes_of(quick=quick)[0] == 0
    code, (first, second) = outcomes_of(slow=slow, quick=quick)
    assert code == GOAL_MISSED
    assert MISSED in report.told(first)
    assert MISSED not in report.told(second)


def test_what_the_machine_lacks_is_told_and_is_no_failure() -> None:
    code, (outcome,) = outcomes_of(absent=absent)
    assert code == 0
    assert "laissée de côté (pas de navigateur)" in report.told(outcome)


def test_each_part_has_an_empty_folder_of_its_own_deleted_afterwards() -> None:
    folders = []

    def part(folder: Path) -> Iterator[Figure]:
        assert list(folder.iterdir()) == []
        (folder / "trace").touch()
        folders.append(folder)
        yield figure("dossier")
        raise ValueError

    assert outcomes_of(one=part, other=part)[0] == PART_FAILED
    assert len(set(folders)) == 2
    assert not any(folder.exists() for folder in folders)


def test_figures_are_written_as_each_part_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = []

    def reader(folder: Path) -> Iterator[Figure]:
        table = (tmp_path / "table.md").read_text(encoding="utf-8")
        kept = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
        written.append((table, [(found["part"], found["name"]) for found in kept], capsys.readouterr().out))
        yield figure("lue")

    def ended(outcomes: list[Outcome]) -> None:
        print(report.told(outcomes[-1]))
        report.write(outcomes, tmp_path)

    run({"première": slow, "lecture": reader, "panne": broken, "relecture": reader}, ended)
    (table, kept, told), (later, all_kept, _) = written
    assert kept == [("première", "lente")]
    assert f"| lente | 0.20 | 0.20 – 0.20 | 1 | ≥ 0.50 | **{MISSED}** |" in table
    assert "=== première" in told
    assert all_kept == [("première", "lente"), ("lecture", "lue"), ("panne", "avant la panne")]
    assert "| panne | 0 |" in later
    assert "ÉCHEC (ValueError: panne de la partie)" in later


def test_the_command_tells_and_writes_and_returns_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "PARTS", {"broken": broken, "quick": quick})
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    monkeypatch.setattr(bench, "QUICK", False)
    monkeypatch.setattr(bench.signal, "signal", lambda *_: None)
    monkeypatch.setattr("sys.argv", ["bench"])
    assert bench.main() == PART_FAILED
    told = capsys.readouterr().out
    assert told.index("=== broken") < told.index("=== quick")
    whole = (tmp_path / "table.md").read_text(encoding="utf-8")
    assert "rapide" in whole
    monkeypatch.setattr("sys.argv", ["bench", "quick"])
    assert bench.main() == 0
    assert (tmp_path / "table.md").read_text(encoding="utf-8") == whole
    assert "avant la panne" not in (tmp_path / "quick" / "table.md").read_text(encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["bench", "inconnue"])
    with pytest.raises(SystemExit):
        bench.main()
    assert "inconnue" in capsys.readouterr().err


def test_a_pair_is_measured_in_turns_and_who_goes_first_changes() -> None:
    calls: list[str] = []

    def way(name: str, value: float) -> float:
        calls.append(name)
        return value * len(calls)

    found = in_turns({"ours": lambda: way("ours", 1), "theirs": lambda: way("theirs", 100)}, 2, warm_up=1)
    assert calls == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert found == {"ours": [4, 5], "theirs": [300, 600]}


def test_each_turn_goes_through_every_pair() -> None:
    calls: list[str] = []
    names = ("a", "b")
    pairs_in_turns({name: {way: lambda w=way, n=name: calls.append(n + w) or 1.0 for way in "12"} for name in names}, 2)
    assert calls == ["a1", "a2", "b1", "b2", "a2", "a1", "b2", "b1"]


def test_the_ratio_is_the_median_of_the_turns_and_its_spread_is_shown() -> None:
    found = compare("paire", [10, 30, 80], [10, 10, 20], goal=4, better="lower", unit="ms", detail="essai")
    assert (found.ratio, found.low, found.high, found.turns) == (3, 1, 4, 3)
    assert found.reached
    assert found.cells == ["3.00", "1.00 – 4.00", "3", "≤ 4.00", ""]
    assert found.detail == "30 ms contre 10.0 ; essai"


def test_a_small_ratio_keeps_two_digits() -> None:
    found = compare("paire", [32, 33, 34], [21000, 22000, 20000], goal=0.001, unit="lignes/s", detail="essai")
    assert found.cells == ["0.0015", "0.0015 – 0.0017", "3", "≥ 0.001", ""]


def test_a_busy_machine_widens_the_spread_and_leaves_the_ratio() -> None:
    found = compare("paire", [10, 10, 2, 10, 10], [20, 20, 20, 4, 20], goal=0.5, unit="req/s", detail="")
    assert (found.ratio, found.low, found.high) == (0.5, 0.1, 2.5)


def test_a_pair_of_unequal_lists_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        compare("paire", [1, 2], [1], goal=1, unit="ms", detail="")


def rows(base: Base) -> list[int]:
    with contextlib.closing(sqlite3.connect(base.address.removeprefix("sqlite:///"))) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM t")]


def test_two_parts_share_nothing_of_their_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "POSTGRESQL", "postgres://postgres@127.0.0.1:1/absente")
    (tmp_path / "modele").mkdir()
    with database(tmp_path / "modele", "modele") as original:
        with contextlib.closing(sqlite3.connect(original.folder / "portal.sqlite3")) as connection:
            connection.executescript("CREATE TABLE t (n); INSERT INTO t VALUES (1)")
        monkeypatch.setattr(databases, "_original", lambda: original)
        with prepared(tmp_path, "une") as one, prepared(tmp_path, "autre") as other:
            with contextlib.closing(sqlite3.connect(one.folder / "portal.sqlite3")) as connection:
                connection.executescript("INSERT INTO t VALUES (2)")
            assert (rows(one), rows(other), rows(original)) == ([1, 2], [1], [1])
            assert one.environment["PORTAL_VAR_DIR"] != other.environment["PORTAL_VAR_DIR"]


def asked(address: str, command: str) -> None:
    """Run a command on PostgreSQL. Raises OperationalError when the database is not there."""
    with contextlib.closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        cursor.execute(command)
        connection.commit()


@pytest.mark.postgresql
def test_a_database_is_copied_and_dropped_even_when_its_part_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "POSTGRESQL", os.environ["DATABASE_URL"])
    addresses = []

    def part(folder: Path) -> Iterator[Figure]:
        with database(folder, "banc_essai_modele") as original:
            asked(original.address, "CREATE TABLE t (n int)")
            with database(folder, "banc_essai", original) as copy:
                asked(copy.address, "INSERT INTO t VALUES (1)")
                addresses.extend([original.address, copy.address])
                yield figure("copiée")
                raise ValueError("panne")

    code, (outcome,) = outcomes_of(part=part)
    assert code == PART_FAILED
    assert "ValueError: panne" in outcome.failure
    for address in addresses:
        with pytest.raises(psycopg2.OperationalError, match="does not exist"):
            asked(address, "SELECT 1")


def test_the_u_test_finds_a_difference_and_none_where_there_is_none() -> None:
    """Values of p worked out by hand from the ranks: two lists apart, two lists alike, one with ties."""
    low, high = [float(value) for value in range(20)], [float(value) for value in range(20, 40)]
    assert p_value(low, high) == pytest.approx(6.796e-8, rel=0.001)
    assert p_value(high, low) == p_value(low, high)
    assert p_value(low[::2] + high[::2], low[1::2] + high[1::2]) > 0.7
    assert p_value([1.0] * 20, [1.0] * 20) == 1.0
    assert p_value([1.0, 2.0] * 10, [2.0, 3.0] * 10) < 0.01
