"""How a list leaves: written down first, then streamed."""

from collections.abc import Iterator
from itertools import chain, islice

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Employer, User
from dispenses.exceptions import Code, ExportRefused
from dispenses.exports import sheets
from dispenses.exports.columns import Listing
from dispenses.models import ListExport
from portal.lib.cells import csv_lines

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}
TOGETHER = 250  # lines in one piece of the answer


def export(listing: Listing, *, form: str, user: User, employer: Employer | None = None) -> HttpResponseBase:
    """The list as a download. Raises KeyError for an unknown form, ExportRefused when there are too many rows for it.

    The line of the log is written before the first byte: an export that is cut short is still an export.
    """
    content_type = FORMS[form]
    rows = listing.count()
    refuse_too_many(rows, form, "Choisissez le format CSV, ou filtrez la liste.")
    ListExport.objects.create(
        user=user, employer=employer, what=listing.name, form=form, filters=dict(listing.filters), rows=rows
    )
    if form == "xlsx":
        book = sheets.write(listing.title, listing.header, listing.rows())
        answer: HttpResponseBase = FileResponse(book, content_type=content_type)
    else:
        answer = StreamingHttpResponse(csv_pieces(listing), content_type=content_type)
    whose = f"-{slugify(employer.name)[:40]}" if employer else ""
    return as_attachment(answer, f"{listing.name}{whose}-{timezone.localdate():%Y%m%d}.{form}")


def as_attachment(answer: HttpResponseBase, name: str) -> HttpResponseBase:
    """The answer as a file that nothing keeps on its way."""
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer


def refuse_too_many(rows: int, form: str, remedy: str) -> None:
    """Raises ExportRefused when a file of that form does not hold so many rows; `remedy`: what to do then."""
    if form == "xlsx" and rows > sheets.MAX_ROWS:
        raise ExportRefused(
            f"Cette liste compte {rows} lignes\xa0: un classeur XLSX en contient {sheets.MAX_ROWS} au plus. {remedy}",
            code=Code.TOO_MANY_ROWS,
        )


def answer(
    request: HttpRequest, listing: Listing, *, form: str, user: User, back: str, employer: Employer | None = None
) -> HttpResponseBase:
    """The list as a download, or what is wrong with it told on the page `back`. Raises Http404 for an unknown form."""
    try:
        return export(listing, form=form, user=user, employer=employer)
    except KeyError as error:
        raise Http404("Aucun format de ce nom.") from error
    except ExportRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(back)


def csv_pieces(listing: Listing) -> Iterator[bytes]:
    """The CSV file in pieces of a few hundred lines."""
    return in_pieces(csv_lines(listing.header, listing.rows()))


def in_pieces(lines: Iterator[str], encoding: str = "utf-8") -> Iterator[bytes]:
    """Lines put together by a few hundred; a letter that the encoding does not have becomes « ? »."""
    for first in lines:
        yield "".join(chain((first,), islice(lines, TOGETHER - 1))).encode(encoding, "replace")
