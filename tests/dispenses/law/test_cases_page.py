"""The page of the worked cases: whole, by itself, in French."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dispenses.law.cases_page import page
from dispenses.law.catalogue import CATALOGUE
from dispenses.law.worked_cases import read

CASES = read()
VOID = {"meta", "col"}


class Elements(HTMLParser):
    """Every element with its attributes, in order; what is closed in the wrong order is a failure."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    def values(self, attribute: str) -> list[str]:
        return [value for _, attrs in self.found if (value := attrs.get(attribute))]

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.found if name == tag)


@pytest.fixture(scope="module")
def text() -> str:
    return "".join(page(CASES))


@pytest.fixture(scope="module")
def elements(text: str) -> Elements:
    return Elements(text)


def test_each_case_is_told_once_with_an_anchor_under_its_motif(elements: Elements) -> None:
    ids = Counter(elements.values("id"))
    assert [case.id for case in CASES if ids[case.id] != 1] == []
    assert max(ids.values()) == 1
    assert {f"motif-{entry.code.value}" for entry in CATALOGUE} <= set(ids)
    assert {address.removeprefix("#") for address in elements.values("href")} <= set(ids)


def test_its_tables_are_read_by_ear(elements: Elements) -> None:
    assert ("html", {"lang": "fr"}) in elements.found
    assert elements.count("h1") == elements.count("main") == elements.count("title") == 1
    assert elements.count("table") == elements.count("caption") == len(CATALOGUE) + 1  # and what is out of scope
    scopes = Counter(attrs.get("scope") for tag, attrs in elements.found if tag == "th")
    assert scopes == {"col": 6 * elements.count("table"), "row": len(CASES)}
    regions = [attrs for _, attrs in elements.found if attrs.get("role") == "region"]
    assert all(attrs["tabindex"] == "0" and attrs["aria-label"] for attrs in regions)


def test_it_needs_nothing_from_elsewhere_and_is_the_same_each_time(text: str, elements: Elements) -> None:
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in elements.found}
    assert all(address.startswith("#") for address in elements.values("href"))
    assert "http" not in text
    assert "url(" not in text
    assert "@media print" in text
    assert "".join(page(CASES)) == text


def test_it_is_in_french_words(elements: Elements) -> None:
    words = " ".join(elements.words)
    assert not re.search(r"\d{4}-\d{2}-\d{2}|None|True|False|'| :| ;", words)
    assert not [code for code in (entry.code.value for entry in CATALOGUE) if "_" in code and code in words]
    assert "1er\xa0janvier\xa02016" in words
    for answer in ("Ouvert", "Fermé", "Non", "Fermé, peut être envoyé avec un avertissement", "Hors du portail"):
        assert answer in elements.words


def test_each_case_says_its_answer_its_reason_and_its_dates(text: str) -> None:
    row = re.search(r'<tr id="C29">.*?</tr>', text, re.DOTALL)
    assert row
    for words in ("CDD de 18\xa0mois", "R242-1-6\xa02° a", "Ouvert", "8\xa0janvier\xa02027", "4\xa0juillet\xa02027"):
        assert words in row[0]
    closed = re.search(r'<tr id="C02">.*?</tr>', text, re.DOTALL)
    assert closed
    assert "Le portail dit\xa0: «\xa0Demande du 01/03/2027" in closed[0]


def test_the_command_writes_it(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("law_cases", output=str(tmp_path / "cas.html"))
    assert (tmp_path / "cas.html").read_text(encoding="utf-8") == text
    assert "cas.html est écrit." in capsys.readouterr().out
    call_command("law_cases")
    assert capsys.readouterr().out == text
    with pytest.raises(CommandError, match="n’a pas pu être écrit"):
        call_command("law_cases", output=str(tmp_path / "absent" / "cas.html"))
