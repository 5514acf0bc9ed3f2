"""A token of the API is held by a person whose right it follows: until now, by whoever made it."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from portal.lib.names import refuse_address, refuse_link

ACTS = [
    ("corrected", "Informations corrigées"),
    ("resent", "Lien renvoyé"),
    ("revoked", "Lien révoqué"),
    ("reminded", "Relance de plusieurs salariés"),
    ("colleague_invited", "Correspondant invité"),
    ("colleague_withdrawn", "Correspondant retiré"),
    ("token_made", "Jeton d’API créé"),
    ("token_taken_over", "Jeton d’API repris"),
    ("token_stopped", "Jeton d’API arrêté"),
    ("token_revoked", "Jeton d’API révoqué"),
]


def held_by_their_makers(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    tokens = apps.get_model("accounts", "ApiToken").objects.using(editor.connection.alias)
    tokens.update(holder_id=models.F("created_by_id"))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0013_without_axes"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apitoken",
            options={
                "ordering": ["-id"],
                "permissions": [("revoke_apitoken", "Peut révoquer un jeton d’API")],
                "verbose_name": "jeton d’API",
                "verbose_name_plural": "jetons d’API",
            },
        ),
        migrations.AddField(
            model_name="apitoken",
            name="holder",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="tenu par",
            ),
        ),
        migrations.AddField(
            model_name="apitoken",
            name="stopped_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="arrêté le"),
        ),
        migrations.AlterField(
            model_name="companyevent",
            name="act",
            field=models.CharField(choices=ACTS, max_length=20, verbose_name="acte"),
        ),
        migrations.AlterField(
            model_name="employer",
            name="name",
            field=models.CharField(max_length=200, validators=[refuse_link], verbose_name="raison sociale"),
        ),
        migrations.AlterField(
            model_name="user",
            name="first_name",
            field=models.CharField(max_length=100, validators=[refuse_address], verbose_name="prénom"),
        ),
        migrations.AlterField(
            model_name="user",
            name="last_name",
            field=models.CharField(max_length=100, validators=[refuse_address], verbose_name="nom"),
        ),
        migrations.RunPython(held_by_their_makers, migrations.RunPython.noop),
    ]
