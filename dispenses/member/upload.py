"""Joining files: one sent on selection by the page's script, or those of a page without scripts; and removing them."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.permissions import person
from dispenses.documents import limits, receiving
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
from dispenses.request import contents, joining
from dispenses.request.permissions import get_own_dispense, get_own_justificatif
from dispenses.workflow import Status

FETCH = "fetch"
NO_FILE = "Choisissez un fichier, puis joignez-le"
# Telephones offer their camera when the types are named; other systems look at the extensions.
ACCEPT = ",".join([*limits.EXTENSIONS, limits.ACCEPT_ATTRIBUTE])


@dataclass(frozen=True)
class Limits:
    """What the page says that it takes: how many files, how heavy, of which kinds."""

    files: int
    megabytes: int
    bytes: int
    accept: str


def accepted() -> Limits:
    """The limits of the settings."""
    heaviest = limits.max_bytes()
    return Limits(limits.max_files(), heaviest // 1_000_000, heaviest, ACCEPT)


@dataclass(frozen=True)
class AskedPiece:
    """A document as the page asks for it: its files, and what was wrong with the last one."""

    key: str
    label: str
    help_text: str
    error: str
    files: tuple[ShownJustificatif, ...]
    has_place: bool


def asked(piece: contents.PieceState, errors: dict[str, str], *, has_place: bool = True) -> AskedPiece:
    """A document as the page asks for it; `errors` by input name, `has_place` for one file more."""
    key = input_name(piece.code)
    files = tuple(file.shown for file in piece.files)
    return AskedPiece(key, piece.label, piece.help_text, errors.get(key, ""), files, has_place)


def files_context(dispense: Dispense, errors: dict[str, str], said: str = "") -> dict[str, Any]:
    """What the part of the page about documents reads: values alone (portal.fragments), and what surrounds it."""
    joined = sorted(Justificatif.objects.filter(dispense=dispense.number).order_by(), key=lambda file: file.pk)
    remaining = contents.remaining_files(dispense, joined=joined)
    return {
        "dispense": dispense,
        "upload_errors": errors,
        "number": dispense.number,
        "pieces": tuple(
            asked(
                piece,
                errors,
                has_place=bool(remaining or contents.remaining_pictures(dispense, piece.code, joined=joined)),
            )
            for piece in contents.pieces(dispense, joined=joined)
        ),
        "remaining": remaining,
        "limits": accepted(),
        "said": said,
    }


def join(request: HttpRequest, dispense: Dispense) -> dict[str, str]:
    """Join the files chosen in a page without scripts, whatever the button pressed. Returns errors by input name."""
    errors: dict[str, str] = {}
    for piece in contents.pieces(dispense):
        key = input_name(piece.code)
        name = f"fichier_{key}"
        try:
            if name in request.FILES or name in receiving.refusals(request):
                _join_one(request, dispense, name)
            elif request.POST.get("joindre") == key and not request.FILES:
                errors[key] = NO_FILE
        except JustificatifRefused as refusal:
            errors[key] = str(refusal)
    return errors


def _join_one(request: HttpRequest, dispense: Dispense, name: str) -> Justificatif:
    """Join the file of one input. Raises JustificatifRefused or TransitionRefused."""
    if refusal := receiving.refusals(request).get(name):
        raise refusal
    upload = request.FILES.get(name)
    if not isinstance(upload, UploadedFile):
        raise JustificatifRefused(NO_FILE, code=Code.NO_FILE)
    key = name.removeprefix("fichier_")
    return joining.add_justificatif(dispense=dispense, piece="" if key == "autre" else key, upload=upload)


def page_status(request: HttpRequest) -> HTTPStatus:
    """Of a page sent without scripts: 503 when it is our fault that a file did not come in."""
    refused = receiving.refusals(request).values()
    ours = any(isinstance(refusal, StorageUnavailable) for refusal in refused)
    return HTTPStatus.SERVICE_UNAVAILABLE if ours else HTTPStatus.OK


def remove(request: HttpRequest, dispense: Dispense) -> None:
    """Remove the file whose button was pressed in a page, if any."""
    pk = request.POST.get("retirer", "")
    if pk.isascii() and pk.isdigit() and len(pk) < 19:
        found = dispense.justificatifs.filter(pk=int(pk), sent_at__isnull=True).first()
        if found:
            joining.remove_justificatif(justificatif=found)
            messages.success(request, f"«\xa0{found.name}\xa0» est retiré.")


@require_POST
def justificatif_ajouter(request: HttpRequest, number: int) -> HttpResponse:
    """Join one file, sent on selection by the page's script; answers the refreshed list of documents."""
    dispense = get_own_dispense(person(request), number)
    name = next(iter([*request.FILES, *receiving.refusals(request)]), "fichier_autre")
    key, refused, said = name.removeprefix("fichier_"), None, ""
    try:
        joined = _join_one(request, dispense, name)
        dispense = joined.dispense
        said = f"«\xa0{joined.name}\xa0» est joint. Votre demande n’est pas encore envoyée."
    except (JustificatifRefused, TransitionRefused) as refusal:
        refused = refusal
    if request.headers.get("X-Requested-With") != FETCH:
        if refused:
            messages.error(request, str(refused))
        return redirect("demande_justificatifs", number=number)
    shown = {input_name(piece.code) for piece in contents.pieces(dispense, joined=())}
    errors = {key if key in shown else "autre": str(refused)} if refused else {}
    context = files_context(dispense, errors, said)
    response = render(request, "dispenses/member/fragments/pieces.html", context, status=_status(refused))
    if isinstance(refused, TooManyUploads):
        response.headers["Retry-After"] = str(refused.seconds)
    return response


def _status(refused: Exception | None) -> HTTPStatus:
    match refused:
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
    found = get_own_justificatif(person(request), number, pk)
    try:
        joining.remove_justificatif(justificatif=found)
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"«\xa0{found.name}\xa0» est retiré.")
    page = "demande_completer" if found.dispense.status == Status.AWAITING_COMPLEMENT else "demande_justificatifs"
    return redirect(page, number=number)
