"""Signing in with one's organisation, against a real provider: who is let in, linked, refused, and sent out."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from joserfc import jwt
from joserfc.jwk import RSAKey

from accounts import provider as asked_of
from accounts.models import Employee, Identity, Session
from notifications.models import OutgoingEmail
from portal.lib.organisation import Provider
from portal.settings.oidc import read_provider
from tests.factories import (
    PASSWORD,
    CorrespondentFactory,
    EmployeeFactory,
    InvitationFactory,
    StaffFactory,
    UserFactory,
)
from tests.servers.organisation import User as Somebody
from tests.servers.organisation import back_from, provider, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # of the provider
EMAIL = "nadia@levant.exemple"
EMPLOYEES = "/employeur/"
NADIA = Somebody(sub="nadia-1", claims={"email": EMAIL, "email_verified": True})
MFA = Somebody(sub="nadia-1", claims=NADIA.claims | {"amr": ["pwd", "mfa"], "acr": "eidas1"})


@pytest.fixture(autouse=True)
def _nobody_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked_of, "_quiet_until", {})


@pytest.fixture
def nadia() -> Any:
    return CorrespondentFactory(user=UserFactory(email=EMAIL)).user


@pytest.fixture
def at(settings: Any) -> Iterator[Provider]:
    """A provider that knows Nadia, somebody else of her address, and people who prove less."""
    unproven = Somebody(sub="nadia-2", claims={"email": EMAIL, "email_verified": False})
    silent = Somebody(sub="nadia-3", claims={"email": EMAIL})
    other = Somebody(sub="autre", claims={"email": EMAIL, "email_verified": True})
    with provider(NADIA, unproven, silent, other) as found:
        settings.PORTAL_OIDC = found
        yield found


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def told(client: Client) -> str:
    return client.get("/connexion/").content.decode()


def test_without_a_provider_nothing_is_offered(client: Client) -> None:
    assert "organisation" not in told(client)
    assert client.get(reverse("organisation")).status_code == 404
    assert client.get(reverse("organisation_retour")).status_code == 404


def test_a_correspondent_signs_in_and_is_told_once(client: Client, at: Provider, nadia: Any) -> None:
    assert "Se connecter avec Levant Connect" in told(client)
    answer = sign_in(client, "nadia-1", next=EMPLOYEES)
    assert answer["Location"] == EMPLOYEES
    assert client.get(EMPLOYEES).status_code == 200
    sign_in(Client(), "nadia-1")
    assert OutgoingEmail.objects.filter(kind="identity_linked", to=EMAIL).count() == 1
    assert Identity.objects.get(user=nadia).subject == "nadia-1"


def test_a_member_of_the_centre_signs_in(client: Client, at: Provider) -> None:
    StaffFactory(email=EMAIL)
    sign_in(client, "nadia-1")
    assert signed_in(client)


def test_the_account_follows_the_person_and_not_the_address(client: Client, at: Provider, nadia: Any) -> None:
    sign_in(Client(), "nadia-1")
    sign_in(client, "autre")
    assert not signed_in(client)
    assert "une autre personne" in told(client)
    nadia.email = "nadia.roche@exemple.fr"
    nadia.save()
    sign_in(client, "nadia-1")
    assert signed_in(client)


@pytest.mark.parametrize("subject", ["nadia-2", "nadia-3"])
def test_an_address_that_nobody_checked_links_nothing(client: Client, at: Provider, nadia: Any, subject: str) -> None:
    sign_in(client, subject)
    assert not signed_in(client)
    assert not Identity.objects.exists()


def test_a_provider_may_answer_for_its_addresses(client: Client, at: Provider, nadia: Any, settings: Any) -> None:
    settings.PORTAL_OIDC = replace(at, trusted_addresses=True)
    sign_in(client, "nadia-2")
    assert not signed_in(client)  # it says that this one is not checked
    sign_in(client, "nadia-3")
    assert signed_in(client)


@pytest.mark.parametrize("who", ["nobody", "employee", "closed", "no longer"])
def test_who_is_no_correspondent_nor_of_the_centre_is_not_let_in(client: Client, at: Provider, who: str) -> None:
    if who == "employee":
        EmployeeFactory(activated=True, user__email=EMAIL)
    if who == "closed":
        StaffFactory(email=EMAIL, is_active=False)
    if who == "no longer":
        role = CorrespondentFactory(user=UserFactory(email=EMAIL))
        sign_in(Client(), "nadia-1")
        role.delete()
    sign_in(client, "nadia-1")
    assert not signed_in(client)
    assert "Aucun compte de correspondant" in told(client)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("staff", [False, True])
def test_the_organisation_opens_no_account_that_holds_a_health_file(
    client: Client, at: Provider, known: bool, staff: bool
) -> None:
    user = StaffFactory(email=EMAIL) if staff else CorrespondentFactory(user=UserFactory(email=EMAIL)).user
    if known:
        sign_in(Client(), "nadia-1")
    EmployeeFactory(activated=True, user=user)
    sign_in(client, "nadia-1")
    assert not signed_in(client)
    page = told(client)
    assert "Ce compte est aussi celui d’un salarié" in page
    assert "votre adresse e-mail et votre mot de passe" in page
    assert Identity.objects.exists() is known


def test_a_session_of_the_organisation_attaches_no_employment(client: Client, at: Provider, nadia: Any) -> None:
    sign_in(client, "nadia-1")
    invitation = InvitationFactory(
        employee=EmployeeFactory(first_name=nadia.first_name, last_name=nadia.last_name, professional_email=EMAIL)
    )
    page = client.get(reverse("activation", args=[invitation.token])).content.decode()
    assert "Déconnectez-vous, puis connectez-vous avec votre adresse e-mail et votre mot de passe" in page
    assert "Rattacher" not in page
    for name in ("activation_rattacher", "activation_rattacher_code"):
        answer = client.post(reverse(name, args=[invitation.token]), follow=True).content.decode()
        assert "votre adresse e-mail et votre mot de passe" in answer
    assert Employee.objects.get().user is None
    assert not OutgoingEmail.objects.filter(kind="attaching_code").exists()


def test_an_employment_attached_with_the_password_ends_the_sessions_of_the_organisation(
    client: Client, at: Provider, nadia: Any
) -> None:
    sign_in(client, "nadia-1")
    here = Client()
    here.post("/connexion/", {"username": EMAIL, "password": PASSWORD})
    invitation = InvitationFactory(employee=EmployeeFactory(professional_email=EMAIL))
    here.post(reverse("activation_rattacher", args=[invitation.token]))
    assert Employee.objects.get().user == nadia
    assert signed_in(here)
    assert client.get(EMPLOYEES)["Location"].startswith("/connexion/")


@pytest.mark.usefixtures("second_factor")
@pytest.mark.parametrize(("factors", "levels", "asked"), [(set(), (), True), ({"mfa"}, ("eidas1",), False)])
def test_the_second_factor_is_given_there_or_here(
    client: Client, nadia: Any, settings: Any, factors: set[str], levels: tuple[str, ...], asked: bool
) -> None:
    with provider(MFA, factors=frozenset(factors), levels=levels) as settings.PORTAL_OIDC:
        sign_in(client, "nadia-1")
        page = client.get(EMPLOYEES)
    assert (page.status_code == 302 and "/second-facteur/" in page["Location"]) is asked


def test_a_level_below_the_one_asked_for_is_refused(client: Client, nadia: Any, settings: Any) -> None:
    with provider(NADIA, levels=("eidas2",)) as settings.PORTAL_OIDC:
        away = client.get("/connexion/organisation/")
        assert parse_qs(urlsplit(away["Location"]).query)["acr_values"] == ["eidas2"]
        client.get(back_from(away, subject="nadia-1"))
    assert not signed_in(client)


def test_giving_up_there_leads_back_in_words(client: Client, at: Provider) -> None:
    answer = client.get(back_from(client.get("/connexion/organisation/"), action="deny"))
    assert answer["Location"] == "/connexion/"
    assert "Vous avez renoncé" in told(client)


def _state_of_another(client: Client, address: str) -> str:
    return address.replace("state=", "state=x")


def _nonce_of_another(client: Client, address: str) -> str:
    session = client.session
    key = next(key for key in dict(session.items()) if key.startswith("_state_"))
    session[key]["data"]["nonce"] = "d-un-autre"
    session.save()
    return address


def _verifier_of_another(client: Client, address: str) -> str:
    client.cookies.clear()
    client.get("/connexion/organisation/")
    return address


def _code_twice(client: Client, address: str) -> str:
    Client().get(address)
    other = Client()
    other.cookies = client.cookies
    other.get(address)
    session = client.session
    session.flush()
    return address


@pytest.mark.parametrize("forged", [_state_of_another, _nonce_of_another, _verifier_of_another, _code_twice])
def test_an_answer_to_another_question_opens_nothing(
    client: Client, at: Provider, nadia: Any, forged: Callable[[Client, str], str]
) -> None:
    address = back_from(client.get("/connexion/organisation/"), subject="nadia-1")
    address = forged(client, address)
    answer = client.get(address)
    assert answer["Location"] == "/connexion/"
    assert not signed_in(client)
    assert "Cette connexion n’a pas abouti" in told(client)


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?error=server_error&state=x", "?code=\x00&state=%00"])
def test_whatever_comes_back_is_no_error_of_ours(client: Client, at: Provider, query: str) -> None:
    assert client.get(f"/connexion/organisation/retour/{query}").status_code == (400 if "\x00" in query else 302)
    assert not signed_in(client)


@pytest.mark.parametrize("next_page", ["//ailleurs.exemple/", "https://ailleurs.exemple/", "javascript:alert(1)"])
def test_the_way_back_stays_on_this_host(client: Client, at: Provider, nadia: Any, next_page: str) -> None:
    assert sign_in(client, "nadia-1", next=next_page)["Location"] == "/"


def test_a_provider_that_is_down_leaves_the_password(client: Client, settings: Any) -> None:
    with provider() as settings.PORTAL_OIDC:
        pass
    assert client.get("/connexion/organisation/")["Location"] == "/connexion/"
    page = told(client)
    assert "ne répond pas" in page
    assert 'name="password"' in page


def test_a_provider_of_another_name_is_not_believed(client: Client, signing: type["Signing"], settings: Any) -> None:
    signing.issuer = "https://autre.exemple"
    assert client.get("/connexion/organisation/")["Location"] == "/connexion/"


def test_a_silent_provider_is_left_alone_for_a_while(client: Client, signing: type["Signing"], nadia: Any) -> None:
    right, signing.issuer = signing.issuer, "https://autre.exemple"
    client.get("/connexion/organisation/")
    signing.issuer = right
    assert client.get("/connexion/organisation/")["Location"] == "/connexion/"
    assert "ne répond pas" in told(client)
    for one in asked_of._quiet_until:
        asked_of._quiet_until[one] -= asked_of.QUIET_SECONDS
    _through(client, signing)
    assert signed_in(client)


def test_signing_out_shows_the_way_out_of_the_organisation(client: Client, at: Provider, nadia: Any) -> None:
    sign_in(client, "nadia-1")
    page = client.post("/deconnexion/")
    assert not signed_in(client)
    assert page.status_code == 200
    address = page.context["address"]
    asked = parse_qs(urlsplit(address).query)
    assert asked["id_token_hint"]
    assert asked["state"]
    assert urlsplit(asked["post_logout_redirect_uri"][0]).path == "/connexion/"
    assert requests.get(address, allow_redirects=False, timeout=5).status_code < 400


def test_signing_out_with_the_provider_down_signs_out(client: Client, nadia: Any, settings: Any) -> None:
    with provider(NADIA) as settings.PORTAL_OIDC:
        sign_in(client, "nadia-1")
    settings.PORTAL_OIDC = replace(settings.PORTAL_OIDC, name="autre")  # nothing kept of what it published
    assert client.post("/deconnexion/")["Location"] == "/connexion/"
    assert not signed_in(client)


def test_an_operator_separates_an_account(client: Client, at: Provider, nadia: Any) -> None:
    sign_in(client, "nadia-1")
    call_command("unlink_identity", EMAIL, stdout=io.StringIO())
    assert not Session.objects.filter(user=nadia).exists()
    sign_in(Client(), "autre")
    assert Identity.objects.get(user=nadia).subject == "autre"
    with pytest.raises(CommandError):
        call_command("unlink_identity", "personne@exemple.fr")


class Signing(BaseHTTPRequestHandler):
    """A provider that tells of a person in a signed answer, as ProConnect does; faults on demand."""

    key = RSAKey.generate_key(2048, parameters={"kid": "une"}, auto_kid=False)
    other = RSAKey.generate_key(2048, parameters={"kid": "une"}, auto_kid=False)
    fault = ""
    nonce = ""
    issuer = ""

    def log_message(self, *args: Any) -> None:
        pass

    def _send(self, body: str, kind: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def _signed(self, claims: dict[str, Any], key: RSAKey) -> str:
        base = {"iss": self.issuer, "aud": "portail", "iat": 1, "exp": 4_000_000_000, "sub": "camille"}
        return str(jwt.encode({"alg": "RS256", "kid": "une"}, base | claims, key))

    def do_GET(self) -> None:
        if self.path.endswith("openid-configuration"):
            pages = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token", "userinfo")}
            signs = {"id_token_signing_alg_values_supported": ["none", "RS256"], "jwks_uri": f"{self.issuer}/jwks"}
            self._send(json.dumps({"issuer": self.issuer, **pages, **signs}))
        elif self.path == "/jwks":
            self._send(json.dumps({"keys": [self.key.as_dict(private=False)]}))
        else:
            claims: dict[str, Any] = {"email": EMAIL, "usual_name": "Roche"}
            claims |= {"userinfo sub": {"sub": "autre"}, "userinfo aud": {"aud": "autre"}}.get(self.fault, {})
            signs_it = self.other if self.fault == "userinfo key" else self.key
            self._send(self._signed(claims, signs_it), "application/jwt; charset=utf-8")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        wrong = {"id aud": {"aud": "autre"}, "id iss": {"iss": "https://autre"}, "id old": {"exp": 2}}
        claims = {"nonce": self.nonce} | wrong.get(self.fault, {})
        token = self._signed(claims, self.other if self.fault == "id key" else self.key)
        if self.fault == "id none":
            _, body, _ = token.split(".")
            token = f"eyJhbGciOiJub25lIn0.{body}."
        self._send(json.dumps({"access_token": "a", "token_type": "Bearer", "id_token": token}))


@pytest.fixture
def signing(settings: Any) -> Iterator[type[Signing]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Signing)
    threading.Thread(target=server.serve_forever, args=(0.05,)).start()
    Signing.issuer, Signing.fault = f"http://127.0.0.1:{server.server_port}", ""
    settings.PORTAL_OIDC = Provider(
        Signing.issuer, "ProConnect", "portail", "secret", ("openid", "email", "usual_name"), trusted_addresses=True
    )
    yield Signing
    server.shutdown()
    server.server_close()


def _through(client: Client, signing: type[Signing]) -> None:
    asked = parse_qs(urlsplit(client.get("/connexion/organisation/")["Location"]).query)
    signing.nonce = asked["nonce"][0]
    client.get("/connexion/organisation/retour/", {"code": "c", "state": asked["state"][0]})


def test_a_person_told_in_a_signed_answer_is_read(client: Client, signing: type[Signing], nadia: Any) -> None:
    _through(client, signing)
    assert signed_in(client)


FAULTS = ["id aud", "id iss", "id old", "id key", "id none", "userinfo sub", "userinfo aud", "userinfo key"]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_provider_did_not_sign_for_us_is_refused(
    client: Client, signing: type[Signing], nadia: Any, fault: str
) -> None:
    signing.fault = fault
    _through(client, signing)
    assert not signed_in(client)
    assert not Identity.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"), [("ISSUER", "http://ailleurs.exemple"), ("SCOPES", "email"), ("CLIENT_SECRET", "")]
)
def test_half_of_the_settings_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    whole = {"ISSUER": "https://id.exemple", "CLIENT_ID": "portail", "CLIENT_SECRET": "secret"}
    for key, given in (whole | {name: value}).items():
        monkeypatch.setenv(f"PORTAL_OIDC_{key}", given)
    with pytest.raises(ImproperlyConfigured, match=f"PORTAL_OIDC_{name}"):
        read_provider()
