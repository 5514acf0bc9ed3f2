"""The reader of workbooks: what each kind of cell becomes, what it refuses, and how little memory it takes."""

import csv
import io
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from accounts.imports import workbook_reader, workbooks
from accounts.imports.exceptions import Code, FileRefused
from accounts.imports.tables import open_table
from tests.accounts.company_files import HEADINGS, as_xlsx, person, rewritten

RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MOST = 1000


def book(
    *sheets: str, strings: str = "", styles: str = "", names: str = "", prefix: str = "", before: str = ""
) -> bytes:
    """A workbook made by hand, so that its parts may be what no program writes. `sheets`: what <sheetData> holds."""
    ranks = range(1, len(sheets) + 1)
    space = f'xmlns{":" + prefix if prefix else ""}="{MAIN}" xmlns:r="{RELATION}"'
    p = f"{prefix}:" if prefix else ""
    listed = names or "".join(f'<{p}sheet name="F{rank}" sheetId="{rank}" r:id="r{rank}"/>' for rank in ranks)
    related = "".join(
        f'<Relationship Id="r{rank}" Type="{RELATION}/worksheet" Target="worksheets/sheet{rank}.xml"/>'
        for rank in ranks
    )
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f"<{p}workbook {space}>{before}<{p}sheets>{listed}</{p}sheets></{p}workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships>{related}</Relationships>",
    }
    for rank, content in zip(ranks, sheets, strict=True):
        data = f"<{p}sheetData>{content}</{p}sheetData>"
        parts[f"xl/worksheets/sheet{rank}.xml"] = f"<{p}worksheet {space}>{data}</{p}worksheet>"
    if strings:
        parts["xl/sharedStrings.xml"] = f"<sst {space}>{strings}</sst>"
    if styles:
        parts["xl/styles.xml"] = f"<styleSheet {space}>{styles}</styleSheet>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read(content: bytes, folder: Path) -> list[list[str]]:
    """The lines, by the process apart."""
    path = folder / "classeur"
    path.write_bytes(content)
    with workbooks.converted(path, folder, MOST).path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def refusal(content: bytes, folder: Path) -> str:
    """The code of the refusal."""
    with pytest.raises(FileRefused) as refused:
        read(content, folder)
    return refused.value.code


def cell(value: str, kind: str = "n", style: int | None = None) -> str:
    styled = "" if style is None else f' s="{style}"'
    return f'<row><c t="{kind}"{styled}><v>{value}</v></c></row>'


STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="165" formatCode="[Red]0.00&quot; jours&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="164"/><xf numFmtId="14"/><xf numFmtId="165"/><xf numFmtId="22"/></cellXfs>'
)


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (cell("12"), "12"),
        (cell("12.0"), "12"),
        (cell("0.1"), "0.1"),
        (cell("2.9510991261119299E14"), "295109912611193"),
        (cell("2.95109912611193E14"), "295109912611193"),
        (cell("1E+22"), "1e+22"),
        (cell("nan"), "nan"),
        (cell("inf", style=1), "inf"),
        (cell("1", "b"), "oui"),
        (cell("0", "b"), "non"),
        (cell("#REF!", "e"), "#REF!"),
        (cell("calculé", "str"), "calculé"),
        (cell("2018-09-05T00:00:00", "d"), "2018-09-05T00:00:00"),
        (cell("43348", style=0), "43348"),
        (cell("43348", style=1), "2018-09-05"),
        (cell("43348", style=2), "2018-09-05"),
        (cell("43348", style=3), "43348"),  # a number of days in red is no date
        (cell("43348.5", style=4), "2018-09-05 12:00:00"),
        (cell("43348", style=99), "43348"),
        (cell("99999999", style=1), "99999999"),
        (cell("1", style=1), "1900-01-01"),
        ("<row><c><f>A1+B1</f></c><c><f>1+1</f><v>2</v></c></row>", ";2"),
        ('<row><c t="inlineStr"><is><r><t>Du</t></r><r><t>rand</t></r></is></c></row>', "Durand"),
        ('<row><c t="inlineStr"><is><t>Zoé</t><rPh><t>ゾエ</t></rPh></is></c></row>', "Zoé"),
        ('<row><c t="inlineStr"><is><t>a_x000D_b</t></is></c></row>', "a\rb"),
        ('<row><c t="inlineStr"><is><t>_xZZZZ_ &amp; co</t></is></c></row>', "_xZZZZ_ & co"),
        ('<row><c r="C1"><v>3</v></c><c><v>4</v></c></row>', ";;3;4"),
        ('<row><c t="s"><v>1</v></c></row>', "Léa"),
    ],
)
def test_each_kind_of_cell_becomes_what_one_would_type(row: str, value: str, tmp_path: Path) -> None:
    strings = "<si><t>Zoé</t></si><si><r><t>L</t></r><r><t>éa</t></r><rPh><t>レア</t></rPh></si>"
    (line,) = read(book(row, strings=strings, styles=STYLES), tmp_path)
    assert ";".join(line) == value


def test_the_calendar_of_1904_is_read(tmp_path: Path) -> None:
    content = book(cell("41886", style=1), styles=STYLES, before='<workbookPr date1904="1"/>')
    assert read(content, tmp_path) == [["2018-09-05"]]


def test_a_prefix_on_every_name_changes_nothing(tmp_path: Path) -> None:
    row = '<x:row><x:c t="inlineStr"><x:is><x:t>Zoé</x:t></x:is></x:c></x:row>'
    assert read(book(row, prefix="x"), tmp_path) == [["Zoé"]]


def test_the_first_filled_sheet_that_is_shown_is_read(tmp_path: Path) -> None:
    states = ("hidden", "visible", "veryHidden", "visible")
    names = "".join(
        f'<sheet name="F{rank}" sheetId="{rank}" state="{state}" r:id="r{rank}"/>'
        for rank, state in enumerate(states, 1)
    )
    content = book(cell("1"), '<row r="3"><c/></row>', cell("3"), cell("4"), names=names)
    assert read(content, tmp_path) == [["4"]]


def test_a_text_on_two_lines_does_not_move_the_numbers_of_the_next_rows(tmp_path: Path) -> None:
    lines = [list(person(rank).values()) for rank in (1, 2)]
    lines[0][11] = "Cadre\ndirigeant"
    path = tmp_path / "classeur"
    path.write_bytes(as_xlsx([[], HEADINGS, lines[0], [], lines[1]]))
    assert [number for number, _ in open_table(path, tmp_path).lines()] == [3, 5]


def test_no_more_lines_are_read_than_were_asked_for(tmp_path: Path) -> None:
    assert len(read(book(cell("1") * MOST), tmp_path)) == MOST
    with pytest.raises(FileRefused) as refusal:
        read(book(cell("1") * (MOST + 50)), tmp_path)
    assert refusal.value.code == Code.TOO_MANY_LINES


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (book('<row r="5"><c><v>1</v></c></row><row r="2"><c><v>1</v></c></row>'), Code.DAMAGED),
        (book('<row r="1048577"><c><v>1</v></c></row>'), Code.DAMAGED),
        (book('<row r="9999999999999999999999"/>'), Code.DAMAGED),
        (book('<row r="x"/>'), Code.DAMAGED),
        (book('<row><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>'), Code.DAMAGED),
        (book('<row><c r="1"><v>1</v></c></row>'), Code.DAMAGED),
        (book('<row><c r="XFD1"><v>1</v></c></row>'), Code.TOO_LARGE),
        (book(cell("un")), Code.DAMAGED),
        (book(cell("7", "s"), strings="<si><t>Zoé</t></si>"), Code.DAMAGED),
        (book(cell("-1", "s"), strings="<si><t>Zoé</t></si>"), Code.DAMAGED),
        (book(cell("x" * 40_000, "str")), Code.TOO_LARGE),
        (book(cell("0", "s"), strings=f"<si><t>{'x' * 40_000}</t></si>"), Code.TOO_LARGE),
        (book(cell("1")[:-3]), Code.DAMAGED),
        (book("<row/>"), Code.EMPTY_WORKBOOK),
        (book(cell("1"), names='<sheet name="F" sheetId="1" r:id="ailleurs"/>'), Code.EMPTY_WORKBOOK),
        (rewritten(book(cell("1")), "xl/_rels/workbook.xml.rels", b"<Relationships/>"), Code.EMPTY_WORKBOOK),
        (rewritten(book(cell("1")), "xl/worksheets/sheet1.xml", b""), Code.DAMAGED),
        (rewritten(book(cell("1")), "xl/worksheets/sheet1.xml", b"<!DOCTYPE x><worksheet/>"), Code.DAMAGED),
        (
            rewritten(
                book(cell("1")),
                "xl/workbook.xml",
                b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]><workbook>&b;</workbook>',
            ),
            Code.DAMAGED,
        ),
    ],
)
def test_what_no_spreadsheet_writes_is_refused(content: bytes, code: Code, tmp_path: Path) -> None:
    assert refusal(content, tmp_path) == code


def test_a_part_larger_than_it_says_is_refused(tmp_path: Path) -> None:
    content = book(cell("1") * 900)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    assert refusal(content.replace(size, (100).to_bytes(4, "little")), tmp_path) == Code.DAMAGED


def test_a_part_under_a_password_is_refused(tmp_path: Path) -> None:
    content = book(cell("1")).replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")
    assert refusal(content, tmp_path) == Code.DAMAGED


@pytest.mark.parametrize("open_end", ['<row><c t="str"><v>', '<row a="', "<!--", "<![CDATA["])
def test_an_endless_text_is_refused_at_once(open_end: str, tmp_path: Path) -> None:
    start = f"<worksheet><sheetData>{open_end}".encode()
    content = rewritten(book(cell("1")), "xl/worksheets/sheet1.xml", start + b"x" * 30_000_000)
    assert refusal(content, tmp_path) in (Code.TOO_LARGE, Code.DAMAGED)


def peak(lines: int, folder: Path) -> int:
    """Kilobytes that the reader takes for a workbook of so many lines of different texts."""
    path = folder / f"{lines}.xlsx"
    path.write_bytes(as_xlsx([[f"texte {line} {place}" for place in range(10)] for line in range(lines)]))
    said = (
        "import resource, runpy, sys\n"
        f"sys.argv = ['lecteur', {str(path)!r}, {str(folder / 'lu.csv')!r}, '999999', '-1', '0']\n"
        "try: runpy.run_path("
        f"{str(workbooks.READER)!r}, run_name='__main__')\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", said], capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[-1].rpartition("}")[2])


def test_memory_does_not_grow_with_the_sheet(tmp_path: Path) -> None:
    assert peak(8_000, tmp_path) <= peak(500, tmp_path) * 1.3  # 8 bytes for each different text


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(
    lambda text: ILLEGAL_CHARACTERS_RE.sub("", text).replace("\r", "")
)
DAYS = st.dates(date(1900, 3, 1), date(2100, 1, 1))
CELLS = st.one_of(st.none(), TEXTS, st.integers(-(10**14), 10**14), st.booleans(), DAYS)


def typed(value: Any) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    return "" if value is None else str(value)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_another_program_wrote_is_read_back(tmp_path: Path, lines: list[list[Any]]) -> None:
    written = openpyxl.Workbook()
    for at, line in enumerate(lines, 1):
        for place, value in enumerate(line, 1):
            found = written.active.cell(at, place)
            found.value = value
            if isinstance(value, str):
                found.data_type = "s"  # « =1+1 » typed as text
    path, target = tmp_path / "ecrit.xlsx", tmp_path / "lu.csv"
    written.save(path)
    expected = [trimmed([typed(value) for value in line]) for line in lines]
    if not any(expected):
        with pytest.raises(workbook_reader.Refused):
            workbook_reader.convert(str(path), str(target), MOST, -1, with_hidden=False)
        return
    workbook_reader.convert(str(path), str(target), MOST, -1, with_hidden=False)
    with target.open(encoding="utf-8", newline="") as file:
        read_back = list(csv.reader(file, delimiter=";"))
    assert [line for line in read_back if line] == [line for line in expected if line]


def trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def test_days_before_march_1900_follow_excel_s_calendar() -> None:
    assert workbook_reader.day(59.0, False) == "1900-02-28"
    assert workbook_reader.day(61.0, False) == "1900-03-01"
    assert workbook_reader.day(43348.25, False) == "2018-09-05 06:00:00"


def test_special_characters_are_read_as_written(tmp_path: Path) -> None:
    value = "a;b\"c'd&<é€😀"
    assert read(book(cell(escape(value), "str")), tmp_path) == [[value]]
