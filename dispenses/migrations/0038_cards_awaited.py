"""Cards asked for before the row of the dispense said so; what actes closed is written by the nightly job."""

from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery


def say_until_when(apps: Any, schema_editor: Any) -> None:
    dispenses = apps.get_model("dispenses", "Dispense").objects.using(schema_editor.connection.alias)
    asked = apps.get_model("dispenses", "LifeStep").objects.filter(dispense=OuterRef("pk"), step="card_asked")
    until = Subquery(asked.values("target")[:1])
    dispenses.filter(
        pk__in=apps.get_model("dispenses", "LifeStep").objects.filter(step="card_asked").values("dispense"),
        status="accepted",
        superseded_by__isnull=True,
        motif__code="cdd_moins_12_mois",
    ).update(look_card_by=until, look_on=until)


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0037_second_look")]

    operations = [migrations.RunPython(say_until_when, migrations.RunPython.noop, elidable=True)]
