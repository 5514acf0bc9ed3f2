"""The demonstration, loaded on each day of the list, and every page that its people can walk to on that day."""

import re
from collections import Counter
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from accounts.imports import runs
from accounts.models import User
from dispenses.packs import preparation
from dispenses.queue import rows as queue
from dispenses.queue import standing
from portal.dev import demo
from tests.days import DAYS, instant
from tests.portal.dev import turns

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.every_day]

LINK = re.compile(r'\s(?:href|src|data-src)="([^"#]+)"')
LIKE_ONE_ANOTHER = 2  # requests, filters of a list… that are opened of one page, whoever does


def walk(email: str, opened: Counter[str]) -> None:
    """Open what the pages lead this person to from the first one, by GET alone; counts each page in `opened`."""
    client = Client()
    client.force_login(User.objects.get(email=email))
    waiting, met = ["/"], {"/"}
    while waiting:
        address = waiting.pop(0)
        name = resolve(urlsplit(address).path).view_name
        if opened[name] >= LIKE_ONE_ANOTHER and address != "/":
            continue
        opened[name] += 1
        answer = client.get(address)
        assert answer.status_code in {200, 302, 403}, address  # Django's own links ask no right; test_rights.py does
        links = [answer["Location"]] if answer.status_code == 302 else []
        content = answer.getvalue()
        answer.close()
        if answer["Content-Type"].startswith("text/html"):
            links += [unescape(link) for link in LINK.findall(content.decode())]
        found = {urljoin(address, link) for link in links}
        found = {link for link in found if link.startswith("/") and not link.startswith("/static/")}
        waiting += sorted(found - met)
        met |= found


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
def test_the_demonstration_is_whole_on_any_day(day: str) -> None:
    with time_machine.travel(instant(day)):
        assert demo.load()
        runs.sweep()
        preparation.sweep(timezone.now())
        assert queue.differences() == []
        assert standing.differences() == []
        assert turns.turns_on(timezone.localdate()) == turns.TURNS
        call_command("verify_history")
        opened: Counter[str] = Counter()
        for _, email in reversed(demo.ACCOUNTS):  # who may open most comes first
            walk(email, opened)
    assert len(opened) > 60, opened
