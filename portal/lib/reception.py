"""A body for which there is no room is read to its end, as browsers want, and what was typed in its form is kept."""

from django.utils.http import parse_header_parameters

NO_ROOM = "portal.no_room"  # in the WSGI environment: the contents of the files were left out
MOST_TYPED = 1_000_000  # bytes of a form besides its files
LONGEST_HEAD = 16_000  # bytes of the headers of one part


class TypedParts:
    """A multipart body (RFC 7578) without the contents of its files, made as it comes.

    `lost`: it is no such body, or more was typed than a form may hold; nothing is kept of it.
    """

    def __init__(self, content_type: str) -> None:
        boundary = _boundary(content_type)
        self.lost = not boundary
        self._delimiter = b"\r\n--" + boundary
        self._waiting = b"\r\n"  # what may be the beginning of a delimiter; the first one has no line before it
        self._kept = bytearray()
        self._in_head, self._is_left_out, self._ended = False, True, False

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        if self.lost or self._ended:
            return
        self._waiting += data
        while not self._ended and (self._head() if self._in_head else self._content()):
            pass
        if len(self._kept) > MOST_TYPED:
            self.lost, self._waiting, self._kept = True, b"", bytearray()

    def body(self) -> bytes:
        """The same form, its files empty."""
        return bytes(self._kept[2:])

    def _content(self) -> bool:
        """Up to the next delimiter. Returns False when it has not come yet."""
        found = self._waiting.find(self._delimiter)
        end = found if found >= 0 else max(0, len(self._waiting) - len(self._delimiter) + 1)
        if not self._is_left_out:
            self._kept += self._waiting[:end]
        self._waiting = self._waiting[end:]
        if found < 0:
            return False
        self._kept += self._delimiter
        self._waiting = self._waiting[len(self._delimiter) :]
        self._in_head = True
        return True

    def _head(self) -> bool:
        """The headers of a part, or the end of the body. Returns False when they have not come yet."""
        if self._waiting[:2] == b"--":
            self._kept += b"--\r\n"
            self._ended, self._waiting = True, b""
            return False
        found = self._waiting.find(b"\r\n\r\n")
        if found < 0:
            self.lost = self.lost or len(self._waiting) > LONGEST_HEAD
            return False
        head, self._waiting = self._waiting[: found + 4], self._waiting[found + 4 :]
        self._kept += head
        self._in_head, self._is_left_out = False, b"filename" in head.lower()
        return True


def _boundary(content_type: str) -> bytes:
    """What stands between the parts, as Django's parser reads it; empty for what is no form with files."""
    try:
        kind, parameters = parse_header_parameters(content_type)
        return parameters.get("boundary", "").encode("latin-1") if kind == "multipart/form-data" else b""
    except ValueError:
        return b""
