"""Sessions know whose they are, and an account when it was closed. Nobody is signed out, but accounts that are closed."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

BATCH = 1000


def close_what_is_closed(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("accounts", "User").objects.filter(is_active=False).update(closed_at=timezone.now())


def take_over(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The sessions of Django's table, which is emptied: its keys would open what nobody could end any more."""
    former, ours = apps.get_model("sessions", "Session"), apps.get_model("accounts", "Session")
    store, rows = SessionStore(), []
    for row in former.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=BATCH):
        user = store.decode(row.session_data).get(SESSION_KEY)
        rows.append(
            ours(
                session_key=row.session_key,
                session_data=row.session_data,
                expire_date=row.expire_date,
                user_id=None if user is None else int(user),
            )
        )
    ours.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    former.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_journal"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="closed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="fermé le"),
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.RunPython(close_what_is_closed, migrations.RunPython.noop),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
