"""Nothing is kept without a word: the register names each model, each job that forgets, each setting of a length."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from dispenses.keeping.register import NOBODY_S, REGISTER, Kept, by_group
from dispenses.law.numbers import KEPT_FROM_END, KEPT_FROM_RECEIPT
from dispenses.request.drafts import DRAFT_LIFETIME
from portal.lib.typography import NBSP

FORGETS = re.compile(r"^(purge|forget)-")
SAYS_A_LENGTH = re.compile(r"^PORTAL_\w*(KEPT_DAYS|PACK_DAYS|INVITATION_DAYS|DATA_DAYS|NOTICE_DAYS)$")


def test_each_model_has_its_length() -> None:
    models = {model._meta.label for model in apps.get_models() if not model._meta.proxy}
    named = [label for kept in REGISTER for label in kept.models]
    assert models - set(named) - NOBODY_S == set()
    assert (set(named) | NOBODY_S) - models == set()
    assert len(named) == len(set(named))
    assert not NOBODY_S & set(named)


def test_each_job_that_forgets_is_named_and_exists() -> None:
    named = {job for kept in REGISTER for job in kept.jobs}
    assert {name for name in settings.CELERY_BEAT_SCHEDULE if FORGETS.match(name)} - named == set()
    assert named - set(settings.CELERY_BEAT_SCHEDULE) == set()


def test_each_setting_that_says_a_length_is_shown() -> None:
    named = {name for kept in REGISTER for name in kept.settings}
    assert {name for name in dir(settings) if SAYS_A_LENGTH.match(name)} == named


@pytest.mark.parametrize("kept", REGISTER, ids=lambda kept: kept.what)
def test_an_entry_says_what_how_long_and_why(kept: Kept) -> None:
    assert kept.what
    assert kept.words
    assert kept.why
    assert "{" not in kept.words


def test_a_group_stands_in_one_piece() -> None:
    groups = [group for group, _ in by_group()]
    assert len(groups) == len(set(groups))


@pytest.mark.django_db
def test_the_privacy_page_is_the_register(settings, client: Client) -> None:
    settings.PORTAL_IMPORT_KEPT_DAYS = 47
    page = client.get(reverse("donnees_personnelles")).content.decode()
    for kept in REGISTER:
        assert escape(kept.what) in page
        assert escape(kept.words) in page
        assert escape(kept.why) in page
    assert f"47{NBSP}jours" in page
    assert f"{DRAFT_LIFETIME // timedelta(days=1)}{NBSP}jours" in page
    assert f"{KEPT_FROM_RECEIPT}{NBSP}ans" in page
    assert f"{KEPT_FROM_END}e{NBSP}année" in page
