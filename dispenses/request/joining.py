"""Joining and removing documents."""

import contextlib

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max

from dispenses.documents import examination, limits, rate, storage
from dispenses.documents.inspection import Inspected, inspect
from dispenses.enums import ScanStatus
from dispenses.exceptions import Code, JustificatifRefused, TransitionRefused
from dispenses.law.editions import with_motif
from dispenses.models import Complement, Dispense, Justificatif
from dispenses.request.contents import open_complement, prepared, remaining_files, remaining_pictures
from dispenses.request.transitions import refuse_over
from dispenses.workflow import Status
from portal.lib.commits import after_commit


def _lock_joinable(dispense: Dispense) -> Dispense:
    """The same row, or that of a dispense granted: the file goes with what its employee says next of it."""
    locked = Dispense.objects.select_for_update().get(number=dispense.number)
    if locked.status == Status.ACCEPTED:
        refuse_over(dispense.employee.employer)
        locked.employee = dispense.employee
        return locked
    return lock_open(dispense)[0]


def lock_open(dispense: Dispense) -> tuple[Dispense, Complement | None]:
    """A draft, or a request awaiting a complement with that complement. Raises TransitionRefused otherwise, or once the
    insurer's contract of the employer is over."""
    refuse_over(dispense.employee.employer)
    locked = Dispense.objects.select_for_update().get(number=dispense.number)
    locked.employee = dispense.employee
    if locked.status == Status.DRAFT:
        return locked, None
    complement = open_complement(locked)
    if locked.status != Status.AWAITING_COMPLEMENT or complement is None:
        raise TransitionRefused(
            f"La demande N°{locked.number} est déjà envoyée\xa0: elle ne se modifie plus.", code=Code.ALREADY_SENT
        )
    return locked, complement


def add_justificatif(*, dispense: Dispense, piece: str, upload: "UploadedFile[bytes]") -> Justificatif:
    """Join a file to a request not yet sent, to the complement in preparation, or to a dispense granted.

    The bytes are inspected before, and stored before the row that points to them. Those that stand under the same
    document already are not kept twice: an answer was lost on its way, and the person or the page tried again.
    Raises JustificatifRefused (bad file, too many, storage) or TransitionRefused (request already sent).
    """
    rate.count(user=dispense.employee.user, upload=upload)
    inspected = inspect(upload)
    stored = ""
    try:
        with transaction.atomic():
            locked = prepared(_lock_joinable(dispense))
            asked = with_motif(locked).motif
            codes = [piece.code for piece in asked.required_justificatifs.all()] if asked else []
            piece = piece if piece in codes else ""
            if same := _same_file(locked, piece, inspected):
                return same
            _check_place(locked, piece, inspected)
            justificatif = Justificatif(
                dispense=locked,
                piece=piece,
                name=inspected.name,
                content_type=inspected.content_type,
                size=inspected.size,
                sha256=inspected.sha256,
                pages=inspected.pages,
                scan_status=examination.first_status(),
                rank=_last_rank(locked, piece),
            )
            stored = storage.store(justificatif, inspected.name, upload)
            justificatif.save()
            examination.start(justificatif)
            locked.save(update_fields=["updated_at"])
    except BaseException:
        if stored:
            with contextlib.suppress(OSError):  # what a silent storage keeps is swept later
                storage.forget(justificatif)
        raise
    return justificatif


def _last_rank(dispense: Dispense, piece: str) -> int:
    """Of a file that comes last in its document; 0 while nobody has put its pages in order."""
    last = dispense.justificatifs.filter(piece=piece, sent_at=None).aggregate(last=Max("rank"))["last"]
    return last + 1 if last else 0


def _same_file(dispense: Dispense, piece: str, inspected: Inspected) -> Justificatif | None:
    """The file joined to this sending with the same bytes, under the same document; not one that proves nothing."""
    same = dispense.justificatifs.filter(piece=piece, sha256=inspected.sha256, sent_at=None)
    return next((file for file in same if file.stands), None)


def _check_place(dispense: Dispense, piece: str, inspected: Inspected) -> None:
    """Raises JustificatifRefused when there is no place left for that file."""
    joined = list(dispense.justificatifs.all())
    others = any(file.is_picture and file.piece == piece and file.sent_at is None for file in joined)
    if others and inspected.content_type != limits.PDF:
        if remaining_pictures(dispense, piece, joined=joined):
            return
        raise JustificatifRefused(
            f"Vous avez joint les {limits.max_pictures()} photos possibles pour ce document. "
            "Retirez-en une pour la remplacer, ou joignez-les en un seul PDF.",
            code=Code.TOO_MANY_FILES,
        )
    if remaining_files(dispense, joined=joined):
        return
    raise JustificatifRefused(
        f"Vous avez joint les {limits.max_files()} fichiers possibles. Retirez-en un pour le remplacer.",
        code=Code.TOO_MANY_FILES,
    )


def pages_of(justificatif: Justificatif) -> list[Justificatif]:
    """The pictures that make one document with this one, itself included, in their order; itself alone for a PDF."""
    if not justificatif.is_picture:
        return [justificatif]
    return list(
        Justificatif.objects.filter(
            dispense=justificatif.dispense_id,
            piece=justificatif.piece,
            sent_at=justificatif.sent_at,
            content_type__startswith="image/",
        )
    )


@transaction.atomic
def move_up(*, justificatif: Justificatif) -> None:
    """Put a page before the one that precedes it. Raises TransitionRefused for a document already sent."""
    _lock_joinable(justificatif.dispense)
    current = Justificatif.objects.filter(pk=justificatif.pk).first()
    if current is None:
        return
    _refuse_sent(current)
    pages = pages_of(current)
    place = pages.index(current)
    if place:
        pages[place - 1 : place + 1] = [current, pages[place - 1]]
    for rank, page in enumerate(pages, start=1):
        page.rank = rank
    Justificatif.objects.bulk_update(pages, ["rank"])


def _refuse_sent(justificatif: Justificatif) -> None:
    if justificatif.sent_at is not None:
        raise TransitionRefused(
            "Ce document est déjà envoyé\xa0: il reste joint à votre demande.", code=Code.ALREADY_SENT
        )


@transaction.atomic
def remove_justificatif(*, justificatif: Justificatif) -> None:
    """Remove a file that was not sent. Raises TransitionRefused for evidence already sent."""
    _lock_joinable(justificatif.dispense)
    current = Justificatif.objects.select_for_update().filter(pk=justificatif.pk).first()
    if current is None:
        return
    _refuse_sent(current)
    current.delete()
    if current.is_infected:
        left = Justificatif.objects.filter(dispense=current.dispense_id, scan_status=ScanStatus.INFECTED)
        Dispense.objects.filter(pk=current.dispense_id).update(has_virus=left.exists())
    after_commit(storage.forget, current)
