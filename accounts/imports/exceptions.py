from enum import StrEnum

from django.conf import settings

from portal.lib.refusals import Refusal
from portal.lib.typography import thousands


class Code(StrEnum):
    """Why a whole file is refused, for a program; the last four are what the process that reads workbooks answers."""

    EMPTY = "empty_file"
    OLD_FORM = "old_form"  # a protected workbook, or an .xls
    NO_TABLE = "no_table"  # neither a CSV nor a workbook
    ENCODING = "encoding"  # letters that cannot be told
    HEADINGS_UNKNOWN = "headings_unknown"
    COLUMN_MISSING = "column_missing"
    COLUMN_HIDDEN = "column_hidden"
    COLUMN_TWICE = "column_twice"
    TORN_LINE = "torn_line"  # a quote that nobody closes
    NO_LINE = "no_line"
    TOO_MANY_LINES = "too_many_lines"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"
    ALL_HIDDEN = "all_hidden"
    EMPTY_WORKBOOK = "empty"


class FileRefused(Refusal):
    """The whole file cannot be read; the message says what to do."""


class HeadingsAsked(Exception):
    """Several headings may each be one of our columns: the person says which. `choices`: headings by column."""

    def __init__(self, choices: dict[str, list[str]]) -> None:
        super().__init__(", ".join(choices))
        self.choices = choices


def too_many_lines() -> FileRefused:
    """Past PORTAL_IMPORT_MAX_ROWS."""
    most = thousands(settings.PORTAL_IMPORT_MAX_ROWS)
    return FileRefused(
        f"Ce fichier dépasse {most} lignes. Partagez-le en plusieurs fichiers.", code=Code.TOO_MANY_LINES
    )
