"""Parts asked at once: what hangs or fails is bounded, and each look has the answers to its own questions."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from portal.lib import probing
from portal.lib.probing import Prober, ask_all


def well(name: str) -> Callable[[], dict[str, str]]:
    return lambda: {name: ""}


def test_what_hangs_holds_nobody_up_and_is_asked_once() -> None:
    go, asked = threading.Event(), []

    def hangs() -> dict[str, str]:
        asked.append(1)
        go.wait()
        return {"lente": ""}

    lente, vive = Prober(hangs), Prober(well("vive"))
    for _ in range(3):
        assert ask_all({"lente": lente}, seconds=0.05) == {"lente": None}
    assert ask_all({"vive": vive}, seconds=30) == {"vive": {"vive": ""}}
    go.set()
    assert ask_all({"lente": lente}, seconds=30) == {"lente": {"lente": ""}}
    assert len(asked) == 1


def test_probes_are_asked_at_the_same_time() -> None:
    """Each waits for the other: one after the other, they would wait for ever."""
    both = threading.Barrier(2)
    probers = {name: Prober(lambda: {"rang": str(both.wait(timeout=30) >= 0)}) for name in ("a", "b")}
    assert ask_all(probers, seconds=60) == {name: {"rang": "True"} for name in ("a", "b")}


def test_a_second_look_takes_nothing_from_the_first() -> None:
    """The first waits for a slow part; the second asks another part again, which had answered the first."""
    go, over, again, all_asked = (threading.Event() for _ in range(4))

    def slow() -> dict[str, str]:
        go.wait()
        return {"lente": ""}

    def quick() -> dict[str, str]:
        if again.is_set():
            go.set()
            over.wait()
        return {"vive": ""}

    def last() -> dict[str, str]:
        all_asked.set()
        return {"autre": ""}

    vive = Prober(quick)
    probers = {"lente": Prober(slow), "vive": vive, "autre": Prober(last)}
    with ThreadPoolExecutor(2) as pool:
        try:
            first = pool.submit(ask_all, probers, seconds=120)
            assert all_asked.wait(60)
            assert ask_all({"vive": vive}, seconds=60) == {"vive": {"vive": ""}}
            again.set()
            second = pool.submit(ask_all, {"vive": vive}, seconds=120)
            assert first.result(60) == {name: {name: ""} for name in probers}
            over.set()
            assert second.result(60) == {"vive": {"vive": ""}}
        finally:
            go.set()
            over.set()


def test_a_probe_that_fails_is_asked_again() -> None:
    asked: list[int] = []

    def fails_once() -> dict[str, str]:
        asked.append(1)
        if len(asked) == 1:
            raise RuntimeError
        return {"base": ""}

    prober = Prober(fails_once)
    assert ask_all({"base": prober}, seconds=30) == {"base": None}
    assert ask_all({"base": prober}, seconds=30) == {"base": {"base": ""}}


def test_a_connection_that_does_not_close_silences_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def close(self) -> Any:
            raise RuntimeError

    monkeypatch.setattr(probing, "connection", Broken())
    prober = Prober(well("base"))
    for _ in range(2):
        assert ask_all({"base": prober}, seconds=10) == {"base": {"base": ""}}
