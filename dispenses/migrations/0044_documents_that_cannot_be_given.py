"""Why a document asked for again cannot be given."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0040_look_after_transfer")]

    operations = [
        migrations.AddField(
            model_name="complement",
            name="unavailable",
            field=models.JSONField(
                blank=True, db_default={}, default=dict, verbose_name="documents qu’il ne peut pas fournir"
            ),
        ),
    ]
