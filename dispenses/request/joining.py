"""Joining and removing documents."""

import contextlib

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from dispenses.documents import examination, limits, rate, storage
from dispenses.documents.inspection import inspect
from dispenses.enums import ScanStatus
from dispenses.exceptions import Code, JustificatifRefused, TransitionRefused
from dispenses.law.editions import with_motif
from dispenses.models import Complement, Dispense, Justificatif
from dispenses.request.contents import open_complement, remaining_files
from dispenses.workflow import Status
from portal.lib.commits import after_commit


def lock_open(dispense: Dispense) -> tuple[Dispense, Complement | None]:
    """A draft, or a request awaiting a complement with that complement. Raises TransitionRefused otherwise."""
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
    """Join a file to a request not yet sent, or to the complement in preparation.

    The bytes are inspected before, and stored before the row that points to them.
    Raises JustificatifRefused (bad file, too many, storage) or TransitionRefused (request already sent).
    """
    rate.count(user=dispense.employee.user, upload=upload)
    inspected = inspect(upload)
    stored = ""
    try:
        with transaction.atomic():
            locked, _ = lock_open(dispense)
            if remaining_files(locked) == 0:
                raise JustificatifRefused(
                    f"Vous avez joint les {limits.max_files()} fichiers possibles. Retirez-en un pour le remplacer.",
                    code=Code.TOO_MANY_FILES,
                )
            asked = with_motif(locked).motif
            codes = [piece.code for piece in asked.required_justificatifs.all()] if asked else []
            justificatif = Justificatif(
                dispense=locked,
                piece=piece if piece in codes else "",
                name=inspected.name,
                content_type=inspected.content_type,
                size=inspected.size,
                sha256=inspected.sha256,
                pages=inspected.pages,
                scan_status=examination.first_status(),
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


@transaction.atomic
def remove_justificatif(*, justificatif: Justificatif) -> None:
    """Remove a file that was not sent. Raises TransitionRefused for evidence already sent."""
    lock_open(justificatif.dispense)
    current = Justificatif.objects.select_for_update().filter(pk=justificatif.pk).first()
    if current is None:
        return
    if current.sent_at is not None:
        raise TransitionRefused(
            "Ce document est déjà envoyé\xa0: il reste joint à votre demande.", code=Code.ALREADY_SENT
        )
    current.delete()
    if current.is_infected:
        left = Justificatif.objects.filter(dispense=current.dispense_id, scan_status=ScanStatus.INFECTED)
        Dispense.objects.filter(pk=current.dispense_id).update(has_virus=left.exists())
    after_commit(storage.forget, current)
