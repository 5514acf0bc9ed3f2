"""The file to start from: the headings, one line as an example."""

import csv
import io

import xlsxwriter

from accounts.employee.fields import FIELDS

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_csv() -> bytes:
    """UTF-8 with its mark and semicolons, as Excel opens it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow([field.heading for field in FIELDS])
    writer.writerow([field.example for field in FIELDS])
    return buffer.getvalue().encode("utf-8-sig")


def as_xlsx() -> bytes:
    """Every column in text format, so that Excel keeps numbers as they are typed."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Salariés")
        plain, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True})
        sheet.set_column(0, len(FIELDS) - 1, 20, plain)
        sheet.freeze_panes(1, 0)
        for place, field in enumerate(FIELDS):
            sheet.write_string(0, place, field.heading, bold)
            sheet.write_string(1, place, field.example, plain)
    return buffer.getvalue()
