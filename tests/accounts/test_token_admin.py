"""Tokens of the API at the centre: seen by whoever examines, revoked by those who may, told to the company."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, CompanyEvent
from tests.factories import ApiTokenFactory, CorrespondentFactory, LeadFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def token() -> ApiToken:
    role = CorrespondentFactory()
    return ApiTokenFactory(employer=role.employer, created_by=role.user, holder=role.user, name="Paie Plus")


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_tokens_of_an_employer_are_seen_with_their_holder_and_last_use(token):
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    other = ApiTokenFactory(name="Ailleurs")
    client = signed_in(StaffFactory())

    employer = client.get(reverse("admin:accounts_employer_change", args=[token.employer_id])).content.decode()
    listing = f"{reverse('admin:accounts_apitoken_changelist')}?q={token.employer.siret}"
    assert listing in employer
    listed = client.get(listing).content.decode()
    assert token.name in listed
    assert other.name not in listed
    page = client.get(reverse("admin:accounts_apitoken_change", args=[token.pk])).content.decode()
    for shown in (token.holder.full_name, f"{token.last_day:%d/%m/%Y}", "Valable", "Lire l’état des salariés"):
        assert shown in page
    assert token.token_hash not in page
    assert "Révoquer" not in page


def test_token_is_revoked_once_and_the_company_reads_it(token):
    client, address = signed_in(LeadFactory()), reverse("admin:accounts_apitoken_revoquer", args=[token.pk])
    assert address in client.get(reverse("admin:accounts_apitoken_change", args=[token.pk])).content.decode()
    assert "tout de suite et définitivement" in client.get(address).content.decode()
    token.refresh_from_db()
    assert token.revoked_at is None

    assert "est révoqué" in client.post(address, follow=True).content.decode()
    token.refresh_from_db()
    assert token.revoked_at is not None
    event = CompanyEvent.objects.get(act="token_revoked")
    assert (event.employer, event.actor_label) == (token.employer, "le centre de gestion")
    assert LogEntry.objects.get().change_message
    assert "déjà révoqué" in client.post(address, follow=True).content.decode()
    assert CompanyEvent.objects.filter(act="token_revoked").count() == 1


def test_list_costs_the_same_for_many(token, django_assert_max_num_queries):
    client = signed_in(StaffFactory())
    for _ in range(12):
        role = CorrespondentFactory()
        ApiTokenFactory(employer=role.employer, created_by=role.user, holder=role.user)
    with django_assert_max_num_queries(10):
        client.get(reverse("admin:accounts_apitoken_changelist"))
