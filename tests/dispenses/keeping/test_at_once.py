"""Two workers at once do the work of one. On a real PostgreSQL."""

from datetime import timedelta

import pytest

from dispenses.keeping import evidence
from dispenses.models import Dispense, LeavingFile, Tombstone
from notifications.models import OutgoingEmail
from tests.dispenses.keeping.test_evidence import ANNOUNCED, NOTICE, night, old
from tests.dispenses.request.test_races import together
from tests.factories import CorrespondentFactory, EmployerFactory

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_two_beats_announce_once_and_forget_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "BATCH", 2)
    employer = EmployerFactory()
    CorrespondentFactory(employer=employer)
    dispenses = [old(employee__employer=employer) for _ in range(6)]
    for day, mails in ((ANNOUNCED, 1), (ANNOUNCED + NOTICE, 1), (ANNOUNCED + NOTICE + timedelta(days=1), 1)):
        results = together(*[lambda day=day: evidence.forget_evidence(night(day))] * 2)  # type: ignore[misc]
        assert all(isinstance(one, int) for one in results), results
        assert OutgoingEmail.objects.filter(kind="forgetting_announced").count() == mails
    assert not Dispense.objects.exists()
    assert sorted(Tombstone.objects.values_list("pk", flat=True)) == sorted(one.pk for one in dispenses)
    assert not LeavingFile.objects.exists()
