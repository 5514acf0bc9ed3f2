"""What a service refuses, by its code: tests look at the French words only where the words are what they check."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portal.lib.refusals import Refusal


@contextmanager
def refused(kind: type[Refusal], code: str, *, field: str = "", words: str = "") -> Iterator[None]:
    """What stands under it is refused so, for that field; `words`: a piece of what the person reads."""
    with pytest.raises(kind) as caught:
        yield
    assert (caught.value.code, caught.value.field) == (code, field)
    assert words in str(caught.value)
