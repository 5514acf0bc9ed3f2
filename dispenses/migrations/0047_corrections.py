"""What a complement opens to correction, and the corrections in preparation."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0046_questions")]

    operations = [
        migrations.AddField(
            model_name="complement",
            name="corrections",
            field=models.JSONField(blank=True, db_default=[], default=list, verbose_name="ce qu’il peut corriger"),
        ),
        migrations.AddField(
            model_name="complement",
            name="matricule",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=30, verbose_name="matricule corrigé"
            ),
        ),
        migrations.AddField(
            model_name="complement",
            name="hired_on",
            field=models.DateField(blank=True, null=True, verbose_name="date d’embauche corrigée"),
        ),
        migrations.AddField(
            model_name="complement",
            name="motif",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="dispenses.motif",
                verbose_name="motif corrigé",
            ),
        ),
    ]
