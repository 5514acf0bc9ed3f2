"""What somebody did is found by its day, and the documents of one sending stand together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0056_motif_in_full")]

    operations = [
        migrations.AddIndex(
            "timelineevent",
            models.Index(condition=models.Q(("actor__isnull", False)), fields=["actor", "at"], name="event_of_actor"),
        ),
        migrations.AlterModelOptions(
            name="justificatif",
            options={
                "ordering": [
                    models.OrderBy(models.F("sent_at"), nulls_last=True),
                    "rank",
                    "received_at",
                    "id",
                ],
                "verbose_name": "justificatif",
            },
        ),
    ]
