"""Who read or took what is known for three years, then forgotten."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from dispenses.enums import PackStatus, PackStep, Reading
from dispenses.keeping.journals import JOURNALS_KEPT, purge_journals
from dispenses.models import Consultation, EvidencePack, ListExport, PackReading, PayrollChange, PayrollFile
from dispenses.queue import payroll_log
from portal.lib.dates import add_years, start_of_day
from tests.factories import EmployeeFactory, EmployerFactory, PayrollProfileFactory, StaffFactory

pytestmark = pytest.mark.django_db


def test_only_what_is_older_than_its_length_goes() -> None:
    staff, employer = StaffFactory(), EmployerFactory()
    limit = start_of_day(add_years(timezone.localdate(), -JOURNALS_KEPT))
    for at in (limit - timedelta(seconds=1), limit):
        Consultation.objects.create(
            at=at, user=staff, by_centre=True, dispense_id=20_000, document=1, name="a.pdf", kind=Reading.choices[0][0]
        )
        ListExport.objects.create(at=at, user=staff, employer=employer, what="salaries", form="csv", rows=3)
        pack = EvidencePack.objects.create(
            employer=employer, asked_by=staff, asked_at=at, first_day=date(2020, 1, 1), last_day=date(2020, 12, 31),
            status=PackStatus.EXPIRED, step=PackStep.DONE,
        )  # fmt: skip
        PackReading.objects.create(pack=pack, user=staff, at=at)
    assert purge_journals() == 4
    for log in (Consultation, ListExport, PackReading):
        assert log.objects.get().at == limit
    assert EvidencePack.objects.get().asked_at == limit
    assert purge_journals() == 0


def test_a_pack_taken_late_stays_with_its_reading() -> None:
    staff, old = StaffFactory(), start_of_day(add_years(timezone.localdate(), -JOURNALS_KEPT - 1))
    pack = EvidencePack.objects.create(
        employer=EmployerFactory(), asked_by=staff, asked_at=old, first_day=date(2020, 1, 1),
        last_day=date(2020, 12, 31), status=PackStatus.EXPIRED, step=PackStep.DONE,
    )  # fmt: skip
    PackReading.objects.create(pack=pack, user=staff, at=timezone.now())
    assert purge_journals() == 0


def test_of_payroll_the_last_line_and_the_marker_stay() -> None:
    employee, staff = EmployeeFactory(), StaffFactory()
    limit = start_of_day(add_years(timezone.localdate(), -JOURNALS_KEPT))
    payroll_log.follow(employee.employer_id)
    employee.matricule = "N-2"
    employee.changed_at = timezone.now()
    employee.save()
    payroll_log.follow(employee.employer_id)
    PayrollChange.objects.update(noted_at=limit - timedelta(seconds=1))
    profile = PayrollProfileFactory(employer=employee.employer)
    ranks = ((0, 1, True), (1, 2, True), (2, 2, False))
    old, marker, cut = (
        PayrollFile.objects.create(
            profile=profile, user=staff, day=date(2020, 1, 1), after_rank=after, up_to_rank=up_to, rows=1,
            begun_at=limit - timedelta(days=1), taken_at=limit if taken else None,
        )
        for after, up_to, taken in ranks
    )  # fmt: skip
    assert purge_journals() == 2
    assert PayrollChange.objects.get().matricule == "N-2"
    assert set(PayrollFile.objects.all()) == {marker, cut}
    PayrollFile.objects.create(
        profile=profile, user=staff, day=date(2026, 1, 1), after_rank=2, up_to_rank=2, rows=0, taken_at=limit
    )
    assert purge_journals() == 2
    assert not PayrollFile.objects.filter(pk__in=[old.pk, marker.pk, cut.pk]).exists()
