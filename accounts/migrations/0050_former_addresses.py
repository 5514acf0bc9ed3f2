"""The address that an account had before, which may take it back for some days."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0049_assist_employee")]

    operations = [
        migrations.CreateModel(
            name="FormerAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254, verbose_name="adresse")),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                (
                    "replaced_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="remplacée le"),
                ),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="reprise possible jusqu’au")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_addresses",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "adresse remplacée",
                "verbose_name_plural": "adresses remplacées",
                "default_permissions": (),
            },
        ),
    ]
