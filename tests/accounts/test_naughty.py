"""Whatever is typed gets an answer below 500."""

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.factories import CorrespondentFactory, InvitationFactory

pytestmark = pytest.mark.django_db

TEXT = st.one_of(
    st.text(max_size=300),
    st.integers().map(lambda n: str(n * 10**19)),
    st.emails(),
    st.sampled_from(["a@" + "İ" * 60 + ".fr", "a@" + ("İ" * 60 + ".") * 4 + "fr", "\u202eنيتام", "a\x00b", "𝟛", "²"]),
)
calm = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@calm
@given(value=TEXT, other=TEXT)
@example(value="a@" + ("İ" * 60 + ".") * 4 + "fr", other="x")
def test_public_forms(client, value, other):
    for name, answers in (
        ("connexion", {"username": value, "password": other, "next": other}),
        ("mot_de_passe_oublie", {"email": value}),
    ):
        client.logout()
        assert client.post(reverse(name), answers).status_code < 500
    assert client.get(reverse("connexion"), {"next": value, "expiree": other}).status_code < 500


@calm
@given(value=TEXT, other=TEXT)
@example(value="a@" + ("İ" * 60 + ".") * 4 + "fr", other="x")
def test_activation_forms(client, value, other):
    invitation = InvitationFactory()
    first, second = (reverse(name, args=[invitation.token]) for name in ("activation", "activation_compte"))
    answers = {"has_personal_email": "oui", "personal_email": value, "personal_email_again": value}
    assert client.post(first, answers | {"marketing_consent": other}).status_code < 500
    client.post(first, answers | {"personal_email": "v@m.exemple", "personal_email_again": "v@m.exemple"})
    assert client.post(second, {"password": other, "code": value}).status_code < 500


@calm
@given(value=TEXT, other=TEXT)
def test_pre_affiliation_form(client, value, other):
    correspondent = CorrespondentFactory()
    client.force_login(correspondent.user)
    sound = {
        "first_name": "Camille",
        "last_name": "Martin",
        "professional_email": f"c{correspondent.pk}@levant.exemple",
        "matricule": "L-1",
        "hired_on_0": "3",
        "hired_on_1": "9",
        "hired_on_2": "2018",
        "contract_type": "cdi",
    }
    address = reverse("pre_affilier", args=[correspondent.employer_id])
    for field in sound:
        assert client.post(address, sound | {field: value, "encore": other}).status_code < 500
