"""Each end of a dispense is to be kept by its cause. The column alone: 0036 says what goes there.

The image of before still writes rows while this one starts: the database gives them no end by cause.
"""

from django.db import migrations, models


class AddColumn(migrations.AddField):
    """SQLite makes the table anew to add a column: the number of the next request is kept, whatever is in the table."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        last = self._last(schema_editor)
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        if last is not None:
            schema_editor.execute("DELETE FROM sqlite_sequence WHERE name = 'dispenses_dispense'")
            schema_editor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('dispenses_dispense', %s)", [last])

    def _last(self, schema_editor):
        if schema_editor.connection.vendor != "sqlite":
            return None
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'dispenses_dispense'")
            found = cursor.fetchone()
        return found[0] if found else None


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0039_transfers")]

    operations = [
        AddColumn(
            "dispense",
            "ends",
            models.JSONField(
                blank=True, db_default={}, default=dict, editable=False, verbose_name="fins connues, par cause"
            ),
        ),
    ]
