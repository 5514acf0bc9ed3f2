"""The centre's pictures: what came in and went out, who waits, what a complement costs. Read from figures added up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Sum
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import Employer
from dispenses.desk import charts, listing
from dispenses.desk.charts import Bar, Series, number
from dispenses.desk.rights import Desk, reader
from dispenses.law import editions
from dispenses.models import EmployerRank, QueueDepth, QueueEntry, WeeklyFigure
from dispenses.queue.delays import working_days
from dispenses.queue.figures import PERIODS, WEEK, monday
from dispenses.workflow import STATUS_LABELS, Status
from portal.lib.cells import csv_lines
from portal.lib.typography import NBSP

NOTHING = "–"
RIGHT = "dispenses.view_pictures"
DEFAULT_WEEKS = 26
BEYOND = 10  # working days shown one by one after the promised delay


@dataclass(frozen=True)
class Asked:
    """Period and employer of an address. `problem`: what was wrong with the employer, "" when nothing."""

    weeks: int
    this: date
    text: str = ""
    employer: Employer | None = None
    problem: str = ""

    @property
    def mondays(self) -> list[date]:
        return [self.this - WEEK * back for back in range(self.weeks - 1, -1, -1)]

    @property
    def query(self) -> str:
        query = QueryDict(mutable=True)
        query["semaines"] = str(self.weeks)
        if self.text:
            query["employeur"] = self.text
        return str(query.urlencode())


@dataclass(frozen=True)
class Picture:
    """A picture and the table of its numbers."""

    name: str
    title: str
    said: str
    header: list[str]
    rows: list[list[str | int]] = field(default_factory=list)
    svg: str = ""


def page(desk: Desk, request: HttpRequest) -> HttpResponse:
    """All the pictures of a period, of one employer when the address names it."""
    _may_see(desk, request)
    asked = read(request)
    found = pictures(asked)
    measured = QueueDepth.objects.values_list("measured_at", flat=True).first()
    context: dict[str, Any] = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": "Chiffres du centre",
        "media": desk.media,
        "asked": asked,
        "periods": PERIODS,
        "pictures": list(found.values()),
        "measured": measured,
    }
    return TemplateResponse(request, "dispenses/desk/chiffres.html", context)


def table(desk: Desk, request: HttpRequest, name: str) -> HttpResponse:
    """The numbers of one picture as CSV, as spreadsheets in French read it. Raises Http404 for none of ours."""
    _may_see(desk, request)
    asked = read(request)
    picture = pictures(asked).get(name)
    if picture is None:
        raise Http404
    rows = ([None if value == NOTHING else value for value in row] for row in picture.rows)
    response = HttpResponse(csv_lines(picture.header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{asked.this:%Y-%m-%d}.csv"'
    return response


def _may_see(desk: Desk, request: HttpRequest) -> None:
    if not reader(desk, request).has_perm(RIGHT):
        raise PermissionDenied


def read(request: HttpRequest) -> Asked:
    """What the address asks for; an unknown period is the usual one."""
    weeks = str(request.GET.get("semaines", ""))
    known = int(weeks) if weeks in {str(period) for period in PERIODS} else DEFAULT_WEEKS
    text = str(request.GET.get("employeur", "")).replace("\0", "").strip()[:200]
    this = monday(timezone.localdate())
    if not text:
        return Asked(known, this)
    found = listing.employer_ids(text)
    if len(found) == 1:
        return Asked(known, this, text, Employer.objects.get(pk=found[0]))
    wrong = "Plusieurs employeurs portent ce nom" if found else "Aucun employeur ne porte ce nom"
    return Asked(known, this, text, None, f"{wrong}{NBSP}: indiquez son nom entier ou son SIRET.")


def pictures(asked: Asked) -> dict[str, Picture]:
    """Each picture by its name, in the order of the page; nothing for an employer that was not found."""
    if asked.problem:
        return {}
    made = [weeks_picture(asked), ages_picture(asked, timezone.localdate()), motifs_picture(asked)]
    if asked.employer is None:
        made.append(employers_picture(asked))
    return {picture.name: picture for picture in made}


def weeks_picture(asked: Asked) -> Picture:
    """Whether the queue grows."""
    sums = (
        _figures(asked)
        .values("week")
        .annotate(r=Sum("received"), a=Sum("accepted"), n=Sum("refused"), w=Sum("withdrawn"), c=Sum("complemented"))
    )
    by_week = {row["week"]: row for row in sums}
    rows: list[list[str | int]] = []
    for week in asked.mondays:
        row = by_week.get(week, {"r": 0, "a": 0, "n": 0, "w": 0})
        rows.append([f"{week:%d/%m/%Y}", row["r"], row["a"] + row["n"], row["a"], row["n"], row["w"]])
    received, decided = [int(row[1]) for row in rows], [int(row[2]) for row in rows]
    title = "Demandes reçues et décidées, semaine par semaine"
    came, went = _many(sum(received), "reçue"), _many(sum(decided), "décidée")
    said = f"{came} et {went} en {asked.weeks}{NBSP}semaines."
    svg = charts.lines(
        "semaines",
        title,
        said,
        [f"{week:%d/%m}" for week in asked.mondays],
        [Series("Reçues", received), Series("Décidées", decided, charts.SECOND, dashed=True)],
    )
    header = ["Semaine du", "Reçues", "Décidées", "dont validées", "dont refusées", "Annulées par le salarié"]
    return Picture("semaines", title, said, header, rows, svg)


def ages_picture(asked: Asked, today: date) -> Picture:
    """Who waits too long: working days used by the centre, with the delay promised as a line."""
    delay = settings.PORTAL_DELAY_WORKING_DAYS
    used: dict[int, int] = {}
    for due_on, waiting in _waiting(asked):
        day = min(max(delay - working_days(today, due_on), 0), delay + BEYOND)
        used[day] = used.get(day, 0) + waiting
    last = max([delay + 1, *used])
    names = [f"{day}+" if day == delay + BEYOND else str(day) for day in range(last + 1)]
    counts = [used.get(day, 0) for day in range(last + 1)]
    late = sum(counts[delay + 1 :])
    said = f"{number(sum(counts))}{NBSP}en cours, dont {number(late)} au-delà du délai de {delay}{NBSP}jours ouvrés."
    title = "Âge de la file, en jours ouvrés"
    bars = [
        Bar(name, count, number(count), alert=day > delay)
        for day, (name, count) in enumerate(zip(names, counts, strict=True))
    ]
    svg = charts.columns("ages", title, said, bars, after=delay, line="Délai promis dépassé")
    rows: list[list[str | int]] = [
        [name, count, "oui" if day > delay else "non"]
        for day, (name, count) in enumerate(zip(names, counts, strict=True))
    ]
    return Picture(
        "ages", title, said, ["Jours ouvrés écoulés", STATUS_LABELS[Status.IN_PROGRESS], "En retard"], rows, svg
    )


def _waiting(asked: Asked) -> Iterator[tuple[date, int]]:
    if asked.employer is None:
        yield from QueueDepth.objects.values_list("due_on", "waiting")
        return
    waiting = QueueEntry.objects.filter(status=Status.IN_PROGRESS.value, employer=asked.employer).order_by()
    yield from waiting.values_list("due_on").annotate(n=Count("pk"))


def motifs_picture(asked: Asked) -> Picture:
    """Which motifs cost: the share of decisions that needed a complement."""
    labels = {motif.code: motif.full_label for motif in editions.all_editions()}
    sums = _figures(asked).values("motif_code").annotate(d=Sum(F("accepted") + F("refused")), c=Sum("complemented"))
    found = [(labels.get(row["motif_code"], row["motif_code"]), row["d"], row["c"]) for row in sums if row["d"]]
    found.sort(key=lambda one: (-one[2] / one[1], one[0]))
    decided, asked_more = sum(one[1] for one in found), sum(one[2] for one in found)
    share = percent(asked_more, decided)
    said = f"{share} des décisions ont demandé un complément ({number(asked_more)} sur {number(decided)})."
    title = "Part des décisions qui ont demandé un complément, par motif"
    bars = [
        Bar(label, round(100 * count / total), f"{percent(count, total)} ({number(count)} sur {number(total)})")
        for label, total, count in found
    ]
    svg = charts.ranking("motifs", title, said, bars, top=100)
    rows: list[list[str | int]] = [[label, total, count, percent(count, total)] for label, total, count in found]
    return Picture("motifs", title, said, ["Motif", "Décidées", "Avec complément", "Part"], rows, svg if found else "")


def employers_picture(asked: Asked) -> Picture:
    """The employers that send most."""
    ranks = list(EmployerRank.objects.filter(weeks=asked.weeks).select_related("employer").order_by("rank"))
    title = "Employeurs qui envoient le plus de demandes"
    first = f"Les {len(ranks)}{NBSP}premiers" if len(ranks) > 1 else "Le premier"
    said = f"{first}, sur {asked.weeks}{NBSP}semaines." if ranks else "Aucun pour l’instant."
    bars = [
        Bar(
            one.employer.name,
            one.received,
            f"{number(one.received)}, {percent(one.complemented, one.decided)} de compléments",
        )
        for one in ranks
    ]
    rows: list[list[str | int]] = [
        [one.employer.name, one.employer.siret, one.received, one.decided, percent(one.complemented, one.decided)]
        for one in ranks
    ]
    header = ["Employeur", "SIRET", "Reçues", "Décidées", "Part avec complément"]
    svg = charts.ranking("employeurs", title, said, bars) if ranks else ""
    return Picture("employeurs", title, said, header, rows, svg)


def _figures(asked: Asked) -> Any:
    weeks = {"week__gte": asked.mondays[0], "week__lte": asked.this}
    return WeeklyFigure.objects.filter(employer=asked.employer, **weeks).order_by()


def _many(count: int, word: str) -> str:
    return f"{number(count)}{NBSP}{word}{'s' if count > 1 else ''}"


def percent(part: int, whole: int) -> str:
    """« 12 % »; a dash for a share of nothing."""
    return f"{round(100 * part / whole)}{NBSP}%" if whole else NOTHING
