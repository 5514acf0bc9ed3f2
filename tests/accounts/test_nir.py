import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.fr import nir as stdnum_nir

from accounts.nir import NirRefused, clean_nir, masked_nir, seal_nir, unsealed_nir


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("295109912611193", "295109912611193"),
        ("2 95 10 99 126 111 93", "295109912611193"),
        ("2.95.10.99.126.111-93", "295109912611193"),
        ("2951099126111", "295109912611193"),
        ("253072a07300443", "253072A07300443"),
        ("\u00a0253072A073004\u202f", "253072A07300443"),
    ],
)
def test_a_nir_is_kept_as_fifteen_characters(typed: str, kept: str) -> None:
    assert clean_nir(typed) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "13 chiffres"),
        ("29510991261119", "13 chiffres"),
        ("2951099126111931", "13 chiffres"),
        ("295109C12611193", "13 chiffres"),
        ("29510\u0661912611193", "13 chiffres"),
        ("295109912611194", "clé"),
        ("595109912611193", "commence par"),
        ("295139912611193", "mois"),
        ("295009912611193", "mois"),
        ("2,95109912611193E+14", "notation scientifique"),
        ("2.95E14", "notation scientifique"),
    ],
)
def test_a_wrong_nir_says_what_is_wrong(typed: str, said: str) -> None:
    with pytest.raises(NirRefused, match=said):
        clean_nir(typed)


@given(st.sampled_from("1278"), st.integers(0, 99), st.integers(1, 12), st.integers(0, 99_999_999))
def test_the_key_computed_is_the_one_of_the_standard(sex: str, year: int, month: int, rest: int) -> None:
    assert stdnum_nir.is_valid(clean_nir(f"{sex}{year:02d}{month:02d}{rest:08d}"))


def test_a_nir_is_stored_sealed_and_shown_masked() -> None:
    sealed = seal_nir("295109912611193")
    assert "2951099" not in sealed
    assert unsealed_nir(sealed) == "295109912611193"
    assert masked_nir("295109912611193") == "• •• •• •• ••• ••• 93"
    assert seal_nir("") == unsealed_nir("") == masked_nir("") == ""
