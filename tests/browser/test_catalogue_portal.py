"""Every page of the portal, by role and by state, as Chromium shows it (tests/catalogue.py)."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.browser.looking import Window, faults
from tests.catalogue import DEVELOPMENT, PORTAL, World, each, groups
from tests.test_rights import made_world, world

__all__ = ["made_world", "world"]  # the fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow("minutes"), pytest.mark.django_db]


@pytest.mark.parametrize(("role", "state"), groups(PORTAL), ids=str)
def test_pages(role: str, state: str, world: World, window: Window, settings: Any) -> None:
    found: list[str] = []
    for page in each(PORTAL, role, state, world, settings, found):
        window.goto(page.path, page.response, page.client)
        found += [f"{page.line} · {fault}" for fault in faults(window)]
    assert not found, "\n".join(found)


def test_pages_of_development(window: Window, settings: Any, tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["To"] = "Activez votre compte", "virginie.durand@exemple.fr"
    mail.set_content("Bonjour,\n\nhttp://testserver/activation/secret/\n")
    (tmp_path / "0001_abc.eml").write_bytes(mail.as_bytes())
    settings.PORTAL_DEV_MAILBOX, settings.PORTAL_MAILBOX_DIR, settings.ROOT_URLCONF = True, tmp_path, "tests.dev_urls"
    found: list[str] = []
    for path in DEVELOPMENT.values():
        window.goto(path, Client().get(path), Client())
        found += [f"{path} · {fault}" for fault in faults(window)]
    assert not found, "\n".join(found)
