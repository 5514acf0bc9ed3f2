from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def keep_numbering(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite copies the table to add a column, and forgets where an empty one starts."""
    if schema_editor.connection.vendor == "sqlite" and not apps.get_model("dispenses", "Dispense").objects.exists():
        schema_editor.execute("DELETE FROM sqlite_sequence WHERE name = 'dispenses_dispense'")
        schema_editor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('dispenses_dispense', 19999)")


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0003_justificatif_examined")]

    operations = [
        migrations.AddField(
            model_name="dispense",
            name="has_virus",
            field=models.BooleanField(default=False, editable=False, verbose_name="document mis à l’écart"),
        ),
        migrations.RunPython(keep_numbering, migrations.RunPython.noop),
    ]
