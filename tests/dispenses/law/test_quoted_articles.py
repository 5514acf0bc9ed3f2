"""No article is quoted that nobody can read: each is in docs/law, or in the table of its README with where it is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from dispenses.law.catalogue import CATALOGUE
from dispenses.law.codes import MotifCode
from dispenses.law.quotations import CUT, QUOTATIONS, QUOTED_FROM

ROOT = Path(settings.BASE_DIR)
LAW = ROOT / "docs" / "law"
ARTICLE = re.compile(r"\b([LRD])\.?[ \xa0]?(\d{3}(?:-\d+)+)\b")
TEXT = re.compile(r"\b(?:[Ll]oi|[Dd]écrets?) n°[ \xa0](\d{2,4}-\d+)|\barrêté du (\d+ \w+ \d{4})")
RULING = re.compile(r"\bn°[ \xa0](\d\d-\d\d\.\d{3})\b")
ADMINISTRATION = re.compile(r"\b(F\d{5})\b|BOSS PSC (§ \d+)")
# What no law of the health cover is about.
# Of no dispense: how a NIR is made (accounts/nir.py); what a site says of who runs it (portal/settings/legal.py).
ELSEWHERE = {"82-103", "2004-575", "L616-1"}


def kept_articles() -> set[str]:
    """Names of the articles of which docs/law has the text."""
    texts = "\n".join(path.read_text(encoding="utf-8") for path in sorted(LAW.glob("*.txt")))
    return set(re.findall(r"^## ([LRD]\d[\d-]*)", texts, re.MULTILINE))


def table() -> list[str]:
    """Rows of the table of what is named without its text."""
    section = (LAW / "README.md").read_text(encoding="utf-8").partition("## Named without their text")[2]
    return re.findall(r"^\| (?!reference)(.+) \|$", section, re.MULTILINE)


def named_rows() -> str:
    """The first cells of the table of what is named without its text."""
    return "\n".join(row.partition("|")[0] for row in table()).replace("\xa0", " ")


def quoting_files() -> list[Path]:
    found = [path for app in ("accounts", "dispenses", "notifications", "portal") for path in (ROOT / app).rglob("*.*")]
    found += (ROOT / "templates").rglob("*.*")
    return sorted(path for path in found if path.suffix in {".py", ".html", ".txt", ".typ", ".csv"})


def references(text: str) -> Iterator[str]:
    """Every reference to a text of law, in one spelling."""
    text = re.sub(r"&nbsp;", " ", text)
    yield from (f"{kind}{number}" for kind, number in ARTICLE.findall(text))
    for pattern in (TEXT, RULING, ADMINISTRATION):
        yield from ("".join(groups) if isinstance(groups, tuple) else groups for groups in pattern.findall(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("art. D911-2, 3° a, et L. 911-7", ["D911-2", "L911-7"]),
        ("R242-1-6 2°c", ["R242-1-6"]),
        ("Loi n° 89-1009 du 31 décembre 1989, art. 11", ["89-1009"]),
        ("Cass. soc. 13 janvier 2021, n° 19-19.219", ["19-19.219"]),
        ("BOSS PSC § 870 ; service-public F20740", ["§ 870", "F20740"]),
        ("Dispense N°20964, le 05/09/2018", []),
    ],
)
def test_a_reference_is_seen_however_it_is_written(text: str, found: list[str]) -> None:
    assert list(references(text)) == found


def test_each_article_that_is_quoted_can_be_read() -> None:
    kept, named = kept_articles(), named_rows()
    assert {"D911-2", "R242-1-6", "L243-16"} <= kept
    seen: dict[str, Path] = {}
    for path in quoting_files():
        for reference in references(path.read_text(encoding="utf-8")):
            seen.setdefault(reference, path.relative_to(ROOT))
    assert len(seen) > 15
    unread = {one: str(path) for one, path in seen.items() if one not in kept | ELSEWHERE and one not in named}
    assert unread == {}


def test_what_is_named_without_its_text_says_where_it_was_read() -> None:
    assert len(table()) > 5
    for row in table():
        assert all(cell.strip() for cell in row.split("|")), row
        assert len(row.split("|")) == 3, row


def plain(text: str) -> str:
    """The text with its lines, spaces and spaces around signs made one."""
    return re.sub(r"\s+", " ", text).strip()


@pytest.mark.parametrize("code", sorted(QUOTATIONS))
def test_a_quotation_stands_in_the_article_letter_for_letter(code: MotifCode) -> None:
    basis = next(entry for entry in CATALOGUE if entry.code is code).legal_basis
    article = next(references(QUOTED_FROM.get(code, basis)))
    law = "\n".join(path.read_text(encoding="utf-8") for path in sorted(LAW.glob("*.txt")))
    text = plain(law.partition(f"\n## {article} ")[2].partition("\n## ")[0])
    position = 0
    for passage in QUOTATIONS[code].split(CUT):
        position = text.find(plain(passage), position)
        assert position >= 0, f"{article} : {passage}"


def test_each_motif_in_force_is_quoted() -> None:
    assert set(QUOTATIONS) == {entry.code for entry in CATALOGUE if entry.in_force_until is None}
