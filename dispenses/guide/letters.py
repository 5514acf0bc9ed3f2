"""The letters of the guide, to download: with blanks in public, with what the portal knows of who is signed in."""

from functools import lru_cache

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.permissions import own_employments
from dispenses.request.letters import LETTERS, Letter, Sender, letter_pdf, letter_text
from portal.lib import numbers
from portal.lib.typography import long_day

EMPLOYEE, REQUEST = "salarie", "demande"  # which employment is meant, or the request of which one


@lru_cache(maxsize=len(LETTERS))
def _blank_pdf(letter: Letter) -> bytes:
    return letter_pdf(letter, Sender())  # the same for everybody who is not signed in: drawn once


def _letter(piece: str) -> Letter:
    if piece not in LETTERS:
        raise Http404
    return LETTERS[piece]


def _sender(request: HttpRequest) -> Sender:
    """Who is signed in, at the employment that the address means, or else one that goes on; blanks for anybody else."""
    if not isinstance(request.user, User):
        return Sender()
    employees = own_employments(request.user, timezone.localdate()).all
    if number := numbers.key(request.GET.get(REQUEST, "")):
        meant = set(request.user.employees.filter(dispenses=number).values_list("pk", flat=True))
        employees.sort(key=lambda one: one.pk not in meant)
    asked = request.GET.get(EMPLOYEE, "")
    employees.sort(key=lambda one: str(one.pk) != asked)
    if not employees:
        return Sender()
    return Sender(employees[0].full_name, employees[0].employer.name, long_day(timezone.localdate()))


@login_not_required
@require_safe
def lettre_pdf(request: HttpRequest, piece: str) -> HttpResponse:
    """The letter as a PDF to download."""
    letter, sender = _letter(piece), _sender(request)
    made = _blank_pdf(letter) if sender == Sender() else letter_pdf(letter, sender)
    return _download(made, "application/pdf", f"lettre-{piece}.pdf")


@login_not_required
@require_safe
def lettre_texte(request: HttpRequest, piece: str) -> HttpResponse:
    """The letter as text, to copy into a mail."""
    text = letter_text(_letter(piece), _sender(request))
    return _download(text.encode(), "text/plain; charset=utf-8", f"lettre-{piece}.txt")


def _download(content: bytes, kind: str, name: str) -> HttpResponse:
    disposition = f'attachment; filename="{name.replace("_", "-")}"'
    return HttpResponse(content, kind, headers={"Content-Disposition": disposition})
