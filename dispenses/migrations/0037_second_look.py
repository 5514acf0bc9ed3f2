from django.db import migrations, models

WORDS = {
    "look_on": "deuxième regard à partir du",
    "look_acte_on": "premier jour de l’acte qui ferme le motif",
    "look_card_by": "carte attendue jusqu’au",
}


class Migration(migrations.Migration):
    """A dispense that wants a second look says why on its row, and is found by its day, the nearest first."""

    dependencies = [("dispenses", "0034_one_index_to_confirm")]

    operations = [
        *(
            migrations.AddField(
                "dispense", name, models.DateField(blank=True, editable=False, null=True, verbose_name=words)
            )
            for name, words in WORDS.items()
        ),
        migrations.AddIndex(
            "dispense",
            models.Index(
                condition=models.Q(("look_on__isnull", False), ("superseded_by__isnull", True)),
                fields=["status", "look_on", "number"],
                name="dispense_to_look",
            ),
        ),
    ]
