"""Joining files: one sent on selection by the page's script, or those of a page without scripts; removing and ordering
them."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.permissions import person
from dispenses.documents import limits, receiving
from dispenses.documents.storage import download_name
from dispenses.enums import Judged
from dispenses.exceptions import (
    Code,
    JustificatifRefused,
    StorageUnavailable,
    TooManyUploads,
    TransitionRefused,
    UploadTooLarge,
)
from dispenses.member.steps import input_name
from dispenses.models import Dispense, Justificatif, ShownJustificatif
from dispenses.request import contents, joining, samples
from dispenses.request.letters import LETTERS
from dispenses.request.permissions import get_own_dispense, get_own_justificatif
from dispenses.workflow import Status
from portal.lib import numbers, qr
from portal.lib.links import absolute

Errors = dict[str, tuple[str, ...]]  # by input name, one for each file that was refused
FETCH = "fetch"
JOIN, REMOVE, MOVE_UP = "joindre", "retirer", "monter"
SECTION = "dispenses/member/fragments/pieces.html"
NO_FILE = "Choisissez un fichier, puis joignez-le"
# Where the files of a request are joined once it was sent.
PAGES = {Status.AWAITING_COMPLEMENT: "demande_completer", Status.ACCEPTED: "demande_confirmer"}
# Telephones offer their camera when the types are named; other systems look at the extensions.
ACCEPT = ",".join([*limits.EXTENSIONS, limits.ACCEPT_ATTRIBUTE])


@dataclass(frozen=True)
class Limits:
    """What the page says that it takes: how many files, how heavy, each and in one sending, of which kinds."""

    files: int
    megabytes: int
    together: int
    bytes: int
    accept: str


def accepted() -> Limits:
    """The limits of the settings."""
    heaviest = limits.max_bytes()
    return Limits(
        files=limits.max_files(),
        megabytes=heaviest // 1_000_000,
        together=limits.max_files() * heaviest // 1_000_000,
        bytes=heaviest,
        accept=ACCEPT,
    )


@dataclass(frozen=True)
class AskedPiece:
    """A document as the page asks for it: its files, and what was wrong with each of those just chosen."""

    key: str
    label: str
    asked_by: str
    help_text: str
    errors: tuple[str, ...]
    files: tuple[ShownJustificatif, ...]
    has_place: bool
    verdict: str = ""  # of the centre, in the complement that awaits an answer
    reason: str = ""
    unavailable: str = ""  # why it cannot be given, as typed
    may_be_declined: bool = False
    is_first_awaited: bool = False
    sample: samples.ShownSample | None = None

    @property
    def pages(self) -> int:
        """How many pictures are the pages of this document, 0 when they are not several."""
        return max((file.pages_together for file in self.files), default=0)

    @property
    def read_together(self) -> int:
        """A picture by which these pages are read in one PDF, 0 while one of them cannot be shown."""
        pages = [file for file in self.files if file.page]
        return pages[0].pk if pages and all(file.has_preview for file in pages) else 0

    @property
    def letter(self) -> str:
        """Code of the letter that asks for it, "" without one."""
        return self.key if self.key in LETTERS else ""


def asked(piece: contents.PieceState, errors: Errors, *, has_place: bool = True) -> AskedPiece:
    """A document as the page asks for it; `errors` by input name, `has_place` for one file more."""
    key = input_name(piece.code)
    return AskedPiece(
        key=key,
        label=piece.label,
        asked_by=piece.asked_by,
        help_text=piece.help_text,
        errors=errors.get(key, ()),
        files=_numbered(piece.files),
        has_place=has_place and piece.verdict != Judged.ACCEPTED,
        verdict=piece.verdict,
        reason=piece.reason,
        unavailable=piece.unavailable,
    )


def _numbered(files: Sequence[Justificatif]) -> tuple[ShownJustificatif, ...]:
    """The files of a document; several pictures that are not sent yet are its pages, and say which."""
    pages = [file.pk for file in files if file.is_picture and file.sent_at is None]
    if len(pages) < 2:
        return tuple(file.shown for file in files)
    return tuple(
        replace(file.shown, page=pages.index(file.pk) + 1, pages_together=len(pages))
        if file.pk in pages
        else file.shown
        for file in files
    )


def _of_complement(shown: list[AskedPiece], states: list[contents.PieceState]) -> list[AskedPiece]:
    """The same where a complement is awaited: which documents the employee may say not to have, the first of them."""
    wanted = [state.is_awaited for state in states]
    first = wanted.index(True) if True in wanted else None
    return [
        replace(piece, may_be_declined=wanted[index], is_first_awaited=index == first)
        for index, piece in enumerate(shown)
    ]


_FILES = Justificatif.objects.only(
    *("dispense", "piece", "name", "content_type", "size", "sent_at", "scan_status", "preview_status"),
    *("rank", "missing_since"),
).order_by()
"""What the pages that list documents read of them."""


def files_of(dispense: Dispense) -> list[Justificatif]:
    """The files of the request, one sending after the other, each the oldest first but for pages put in order, read
    now; of a dispense granted, those that are not sent yet."""
    files = _FILES.filter(dispense=dispense.number)
    if dispense.status == Status.ACCEPTED:
        files = files.filter(sent_at__isnull=True)
    return sorted(files, key=lambda file: (file.sent_at is None, file.sent_at, file.rank, file.pk))


def files_context(
    dispense: Dispense, errors: Errors, said: str = "", *, joined: list[Justificatif] | None = None
) -> dict[str, Any]:
    """What the part of the page about documents reads: values alone (portal.fragments), and what surrounds it.

    `joined`: the request's files, when they were read already.
    """
    joined = files_of(dispense) if joined is None else joined
    remaining = contents.remaining_files(dispense, joined=joined)
    states = contents.pieces(dispense, joined=joined)
    shown = [
        asked(
            piece,
            errors,
            has_place=bool(remaining or contents.remaining_pictures(dispense, piece.code, joined=joined)),
        )
        for piece in states
    ]
    if dispense.status == Status.AWAITING_COMPLEMENT:
        shown = _of_complement(shown, states)
    who = {"name": dispense.employee.full_name, "employer": dispense.employee.employer.name}
    shown = [replace(piece, sample=samples.shown(piece.key, **who)) for piece in shown]
    page = PAGES.get(Status(dispense.status), "demande_justificatifs")
    return {
        "dispense": dispense,
        "upload_errors": errors,
        "number": dispense.number,
        "pieces": tuple(shown),
        "phone": qr.picture_of_address(absolute(reverse(page, args=[dispense.number]))),
        "remaining": remaining,
        "limits": accepted(),
        "said": said,
    }


def join(request: HttpRequest, dispense: Dispense) -> Errors:
    """Join the files chosen in a page without scripts, whatever the button pressed. Returns errors by input name."""
    errors: Errors = {}
    for piece in contents.pieces(dispense):
        key = input_name(piece.code)
        name = f"fichier_{key}"
        if name in request.FILES or name in receiving.refusals(request):
            _, refused = _join_each(request, dispense, name)
            if refused:
                errors[key] = tuple(one.words for one in refused)
        elif request.POST.get(JOIN) == key and not request.FILES:
            errors[key] = (NO_FILE,)
    return errors


@dataclass(frozen=True)
class _Refused:
    """Why a file is not joined, and what the page says of it."""

    refusal: Exception
    words: str


def _refused(refusal: Exception, *, name: str = "") -> _Refused:
    """`name`: of the file, for words that would not tell it from those chosen with it."""
    words = str(refusal)
    if name and name not in words:
        words = f"«\xa0{name}\xa0»\xa0: {words[0].lower()}{words[1:]}"
    return _Refused(refusal, words)


def _join_each(request: HttpRequest, dispense: Dispense, name: str) -> tuple[list[Justificatif], list[_Refused]]:
    """Join the files of one input, each taken or refused by itself. Raises TransitionRefused."""
    key = name.removeprefix("fichier_")
    joined: list[Justificatif] = []
    refused = [_refused(refusal) for refusal in receiving.refusals(request).get(name, [])]
    uploads = [upload for upload in request.FILES.getlist(name) if isinstance(upload, UploadedFile)]
    if not uploads and not refused:
        refused.append(_refused(JustificatifRefused(NO_FILE, code=Code.NO_FILE)))
    for upload in uploads:
        try:
            piece = "" if key == "autre" else key
            joined.append(joining.add_justificatif(dispense=dispense, piece=piece, upload=upload))
        except JustificatifRefused as refusal:
            shown = download_name(upload.name or "")[: limits.NAME_LENGTH] if len(uploads) > 1 else ""
            refused.append(_refused(refusal, name=shown))
    return joined, refused


def page_status(request: HttpRequest) -> HTTPStatus:
    """Of a page sent without scripts: 503 when it is our fault that a file did not come in."""
    refused = itertools.chain.from_iterable(receiving.refusals(request).values())
    ours = any(isinstance(refusal, StorageUnavailable) for refusal in refused)
    return HTTPStatus.SERVICE_UNAVAILABLE if ours else HTTPStatus.OK


def is_asked(request: HttpRequest) -> bool:
    """Whether the button pressed in a page joins, removes or moves a file, and sends nothing."""
    return bool({JOIN, REMOVE, MOVE_UP} & set(request.POST))


def arrange(request: HttpRequest, dispense: Dispense) -> None:
    """Remove, or move, the file whose button was pressed in a page, if any."""
    for button, act in ACTS.items():
        pk = numbers.key(request.POST.get(button, ""))
        found = dispense.justificatifs.filter(pk=pk, sent_at__isnull=True).first() if pk else None
        if found:
            messages.success(request, act(found))


def _remove(file: Justificatif) -> str:
    joining.remove_justificatif(justificatif=file)
    return f"«\xa0{file.name}\xa0» est retiré."


def _move_up(file: Justificatif) -> str:
    joining.move_up(justificatif=file)
    return f"«\xa0{file.name}\xa0» est placé avant."


ACTS: dict[str, Callable[[Justificatif], str]] = {REMOVE: _remove, MOVE_UP: _move_up}
"""What a button of a file does, by its name in a page; each says what it did. They raise TransitionRefused."""


@require_POST
def justificatif_ajouter(request: HttpRequest, number: int) -> HttpResponse:
    """Join a file, sent on selection by the page's script; answers the refreshed list of documents."""
    dispense = contents.prepared(get_own_dispense(person(request), number))
    name = next(iter([*request.FILES, *receiving.refusals(request)]), "fichier_autre")
    key, said = name.removeprefix("fichier_"), ""
    try:
        joined, refused = _join_each(request, dispense, name)
        if joined:
            dispense = joined[-1].dispense
            what = "confirmation" if dispense.status == Status.ACCEPTED else "demande"
            said = f"«\xa0{joined[-1].name}\xa0» est joint. Votre {what} n’est pas encore envoyée."
    except TransitionRefused as refusal:
        refused = [_refused(refusal)]
    if request.headers.get("X-Requested-With") != FETCH:
        for one in refused:
            messages.error(request, one.words)
        return redirect("demande_justificatifs", number=number)
    shown = {input_name(piece.code) for piece in contents.pieces(dispense, joined=())}
    errors = {key if key in shown else "autre": tuple(one.words for one in refused)} if refused else {}
    context = files_context(dispense, errors, said)
    response = render(request, SECTION, context, status=_status(refused))
    for one in refused:
        if isinstance(one.refusal, TooManyUploads):
            response.headers["Retry-After"] = str(one.refusal.seconds)
    return response


def _status(refused: Sequence[_Refused]) -> HTTPStatus:
    match refused[0].refusal if refused else None:
        case None:
            return HTTPStatus.OK
        case UploadTooLarge():
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        case TooManyUploads():
            return HTTPStatus.TOO_MANY_REQUESTS
        case StorageUnavailable():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            return HTTPStatus.UNPROCESSABLE_ENTITY


@require_POST
def justificatif_retirer(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Remove a file not yet sent."""
    return _act(request, number, pk, REMOVE)


@require_POST
def justificatif_monter(request: HttpRequest, number: int, pk: int) -> HttpResponse:
    """Put a page of a document before the one that precedes it."""
    return _act(request, number, pk, MOVE_UP)


def _act(request: HttpRequest, number: int, pk: int, button: str) -> HttpResponse:
    """What a button of a file does; answers the refreshed list of documents to the page's script."""
    user = person(request)
    found = get_own_justificatif(user, number, pk)
    by_script = request.headers.get("X-Requested-With") == FETCH
    try:
        said = ACTS[button](found)
    except TransitionRefused as refusal:
        if by_script:
            return HttpResponse(status=HTTPStatus.CONFLICT)
        messages.error(request, str(refusal))
    else:
        if by_script:
            dispense = contents.prepared(get_own_dispense(user, number))
            return render(request, SECTION, files_context(dispense, {}, said))
        messages.success(request, said)
    return redirect(PAGES.get(Status(found.dispense.status), "demande_justificatifs"), number=number)
