"""SHA-256 of bytes that come in several processes, one after the other: its state can be kept in between.

hashlib's cannot. It is itself a face of OpenSSL's libcrypto, whose older functions keep the whole state in a structure
that the caller owns (SHA256_CTX of openssl/sha.h, the same since 0.9.8): that structure is what is kept.
"""

import _hashlib
import ctypes
from typing import Self

_WORDS = 8  # of the hash itself; then the length in bits (two words), the block under way (16) and two counters


class _State(ctypes.Structure):
    _fields_ = (
        ("hash", ctypes.c_uint32 * _WORDS),
        ("length", ctypes.c_uint32 * 2),
        ("block", ctypes.c_uint32 * 16),
        ("waiting", ctypes.c_uint),
        ("size", ctypes.c_uint),
    )


def _libcrypto() -> ctypes.CDLL:
    """The library of this Python's hashlib. Raises OSError or AttributeError for one without these functions."""
    library = ctypes.CDLL(_hashlib.__file__)
    library.SHA256_Init.argtypes = (ctypes.c_void_p,)
    library.SHA256_Update.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    library.SHA256_Final.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    return library


_LIBRARY = _libcrypto()


class Digest:
    """A SHA-256 under way. `state`: what `state()` gave earlier, "" to begin."""

    def __init__(self, state: str = "") -> None:
        if state:
            self._state = _State.from_buffer_copy(bytes.fromhex(state))
        else:
            self._state = _State()
            _LIBRARY.SHA256_Init(ctypes.byref(self._state))

    def update(self, data: bytes) -> None:
        """Take `data` in."""
        _LIBRARY.SHA256_Update(ctypes.byref(self._state), data, len(data))

    def copy(self) -> Self:
        """The same, that goes its own way from here."""
        return type(self)(self.state())

    def state(self) -> str:
        """All that is needed to go on, as hexadecimal digits."""
        return bytes(self._state).hex()

    def hexdigest(self) -> str:
        """The hash of what was taken in so far; more may follow."""
        answer = ctypes.create_string_buffer(4 * _WORDS)
        _LIBRARY.SHA256_Final(answer, ctypes.byref(_State.from_buffer_copy(bytes(self._state))))
        return answer.raw.hex()
