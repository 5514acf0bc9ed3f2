"""Files joined to a mail that are made when it leaves, from what was stored: a failure there loses nothing.

Who announces a file registers how it is made, once, under a name that the rows keep.
"""

from collections.abc import Callable

Maker = Callable[[str], bytes]
_makers: dict[str, Maker] = {}


def register(name: str, maker: Maker) -> None:
    """`maker`: from the key that the mail was written with to the bytes, always the same for the same key."""
    _makers[name] = maker


def make(name: str, key: str) -> bytes:
    """The file. Raises KeyError for a name that nobody registered, and whatever its maker raises."""
    return _makers[name](key)
