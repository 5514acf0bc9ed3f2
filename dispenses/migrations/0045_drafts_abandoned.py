"""A draft that its owner gave up, which comes back for some days."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0044_documents_that_cannot_be_given")]

    operations = [
        migrations.AddField(
            model_name="dispense",
            name="abandoned_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="abandonnée le"),
        ),
    ]
