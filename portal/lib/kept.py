"""What a process keeps in memory for some seconds, so that pages do not read it again and again.

What is decided or signed is read from the database, never from here.
"""

import time
from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

clock = time.monotonic
_forgetters: list[Callable[[], None]] = []


class Reading(tuple[T, ...]):
    """What was read at one go. It equals itself alone, so that what is made of it may be kept under it.

    Rows read again make another one: no key has to name what they hold, hence none can forget it.
    """

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class Kept(Generic[P, R]):
    """A function whose answers are kept `seconds` each, `most` of them; its arguments are positional and hashable.

    An answer is shared by several requests: to read only.
    """

    def __init__(self, read: Callable[P, R], *, seconds: float, most: int) -> None:
        self.read, self.seconds, self.most = read, seconds, most
        self._answers: dict[object, tuple[float, R]] = {}
        forgets(self.forget)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        found = self._answers.get(args)
        if found is not None and clock() < found[0]:
            return found[1]
        answer = self.read(*args, **kwargs)
        if len(self._answers) >= self.most:
            self.forget()
        self._answers[args] = clock() + self.seconds, answer  # a slow read is kept as long as a quick one
        return answer

    def forget(self) -> None:
        """Read again at the next call."""
        self._answers.clear()


def kept(*, seconds: float, most: int = 1) -> Callable[[Callable[P, R]], Kept[P, R]]:
    """Keep the answers of the function: `@kept(seconds=10)`."""
    return lambda read: Kept(read, seconds=seconds, most=most)


def forgets(forget: Callable[[], None]) -> None:
    """Have `forget_all` call this too: for what is kept by other means."""
    _forgetters.append(forget)


def forget_all() -> None:
    """Forget all that this process keeps: settings, templates or the database changed under it (in tests)."""
    for forget in _forgetters:
        forget()
