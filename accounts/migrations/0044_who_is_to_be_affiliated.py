"""Who made a request that came to nothing, or whose dispense ended, was counted among those who have a choice to make.

By batches, each a statement of its own: it may be stopped, and run beside the portal.
"""

from typing import Any

from django.db import migrations
from django.db.models import Exists, Max, OuterRef

BATCH = 5000  # employees looked at by a statement
TO_AFFILIATE, ACTIVE = -1, 1


def tell_apart(apps: Any, editor: Any) -> None:
    """With an account, no affiliation that counts and no request that speaks otherwise: they were « active »."""
    employees = apps.get_model("accounts", "Employee").objects.using(editor.connection.alias)
    sent = apps.get_model("dispenses", "Dispense").objects.filter(employee=OuterRef("pk")).exclude(status="draft")
    last = employees.aggregate(last=Max("pk"))["last"] or 0
    for first in range(0, last + 1, BATCH):
        some = employees.filter(pk__gte=first, pk__lt=first + BATCH, standing=ACTIVE)
        some.filter(Exists(sent)).update(standing=TO_AFFILIATE)


def tell_no_more(apps: Any, editor: Any) -> None:
    """The former code knows no such state."""
    employees = apps.get_model("accounts", "Employee").objects.using(editor.connection.alias)
    employees.filter(standing=TO_AFFILIATE).update(standing=ACTIVE)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0043_to_affiliate"), ("dispenses", "0039_transfers")]

    operations = [migrations.RunPython(tell_apart, tell_no_more)]
