"""What a page says: its HTML with each run of plain blanks as one space, as a browser shows it."""

import re

from django.http import HttpResponse


def page_of(response: HttpResponse) -> str:
    """The HTML of an answer, however its template is cut into lines. No-break spaces stay."""
    return re.sub(r"[ \t\r\n]+", " ", response.content.decode())
