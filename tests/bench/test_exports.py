"""The bare way that exports are measured against: it writes what they write."""

import csv
import io

import pytest

from dispenses.exports import lists
from dispenses.exports.download import csv_pieces
from tests.bench.exports import write_bare
from tests.factories import EmployeeFactory, EmployerFactory

pytestmark = pytest.mark.django_db


def test_the_bare_file_has_the_lines_and_columns_of_the_export() -> None:
    employer = EmployerFactory()
    for _ in range(3):
        EmployeeFactory(employer=employer)
    bare = io.StringIO()
    write_bare(lists.employees(employer), bare)
    exported = b"".join(csv_pieces(lists.employees(employer))).decode("utf-8-sig")
    lines = [list(csv.reader(io.StringIO(text), delimiter=";")) for text in (bare.getvalue(), exported)]
    assert len(lines[0]) == len(lines[1]) - 1 == 3
    assert {len(line) for both in lines for line in both} == {len(lists.EMPLOYEES)}
