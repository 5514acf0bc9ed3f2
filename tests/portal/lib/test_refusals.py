"""Codes of refusals: each is told once, none is left behind."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from accounts.employee.values import Code as ValuesCode
from accounts.exceptions import Code as AccountsCode
from accounts.imports import workbooks
from accounts.imports.exceptions import Code as FilesCode
from accounts.imports.exceptions import too_many_lines
from dispenses.documents.inspection import REFUSALS
from dispenses.exceptions import Code as DispensesCode
from notifications.webhooks.addresses import Code as WebhooksCode
from portal.lib.refusals import Refusal

ROOT = Path(__file__).resolve().parents[3]


def sources(apps: str) -> str:
    """What the modules of some apps hold, those that refuse with the codes of another one included."""
    return "".join(path.read_text(encoding="utf-8") for app in apps.split() for path in (ROOT / app).rglob("*.py"))


@pytest.mark.parametrize(
    ("codes", "app"),
    [
        (DispensesCode, "dispenses"),
        (AccountsCode, "accounts"),
        (FilesCode, "accounts/imports"),
        (ValuesCode, "accounts dispenses"),
        (WebhooksCode, "notifications"),
    ],
)
def test_every_code_serves(codes: type[StrEnum], app: str) -> None:
    assert set(codes.__members__) - set(re.findall(r"\bCode\.([A-Z_]+)", sources(app))) == set()


def test_what_the_inspecting_process_refuses_has_its_words() -> None:
    said = [(ROOT / f"dispenses/documents/{name}.py").read_text(encoding="utf-8") for name in ("inspector", "acting")]
    assert set(re.findall(r'Refused\("(\w+)"\)', "".join(said))) == set(REFUSALS)


def test_what_the_process_that_reads_workbooks_refuses_has_its_words() -> None:
    reader = (ROOT / "accounts/imports/workbook_reader.py").read_text(encoding="utf-8")
    said = set(re.findall(r'"(\w+)"', "".join(re.findall(r"Refused\(([^)]*)\)", reader))))
    assert said == {*workbooks.REFUSALS, too_many_lines().code}


def test_a_refusal_says_its_words_its_code_and_its_field() -> None:
    refusal = Refusal("Indiquez la règle.", code="rule_missing", field="rule")
    assert (str(refusal), refusal.code, refusal.field) == ("Indiquez la règle.", "rule_missing", "rule")
    assert Refusal("Trop tard.", code="in_effect").field == ""
