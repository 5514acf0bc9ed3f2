"""What sorts accounts and employers, and what is searched of employers, as for employees since 0023."""

from django.db import migrations, models

from portal.lib.searching import search_text, sort_key

BATCH = 1_000


def fill(apps, schema_editor):
    users, employers = apps.get_model("accounts", "User").objects, apps.get_model("accounts", "Employer").objects
    for user in users.only("last_name", "first_name").iterator(chunk_size=BATCH):
        users.filter(pk=user.pk).update(sort_name=sort_key(user.last_name, user.first_name))
    for employer in employers.only("name").iterator(chunk_size=BATCH):
        employers.filter(pk=employer.pk).update(search=search_text(employer.name), sort_name=sort_key(employer.name))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0027_guide_key")]

    operations = [
        migrations.AlterModelOptions(
            "employer", options={"ordering": ["sort_name", "name"], "verbose_name": "employeur"}
        ),
        migrations.AddField("employer", "search", models.TextField(blank=True, default="", editable=False)),
        migrations.AddField(
            "employer", "sort_name", models.CharField(blank=True, default="", editable=False, max_length=200)
        ),
        migrations.AddField(
            "user", "sort_name", models.CharField(blank=True, default="", editable=False, max_length=200)
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
