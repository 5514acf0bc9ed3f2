"""What is declared of an employee is told once: a part forgotten elsewhere is found here."""

import csv
import io
from datetime import date
from typing import Any

import pytest

from accounts.employee.fields import ASKED, ATTRIBUTES, FIELDS, Declared, EmployeeField
from accounts.employee.together import complete, contradictions
from accounts.employee.values import ValueRefused
from accounts.imports import model
from accounts.models import Employee

TODAY = date(2026, 11, 23)
KEPT_BY_THE_PORTAL = {
    *("id", "employer", "user", "pre_affiliated_by", "created_at", "activated_at", "changed_at", "standing", "search"),
    *("sort_name", "rehired_from", "transferred_from", "transferred_on", "held_import"),
}


def test_every_column_of_the_database_is_declared_or_the_portals_own() -> None:
    stored = {column.name for column in Employee._meta.get_fields() if not column.auto_created} | {"id"}
    assert stored == {*ATTRIBUTES, *KEPT_BY_THE_PORTAL}
    assert set(Declared.__dataclass_fields__) == set(ATTRIBUTES)


def test_names_and_headings_tell_the_fields_apart() -> None:
    for name in ("attribute", "api_name", "heading", "label", "subject"):
        assert len({getattr(field, name) for field in FIELDS}) == len(FIELDS), name
    assert [field.asked.rank for field in ASKED if field.asked] == list(range(1, len(ASKED) + 1))
    assert len(ASKED) == len([field for field in FIELDS if field.asked])


def test_the_model_of_the_file_has_each_column_with_an_example_that_is_accepted() -> None:
    headings, example = csv.reader(io.StringIO(model.as_csv().decode("utf-8-sig")), delimiter=";")
    assert headings == [field.heading for field in FIELDS]
    for field, text in zip(FIELDS, example, strict=True):
        assert text or not field.required
        if text:
            field.read(text, TODAY)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.attribute)
def test_a_text_longer_than_its_column_is_refused(field: EmployeeField) -> None:
    with pytest.raises(ValueRefused):
        field.read("a" * 300, TODAY)


def test_a_permanent_contract_has_no_end() -> None:
    given: dict[str, Any] = {"birth_name": "Durand", "contract_type": "cdi"}
    complete(given)
    assert given == {"birth_name": "Durand", "last_name": "Durand", "contract_type": "cdi", "contract_ends_on": None}


def test_what_was_so_before_and_is_not_touched_is_left_alone() -> None:
    stored = {"contract_type": "cdi", "contract_ends_on": date(2030, 1, 1), "hired_on": date(2020, 1, 1)}
    assert [attribute for attribute, *_ in contradictions(stored, "")] == ["contract_ends_on"]
    assert list(contradictions(stored, "", {"professional_email"})) == []
    assert [attribute for attribute, *_ in contradictions(stored, "", {"contract_type"})] == ["contract_ends_on"]
