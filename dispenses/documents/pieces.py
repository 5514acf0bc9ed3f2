"""One stored object made of several, put end to end where they stand: none passes through whoever asks for it whole."""

from typing import Protocol

SMALLEST = 5 * 1024 * 1024  # bytes of a piece that is not the last: S3 takes no smaller one


class JoiningLost(OSError):
    """What was joined so far is no longer there: the joining begins again, the pieces stand."""


class Joins(Protocol):
    """A storage that joins. One joining at a time for a name; a piece may be put in its place twice."""

    def start_joining(self, name: str) -> str:
        """Begin the object `name`. Returns what the other calls are given to find it again. Raises OSError."""

    def join(self, name: str, token: str, *, number: int, at: int, piece: str) -> None:
        """Put the object `piece` as the piece `number` (from 0), which begins at the byte `at`.

        Returns once it is safe there. Raises JoiningLost, or OSError: the storage is silent, nothing is to be believed.
        """

    def finish_joining(self, name: str, token: str, *, pieces: int, size: int) -> None:
        """Give the object its name: it has that many pieces and bytes. Done twice, it is done once.

        Raises JoiningLost, or OSError.
        """

    def stop_joining(self, name: str) -> None:
        """Forget all that was begun under `name`. Raises OSError."""
