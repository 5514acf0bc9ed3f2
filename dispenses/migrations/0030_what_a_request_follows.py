import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A request that goes on from a dispense granted before knows which."""

    dependencies = [("dispenses", "0033_desk_ahead")]

    operations = [
        migrations.AddField(
            "dispense",
            "follows",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="followed_by",
                to="dispenses.dispense",
                verbose_name="fait suite à",
            ),
        ),
        migrations.AlterField(
            "dispense",
            "own_ends_on",
            models.DateField(
                blank=True, editable=False, null=True, verbose_name="fin avant d’être remplacée ou annoncée"
            ),
        ),
    ]
