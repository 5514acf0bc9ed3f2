"""Rows and files that are made once for the tests of a module, each of which finds them as they were made."""

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import transaction

from tests.folders import storages_in


@contextmanager
def made_for_all(blocker: Any, folder: Path, make: Callable[[], dict[str, Any]]) -> Iterator[Callable[[Path], Any]]:
    """Give a function that puts the files in a test's folder and returns what `make` returned, a copy for each test.

    For a module's fixture that asks for `django_db_setup`: the transaction stays open around those of the tests.
    """
    with blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        with storages_in(folder):
            made = make()

    def given(own: Path) -> Any:
        shutil.copytree(folder, own, dirs_exist_ok=True)
        return copy.deepcopy(made)

    try:
        yield given
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)
