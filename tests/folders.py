"""Where the files of a test are: each storage in a folder of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.storage import storages

ALIASES = ("default", "justificatifs", "imports", "preuves", "actes", "donnees")


def _place(storage: Any, location: Any) -> None:
    storage._location = location
    storage.__dict__.pop("base_location", None)
    storage.__dict__.pop("location", None)


@contextmanager
def storages_in(folder: Path) -> Iterator[None]:
    """The storages are in folders of this one meanwhile."""
    before = {alias: storages[alias]._location for alias in ALIASES}
    for alias in ALIASES:
        _place(storages[alias], str(folder / alias))
    try:
        yield
    finally:
        for alias, location in before.items():
            _place(storages[alias], location)
