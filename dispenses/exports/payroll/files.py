"""Files for payroll: what changed since the last file of a profile, or everybody on a day.

The marker of a profile is the last rank of the log (dispenses.queue.payroll_log) of the files that were taken. It moves
once the last byte of a file has left; two people at once each get all that follows the same marker, so that nothing is
missed by whoever is cut.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import IO

from django.db.models import Q, QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Employee, User
from dispenses.enums import PayrollDates, PayrollEncoding, PayrollForm, PayrollSeparator
from dispenses.exports import sheets
from dispenses.exports.download import FORMS, as_attachment, in_pieces, refuse_too_many
from dispenses.exports.payroll.columns import chosen
from dispenses.models import ListExport, PayrollChange, PayrollFile, PayrollProfile
from dispenses.queue import payroll_log
from dispenses.queue.payroll import CHUNK, PayrollFacts, facts_on
from portal.lib.cells import BOM, Value, csv_lines

NAME = "paie"  # in the log of exports and in the names of files
PREVIEWED = 5  # lines
BLOCK = 64 * 1024  # bytes of a workbook in one piece
REMEDY = "Choisissez le format CSV dans le profil."
SEPARATORS = {
    PayrollSeparator.SEMICOLON.value: ";",
    PayrollSeparator.COMMA.value: ",",
    PayrollSeparator.TAB.value: "\t",
    PayrollSeparator.PIPE.value: "|",
}
ENCODINGS = {
    PayrollEncoding.UTF8_MARKED.value: ("utf-8", BOM),
    PayrollEncoding.UTF8.value: ("utf-8", ""),
    PayrollEncoding.WINDOWS.value: ("cp1252", ""),
}
CHARSETS = {"utf-8": "utf-8", "cp1252": "windows-1252"}
DAYS = {
    PayrollDates.FRENCH.value: ("%d/%m/%Y", "dd/mm/yyyy"),
    PayrollDates.ISO.value: ("%Y-%m-%d", "yyyy-mm-dd"),
    PayrollDates.DIGITS_FRENCH.value: ("%d%m%Y", "ddmmyyyy"),
    PayrollDates.DIGITS.value: ("%Y%m%d", "yyyymmdd"),
}
"""How a day is written in a text, and how a spreadsheet is told to show it."""


@dataclass(frozen=True)
class Content:
    """What goes in a file: how many employees, who they are, on which day."""

    count: int
    facts: Iterable[PayrollFacts]
    day: date


def marker(profile: PayrollProfile) -> PayrollFile | None:
    """The file since which the next one counts: of those taken whole, the one that goes farthest; None: everybody."""
    return profile.files.filter(taken_at__isnull=False).order_by("-up_to_rank", "-taken_at").first()


def preview(profile: PayrollProfile) -> list[list[str]]:
    """The first lines of the file of today, as texts."""
    today = timezone.localdate()
    rows = written(profile, facts_on(today, _employed(profile, today)[:PREVIEWED]))
    days = DAYS[profile.dates][0]
    return [[f"{cell:{days}}" if isinstance(cell, date) else str(cell or "") for cell in row] for row in rows]


def since_last(profile: PayrollProfile, *, user: User) -> HttpResponseBase:
    """What changed since the marker, everybody without one. Raises ExportRefused for more rows than the form holds."""
    head = payroll_log.follow(profile.employer_id)
    last = marker(profile)
    after = last.up_to_rank if last else 0
    file = PayrollFile(profile=profile, user=user, day=timezone.localdate(), after_rank=after, up_to_rank=head)
    content = _of(file)
    refuse_too_many(content.count, profile.form, REMEDY)
    file.rows = content.count
    file.save()

    def taken() -> None:
        PayrollFile.objects.filter(pk=file.pk, taken_at__isnull=True).update(taken_at=timezone.now())

    return _handed_over(profile, content, user, {"fichier": str(file.pk)}, taken)


def again(file: PayrollFile, *, user: User) -> HttpResponseBase:
    """The same changes once more, in the format that the profile has now; the marker stays. Raises as `since_last`."""
    content = _of(file)
    refuse_too_many(content.count, file.profile.form, REMEDY)
    return _handed_over(file.profile, content, user, {"fichier": str(file.pk)})


def at(profile: PayrollProfile, day: date, *, user: User) -> HttpResponseBase:
    """Everybody as they are on `day`; the marker stays. Raises as `since_last`."""
    employees = _employed(profile, day)
    content = Content(employees.order_by().count(), facts_on(day, employees), day)
    refuse_too_many(content.count, profile.form, REMEDY)
    return _handed_over(profile, content, user, {"jour": day.isoformat()})


def written(profile: PayrollProfile, facts: Iterable[PayrollFacts]) -> Iterator[list[Value]]:
    """The cells of each employee, in the codes of the profile; a workbook keeps its dates."""
    reads = [column.read for column, _ in chosen(profile)]
    codes = {True: profile.yes_code, False: profile.no_code}
    as_dates, days = profile.form == PayrollForm.XLSX, DAYS[profile.dates][0]
    for one in facts:
        row: list[Value] = []
        for read in reads:
            value = read(one, profile.employer)
            if isinstance(value, bool):
                value = codes[value]
            elif isinstance(value, date) and not as_dates:
                value = f"{value:{days}}"
            row.append(value)
        yield row


def _employed(profile: PayrollProfile, day: date) -> QuerySet[Employee]:
    """Those of the company in the order of its lists; who left before `day` only if the profile asks for them."""
    employees = Employee.objects.filter(employer=profile.employer_id).order_by("sort_name", "pk")
    return employees if profile.with_gone else employees.filter(_still_there("left_on", day))


def _still_there(field: str, day: date) -> Q:
    return Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": day})


def _of(file: PayrollFile) -> Content:
    """The lines of the log that a file tells."""
    lines = payroll_log.changes(file.profile.employer_id, file.after_rank, file.up_to_rank)
    if not file.profile.with_gone:
        lines = lines.filter(_still_there("left_on", file.day))
    lines = lines.select_related("employee").order_by("employee__sort_name", "employee")
    return Content(lines.order_by().count(), map(_facts, lines.iterator(chunk_size=CHUNK)), file.day)


def _facts(line: PayrollChange) -> PayrollFacts:
    return PayrollFacts(
        line.employee_id,
        line.matricule,
        line.establishment_siret,
        line.left_on,
        payroll_log.told_by(line),
        line.employee.last_name,
        line.employee.first_name,
        line.employee.hired_on,
    )


def _handed_over(
    profile: PayrollProfile,
    content: Content,
    user: User,
    filters: dict[str, str],
    done: Callable[[], None] | None = None,
) -> HttpResponseBase:
    """The file as a download, written down before its first byte; `done` is called after its last one."""
    ListExport.objects.create(
        user=user,
        employer=profile.employer,
        what=NAME,
        form=profile.form,
        filters={"profil": profile.name, **filters},
        rows=content.count,
    )
    columns = chosen(profile)
    header = [heading for _, heading in columns] if profile.with_headings else []
    rows = written(profile, content.facts)
    content_type = FORMS[profile.form]
    if profile.form == PayrollForm.XLSX:
        book = sheets.write("Paie", header, rows, dates=DAYS[profile.dates][1], width=len(columns))
        pieces = _blocks(book)
    else:
        encoding, mark = ENCODINGS[profile.encoding]
        content_type = f"text/csv; charset={CHARSETS[encoding]}"
        lines = csv_lines(header, rows, delimiter=SEPARATORS[profile.separator], mark=mark)
        pieces = in_pieces(lines, encoding)
    answer = StreamingHttpResponse(_until_the_end(pieces, done), content_type=content_type)
    name = f"{NAME}-{slugify(profile.name)[:40] or profile.pk}-{content.day:%Y%m%d}.{profile.form}"
    return as_attachment(answer, name)


def _blocks(book: IO[bytes]) -> Iterator[bytes]:
    with book:
        while block := book.read(BLOCK):
            yield block


def _until_the_end(pieces: Iterator[bytes], done: Callable[[], None] | None) -> Iterator[bytes]:
    """The pieces, then `done`: whoever is cut before never gets there."""
    yield from pieces
    if done is not None:
        done()
