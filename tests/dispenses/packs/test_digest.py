"""The SHA-256 whose state is kept: the same as hashlib's, whoever computes it, and whoever goes on."""

import _hashlib
import hashlib
import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispenses.packs import digest
from dispenses.packs.digest import Digest, Functions, LibraryFunctions, PythonFunctions

BOTH: tuple[Functions, ...] = (LibraryFunctions(_hashlib.__file__), PythonFunctions())


def test_the_library_of_hashlib_is_taken() -> None:
    assert isinstance(digest.FUNCTIONS, LibraryFunctions)


@pytest.mark.parametrize("length", [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000])
@pytest.mark.parametrize("functions", BOTH, ids=["library", "python"])
def test_it_is_the_hash_of_hashlib(length: int, functions: Functions) -> None:
    data = bytes(place % 251 for place in range(length))
    under_way = Digest(functions=functions)
    under_way.update(data)
    assert under_way.hexdigest() == hashlib.sha256(data).hexdigest()


@given(pieces=st.lists(st.binary(max_size=200), max_size=6))
def test_each_goes_on_from_the_state_of_the_other(pieces: Sequence[bytes]) -> None:
    state = ""
    for piece, functions in zip(pieces, itertools.cycle(BOTH), strict=False):
        under_way = Digest(state, functions)
        under_way.update(piece)
        state = under_way.state()
    for functions in BOTH:
        assert Digest(state, functions).hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()


@pytest.mark.parametrize("found", [None, "/nowhere/libcrypto.so", "libc.so.6"])
def test_a_python_without_the_library_computes_it(found: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL is a part of some Pythons: their hashlib has no file, and nothing may hinder the portal from starting."""
    monkeypatch.delattr(_hashlib, "__file__")
    monkeypatch.setattr("ctypes.util.find_library", lambda name: found)
    assert isinstance(digest._functions(), PythonFunctions)
