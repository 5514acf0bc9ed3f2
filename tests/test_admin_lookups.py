"""What the address of an admin list may ask: its own filters, and nothing of the columns that it does not show."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import StaffAccount
from tests.factories import AdministratorFactory, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
LISTS = {model._meta.label_lower: model for model in admin.site._registry}
TOO_LARGE = "9" * 40
NAUGHTY = ["", "-1", TOO_LARGE, "é", "\x00", "(", "%", "'", "None", "1,2", "2026-02-30", "💥", "٣", "NaN", "1e9", " "]
ASKED = ("", "__exact", "__id__exact", "__isnull")
OF_DJANGO = ("o", "p", "all", "_to_field", "e", "_facets")


@pytest.fixture
def superuser(client: Client) -> Client:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def asked(client: Client, model: Any, **parameters: str) -> int:
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return client.get(f"{page}?{urlencode(parameters)}").status_code


def filters(model: Any) -> list[str]:
    """What a list declares that it may be filtered by."""
    declared = admin.site._registry[model].list_filter
    return [item if isinstance(item, str) else item.parameter_name for item in declared]


def test_a_password_is_not_guessed_bit_by_bit(client: Client) -> None:
    client.force_login(AdministratorFactory())
    hashed = StaffFactory().password
    for lookup in ("password__regex", "password__startswith", "password", "user_ptr__password__contains"):
        assert asked(client, StaffAccount, **{lookup: hashed[:12]}) == 400
        assert asked(client, StaffAccount, **{lookup: "pas-ce-debut"}) == 400


@pytest.mark.parametrize("name", LISTS)
def test_no_list_answers_to_a_column_that_it_does_not_filter_by(name: str, superuser: Client) -> None:
    model = LISTS[name]
    declared = {f"{name}{lookup}" for name in filters(model) for lookup in ASKED}
    page = superuser.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
    if page.status_code != 200 or "cl" not in page.context:  # closed, or a list of ours, which reads its own parameters
        return
    for field in model._meta.get_fields():
        for lookup in (field.name, f"{field.name}__regex", f"{field.name}__gt", f"{field.name}__pk"):
            assert lookup in declared or asked(superuser, model, **{lookup: "1"}) in {302, 400}, lookup


def test_the_filters_of_a_list_still_filter(superuser: Client) -> None:
    lead = Group.objects.get(name="Responsable")
    shown = StaffFactory(email="anne@mutuelle.exemple")
    shown.groups.set([lead])
    hidden = StaffFactory(email="paul@mutuelle.exemple")
    page = superuser.get(reverse("admin:accounts_staffaccount_changelist"), {"groups__id__exact": lead.pk})
    assert shown.email in page.content.decode()
    assert hidden.email not in page.content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_no_value_of_a_filter_is_an_error_of_ours(name: str, superuser: Client) -> None:
    model = LISTS[name]
    for place, value in enumerate(NAUGHTY):
        for parameter in [*(f"{item}{ASKED[place % len(ASKED)]}" for item in filters(model)), "q"]:
            assert asked(superuser, model, **{parameter: value}) < 500, (parameter, value)
    for parameter in [f"{item}{lookup}" for item in filters(model) for lookup in ASKED]:
        assert asked(superuser, model, **{parameter: TOO_LARGE}) < 500, parameter
    for place, parameter in enumerate(OF_DJANGO):
        assert asked(superuser, model, **{parameter: NAUGHTY[(len(name) + place) % len(NAUGHTY)]}) < 500, parameter


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(LISTS)), key=st.text(max_size=12), value=st.text(max_size=12))
def test_no_address_of_a_list_is_an_error_of_ours(superuser: Client, name: str, key: str, value: str) -> None:
    try:
        asked_for = {key.encode().decode(): value.encode().decode()}
    except UnicodeError:
        return
    assert asked(superuser, LISTS[name], **asked_for) < 500


@pytest.mark.parametrize("key", [*NAUGHTY, TOO_LARGE])
def test_a_forged_group_is_refused_in_words(key: str, superuser: Client) -> None:
    page = reverse("admin:accounts_user_change", args=[UserFactory().pk])
    answer = superuser.post(page, {"email": "a@exemple.fr", "last_name": "B", "groups": key})
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["groups"]
