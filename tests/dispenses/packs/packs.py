"""Granted dispenses on chosen dates, and packs made of them."""

import copy
import hashlib
import io
import os
import zipfile
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Employee, Employer, User
from dispenses.enums import PackStatus, ScanStatus
from dispenses.models import Declaration, Dispense, EvidencePack, Justificatif, TimelineEvent, pack_storage
from dispenses.packs import preparation
from dispenses.workflow import Status
from portal.lib.dates import instant
from tests.factories import DispenseFactory, EmployeeFactory, StaffFactory

SIGNING_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def noon(day: date) -> datetime:
    return instant(day, 12)


def granted(employer: Employer, day: date, *, staff: User | None = None, **kwargs: Any) -> Dispense:
    """A dispense sent and granted on `day`, whatever today is."""
    stage = kwargs.pop("stage", Status.ACCEPTED)
    employee = kwargs.pop("employee", None) or EmployeeFactory(activated=True, employer=employer)
    dispense = DispenseFactory(employee=employee, stage=stage, staff=staff or StaffFactory(), **kwargs)
    at = noon(day)
    Dispense.objects.filter(pk=dispense.pk).update(submitted_at=at, decided_at=at, status_at=at)
    Declaration.objects.filter(dispense=dispense).update(signed_at=at)
    Justificatif.objects.filter(dispense=dispense).update(sent_at=at, received_at=at)
    TimelineEvent.objects.filter(dispense=dispense).update(at=at)
    return Dispense.objects.get(pk=dispense.pk)


def asked(employer: Employer, by: User, *, last: date | None = None, **kwargs: Any) -> EvidencePack:
    last = last or timezone.localdate()
    return preparation.ask(
        employer=employer, by=by, first_day=kwargs.pop("first", last - timedelta(days=700)), last_day=last, **kwargs
    )


def from_the_start(pack: EvidencePack) -> None:
    """Have the same pack prepared again, whatever was made of it."""
    fields = ("step", "parts", "done", "last_employee", "size", "digest", "joining", "joined", "joined_bytes")
    fresh = {name: EvidencePack._meta.get_field(name).get_default() for name in fields}
    EvidencePack.objects.filter(pk=pack.pk).update(status=PackStatus.QUEUED, due_at=timezone.now(), **fresh)


def content(pack: EvidencePack) -> bytes:
    pack.refresh_from_db()
    with pack_storage().open(pack.object_name, "rb") as file:
        return bytes(file.read())


def opened(pack: EvidencePack) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content(pack)))


def many(employer: Employer, count: int, *, size: int) -> None:
    """`count` granted dispenses, each of its own employee, with one document of `size` bytes each."""
    model = granted(employer, timezone.localdate() - timedelta(days=30))
    user, declaration, event = model.employee.user, model.declarations.get(), model.events.first()
    bytes_ = os.urandom(size)
    file = Justificatif(
        dispense=model,
        piece="attestation_mutuelle",
        name="attestation.pdf",
        content_type="application/pdf",
        size=size,
        sha256=hashlib.sha256(bytes_).hexdigest(),
        scan_status=ScanStatus.DISABLED,
        sent_at=model.submitted_at,
    )
    file.file.save("x", ContentFile(bytes_), save=True)
    employees = Employee.objects.bulk_create(
        EmployeeFactory.build_batch(count - 1, employer=employer, user=user, activated_at=timezone.now())
    )
    dispenses = []
    for employee in employees:
        clone = Dispense.objects.get(pk=model.pk)
        clone.pk, clone.employee = None, employee
        dispenses.append(clone)
    Dispense.objects.bulk_create(dispenses)
    for row in (declaration, event, *model.justificatifs.all()):
        clones = []
        for dispense in dispenses:
            clone = copy.copy(row)
            clone.pk, clone.dispense = None, dispense
            clones.append(clone)
        type(row).objects.bulk_create(clones)


def ready_pack(employer: Employer, by: User) -> EvidencePack:
    """A pack whose bytes are in the storage, without the work."""
    now = timezone.now()
    pack = EvidencePack.objects.create(
        employer=employer,
        asked_by=by,
        first_day=now.date() - timedelta(days=300),
        last_day=now.date(),
        status=PackStatus.READY,
        sha256="0" * 64,
        ready_at=now,
        expires_at=now + timedelta(days=7),
    )
    pack_storage().save(pack.object_name, ContentFile(b"PK"))
    return pack
