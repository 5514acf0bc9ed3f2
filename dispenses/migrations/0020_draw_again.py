"""Documents whose drawing was given up are drawn again: it may have been the machine's fault, and it counts now."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def draw_again(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    files = apps.get_model("dispenses", "Justificatif").objects.using(schema_editor.connection.alias)
    files.filter(preview_status="failed").exclude(scan_status="infected").update(
        preview_status="pending", preview_attempts=0
    )


class Migration(migrations.Migration):
    dependencies = [
        ("dispenses", "0019_original_with_its_reason"),
    ]

    operations = [
        migrations.RunPython(draw_again, migrations.RunPython.noop),
    ]
