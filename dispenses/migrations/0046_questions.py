"""Questions of the contact form."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

ASKERS = [("employee", "Salarié"), ("correspondent", "Correspondant"), ("visitor", "Sans compte")]
SUBJECTS = [
    ("request", "Ma demande de dispense"),
    ("document", "Un document à joindre"),
    ("joining", "Mon adhésion ou ma cotisation"),
    ("right", "Puis-je être dispensé\xa0?"),
    ("employees", "Mes salariés et leurs invitations"),
    ("evidence", "Les preuves, la paie, l’API"),
    ("link", "Mon lien d’activation"),
    ("account", "Mon compte ou ma connexion"),
    ("data", "Mes données personnelles"),
    ("other", "Autre chose"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("dispenses", "0045_drafts_abandoned"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Question",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="reçue le")),
                ("asker", models.CharField(choices=ASKERS, max_length=20, verbose_name="qui")),
                ("name", models.CharField(max_length=210, verbose_name="nom")),
                ("email", models.EmailField(max_length=254, verbose_name="adresse e-mail")),
                ("subject", models.CharField(choices=SUBJECTS, max_length=20, verbose_name="objet")),
                ("number", models.PositiveBigIntegerField(null=True, verbose_name="demande N°")),
                ("text", models.TextField(max_length=4000, verbose_name="question")),
                ("network", models.CharField(blank=True, editable=False, max_length=50)),
                ("answered_at", models.DateTimeField(null=True, verbose_name="répondue le")),
                ("answer", models.TextField(blank=True, max_length=4000, verbose_name="réponse")),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="répondue par",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
            ],
            options={
                "verbose_name": "question",
                "ordering": ["-asked_at", "-id"],
                "default_permissions": ("view", "change"),
                "indexes": [
                    models.Index(
                        condition=models.Q(("answered_at__isnull", True)), fields=["asked_at"], name="question_waiting"
                    ),
                    models.Index(fields=["user", "asked_at"], name="question_by_user"),
                    models.Index(fields=["network", "asked_at"], name="question_by_network"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("answer", ""), ("answered_at__isnull", True), ("answered_by__isnull", True))
                        | (
                            models.Q(("answered_at__isnull", False), ("answered_by__isnull", False))
                            & models.Q(("answer", ""), _negated=True)
                        ),
                        name="question_answered_coherence",
                    )
                ],
            },
        ),
    ]
