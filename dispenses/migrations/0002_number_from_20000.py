"""Requests are numbered from 20000 up: the number is the primary key."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def start_numbering(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE dispenses_dispense ALTER COLUMN number RESTART WITH 20000")
    elif schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DELETE FROM sqlite_sequence WHERE name = 'dispenses_dispense'")
        schema_editor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('dispenses_dispense', 19999)")


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0001_initial")]

    operations = [migrations.RunPython(start_numbering, migrations.RunPython.noop)]
