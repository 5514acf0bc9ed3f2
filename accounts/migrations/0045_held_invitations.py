"""The invitations of an import may wait for a chosen day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0044_chases_and_dates"),
    ]

    operations = [
        migrations.AddField(
            model_name="employee",
            name="held_import",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="held",
                to="accounts.importrun",
            ),
        ),
        migrations.AddField(
            model_name="importrun",
            name="invite_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="invitations prévues le"),
        ),
        migrations.AddField(
            model_name="importrun",
            name="invited_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="invitations parties le"),
        ),
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(
                condition=models.Q(("held_import__isnull", False)), fields=["held_import", "id"], name="employee_held"
            ),
        ),
        migrations.AddIndex(
            model_name="importrun",
            index=models.Index(
                condition=models.Q(("invite_at__isnull", False), ("invited_at__isnull", True)),
                fields=["invite_at"],
                name="import_to_invite",
            ),
        ),
    ]
