"""Companies' files as payroll programs, spreadsheets and people make them."""

import csv
import io
import zipfile
from datetime import date
from typing import Any

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.employee.fields import FIELDS

HEADINGS = [column.heading for column in FIELDS]
GOOD: dict[str, str] = {
    "matricule": "A1",
    "nir": "2951099126111",
    "nom_naissance": "Durand",
    "nom_usage": "",
    "prenom": "Virginie",
    "date_naissance": "02/10/1995",
    "email": "virginie.durand@exemple.fr",
    "date_embauche": "05/09/2018",
    "type_contrat": "CDI",
    "date_fin_contrat": "",
    "date_depart": "",
    "temps_partiel": "non",
    "categorie": "Cadre",
    "siret": "73282932000074",
    "date_affiliation": "",
}


def person(rank: int, **given: str) -> dict[str, str]:
    """A good line, different for each rank."""
    return {**GOOD, "matricule": f"A{rank}", "email": f"personne{rank}@exemple.fr", "nir": "", **given}


def as_text(rows: list[dict[str, str]], headings: list[str] | None = None, delimiter: str = ";") -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(headings or HEADINGS)
    writer.writerows([row.get(heading, "") for heading in headings or HEADINGS] for row in rows)
    return buffer.getvalue()


def as_csv(rows: list[dict[str, str]], encoding: str = "utf-8", **given: Any) -> bytes:
    return as_text(rows, **given).encode(encoding)


def as_xlsx(lines: list[list[Any]], *, formulas: dict[tuple[int, int], str] | None = None) -> bytes:
    """Lines of Python values; dates are stored as Excel stores them."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for at, line in enumerate(lines):
            for place, value in enumerate(line):
                if isinstance(value, date):
                    sheet.write_datetime(at, place, value, day)
                elif value is not None:
                    sheet.write(at, place, value)
        for (at, place), formula in (formulas or {}).items():
            sheet.write_formula(at, place, formula, value="Martin")
    return buffer.getvalue()


def rewritten(workbook: bytes, part: str, content: bytes) -> bytes:
    """The same workbook with one of its parts replaced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(item.filename, content if item.filename == part else old.read(item.filename))
    return buffer.getvalue()


def part(workbook: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return archive.read(name)


def upload(content: bytes, name: str = "salaries.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)
