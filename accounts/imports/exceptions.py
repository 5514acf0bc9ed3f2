from enum import StrEnum

from portal.lib.refusals import Refusal


class Code(StrEnum):
    """Why a whole file is refused, for a program; the last three are what the process that reads workbooks answers."""

    EMPTY = "empty_file"
    OLD_FORM = "old_form"  # a protected workbook, or an .xls
    NO_TABLE = "no_table"  # neither a CSV nor a workbook
    HEADINGS_UNKNOWN = "headings_unknown"
    COLUMN_MISSING = "column_missing"
    COLUMN_TWICE = "column_twice"
    TORN_LINE = "torn_line"  # a quote that nobody closes
    NO_LINE = "no_line"
    TOO_MANY_LINES = "too_many_lines"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"
    EMPTY_WORKBOOK = "empty"


class FileRefused(Refusal):
    """The whole file cannot be read; the message says what to do."""
