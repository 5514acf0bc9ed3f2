"""What is a name and what is an address: a mail must not turn a name into a link."""

import unicodedata

import pytest
from django.core.exceptions import ValidationError

from portal.lib.names import _OF_ADDRESSES, holds_address, refuse_address, refuse_link

ADDRESSES = [
    "https://evil.example", "HTTP://evil", "ｈｔｔｐｓ：／／evil", "//evil", "http:evil", "Voir javascript:alert(1)",
    "www.evil", "Www2.evil", "evil.com", "evil.com.", "(evil.com)", "Cliquez evil.com/prix", "Jean.evil.top",
    "t.co/x", "x.com", "bit.ly", "a.b.c.fr", "M.evil.com", "Dr.com", "evil。com", "ｅｖｉｌ．ｃｏｍ", "evil․com",
    "пример.рф", "例え.jp", "xn--e1.xn--p1ai", "évil.fr", "1.2.3.4", "a@b", "jean@evil.fr", "Durand <a@evil.fr>",
]  # fmt: skip
NAMES = [
    "d'Arc", "d’Arc", "O’Neil", "O'Neil", "Jean-Marc St. John", "St.John", "M. Dupont", "M.Dupont", "J.-M. Le Gall",
    "J. R. R. Tolkien", "« Sté »", "Sté Durand & Fils", "S.A.R.L. Durand", "S.A.R.L.Durand", "S.N.C.F", "E.Leclerc",
    "Ets.Martin", "Dr.Martin", "Mme.Roy", "Ph.D.", "Martin Jr.", "No.12", "A/B", "Data : X", "Wwwa", "Marie : la 2e",
    "李小龙", "やまだ・たろう", "محمد علي", "Владимир", "Åse Müller-Lüdenscheidt", "D’Été-Ñandú", "N’Guyễn", "דוד",
]  # fmt: skip


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_no_name(text: str) -> None:
    assert holds_address(text)
    with pytest.raises(ValidationError, match="contient une adresse"):
        refuse_address(text)


@pytest.mark.parametrize("text", NAMES)
def test_an_honest_name_passes(text: str) -> None:
    assert not holds_address(text)
    refuse_address(text)


def test_what_is_passed_over_holds_no_other_form_of_a_sign_of_addresses() -> None:
    plain = [chr(code) for code in range(0x250) if not _OF_ADDRESSES.search(chr(code))]
    assert "é" in plain
    assert set("./:@\\").isdisjoint(unicodedata.normalize("NFKC", "".join(plain)))


@pytest.mark.parametrize("text", ["Booking.com", "Le Bon Coin.fr", "E.Leclerc", "S.N.C.F.", "vente-privee.com SA"])
def test_a_company_may_be_called_as_its_site(text: str) -> None:
    refuse_link(text)


@pytest.mark.parametrize("text", ["https://evil.example", "www.evil.com", "ｈｔｔｐｓ：／／evil", "a@evil.fr"])
def test_a_company_is_not_called_by_a_link(text: str) -> None:
    with pytest.raises(ValidationError, match="contient une adresse"):
        refuse_link(text)
