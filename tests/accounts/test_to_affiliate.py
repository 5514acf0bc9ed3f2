"""Rows written before « À affilier » existed: the migration tells them apart as the portal does since."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import Employee
from accounts.states import Standing
from dispenses.queue import standing
from tests.factories import DispenseFactory, EmployeeFactory

pytestmark = pytest.mark.django_db

MIGRATION = import_module("accounts.migrations.0044_who_is_to_be_affiliated")


def test_who_asked_in_vain_is_told_from_who_has_a_choice_to_make(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MIGRATION, "BATCH", 2)
    in_vain = [DispenseFactory(**{stage: True}).employee_id for stage in ("refused", "withdrawn", "ended")]
    to_choose = [EmployeeFactory(activated=True).pk, DispenseFactory().employee_id]
    EmployeeFactory()
    Employee.objects.filter(standing=Standing.TO_AFFILIATE).update(standing=Standing.ACTIVE)  # as they were written
    editor = SimpleNamespace(connection=connection)
    MIGRATION.tell_apart(apps, editor)
    found = dict(Employee.objects.values_list("pk", "standing"))
    assert [found[pk] for pk in in_vain] == [Standing.TO_AFFILIATE] * 3
    assert [found[pk] for pk in to_choose] == [Standing.ACTIVE] * 2
    assert standing.differences() == []
    MIGRATION.tell_no_more(apps, editor)
    assert not Employee.objects.filter(standing=Standing.TO_AFFILIATE).exists()
