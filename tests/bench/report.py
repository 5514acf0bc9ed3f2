"""What the bench says and writes: `figures.json` and `table.md`, again after each part, so that nothing is lost."""

import json
import os
import platform
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench.runner import Outcome
from tests.bench.sizes import QUICK

ROOT = Path(__file__).resolve().parents[2]
HEADINGS = ("mesure", "rapport", "étendue", "tours", "but", "")
TRIED = "Essai à tailles réduites (PORTAL_BENCH_QUICK) : ces rapports ne valent rien."


def told(outcome: Outcome) -> str:
    """A part that has ended, for the terminal."""
    head = f"=== {outcome.part} : {_state(outcome)}, {outcome.seconds:.0f} s, charge {outcome.load:.1f} au début"
    rows = [HEADINGS, *((figure.name, *figure.cells) for figure in outcome.figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
    details = ["", *(figure.detail for figure in outcome.figures)]
    lines = [f"{_aligned(row, widths)}  {detail}".rstrip() for row, detail in zip(rows, details, strict=True)]
    return "\n".join([head, *(lines if outcome.figures else ()), outcome.failure]).rstrip()


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    (name, *cells), (first, *others) = row, widths
    return "  ".join([name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, others, strict=True))])


def write(outcomes: list[Outcome], folder: Path) -> None:
    """Both files of the parts that have ended so far."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = [asdict(figure) | {"part": outcome.part} for outcome in outcomes for figure in outcome.figures]
    content = json.dumps(figures, ensure_ascii=False, indent=2)
    (folder / "figures.json").write_text(f"{content}\n", encoding="utf-8")
    (folder / "table.md").write_text("\n".join(_markdown(outcomes)) + "\n", encoding="utf-8")


def _markdown(outcomes: list[Outcome]) -> Iterator[str]:
    yield machine()
    if QUICK:
        yield from ("", TRIED)
    yield from ("", "| mesure | rapport | étendue | tours | but | | détail |", "|---|--:|--:|--:|--:|---|---|")
    for outcome in outcomes:
        for figure in outcome.figures:
            *cells, verdict = figure.cells
            yield f"| {figure.name} | {' | '.join(cells)} | {verdict and f'**{verdict}**'} | {figure.detail} |"
    yield from ("", "| partie | secondes | charge au début | |", "|---|--:|--:|---|")
    for outcome in outcomes:
        yield f"| {outcome.part} | {outcome.seconds:.0f} | {outcome.load:.1f} | {_state(outcome)} |"
    yield f"| ensemble | {sum(outcome.seconds for outcome in outcomes):.0f} | | |"


def _state(outcome: Outcome) -> str:
    if outcome.failure:
        return f"ÉCHEC ({outcome.failure.strip().splitlines()[-1]})"
    if outcome.left_out:
        return f"laissée de côté ({outcome.left_out})"
    return f"but manqué {len(outcome.missed)} fois" if outcome.missed else "faite"


def machine() -> str:
    """The machine and the versions, in one line of French."""
    cores, memory = os.cpu_count(), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    hardware = f"{cores} cœurs {_model()}, {memory:.0f} Go"
    system, python = f"{platform.system()} {platform.release()}", platform.python_version()
    software = f"{system}, Python {python}, Django {version('django')}"
    return f"{datetime.now(UTC):%d/%m/%Y}, version {_commit()} : {hardware} ; {software}."


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    named = next((line for line in lines if line.startswith("model name")), platform.machine())
    return named.rpartition(":")[2].strip()


def _commit() -> str:
    """Short name of the commit, with a + when files changed since."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "inconnue"
