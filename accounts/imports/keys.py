"""The lines of imports that wait for a word: the NIR that they hold, sealed again with the first key."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

from cryptography.fernet import InvalidToken
from django.core.files import File

from accounts.enums import ImportStatus
from accounts.imports.runs import LEASE
from accounts.models import ImportRun, imports_storage
from accounts.models.imports import random_import_key
from accounts.nir import PURPOSE
from portal.lib import leases
from portal.lib.leases import LeaseLost
from portal.lib.rotation import Count
from portal.lib.sealing import sealed_anew

WAITING = (ImportStatus.READY, ImportStatus.IMPORTING)


def rotate_imports(*, check: bool) -> Count:
    """Count the lines that hold a NIR, and seal anew those of imports that nobody has launched yet.

    The lines of one that is being written are counted and left: they are gone as soon as it is done.
    """
    count = Count()
    for run in ImportRun.objects.filter(status__in=WAITING).exclude(rows="").iterator():
        before = count.old
        with suppress(FileNotFoundError), run.rows.open("rb") as file:  # written meanwhile: its lines are gone
            for _ in _lines(file, count):
                pass
        if count.old > before and not check and run.status == ImportStatus.READY:
            _write(run)
    return count


def _lines(file: IO[bytes], count: Count) -> Iterator[bytes]:
    """The lines as they are to be, one by one."""
    for line in file:
        number, values, *new = json.loads(line)
        sealed = values.get("sealed_nir")
        if not sealed:
            yield line
            continue
        try:
            anew = sealed_anew(sealed, PURPOSE)
        except InvalidToken:
            count.lost += 1
            yield line
            continue
        if anew is None:
            count.right += 1
            yield line
        else:
            count.old += 1
            yield json.dumps([number, {**values, "sealed_nir": anew}, *new], ensure_ascii=False).encode() + b"\n"


def _write(run: ImportRun) -> None:
    """Put the new lines in place of the former; nothing is done when the import was launched at that very instant.

    Each file is named by its row, as `source`, from before it is stored until it is deleted: none is lost.
    """
    former, name = str(run.rows.name), random_import_key(run, "rows")
    held = leases.take(ImportRun.objects.filter(status=ImportStatus.READY, rows=former), run.pk, lease=LEASE)
    if held is None or held.row.source:  # what was sent is to be purged first
        return
    with tempfile.TemporaryFile() as made:
        with run.rows.open("rb") as file:
            made.writelines(_lines(file, Count()))
        made.seek(0)
        try:
            held.renew(source=name)
            imports_storage().save(name, File(made))
            held.finish(source=former, rows=name)
        except LeaseLost:
            imports_storage().delete(name)
            return
    imports_storage().delete(former)
    ImportRun.objects.filter(pk=run.pk, source=former).update(source="")
