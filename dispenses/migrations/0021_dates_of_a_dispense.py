"""Since when a dispense speaks, when it is to be confirmed, and who asks for it: the law or the insurer's prudence.

Nothing that was signed is touched. A request that was sent takes effect on the event at which it was signed (hire or
first set-up, sixty days at most before), else on the day of its sending, and never before the hire. The numbers of rows
are told.
"""

from datetime import timedelta

from django.db import migrations, models
from django.utils import timezone

MOMENT = timedelta(days=60)
BATCH = 1000


def name_the_asker(apps, schema_editor):
    motifs = apps.get_model("dispenses", "Motif").objects.filter(yearly_proof=True)
    changed = motifs.update(yearly="prudence")
    if changed:
        print(f" {changed} édition(s) de motif confirmées chaque année par prudence,", end="")  # noqa: T201 – the operator reads it


def back_to_yes_or_no(apps, schema_editor):
    apps.get_model("dispenses", "Motif").objects.exclude(yearly="none").update(yearly_proof=True)


def date_requests(apps, schema_editor):
    Acte, Dispense = apps.get_model("accounts", "Acte"), apps.get_model("dispenses", "Dispense")
    set_ups, shares = {}, {}
    for employer, set_up, share in Acte.objects.order_by("-in_force_from").values_list(
        "employer_id", "first_set_up_on", "employee_share_from"
    ):
        set_ups[employer] = set_up
        shares[employer] = share or shares.get(employer)
    sent = Dispense.objects.filter(submitted_at__isnull=False).select_related("employee", "motif")
    number, last = 0, 0
    while batch := list(sent.filter(number__gt=last).prefetch_related("declarations").order_by("number")[:BATCH]):
        for dispense in batch:
            employer = dispense.employee.employer_id
            set_up = (shares if dispense.motif.due_only else set_ups).get(employer)
            asked = timezone.localdate(dispense.submitted_at)
            moments = [day for day in (dispense.hired_on, set_up) if day and day >= dispense.hired_on]
            near = [day for day in moments if asked - day <= MOMENT]
            dispense.effective_on = max(near) if near else max(asked, dispense.hired_on)
            signed = max((row.signed_at for row in dispense.declarations.all()), default=None)
            if dispense.status == "accepted" and dispense.motif.yearly != "none" and signed:
                dispense.confirm_by = _a_year_after(timezone.localdate(signed), dispense.ends_on)
        Dispense.objects.bulk_update(batch, ["effective_on", "confirm_by"])
        number, last = number + len(batch), batch[-1].number
    if number:
        print(f" {number} demande(s) envoyée(s) datées de leur prise d’effet", end="")  # noqa: T201 – the operator reads it


def _a_year_after(day, ends_on):
    leap = (day.month, day.day) == (2, 29)
    due = day.replace(year=day.year + 1, day=28) if leap else day.replace(year=day.year + 1)
    return due if ends_on is None or due <= ends_on else None


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0020_draw_again"), ("accounts", "0025_first_set_up")]

    operations = [
        migrations.AddField(
            "motif",
            "yearly",
            models.CharField(
                choices=[("none", "Rien"), ("prudence", "La prudence de l’assureur"), ("law", "La loi")],
                default="none",
                max_length=8,
                verbose_name="confirmation chaque année demandée par",
            ),
        ),
        migrations.AddField(
            "dispense",
            "effective_on",
            models.DateField(blank=True, null=True, verbose_name="dispense à compter du"),
        ),
        migrations.AddField(
            "dispense", "confirm_by", models.DateField(blank=True, null=True, verbose_name="à confirmer avant le")
        ),
        migrations.RunPython(name_the_asker, back_to_yes_or_no),
        migrations.RunPython(date_requests, migrations.RunPython.noop),
        migrations.RemoveField("motif", "yearly_proof"),
    ]
