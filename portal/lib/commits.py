"""What is done once a transaction is committed: telling a worker, deleting a file that no row names any more."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import transaction

logger = logging.getLogger(__name__)


class _Call:
    """A function and its arguments. It has the name that Django asks of it, and never fails: the deed is done."""

    def __init__(self, function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self.wanted = (function, arguments)
        self.done = False
        self.__qualname__ = getattr(function, "__qualname__", None) or getattr(function, "name", repr(function))

    def __call__(self) -> None:
        function, arguments = self.wanted
        self.done = True
        try:
            function(*arguments)
        except Exception:  # whatever it is: what the person did is committed, and sweeps do the rest
            logger.exception("Après l’enregistrement : %s", self.__qualname__)


def after_commit(function: Callable[..., object], *arguments: Any) -> None:
    """Call `function` when the transaction commits, at once outside one; once, however often it is asked for."""
    call = _Call(function, arguments)
    waiting = (known for _, known, _ in transaction.get_connection().run_on_commit)
    if not any(isinstance(known, _Call) and not known.done and known.wanted == call.wanted for known in waiting):
        transaction.on_commit(call)  # noqa: TID251 – the one place
