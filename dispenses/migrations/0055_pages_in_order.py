"""In which order the pictures of one document are its pages."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0052_reading_of_the_page")]

    operations = [
        migrations.AddField(
            model_name="justificatif",
            name="rank",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name="rang"),
        ),
        migrations.AlterModelOptions(
            name="justificatif",
            options={"ordering": ["rank", "received_at", "id"], "verbose_name": "justificatif"},
        ),
    ]
