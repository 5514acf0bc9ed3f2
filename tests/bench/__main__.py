"""`make bench`: the portal against the plainest thing that does the same work, both measured in turns."""

import argparse
import signal
from functools import partial
from pathlib import Path

from tests.bench import (
    answers,
    desk,
    documents,
    exports,
    forgetting,
    imports,
    mails,
    nights,
    pages,
    report,
    salaries,
    uploads,
)
from tests.bench.runner import Outcome, Part, run
from tests.bench.sizes import QUICK

FOLDER = Path(__file__).resolve().parents[2] / "var" / "bench"
PARTS: dict[str, Part] = {
    "pages": pages.figures,
    "envois": uploads.figures,
    "mails": mails.figures,
    "exports": exports.figures,
    "salaries": salaries.figures,
    "documents": documents.figures,
    "imports": imports.figures,
    "gestion": desk.figures,
    "nuit": nights.figures,
    "effacement": forgetting.figures,
    "attente": answers.figures,
}


def ended(folder: Path, outcomes: list[Outcome]) -> None:
    """Say the part that has just ended, write all of them."""
    print(f"\n{report.told(outcomes[-1])}", flush=True)
    report.write(outcomes, folder)


def kept_in(asked: list[str]) -> Path:
    """Folder of the figures: those of some parts or of a try never replace those of the whole."""
    named = ["essai"] * QUICK + (asked if set(asked) != set(PARTS) else [])
    return FOLDER / "-".join(named) if named else FOLDER


def main() -> int:
    """Run the parts named as arguments, all of them otherwise. Returns the exit code of tests.bench.runner.run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=f"Parties : {', '.join(PARTS)}.")
    parser.add_argument("parts", nargs="*", metavar="PARTIE")
    asked = parser.parse_args().parts or list(PARTS)
    if unknown := [name for name in asked if name not in PARTS]:
        parser.error(f"parties inconnues : {', '.join(unknown)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: databases are dropped
    print(report.machine(), *([report.TRIED] if QUICK else []), sep="\n", flush=True)
    folder = kept_in(asked)
    code = run({name: PARTS[name] for name in asked}, partial(ended, folder))
    print(f"\nTableau : {folder / 'table.md'}", flush=True)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
