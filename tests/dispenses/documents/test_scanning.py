"""The antivirus client against a real clamd, and against answers that a clamd rarely gives."""

import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dispenses.documents import scanning
from dispenses.documents.scanning import Clamd, NotScanned, ScannerUnavailable
from tests.files import pdf_bytes
from tests.servers.clamd import EICAR, RunningClamd, start_clamd
from tests.servers.ports import free_port

MEGABYTE = 1_000_000


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[RunningClamd]:
    with start_clamd(tmp_path / "clamd", stream_max=2 * MEGABYTE) as running:
        yield running


def scan(clamd: RunningClamd, content: bytes, seconds: float = 10) -> str:
    return Clamd(clamd.address, seconds).scan(io.BytesIO(content))


@pytest.mark.clamd
def test_a_clean_file_has_no_virus(clamd: RunningClamd) -> None:
    assert scan(clamd, pdf_bytes()) == ""
    assert scan(clamd, b"x" * (2 * MEGABYTE)) == ""


@pytest.mark.clamd
@pytest.mark.parametrize("before", [0, 700_000])
def test_a_virus_is_named_wherever_it_stands(clamd: RunningClamd, before: int) -> None:
    assert scan(clamd, pdf_bytes() + b" " * before + EICAR).startswith("Eicar.Essai")


@pytest.mark.clamd
@pytest.mark.parametrize("size", [2 * MEGABYTE + 1, 9 * MEGABYTE])
def test_over_the_limit_of_the_stream_is_no_verdict(clamd: RunningClamd, size: int) -> None:
    with pytest.raises((NotScanned, ScannerUnavailable)):
        scan(clamd, b"x" * size)


@pytest.mark.clamd
def test_over_the_limit_of_a_scan_is_no_verdict(tmp_path: Path) -> None:
    with start_clamd(tmp_path / "clamd", file_max=1000) as clamd, pytest.raises(NotScanned):
        scan(clamd, b"%PDF-1.7\n" + b"x" * 5000)


@pytest.mark.clamd
def test_over_tcp(tmp_path: Path) -> None:
    with start_clamd(tmp_path / "clamd", tcp_port=free_port()) as clamd:
        assert scan(clamd, pdf_bytes()) == ""
        assert scan(clamd, EICAR) != ""


@pytest.mark.clamd
def test_stopped_then_started_again(clamd: RunningClamd) -> None:
    clamd.stop()
    with pytest.raises(ScannerUnavailable):
        scan(clamd, pdf_bytes())
    clamd.start()
    assert scan(clamd, pdf_bytes()) == ""


@pytest.mark.clamd
def test_hung_clamd_is_left_when_its_time_is_over(clamd: RunningClamd) -> None:
    clamd.pause()
    began = time.monotonic()
    with pytest.raises(ScannerUnavailable):
        scan(clamd, pdf_bytes(), seconds=1)
    assert time.monotonic() - began < 3
    clamd.resume()
    assert scan(clamd, pdf_bytes()) == ""


@pytest.mark.clamd
def test_killed_in_mid_scan_is_no_verdict(clamd: RunningClamd) -> None:
    class Slow(io.BytesIO):
        """Stops clamd once half of the file is sent."""

        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > MEGABYTE:
                clamd.stop()
            return super().read(size)

    with pytest.raises(ScannerUnavailable):
        Clamd(clamd.address, 10).scan(Slow(b"x" * 2 * MEGABYTE))
    clamd.start()
    assert scan(clamd, b"x" * 2 * MEGABYTE) == ""


@pytest.mark.clamd
def test_frozen_while_the_file_is_sent_then_going_on(clamd: RunningClamd) -> None:
    clamd.pause()
    later = threading.Timer(0.5, clamd.resume)
    later.start()
    assert scan(clamd, pdf_bytes() + EICAR) != ""
    later.join()


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "stream: ",
        "OK",
        "stream: OK but",
        "stream: Can't open file ERROR",
        "COMMAND READ TIMED OUT",
        "UNKNOWN COMMAND",
    ],
)
def test_what_is_not_a_verdict_is_none(reply: str) -> None:
    with pytest.raises(ScannerUnavailable):
        scanning.verdict(reply)


@pytest.mark.parametrize("reply", ["stream:  FOUND", "stream: FOUND", "stream:   FOUND"])
def test_what_was_found_without_a_name_is_found(reply: str) -> None:
    assert scanning.verdict(reply) == "virus sans nom"


def test_limits_are_neither_clean_nor_a_virus() -> None:
    for reply in ("INSTREAM size limit exceeded. ERROR", "stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND"):
        with pytest.raises(NotScanned):
            scanning.verdict(reply)


def test_no_address_no_scanner(settings) -> None:  # type: ignore[no-untyped-def]
    settings.PORTAL_CLAMD = ""
    assert scanning.scanner() is None
    settings.PORTAL_CLAMD = "unix:///nulle/part"
    with pytest.raises(ScannerUnavailable):
        scanning.scanner().scan(io.BytesIO(b"x"))  # type: ignore[union-attr]
