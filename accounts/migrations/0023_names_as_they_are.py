import idna
from django.db import migrations, models

import portal.lib.names
from portal.lib.searching import search_text, sort_key

BATCH = 1_000


def sort_and_search(apps, schema_editor):
    """What sorts and what is searched of those who are there already; the address in its one form."""
    employees = apps.get_model("accounts", "Employee").objects
    piece = []
    for employee in employees.only(
        "employer", "last_name", "birth_name", "first_name", "matricule", "professional_email"
    ).iterator(chunk_size=BATCH):
        email = _one_form(employee.professional_email)
        twins = employees.filter(employer=employee.employer_id, professional_email=email)
        if email != employee.professional_email and not twins.exists():
            employee.professional_email = email
        employee.sort_name = sort_key(employee.last_name, employee.first_name)
        employee.search = search_text(
            employee.last_name,
            employee.birth_name,
            employee.first_name,
            employee.matricule,
            employee.professional_email,
        )
        piece.append(employee)
        if len(piece) == BATCH:
            _write(employees, piece)
            piece = []
    _write(employees, piece)
    users = apps.get_model("accounts", "User").objects
    for user in users.only("email").iterator(chunk_size=BATCH):
        email = _one_form(user.email)
        if email != user.email and not users.filter(email=email).exists():
            users.filter(pk=user.pk).update(email=email)


def _write(employees, piece):
    employees.bulk_update(piece, ["sort_name", "search", "professional_email"], batch_size=500)


def _one_form(address):
    """As accounts.models.normalize_email has it from now on."""
    if address.isascii():
        return address
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        return address


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0022_webhooks_are_held"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="employee",
            name="employee_by_name",
        ),
        migrations.RemoveIndex(
            model_name="employee",
            name="employee_by_standing",
        ),
        migrations.AddField(
            model_name="employee",
            name="sort_name",
            field=models.CharField(blank=True, default="", editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="importrun",
            name="with_hidden",
            field=models.BooleanField(default=False, verbose_name="lignes et colonnes masquées comprises"),
        ),
        migrations.AlterField(
            model_name="employee",
            name="first_name",
            field=models.CharField(blank=True, max_length=100, verbose_name="prénom"),
        ),
        migrations.AlterField(
            model_name="user",
            name="first_name",
            field=models.CharField(
                blank=True, max_length=100, validators=[portal.lib.names.refuse_address], verbose_name="prénom"
            ),
        ),
        migrations.RunPython(sort_and_search, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(fields=["employer", "sort_name", "id"], name="employee_by_name"),
        ),
        migrations.AddIndex(
            model_name="employee",
            index=models.Index(fields=["employer", "standing", "sort_name", "id"], name="employee_by_standing"),
        ),
    ]
