"""SHA-256 of bytes that come in several processes, one after the other: its state can be kept in between.

hashlib's cannot. OpenSSL's libcrypto, of which hashlib is a face, has older functions that keep the whole state in a
structure that the caller owns (SHA256_CTX of openssl/sha.h, the same since 0.9.8): that structure is what is kept. A
Python that has no such library within reach (OpenSSL is a part of some) computes it itself (FIPS 180-4), some hundred
times slower, over the same structure: a pack may be begun by one and ended by the other.
"""

import _hashlib
import ctypes
import ctypes.util
from typing import Protocol

BLOCK = 64  # bytes
_WORDS = 8  # of the hash itself; then the length in bits (low word, high word), the block under way and two counters
_WORD = 0xFFFFFFFF


class _State(ctypes.Structure):
    _fields_ = (
        ("hash", ctypes.c_uint32 * _WORDS),
        ("low", ctypes.c_uint32),
        ("high", ctypes.c_uint32),
        ("block", ctypes.c_ubyte * BLOCK),
        ("waiting", ctypes.c_uint),
        ("size", ctypes.c_uint),
    )


class Functions(Protocol):
    """SHA-256 over a state."""

    def begin(self, state: _State) -> None:
        """Nothing was taken in yet."""

    def take(self, state: _State, data: bytes) -> None:
        """Take `data` in."""

    def end(self, state: _State) -> bytes:
        """The hash; the state is of no more use."""


class LibraryFunctions:
    """Those of libcrypto. Raises OSError or AttributeError for a library that does not have them."""

    def __init__(self, path: str) -> None:
        library = ctypes.CDLL(path)
        library.SHA256_Init.argtypes = (ctypes.c_void_p,)
        library.SHA256_Update.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
        library.SHA256_Final.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
        self._library = library

    def begin(self, state: _State) -> None:
        self._library.SHA256_Init(ctypes.byref(state))

    def take(self, state: _State, data: bytes) -> None:
        self._library.SHA256_Update(ctypes.byref(state), data, len(data))

    def end(self, state: _State) -> bytes:
        answer = ctypes.create_string_buffer(4 * _WORDS)
        self._library.SHA256_Final(answer, ctypes.byref(state))
        return answer.raw


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _root_bits(number: int, degree: int) -> int:
    """The first 32 bits of the fractional part of a root of a small number."""
    scaled, low, high = number << 32 * degree, 0, 1 << 40
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= scaled else (low, middle)
    return low & _WORD


class PythonFunctions:
    """Those of FIPS 180-4, written in Python."""

    FIRST = tuple(_root_bits(prime, 2) for prime in _primes(_WORDS))
    ROUNDS = tuple(_root_bits(prime, 3) for prime in _primes(BLOCK))

    def begin(self, state: _State) -> None:
        ctypes.memset(ctypes.byref(state), 0, ctypes.sizeof(state))
        state.hash[:] = self.FIRST
        state.size = 4 * _WORDS

    def take(self, state: _State, data: bytes) -> None:
        bits = (state.high << 32 | state.low) + 8 * len(data)
        state.high, state.low = bits >> 32 & _WORD, bits & _WORD
        rest = bytes(state.block[: state.waiting]) + data
        whole = len(rest) - len(rest) % BLOCK
        for start in range(0, whole, BLOCK):
            self._mix(state, rest[start : start + BLOCK])
        state.waiting = len(rest) - whole
        state.block[: state.waiting] = rest[whole:]

    def end(self, state: _State) -> bytes:
        length = (state.high << 32 | state.low).to_bytes(8, "big")
        self.take(state, b"\x80" + bytes((BLOCK - 9 - state.waiting) % BLOCK) + length)
        return b"".join(word.to_bytes(4, "big") for word in state.hash)

    def _mix(self, state: _State, block: bytes) -> None:
        words = [int.from_bytes(block[start : start + 4], "big") for start in range(0, BLOCK, 4)]
        for place in range(16, BLOCK):
            one, two = words[place - 15], words[place - 2]
            words.append(
                words[place - 16]
                + (_turned(one, 7) ^ _turned(one, 18) ^ one >> 3)
                + words[place - 7]
                + (_turned(two, 17) ^ _turned(two, 19) ^ two >> 10)
                & _WORD
            )
        a, b, c, d, e, f, g, h = state.hash
        for word, added in zip(words, self.ROUNDS, strict=True):
            first = h + (_turned(e, 6) ^ _turned(e, 11) ^ _turned(e, 25)) + (e & f ^ ~e & g) + added + word
            second = (_turned(a, 2) ^ _turned(a, 13) ^ _turned(a, 22)) + (a & b ^ a & c ^ b & c)
            a, b, c, d, e, f, g, h = first + second & _WORD, a, b, c, d + first & _WORD, e, f, g
        state.hash[:] = [had + more & _WORD for had, more in zip(state.hash, (a, b, c, d, e, f, g, h), strict=True)]


def _turned(word: int, places: int) -> int:
    return (word >> places | word << 32 - places) & _WORD


def _functions() -> Functions:
    """Those of the library of this Python's hashlib, of the system's, or our own."""
    for path in (getattr(_hashlib, "__file__", None), ctypes.util.find_library("crypto")):
        try:
            if path:
                return LibraryFunctions(path)
        except (OSError, AttributeError):
            continue
    return PythonFunctions()


class Digest:
    """A SHA-256 under way. `state`: what `state()` gave earlier, "" to begin."""

    def __init__(self, state: str = "", functions: Functions | None = None) -> None:
        self._functions = functions or FUNCTIONS
        self._state = _State.from_buffer_copy(bytes.fromhex(state)) if state else _State()
        if not state:
            self._functions.begin(self._state)

    def update(self, data: bytes) -> None:
        """Take `data` in."""
        self._functions.take(self._state, data)

    def state(self) -> str:
        """All that is needed to go on, as hexadecimal digits."""
        return bytes(self._state).hex()

    def hexdigest(self) -> str:
        """The hash of what was taken in so far; more may follow."""
        return self._functions.end(_State.from_buffer_copy(bytes(self._state))).hex()


FUNCTIONS = _functions()
