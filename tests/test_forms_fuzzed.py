"""Whatever is typed or forged in any form of any page, of the admin as of the portal, is never an error of ours."""

from itertools import cycle
from typing import Any
from urllib.parse import urljoin

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.forms import PageForm, forms_of
from tests.naughty import STRINGS
from tests.test_rights import ADDRESSES, ADMIN, address, made_world, signed_in, world

__all__ = ["made_world", "world"]  # the fixtures

pytestmark = pytest.mark.django_db
OURS = {"superuser": sorted(ADMIN), "correspondant": sorted(ADDRESSES), "titulaire": sorted(ADDRESSES)}
LEAVING = {"/deconnexion/", "/gestion/logout/"}
TOGETHER = 5  # times that a form is sent with a string in each field, beside once for each field alone


def _read(answer: Any) -> None:
    """To its end: a file that is handed over stays open until then."""
    if answer.streaming:
        b"".join(answer.streaming_content)


def pages(client: Client, keys: list[str], world: dict[str, Any]) -> dict[str, list[PageForm]]:
    """The forms of each page that opens, the same form of several pages once."""
    found: dict[str, list[PageForm]] = {}
    met = set()
    for key in keys:
        if key.startswith("api:"):
            continue
        path = address(key, world)
        answer = client.get(path)
        _read(answer)
        if answer.status_code != 200 or answer.streaming or "html" not in answer["Content-Type"]:
            continue
        for form in forms_of(answer.content.decode()):
            form.action = urljoin(path, form.action or path)
            same = (form.action.split("?")[0], tuple(form.typed))
            if same not in met and form.action.split("?")[0] not in LEAVING:
                met.add(same)
                found.setdefault(path, []).append(form)
    return found


def sent(client: Client, form: PageForm, /, **typed: str) -> int:
    """The status of an answer to that form; whatever it did is undone."""
    data = {name: values for name, values in form.values.items() if values} | {k: [v] for k, v in typed.items()}
    with transaction.atomic():
        ask = client.post if form.method == "post" else client.get
        answer = ask(form.action, data)
        _read(answer)
        transaction.set_rollback(True)
    return int(answer.status_code)


@pytest.mark.parametrize("role", OURS)
def test_naughty_strings_in_every_field_of_every_form(role: str, world: dict[str, Any]) -> None:
    client = signed_in(role, world)
    client.raise_request_exception = False
    strings = cycle(STRINGS)
    broken, tried, used = [], 0, set()
    for forms in pages(client, OURS[role], world).values():
        for form in forms:
            together = [dict(zip(form.typed, strings, strict=False)) for _ in range(TOGETHER)]
            alone = [{name: next(strings)} for name in form.typed]
            for typed in [*together, *alone]:
                code = sent(client, form, **typed)
                tried, used = tried + 1, used | set(typed.values())
                if code >= 500:
                    broken.append((form.method, form.action, typed))
    assert broken == []
    assert tried > 20, tried
    if role == "superuser":
        assert used == set(STRINGS)


@settings(
    max_examples=6, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(st.text(max_size=200), st.integers(0, 10**6))
def test_any_text_in_any_form_of_the_admin(world: dict[str, Any], text: str, place: int) -> None:
    client = signed_in("superuser", world)
    client.raise_request_exception = False
    if "forms" not in world:  # one world for all the examples
        found = pages(client, OURS["superuser"], world).values()
        world["forms"] = [form for some in found for form in some if form.typed]
    form = world["forms"][place % len(world["forms"])]
    for name in form.typed:
        assert sent(client, form, **{name: text.encode("utf-8", "replace").decode()}) < 500, (form.action, name)
