import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

CLOSED = """
CREATE FUNCTION accounts_journal_is_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Le journal d’administration ne se modifie pas.';
END $$;
CREATE TRIGGER accounts_journal_closed BEFORE UPDATE OR DELETE ON accounts_journalentry
    FOR EACH ROW EXECUTE FUNCTION accounts_journal_is_closed();
"""
OPEN = """
DROP TRIGGER accounts_journal_closed ON accounts_journalentry;
DROP FUNCTION accounts_journal_is_closed();
"""


def close(apps, schema_editor):
    """PostgreSQL refuses what no page offers: another program with the portal's own rights is refused too."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CLOSED)


def open_again(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(OPEN)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0014_tokens_are_held"),
    ]

    operations = [
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="le")),
                ("who", models.CharField(max_length=400, verbose_name="par")),
                (
                    "act",
                    models.CharField(
                        choices=[("added", "Ajout"), ("changed", "Modification"), ("deleted", "Suppression")],
                        max_length=12,
                        verbose_name="acte",
                    ),
                ),
                ("kind", models.CharField(max_length=100, verbose_name="sur")),
                ("object_id", models.CharField(blank=True, max_length=64, verbose_name="numéro")),
                ("object", models.CharField(max_length=200, verbose_name="objet")),
                ("detail", models.TextField(blank=True, verbose_name="détail")),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
            ],
            options={
                "verbose_name": "acte d’administration",
                "verbose_name_plural": "actes d’administration",
                "ordering": ["-at", "-id"],
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["at", "id"], name="journal_by_date")],
            },
        ),
        migrations.RunPython(close, open_again),
    ]
