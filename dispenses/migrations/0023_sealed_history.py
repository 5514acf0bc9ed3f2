"""Seals on the history of the requests that are there already: from now on, what is changed behind the portal shows."""

from django.db import migrations, models

from dispenses.request.history import seal

BATCH = 500


def seal_what_is_there(apps, schema_editor):
    Dispense = apps.get_model("dispenses", "Dispense")
    Declaration, TimelineEvent = (
        apps.get_model("dispenses", "Declaration"),
        apps.get_model("dispenses", "TimelineEvent"),
    )
    last, rows = 0, 0
    while batch := list(Dispense.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        written = {"declarations": [], "events": []}
        found = {dispense.pk: [] for dispense in batch}
        for declaration in Declaration.objects.filter(dispense__in=batch).order_by("signed_at", "pk"):
            found[declaration.dispense_id].append((declaration.signed_at, 0, declaration.pk, declaration))
        for event in TimelineEvent.objects.filter(dispense__in=batch).order_by("at", "pk"):
            found[event.dispense_id].append((event.at, 1, event.pk, event))
        for dispense in batch:
            for *_, entry in sorted(found[dispense.pk], key=lambda one: one[:3]):
                entry.rank = dispense.history_rank + 1
                entry.seal = seal(dispense.history_seal, entry)
                dispense.history_rank, dispense.history_seal = entry.rank, entry.seal
                written["declarations" if isinstance(entry, Declaration) else "events"].append(entry)
        Declaration.objects.bulk_update(written["declarations"], ["rank", "seal"])
        TimelineEvent.objects.bulk_update(written["events"], ["rank", "seal"])
        Dispense.objects.bulk_update(batch, ["history_rank", "history_seal"])
        rows += sum(map(len, found.values()))
    if rows:
        print(f" {rows} ligne(s) d’historique scellées", end="")  # noqa: T201 – the operator reads it


def number_on(apps, schema_editor):
    """SQLite makes the table anew to add a column, and an empty one forgets that requests are numbered from 20000."""
    if schema_editor.connection.vendor == "sqlite" and not apps.get_model("dispenses", "Dispense").objects.exists():
        schema_editor.execute("DELETE FROM sqlite_sequence WHERE name = 'dispenses_dispense'")
        schema_editor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('dispenses_dispense', 19999)")


def _rank():
    return models.PositiveIntegerField(editable=False, null=True, verbose_name="rang")


def _seal():
    return models.CharField(blank=True, default="", editable=False, max_length=64, verbose_name="empreinte")


class Migration(migrations.Migration):
    dependencies = [("dispenses", "0022_pieces_and_turns")]

    operations = [
        migrations.AddField(
            "dispense",
            "history_rank",
            models.PositiveIntegerField(default=0, editable=False, verbose_name="lignes de l’historique"),
        ),
        migrations.AddField(
            "dispense",
            "history_seal",
            models.CharField(
                blank=True, default="", editable=False, max_length=64, verbose_name="empreinte de l’historique"
            ),
        ),
        migrations.RunPython(number_on, migrations.RunPython.noop),
        migrations.AddField("declaration", "rank", _rank()),
        migrations.AddField("declaration", "seal", _seal()),
        migrations.AddField("timelineevent", "rank", _rank()),
        migrations.AddField("timelineevent", "seal", _seal()),
        migrations.RunPython(seal_what_is_there, migrations.RunPython.noop),
    ]
