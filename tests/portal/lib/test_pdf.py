"""What people typed is printed, whatever it is, in a PDF that a screen reader can read."""

from io import BytesIO

import pytest
import typst
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from pypdf import PdfReader

from portal.lib import pdf as room
from portal.lib.pdf import MARK, drawable, pdf

TEMPLATE = """#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set text(lang: "fr")
= #data.title
#for line in data.lines [#par[#line] #text(weight: "bold")[#line]]
"""


def printed(*lines: str) -> str:
    """The text of the document, as it is copied from a page."""
    made = pdf(TEMPLATE, {"title": "Accusé", "lines": list(lines)})
    return "".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages)


@pytest.mark.parametrize(
    "text",
    ["Zoë Çelik", "Ελένη", "Оксана", "李", "微信图片", "한국어", "ひらがな", "✅", "🦷", "€ ≥ ²", "Nguyễn Thị Ánh"],
)
def test_what_companies_employ_is_printed_as_typed(text: str) -> None:
    assert text in printed(text)


@pytest.mark.parametrize("text", ["محمد", "דוד"])
def test_so_is_what_is_written_from_right_to_left(text: str) -> None:
    assert sorted(text) == sorted(c for c in printed(text).split("Accusé")[1] if c.isalpha())[::2]


@pytest.mark.parametrize("text", ["\u0378", "𓀀", "ก", "\x07", "\ufdd0", "\U0010ffff", "\u202e"])
def test_a_mark_stands_for_the_rest(text: str) -> None:
    assert f"Anne{MARK}Petit" in printed(f"Anne{text}Petit")


@pytest.mark.parametrize("text", ["👩‍⚕️", "🏳️‍🌈", "1️⃣", "🇫🇷", "q\u0302\u0323", "हिन्दी", "\u200d", "\ufe0f"])
def test_signs_made_of_several_characters_prevent_nothing(text: str) -> None:
    assert "Petit" in printed(f"Anne {text} Petit")


@limits(max_examples=150)
@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_no_text_prevents_the_document(text: str) -> None:
    assert pdf(TEMPLATE, {"title": "Accusé", "lines": [text]}).startswith(b"%PDF-")


def test_every_character_of_the_fonts_is_drawn() -> None:
    known = [chr(code) for code in sorted(room._characters())]
    shown = [c for c in known if drawable(c) == c]
    assert len(shown) > 40_000
    for start in range(0, len(shown), 4_000):
        assert pdf(TEMPLATE, {"title": "Accusé", "lines": [" ".join(shown[start : start + 4_000])]})


def test_the_same_data_give_the_same_bytes() -> None:
    data = {"title": "Accusé", "lines": ["✅ 李"]}
    assert pdf(TEMPLATE, data) == pdf(TEMPLATE, data)


def test_a_wrong_template_is_told() -> None:
    with pytest.raises(typst.TypstError):
        pdf("#let", {"title": "Accusé"})
