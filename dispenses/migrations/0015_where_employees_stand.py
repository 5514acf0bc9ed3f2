from django.db import migrations, transaction

from portal.lib.searching import search_text

PIECE = 500
STANDINGS = {"accepted": 4, "in_progress": 3, "awaiting_complement": 2}


def write_down(apps, schema_editor):
    """Where each employee stands and the text that is searched, a piece at a time, in a transaction of its own.

    The text that is searched is never empty once it is written: stopped, it goes on where it was.
    """
    Employee = apps.get_model("accounts", "Employee")
    Dispense = apps.get_model("dispenses", "Dispense")
    last = 0
    while True:
        with transaction.atomic(using=schema_editor.connection.alias):
            left = Employee.objects.filter(pk__gt=last, search="").order_by("pk")
            piece = list(left.select_for_update()[:PIECE])
            if not piece:
                return
            _write_piece(piece, Employee, Dispense)
        last = piece[-1].pk


def _write_piece(piece, Employee, Dispense):
    sent = Dispense.objects.filter(employee__in=piece).exclude(status="draft").order_by("number")
    latest = dict(sent.values_list("employee_id", "status"))
    for employee in piece:
        employee.standing = STANDINGS.get(latest.get(employee.pk), 1 if employee.user_id else 0)
        employee.search = search_text(
            employee.last_name, employee.first_name, employee.matricule, employee.professional_email
        )
    Employee.objects.bulk_update(piece, ["standing", "search"], batch_size=500)


class Migration(migrations.Migration):
    atomic = False  # a transaction for each piece: the portal may be at work meanwhile
    dependencies = [
        ("dispenses", "0014_packs_holds_exports"),
        ("accounts", "0010_standing_and_company"),
    ]
    operations = [migrations.RunPython(write_down, migrations.RunPython.noop)]
