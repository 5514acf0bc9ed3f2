"""The desk beyond plain reading: popups, autocompletes, actions and writing, by role, from the admin's registry."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import RequestFactory

from tests.test_rights import ADDRESSES, ADMIN, STAFF, address, expected, made_world, outcome, signed_in, world

__all__ = ["made_world", "world"]  # the fixtures

pytestmark = pytest.mark.django_db

# Gestionnaire · Responsable · Administrateur · without a group · superuser, as in test_rights.
AUTOCOMPLETES = {
    "accounts.correspondent.employer": "200 200 200 403 200",
    "dispenses.legalhold.employer": "200 200 200 403 200",
    "dispenses.transfer.former": "200 200 200 403 200",
    "dispenses.transfer.new": "200 200 200 403 200",
}
# Actions offered on a list, by model; « - » for none.
ACTIONS = {
    "accounts.user": "- - - - -",
    "accounts.trycount": "- - unlock - unlock",
    "dispenses.standardphrase": "- - delete_selected - delete_selected",
    "notifications.outgoingemail": "resend resend resend - resend",
}
# Who may write on the pages of a model: add, change, delete. A model that is not here is written by nobody.
WRITERS = {
    "accounts.user": ({"superuser"}, {"superuser"}, set()),
    "accounts.staffaccount": ({"administrateur", "superuser"}, {"administrateur", "superuser"}, set()),
    "accounts.employer": ({"administrateur", "superuser"}, {"administrateur", "superuser"}, set()),
    "accounts.correspondent": ({"administrateur", "superuser"}, set(), {"administrateur", "superuser"}),
    "dispenses.legalhold": ({"administrateur", "superuser"}, {"administrateur", "superuser"}, set()),
    "dispenses.transfer": ({"administrateur", "superuser"}, {"administrateur", "superuser"}, set()),
    "dispenses.question": (set(), {"centre", "responsable", "superuser"}, set()),
    "dispenses.motif": (set(), {"administrateur", "superuser"}, set()),
    "dispenses.standardphrase": tuple([{"administrateur", "superuser"}] * 3),
}
NOBODY: tuple[set[str], ...] = (set(), set(), set())
# One's own password leads to « Mes informations »; a request's page has no form of its own.
READ_BY_POST = {"admin:password_change", "admin:auth_user_password_change", "admin:dispenses_dispense_change"}


def label(model: Any) -> str:
    return str(model._meta.label_lower)


def by_role(line: str) -> dict[str, str]:
    return dict(zip(STAFF, line.split(), strict=True))


def declared() -> Iterator[str]:
    """Every autocomplete field of the admin's pages and of their inlines."""
    for model, page in admin.site._registry.items():
        for place, owner in [(page, model), *((inline, inline.model) for inline in page.inlines)]:
            yield from (f"{label(owner)}.{name}" for name in place.autocomplete_fields)


def test_every_autocomplete_has_its_line() -> None:
    assert set(declared()) == set(AUTOCOMPLETES)


@pytest.mark.parametrize("role", STAFF)
def test_an_autocomplete_answers_who_may_read_what_it_lists(role: str, world: dict[str, Any]) -> None:
    client = signed_in(role, world)
    for key, line in AUTOCOMPLETES.items():
        app, model, field = key.split(".")
        asked = {"app_label": app, "model_name": model, "field_name": field, "term": "a"}
        assert outcome(client.get("/gestion/autocomplete/", asked)) == by_role(line)[role], key


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.parametrize(
    "field",
    ["accounts.correspondent.user", "dispenses.dispense.employee", "accounts.employee.user", "nulle.part.ici"],
)
def test_an_autocomplete_that_no_page_declares_is_closed(role: str, field: str, world: dict[str, Any]) -> None:
    app, model, name = field.split(".")
    asked = {"app_label": app, "model_name": model, "field_name": name, "term": "a"}
    assert outcome(signed_in(role, world).get("/gestion/autocomplete/", asked)) == "403"


@pytest.mark.parametrize("role", STAFF)
def test_a_popup_opens_nothing_more(role: str, world: dict[str, Any]) -> None:
    client = signed_in(role, world)
    pages = [key for key in ADMIN if key.endswith(("_add", "_change", "_changelist", "_delete", "_history"))]
    found = {key: outcome(client.get(address(key, world), {"_popup": "1", "_to_field": "id"})) for key in pages}
    wrong = {key: code for key, code in found.items() if code not in (expected(key, role), "400")}
    assert wrong == {}


@pytest.mark.parametrize("role", STAFF)
def test_actions_are_offered_to_those_named_here(role: str, world: dict[str, Any]) -> None:
    for model, page in admin.site._registry.items():
        request = RequestFactory().get("/")
        request.user = world["people"][role]
        if not page.has_view_or_change_permission(request):
            continue
        offered = set(page.get_actions(request))
        line = by_role(ACTIONS.get(label(model), "- - - - -"))[role]
        assert offered == ({line} - {"-"}), label(model)


@pytest.mark.parametrize("role", STAFF)
def test_an_action_that_is_not_offered_does_nothing(role: str, world: dict[str, Any]) -> None:
    client = signed_in(role, world)
    for key in (k for k in ADMIN if k.endswith("_changelist")):
        name = key.removeprefix("admin:").removesuffix("_changelist").replace("_", ".", 1)
        pk = world["objects"].get(name.replace(".", "/"))
        if pk is None or by_role(ACTIONS.get(name, "- - - - -"))[role] == "delete_selected":
            continue
        data = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
        assert client.post(address(key, world), data).status_code < 500, key
        assert apps.get_model(name)._base_manager.filter(pk=pk).exists(), key


@pytest.mark.parametrize("role", STAFF)
def test_only_those_named_here_write(role: str, world: dict[str, Any]) -> None:
    client = signed_in(role, world)
    refused = {}
    for key in ADMIN:
        for place, verb in enumerate(("_add", "_change", "_delete")):
            name = key.removeprefix("admin:").removesuffix(verb).replace("_", ".", 1)
            if (
                key in READ_BY_POST
                or not key.endswith(verb)
                or "/" in key
                or role in WRITERS.get(name, (set(), set(), set()))[place]
            ):
                continue
            refused[key] = outcome(client.post(address(key, world), {"post": "yes"}))
    assert {key: code for key, code in refused.items() if code not in ("403", "404", "405")} == {}
    assert not LogEntry.objects.exists()


def test_the_writers_are_models_of_the_desk() -> None:
    known = {label(model) for model in admin.site._registry}
    assert set(WRITERS) <= known
    assert set(ACTIONS) <= known
    assert {key for key in ADDRESSES if key.endswith("_add")} == {
        f"admin:{model._meta.app_label}_{model._meta.model_name}_add" for model in admin.site._registry
    }
