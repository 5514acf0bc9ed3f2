"""Passkeys: added against the password, used in place of the code, each challenge once, whatever a program answers."""

import html
import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from webauthn.helpers import bytes_to_base64url

from accounts import services
from accounts.exceptions import Code, SecondFactorRefused
from accounts.models import Passkey, PasskeyChallenge, User
from tests.accounts.mails import kinds
from tests.factories import PASSWORD, CorrespondentFactory, EmployeeFactory, StaffFactory
from tests.passkeys import ORIGIN, SoftwareKey
from tests.refusals import refused
from tests.second_factor import protect, sign_in_fully

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("second_factor", "_at_an_address")]
STEP, MANAGE = reverse("second_facteur"), reverse("second_facteur_gerer")
USE, ADD, KEEP = reverse("second_facteur_cle"), reverse("cle_ajouter"), reverse("cle_enregistrer")
DESK = reverse("admin:index")
SESSION = "une-session"


@pytest.fixture
def _at_an_address(settings):
    settings.PORTAL_BASE_URL = ORIGIN


def enrol(user: User, key: SoftwareKey, name: str = "Clé du bureau") -> Passkey:
    options = services.options_to_add(user=user, session_key=SESSION)
    return services.add_passkey(user=user, session_key=SESSION, name=name, response=key.create(options))


def offered(page: str) -> str:
    found = re.search(r'data-options="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


def password_only(user: User) -> Client:
    client = Client()
    client.post(reverse("connexion"), {"username": user.email, "password": PASSWORD})
    return client


def use(user: User, key: SoftwareKey, **changed) -> Passkey:
    options = services.options_to_use(user=user, session_key=SESSION)
    return services.check_passkey(user=user, session_key=SESSION, response=key.get(options, **changed))


# Through the pages


@pytest.mark.parametrize("who", ["centre", "correspondant"])
def test_a_key_is_added_used_and_removed(client, who):
    user = protect(StaffFactory() if who == "centre" else CorrespondentFactory().user)
    home = DESK if who == "centre" else reverse("salaries")
    sign_in_fully(client, user)
    key = SoftwareKey()
    assert client.post(ADD, {"name": "Clé du bureau", "current": "faux"}).status_code == 422
    assert client.get(KEEP)["Location"] == MANAGE
    assert client.post(ADD, {"name": "Clé du bureau", "current": PASSWORD})["Location"] == KEEP
    page = client.get(KEEP).content.decode()
    assert json.loads(offered(page))["authenticatorSelection"]["userVerification"] == "required"
    assert client.post(KEEP, {"response": key.create(offered(page))}, follow=True).redirect_chain == [(MANAGE, 302)]
    assert "Clé du bureau" in client.get(MANAGE).content.decode()
    assert client.get(KEEP)["Location"] == MANAGE

    there = password_only(user)
    page = there.get(f"{STEP}?next={home}").content.decode()
    assert json.loads(offered(page))["userVerification"] == "required"
    assert "Code à 6 chiffres" in page
    before = there.session.session_key
    assert there.post(USE, {"response": key.get(offered(page)), "next": home})["Location"] == home
    assert there.session.session_key != before
    assert there.get(home).status_code == 200

    path = reverse("cle_retirer", args=[Passkey.objects.get().pk])
    assert "est retirée" in client.post(path, follow=True).content.decode()
    assert there.get(home).status_code == 302
    assert client.get(MANAGE).status_code == 200
    assert "était déjà retirée" in client.post(path, follow=True).content.decode()
    assert 'data-cle="get"' not in password_only(user).get(STEP).content.decode()
    assert [kind for kind in kinds(user.email) if kind.startswith("passkey")] == ["passkey_added", "passkey_removed"]


def test_a_wrong_answer_leads_back_to_the_code():
    user = protect(StaffFactory())
    enrol(user, SoftwareKey())
    client = password_only(user)
    client.get(STEP)
    for sent in ("", "{}", "x" * 30_000):
        page = client.post(USE, {"response": sent, "next": DESK}, follow=True)
        assert page.redirect_chain[0][0].startswith(STEP)
        assert "n’a pas été reconnue" in page.content.decode()
        assert f'value="{DESK}"' in page.content.decode()
    assert client.get(DESK).status_code == 302


def test_a_half_open_session_adds_and_removes_nothing():
    user = protect(StaffFactory())
    key = enrol(user, SoftwareKey())
    client = password_only(user)
    for path in (ADD, KEEP, reverse("cle_retirer", args=[key.pk])):
        assert client.post(path, {"name": "x", "current": PASSWORD, "response": "{}"})["Location"].startswith(STEP)
    assert Passkey.objects.count() == 1


def test_nobody_removes_the_key_of_another(client):
    key = enrol(protect(StaffFactory()), SoftwareKey())
    sign_in_fully(client, StaffFactory())
    assert client.post(reverse("cle_retirer", args=[key.pk])).status_code == 302
    assert client.post(f"/second-facteur/cles/{'9' * 30}/retirer/").status_code == 302
    assert Passkey.objects.count() == 1


def test_an_employee_has_no_such_page(client):
    client.force_login(EmployeeFactory(activated=True).user)
    assert [client.get(path).status_code for path in (ADD, KEEP)] == [404, 404]
    assert client.post(USE).status_code == 404


@pytest.mark.parametrize(
    ("address", "possible"),
    [
        ("https://portail.example", True),
        ("https://portail.example:8443/sous", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", False),
        ("https://192.0.2.1", False),
        ("https://[::1]", False),
        ("http://portail.example", False),
    ],
)
def test_keys_are_offered_where_browsers_know_them(client, settings, address, possible):
    settings.PORTAL_BASE_URL = address
    assert services.passkeys_possible() is possible
    sign_in_fully(client, StaffFactory())
    assert (ADD in client.get(MANAGE).content.decode()) is possible
    assert client.get(ADD).status_code == (200 if possible else 404)


# What is refused


def test_a_challenge_serves_once():
    user, key = protect(StaffFactory()), SoftwareKey()
    enrol(user, key)
    options = services.options_to_use(user=user, session_key=SESSION)
    response = key.get(options)
    services.check_passkey(user=user, session_key=SESSION, response=response)
    with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
        services.check_passkey(user=user, session_key=SESSION, response=response)


def test_a_challenge_serves_once_even_answered_wrong():
    user, key = protect(StaffFactory()), SoftwareKey()
    enrol(user, key)
    options = services.options_to_use(user=user, session_key=SESSION)
    with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
        services.check_passkey(user=user, session_key=SESSION, response=SoftwareKey(raw_id=key.raw_id).get(options))
    with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
        services.check_passkey(user=user, session_key=SESSION, response=key.get(options))


def test_a_challenge_dies_after_five_minutes():
    user, key = protect(StaffFactory()), SoftwareKey()
    enrol(user, key)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        first, second = (services.options_to_use(user=user, session_key=SESSION) for _ in range(2))
        clock.shift(timedelta(minutes=5) - timedelta(seconds=1))
        services.check_passkey(user=user, session_key=SESSION, response=key.get(first))
        clock.shift(timedelta(seconds=1))
        with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
            services.check_passkey(user=user, session_key=SESSION, response=key.get(second))
        assert services.purge_passkey_challenges() == 0
        services.options_to_use(user=user, session_key=SESSION)
        clock.shift(timedelta(minutes=5))
        assert services.purge_passkey_challenges() == 1


def test_a_challenge_is_its_session_s_its_person_s_and_its_purpose_s():
    user, other = protect(StaffFactory()), protect(StaffFactory())
    key, theirs = SoftwareKey(), SoftwareKey()
    enrol(user, key)
    enrol(other, theirs)
    elsewhere = services.options_to_use(user=user, session_key="une-autre")
    not_mine = services.options_to_use(user=other, session_key=SESSION)
    to_add = services.options_to_add(user=user, session_key=SESSION)
    made_up = json.dumps({"challenge": bytes_to_base64url(b"0" * 32)})
    for options in (elsewhere, not_mine, to_add, made_up):
        with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
            services.check_passkey(user=user, session_key=SESSION, response=key.get(options))
    with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
        services.add_passkey(
            user=user,
            session_key=SESSION,
            name="x",
            response=SoftwareKey().create(services.options_to_use(user=user, session_key=SESSION)),
        )
    assert Passkey.objects.count() == 2


def test_the_key_of_another_opens_nothing():
    user, other, theirs = protect(StaffFactory()), protect(StaffFactory()), SoftwareKey()
    enrol(user, SoftwareKey())
    enrol(other, theirs)
    with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
        use(user, theirs)


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://portail.example.pirate.example"},
        {"origin": "http://portail.example"},
        {"party": "pirate.example"},
        {"verified": False},
    ],
    ids=str,
)
def test_another_site_or_a_key_that_asked_nobody_is_refused(lie):
    user, key = protect(StaffFactory()), SoftwareKey()
    enrol(user, key)
    for name, value in lie.items():
        setattr(key, name, value)
    with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
        use(user, key)
    with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
        enrol(user, SoftwareKey(**lie))
    assert Passkey.objects.count() == 1


def test_a_count_that_goes_back_is_refused():
    user, key = protect(StaffFactory()), SoftwareKey(count=4)
    enrol(user, key)
    for count, right in ((5, True), (5, False), (3, False), (0, False), (6, True)):
        key.count = count
        if right:
            assert use(user, key).sign_count == count
        else:
            with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
                use(user, key)
    assert Passkey.objects.get().sign_count == 6


def test_a_key_that_counts_nothing_serves_again():
    user, key = protect(StaffFactory()), SoftwareKey()
    enrol(user, key)
    assert use(user, key).used_at is not None
    assert use(user, key).sign_count == 0


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 15_000,
        '{"id": 1}',
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","authenticatorData":"","signature":""}}',
        '{"id":"é","rawId":"é","type":"x","response":{}}',
        "\x00",
    ],
)
def test_odd_answers_are_refused_in_words(sent):
    user = protect(StaffFactory())
    enrol(user, SoftwareKey())
    with refused(SecondFactorRefused, Code.PASSKEY_REFUSED, words="Réessayez"):
        services.check_passkey(user=user, session_key=SESSION, response=sent)
    with refused(SecondFactorRefused, Code.PASSKEY_REFUSED, words="Réessayez"):
        services.add_passkey(user=user, session_key=SESSION, name="x", response=sent)


def test_a_key_is_added_once_and_ten_at_most():
    user, other, key = protect(StaffFactory()), protect(StaffFactory()), SoftwareKey()
    enrol(user, key)
    for person in (user, other):
        with refused(SecondFactorRefused, Code.PASSKEY_TAKEN):
            enrol(person, key)
    for _ in range(9):
        enrol(user, SoftwareKey())
    with refused(SecondFactorRefused, Code.TOO_MANY_PASSKEYS):
        enrol(user, SoftwareKey())


def test_a_reset_takes_the_keys_away():
    user = protect(StaffFactory())
    loaded = User.objects.get(pk=user.pk)
    enrol(user, SoftwareKey())
    options = services.options_to_add(user=loaded, session_key=SESSION)
    services.reset_second_factor(user=user)
    assert not Passkey.objects.exists()
    assert not PasskeyChallenge.objects.exists()
    with refused(SecondFactorRefused, Code.PASSKEY_REFUSED):
        services.add_passkey(user=loaded, session_key=SESSION, name="x", response=SoftwareKey().create(options))


def test_a_key_kept_under_a_factor_that_is_gone_is_refused():
    user = protect(StaffFactory())
    loaded = User.objects.get(pk=user.pk)
    services.reset_second_factor(user=user)
    with refused(SecondFactorRefused, Code.FACTOR_CHANGED):
        enrol(loaded, SoftwareKey())


def test_nothing_is_kept_that_could_sign(django_assert_num_queries):
    user, key = protect(StaffFactory()), SoftwareKey()
    options = json.loads(services.options_to_add(user=user, session_key=SESSION))
    stored = PasskeyChallenge.objects.get()
    assert options["challenge"] not in stored.challenge_hash
    assert str(user.pk) != options["user"]["id"]
    enrol(user, key)
    with django_assert_num_queries(2):  # the keys, the challenge
        services.options_to_use(user=user, session_key=SESSION)
