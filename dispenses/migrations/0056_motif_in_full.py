"""A motif is signed in full: « CDD ou apprentissage : moins de 12 mois… »."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0055_pages_in_order")]

    operations = [
        migrations.AlterField(
            model_name="declaration",
            name="motif_label",
            field=models.CharField(max_length=160, verbose_name="motif"),
        ),
    ]
