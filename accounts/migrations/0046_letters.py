"""An employee may have no address: a letter invites them, with a code of which the hash is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0043_to_affiliate")]

    operations = [
        migrations.AddField(
            "invitation", "letter_hash", models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
        migrations.AddIndex(
            "invitation",
            models.Index(condition=~models.Q(("letter_hash", "")), fields=["letter_hash"], name="invitation_of_letter"),
        ),
        migrations.AlterField(
            "employee",
            "professional_email",
            models.EmailField(blank=True, max_length=254, verbose_name="adresse e-mail professionnelle"),
        ),
    ]
