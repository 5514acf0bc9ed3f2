"""A mail that a server refused for good: the correspondent is asked to tell, once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dispenses.life.ends import end_dispenses
from dispenses.life.steps import tell_steps
from dispenses.life.unreached import warn_of_unreached
from notifications.models import OutgoingEmail
from tests.dispenses.life.granted import DAY, granted, mail, mails

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("ends_in", "kind"), [(30, "dispense_ends_soon"), (-1, "dispense_ended")])
def test_a_refused_address_is_told_once(ends_in: int, kind: str) -> None:
    dispense = granted(ends_on=DAY + timedelta(days=ends_in))
    assert end_dispenses() + tell_steps() == 1
    assert warn_of_unreached() == 0
    OutgoingEmail.objects.filter(kind=kind).update(status="failed", last_error="550")
    assert warn_of_unreached() == 1
    assert warn_of_unreached() == 0
    assert mails(dispense)[-1] == "employee_to_warn"
    said = mail("employee_to_warn").text_body
    assert "à prévenir par vous" in said
    assert f"«\xa0{mail(kind).subject}\xa0» n’a pas pu lui être remis" in said


def test_mails_that_were_told_are_read_together(django_assert_num_queries: Any) -> None:
    for _ in range(3):
        granted(ends_on=DAY - timedelta(days=1))
    end_dispenses()
    OutgoingEmail.objects.filter(kind="dispense_ended").update(status="failed")
    assert warn_of_unreached() == 3
    with django_assert_num_queries(3):  # the mails, what was told of them, no more mails
        assert warn_of_unreached() == 0


def test_what_failed_long_ago_or_to_a_correspondent_is_left() -> None:
    granted(ends_on=DAY - timedelta(days=1))
    end_dispenses()
    OutgoingEmail.objects.filter(kind="affiliation_due").update(status="failed")
    assert warn_of_unreached() == 0
    OutgoingEmail.objects.filter(kind="dispense_ended").update(
        status="failed", created_at=timezone.now() - timedelta(days=31)
    )
    assert warn_of_unreached() == 0
