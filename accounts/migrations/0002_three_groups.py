"""« Centre de gestion » becomes « Gestionnaire »: its members keep examining. Rights are given by « prepare »."""

from django.db import migrations


def rename(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    old = Group.objects.filter(name="Centre de gestion").first()
    if old is None:
        return
    new = Group.objects.filter(name="Gestionnaire").first()
    if new is None:
        old.name = "Gestionnaire"
        old.save(update_fields=["name"])
        return
    for user in apps.get_model("accounts", "User").objects.filter(groups=old):
        user.groups.add(new)
    old.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
