"""The date of hire, as the correspondent and the employee are asked for it."""

from datetime import date, timedelta

from django.utils import timezone

from portal.lib.fields import ThreePartDateField


def _latest_hire() -> date:
    return timezone.localdate() + timedelta(days=366)


def hire_date_field() -> ThreePartDateField:
    """The « Date d’embauche » asked of the correspondent and checked by the employee: 1940 to a year from today."""
    return ThreePartDateField(
        label="Date d’embauche", help_text="Par exemple, 3 9 2018.", min_date=date(1940, 1, 1), max_date=_latest_hire
    )
