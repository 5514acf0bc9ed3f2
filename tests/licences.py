"""Licences of what the portal runs with, options included: `python -m tests.licences > docs/licences.md`."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# Licences

What the portal runs with, its options included (`requirements-extras.lock`), and the licence that each library says.
Written by `python -m tests.licences`; a test compares. Those under the LGPL and the MPL are used unchanged.

| library | licence |
|---|---|
"""
LONGEST = 60  # characters: beyond, the field holds the text of a licence


def locked(lock: str = "requirements.lock") -> dict[str, str]:
    """Name and version of each library of a lock."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)(?:\[[^]]*\])?==([^\s;]+)", text, flags=re.MULTILINE))


def licence(name: str) -> str | None:
    """What an installed library says of itself: its expression, classifiers, field or file; None when it is absent."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    said = found.metadata
    if expression := said.get("License-Expression"):
        return expression
    kinds = [line.rpartition(" :: ")[2] for line in said.get_all("Classifier", []) if line.startswith("License :: ")]
    if kinds := [kind for kind in kinds if kind != "OSI Approved"]:
        return ", ".join(kinds)
    written = " ".join((said.get("License") or "").split())
    if 0 < len(written) <= LONGEST:
        return written
    texts = [path for path in found.files or () if path.name.upper().startswith("LICEN")]
    return texts[0].read_text().strip().splitlines()[0] if texts else "?"


def table() -> str:
    rows = [(name, licence(name)) for name in sorted(locked("requirements-extras.lock"))]
    return HEAD + "".join(f"| {name} | {said} |\n" for name, said in rows if said is not None)


if __name__ == "__main__":
    print(table(), end="")
