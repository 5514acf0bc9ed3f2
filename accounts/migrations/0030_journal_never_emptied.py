"""The journal of administration is not emptied at once either (0015 refuses what changes or removes a row)."""

from django.db import migrations

CLOSED = """
CREATE TRIGGER accounts_journal_never_emptied BEFORE TRUNCATE ON accounts_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_journal_is_closed();
"""
OPEN = "DROP TRIGGER accounts_journal_never_emptied ON accounts_journalentry;"


def close(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CLOSED)


def open_again(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(OPEN)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0033_payroll_acts")]

    operations = [migrations.RunPython(close, open_again)]
