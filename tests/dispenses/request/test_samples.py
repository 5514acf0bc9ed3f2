"""The samples of documents, and the messages that ask for them."""

from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from dispenses.law.catalogue import CATALOGUE
from dispenses.request import samples

CODES = sorted({piece.code for entry in CATALOGUE for piece in entry.pieces})
LONGEST = 1900  # characters of an address that every mail program takes


def shown(code: str) -> samples.ShownSample:
    found = samples.shown(code, name="Virginie DURAND-LEFÈVRE", employer="Manufacture du Levant & Fils")
    assert found is not None
    return found


def test_every_document_of_the_catalogue_has_a_sample_and_nothing_else() -> None:
    assert sorted(samples.SAMPLES) == CODES
    assert samples.shown("inventee", name="x", employer="y") is None


@pytest.mark.parametrize("code", CODES)
def test_a_sample_is_marked_and_numbered_and_styles_nothing_itself(code: str) -> None:
    found = shown(code)
    drawing = ElementTree.fromstring(found.picture)
    words = [element.text for element in drawing.iter() if element.tag.endswith("text")]
    assert "SPÉCIMEN" in words
    assert [word for word in words if word and word.isdigit()] == [
        str(rank) for rank in range(1, len(found.looked_at) + 1)
    ]
    assert found.looked_at
    assert not any("style" in element.attrib or element.tag.endswith("script") for element in drawing.iter())
    top = float(drawing.attrib["viewBox"].split()[3])
    assert all(0 < float(element.attrib["y"]) < top for element in drawing.iter() if "y" in element.attrib)


@pytest.mark.parametrize("code", CODES)
def test_a_message_says_who_asks_for_what_and_opens_in_a_mail_program(code: str) -> None:
    found = shown(code)
    assert found.message.startswith("Bonjour,")
    assert found.message.endswith("Virginie DURAND-LEFÈVRE")
    assert "Manufacture du Levant & Fils" in found.message
    assert "Votre" not in found.message
    assert len(found.mailto) < LONGEST
    mail = urlsplit(found.mailto)
    body = parse_qs(mail.query)["body"][0]
    assert (mail.scheme, mail.path) == ("mailto", "")
    assert body.split() == found.message.replace("’", "'").split()
    assert parse_qs(mail.query)["subject"][0].startswith("Document pour une dispense")
