"""manage.py diagnose: what support asks, with secrets and names planted everywhere and none of them in the text."""

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from notifications.enums import EmailStatus, Tallied
from notifications.models import OutgoingEmail, Tally
from portal import readiness
from portal.operations import diagnosis, exposition
from tests.factories import CorrespondentFactory, DispenseFactory, OutgoingCallFactory, UserFactory
from tests.notifications.conftest import queue

__all__ = ["queue"]  # the fixture
pytestmark = pytest.mark.django_db
PLANTED = "PLANTE-0123456789-" * 3
NAMES = ("Zénobie", "Quatrevaux", "zenobie.quatrevaux@exemple.fr", "Boulangerie Quatrevaux")


@pytest.fixture(autouse=True)
def _nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_probers", {})


def told(*words: str) -> str:
    output = StringIO()
    call_command("diagnose", *words, stdout=output)
    return output.getvalue()


def test_it_says_what_support_asks() -> None:
    Tally.add(Tallied.TASK_FAILED, "dispenses.tasks.end_dispenses", at=timezone.now(), detail="OSError")
    text = told()
    for title in diagnosis.SECTIONS:
        assert f"\n{title}\n" in text
    assert "illisible" not in text
    for said in (
        "django\xa0: 5.2",
        "celery\xa0: ",
        "migrations à faire\xa0: aucune",
        "PORTAL_UNDO_SECONDS\xa0: 0",
        "OSError",
        "Mo sur",
    ):
        assert said in text
    found = json.loads(told("--json"))
    assert found.keys() == diagnosis.SECTIONS.keys()
    assert found["travail"]["emails"] == {"en attente": 0, "retard (s)": 0, "en échec": 0}


def plant(settings: Any) -> None:
    """A secret in every setting that is a text or a list of texts, but for those that programs need as they are."""
    needed = (
        r"ENGINE|BACKEND|MODULE|ROOT|_DIR|DIRS|CELERY|LANG|ZONE|INSTALLED|MIDDLEWARE|URL|MODEL|ROUTERS|FORMAT|HASHERS"
    )
    for name in dir(django_settings):
        if not name.isupper() or re.search(needed, name) or name in diagnosis.TOLD:
            continue
        value = getattr(django_settings, name)
        if isinstance(value, str):
            setattr(settings, name, PLANTED)
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            setattr(settings, name, [PLANTED])


def test_nothing_secret_nor_personal_is_told(settings: Any, queue: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, last, email, company = NAMES
    employer = CorrespondentFactory(
        employer__name=company, user=UserFactory(first_name=first, last_name=last, email=email)
    ).employer
    DispenseFactory(employee__employer=employer, employee__first_name=first, employee__last_name=last, in_progress=True)
    queue(email)
    OutgoingEmail.objects.update(status=EmailStatus.FAILED, last_error=f"refusé : {email}")
    OutgoingCallFactory(last_error=f"https://{PLANTED}.exemple")
    plant(settings)
    settings.CELERY_BROKER_URL = f"redis://:{PLANTED}@{PLANTED}:6379/0"
    for name in ("USER", "PASSWORD", "HOST"):
        monkeypatch.setitem(django_settings.DATABASES["default"], name, PLANTED)
    monkeypatch.setattr(exposition, "queue_lengths", lambda: (_ for _ in ()).throw(ConnectionError(PLANTED)))
    for text in (told(), told("--json")):
        assert PLANTED not in text
        assert [name for name in NAMES if name in text] == []
    assert "SECRET_KEY_FALLBACKS\xa0: " in told()


def test_each_section_stands_without_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise OperationalError(f"connection to {PLANTED} refused")

    for name in diagnosis.SECTIONS:
        with monkeypatch.context() as patch:
            patch.setitem(diagnosis.SECTIONS, name, broken)
            found = diagnosis.report()
        assert found[name] == {"illisible": "OperationalError"}
        assert PLANTED not in str(found)


def test_only_settings_that_exist_are_listed() -> None:
    missing = [name for name in (*diagnosis.TOLD, *diagnosis.WHETHER) if not hasattr(django_settings, name)]
    assert missing == []
    words = ("KEY", "PASSWORD", "TOKEN", "SECRET_KEY", "DATABASE", "BROKER", "FROM", "CONTACT", "BASE_URL", "HOST")
    assert [name for name in diagnosis.TOLD if any(word in name for word in words)] == []
