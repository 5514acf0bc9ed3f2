"""The second factor: asked before anything opens, each code once, tries counted, a lost telephone."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services, tokens
from accounts.exceptions import Code, SecondFactorRefused
from accounts.models import Authenticator, RecoveryCode, User
from tests.accounts.mails import kinds
from tests.factories import PASSWORD, CorrespondentFactory, EmployeeFactory, StaffFactory, UserFactory
from tests.refusals import refused
from tests.second_factor import SECRET, code_of, hold_mailbox, protect, sign_in_fully

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("second_factor")]
STEP = reverse("second_facteur")
SET, PROVE = reverse("second_facteur_activer"), reverse("second_facteur_adresse")
RECOVER = reverse("second_facteur_secours")
MANAGE = reverse("second_facteur_gerer")
DESK = reverse("admin:index")
SIGN_IN = ("/connexion/", "/gestion/login/")


def password_only(client: Client, user: User) -> Client:
    answer = client.post(reverse("connexion"), {"username": user.email, "password": PASSWORD, "next": DESK})
    assert answer.status_code == 302
    return client


def secret_shown(client: Client) -> str:
    page = client.get(SET).content.decode()
    found = re.search(r'<code class="ea-break">([A-Z2-7 ]+)</code>', page)
    assert found
    return found.group(1).replace(" ", "")


def codes_shown(page: str) -> list[str]:
    return re.findall(r"<code>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</code>", page)


@pytest.mark.parametrize("enrolled", [False, True])
@pytest.mark.parametrize("who", ["staff", "superuser", "correspondant"])
def test_a_password_alone_opens_nothing(client, who, enrolled):
    user = {
        "staff": StaffFactory,
        "superuser": lambda: UserFactory(is_staff=True, is_superuser=True),
        "correspondant": lambda: CorrespondentFactory().user,
    }[who]()
    if enrolled:
        protect(user)
    password_only(client, user)
    for page in (DESK, reverse("accueil"), reverse("salaries"), reverse("demandes"), reverse("mes_informations")):
        answer = client.get(page)
        assert answer["Location"].startswith(STEP), page
    asked = client.get(STEP)
    assert asked.status_code == 200 if enrolled else asked["Location"].startswith(SET)
    assert client.post(reverse("mes_informations"), {"consentement": "1"})["Location"] == STEP
    assert client.get(MANAGE)["Location"].startswith(STEP)
    assert client.get(reverse("aide")).status_code == 200
    assert client.post(reverse("deconnexion")).status_code == 302


def test_an_employee_is_not_asked(client):
    user = EmployeeFactory(activated=True).user
    password_only(client, user)
    assert client.get(reverse("accueil")).status_code == 200
    assert client.get(STEP).status_code == 404


def test_level_centre_leaves_correspondents_alone(client, settings):
    settings.PORTAL_SECOND_FACTOR = "centre"
    password_only(client, CorrespondentFactory().user)
    assert client.get(reverse("salaries")).status_code == 200
    other = password_only(Client(), StaffFactory())
    assert other.get(DESK)["Location"].startswith(STEP)


def test_a_correspondent_appointed_during_a_session_is_asked_too(client):
    user = EmployeeFactory(activated=True).user
    password_only(client, user)
    assert client.get(reverse("salaries")).status_code == 403
    CorrespondentFactory(user=user)
    assert client.get(reverse("salaries"))["Location"].startswith(STEP)
    assert (
        "Vérifions d’abord que cette adresse est la vôtre"
        in client.get(reverse("salaries"), follow=True).content.decode()
    )


def test_a_factor_counts_once_a_code_of_it_was_given(client):
    user = StaffFactory()
    hold_mailbox(password_only(client, user), user)
    secret = secret_shown(client)
    assert secret_shown(client) == secret
    wrong = client.post(SET, {"code": "000000", "next": DESK})
    assert wrong.status_code == 422
    assert "Ce code est incorrect" in wrong.content.decode()
    assert not Authenticator.objects.exists()
    done = client.post(SET, {"code": code_of(secret), "next": DESK})
    assert len(set(codes_shown(done.content.decode()))) == services.second_factor.RECOVERY_CODES
    assert done["Cache-Control"] == "no-store"
    assert f'href="{DESK}"' in done.content.decode()
    assert client.get(DESK).status_code == 200
    assert kinds(user.email) == ["second_factor_set"]
    stored = Authenticator.objects.get()
    assert secret not in stored.sealed_secret
    assert secret not in str(client.session.items())


def test_a_key_that_changed_offers_another_secret(client):
    user = StaffFactory()
    hold_mailbox(password_only(client, user), user)
    first = secret_shown(client)
    session = client.session
    session["second_factor_pending"] = "illisible"
    session.save()
    assert secret_shown(client) != first


def test_the_page_shows_a_qr_code_that_the_csp_lets_through(client):
    user = StaffFactory(email="lea+gestion@exemple.fr")
    hold_mailbox(password_only(client, user), user)
    page = client.get(SET).content.decode()
    svg = page[page.index("<svg", page.index("Code QR")) :]
    svg = svg[: svg.index("</svg>")]
    assert "style" not in svg
    assert "ea-qr" in svg


def test_the_code_opens_the_session_under_a_new_key_and_leads_back(client):
    user = protect(StaffFactory())
    password_only(client, user)
    target = client.get(DESK)["Location"]
    assert "next=%2Fgestion%2F" in target
    before = client.session.session_key
    answer = client.post(STEP, {"code": f" {code_of(SECRET)[:3]} {code_of(SECRET)[3:]} ", "next": DESK})
    assert answer["Location"] == DESK
    assert client.session.session_key != before
    assert client.get(DESK).status_code == 200
    assert client.get(STEP, {"next": "https://pirate.example/"})["Location"] == MANAGE


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "\x00", "9" * 400, "-00001"])
def test_odd_codes_are_refused_in_words(client, code):
    protect(StaffFactory(email="a@b.fr"))
    password_only(client, User.objects.get(email="a@b.fr"))
    answer = client.post(STEP, {"code": code})
    assert answer.status_code == 422
    assert "ea-error" in answer.content.decode()
    assert client.get(DESK).status_code == 302


def test_a_code_never_serves_twice():
    user = protect(StaffFactory())
    with time_machine.travel(timezone.now(), tick=False):
        code = code_of(SECRET)
        services.check_second_factor(user=user, code=code)
        with refused(SecondFactorRefused, Code.WRONG_CODE, field="code", words="a déjà servi"):
            services.check_second_factor(user=user, code=code)
        with refused(SecondFactorRefused, Code.WRONG_CODE, field="code"):
            services.check_second_factor(user=user, code=code_of(SECRET, steps=-1))
        services.check_second_factor(user=user, code=code_of(SECRET, steps=1))


def test_the_code_that_set_the_factor_is_used_up():
    user = StaffFactory()
    with time_machine.travel(timezone.now(), tick=False):
        services.set_second_factor(user=user, secret=SECRET, code=code_of(SECRET))
        with refused(SecondFactorRefused, Code.WRONG_CODE, field="code"):
            services.check_second_factor(user=user, code=code_of(SECRET))


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_clocks_may_differ_by_half_a_minute(steps, right):
    user = protect(StaffFactory())
    with time_machine.travel(timezone.now(), tick=False):
        code = code_of(SECRET, steps=steps)
        if right:
            services.check_second_factor(user=user, code=code)
        else:
            with refused(SecondFactorRefused, Code.WRONG_CODE, field="code"):
                services.check_second_factor(user=user, code=code)


def test_tries_are_counted_then_wait_longer_and_longer_and_a_day_is_never_lost():
    user = protect(StaffFactory())
    now = timezone.now()
    waits = []
    for _ in range(12):
        with time_machine.travel(now, tick=False):
            with refused(SecondFactorRefused, Code.WRONG_CODE, field="code"):
                services.check_second_factor(user=user, code="000000")
            until = Authenticator.objects.get().closed_until
            if until:
                waits.append((until - now).total_seconds())
                with refused(SecondFactorRefused, Code.CLOSED, field="code"):
                    services.check_second_factor(user=user, code=code_of(SECRET))
                with refused(SecondFactorRefused, Code.CLOSED, field="code"):
                    services.use_recovery_code(user=user, code="abcd")
            now = until or now
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    with time_machine.travel(now, tick=False):
        services.check_second_factor(user=user, code=code_of(SECRET))
    assert Authenticator.objects.get().failures == 0


def test_a_recovery_code_opens_once_and_is_told(client):
    user = StaffFactory()
    codes = services.set_second_factor(user=user, secret=SECRET, code=code_of(SECRET))
    assert not RecoveryCode.objects.filter(code_hash__in=codes).exists()
    password_only(client, user)
    typed = codes[0].upper().replace("-", " ")
    assert client.post(RECOVER, {"code": "abcd-efgh-jkmn"}).status_code == 422
    answer = client.post(RECOVER, {"code": typed}, follow=True)
    assert answer.redirect_chain[-1][0] == MANAGE
    assert "Il vous en reste 9" in answer.content.decode()
    assert client.get(DESK).status_code == 200
    assert kinds(user.email) == ["second_factor_set", "recovery_code_used"]
    again = password_only(Client(), user)
    assert again.post(RECOVER, {"code": typed}).status_code == 422
    assert again.get(DESK).status_code == 302


def test_a_recovery_code_is_its_owner_s_alone():
    ours, theirs = (StaffFactory() for _ in range(2))
    codes = services.set_second_factor(user=ours, secret=SECRET, code=code_of(SECRET))
    protect(theirs)
    with refused(SecondFactorRefused, Code.WRONG_CODE, field="code"):
        services.use_recovery_code(user=theirs, code=codes[0])


def test_new_codes_want_the_password_and_void_the_former_ones(client):
    user = StaffFactory()
    former = services.set_second_factor(user=user, secret=SECRET, code=code_of(SECRET))
    sign_in_fully(client, user)
    assert client.get(MANAGE).status_code == 200
    assert client.post(MANAGE, {"current": "faux"}).status_code == 422
    page = client.post(MANAGE, {"current": PASSWORD}).content.decode()
    assert len(codes_shown(page)) == 10
    with refused(SecondFactorRefused, Code.WRONG_CODE, field="code"):
        services.use_recovery_code(user=user, code=former[0])
    assert services.use_recovery_code(user=user, code=codes_shown(page)[0]) == 9


def test_changing_the_application_wants_the_password_and_ends_other_sessions(client):
    user = protect(StaffFactory())
    sign_in_fully(client, user)
    other = sign_in_fully(Client(), user)
    secret = secret_shown(client)
    assert secret != SECRET
    code = code_of(secret)
    assert client.post(SET, {"code": code, "current": "faux"}).status_code == 422
    assert client.post(SET, {"code": code, "current": PASSWORD}).status_code == 200
    assert client.get(DESK).status_code == 200
    assert other.get(DESK)["Location"].startswith(SIGN_IN)
    with refused(SecondFactorRefused, Code.WRONG_CODE, field="code"):
        services.check_second_factor(user=user, code=code_of(SECRET))


def test_who_was_second_to_set_a_factor_does_not_replace_the_first():
    """An attacker with the password and the owner, each before the QR code of their own session."""
    user = StaffFactory()
    owner, other = User.objects.get(pk=user.pk), User.objects.get(pk=user.pk)
    codes = services.set_second_factor(user=owner, secret=SECRET, code=code_of(SECRET))
    theirs = services.new_factor_secret()
    with refused(SecondFactorRefused, Code.FACTOR_CHANGED, field="code", words="reconnectez-vous"):
        services.set_second_factor(user=other, secret=theirs, code=code_of(theirs))
    with refused(SecondFactorRefused, Code.FACTOR_CHANGED):
        services.renew_recovery_codes(user=other)
    assert services.use_recovery_code(user=owner, code=codes[0]) == 9


def test_two_browsers_before_their_qr_codes(client):
    user, there = StaffFactory(), Client()
    for one in (client, there):
        hold_mailbox(password_only(one, user), user)
    ours, theirs = secret_shown(client), secret_shown(there)
    assert ours != theirs
    assert client.post(SET, {"code": code_of(ours)}).status_code == 200
    assert there.post(SET, {"code": code_of(theirs)})["Location"].startswith(SIGN_IN)
    assert tokens.unseal(Authenticator.objects.get().sealed_secret) == ours


def test_a_key_that_changed_in_another_tab_is_told(client):
    user = StaffFactory()
    hold_mailbox(password_only(client, user), user)
    page = client.get(SET).content.decode()
    shown = re.search(r'name="shown" value="(\w+)"', page)[1]
    assert "Ce code est incorrect" in client.post(SET, {"code": "000000", "shown": shown}).content.decode()
    session = client.session
    del session["second_factor_pending"]
    session.save()
    answer = client.post(SET, {"code": "000000", "shown": shown}).content.decode()
    assert "La clé a changé dans un autre onglet" in answer


def test_a_half_open_session_changes_nothing(client):
    user = protect(StaffFactory())
    password_only(client, user)
    assert client.get(SET)["Location"].startswith(STEP)
    assert client.post(SET, {"code": "000000", "current": PASSWORD})["Location"].startswith(STEP)
    assert client.post(MANAGE, {"current": PASSWORD})["Location"].startswith(STEP)


def test_a_reset_ends_sessions_and_the_next_sign_in_sets_another(client):
    user = protect(StaffFactory())
    sign_in_fully(client, user)
    assert services.reset_second_factor(user=user)
    assert not services.reset_second_factor(user=user)
    assert client.get(DESK)["Location"].startswith(SIGN_IN)
    assert kinds(user.email) == ["second_factor_reset"]
    password_only(client, user)
    assert client.get(DESK, follow=True).redirect_chain[-1][0].startswith(PROVE)


def test_a_forgotten_password_does_not_go_round_the_factor(client):
    user = protect(StaffFactory())
    link = services.people.set_password_url(user).split("/", 3)[3]
    page = client.get(f"/{link}", follow=True)
    client.post(page.redirect_chain[-1][0], {"password": "une longue phrase toute neuve"})
    assert client.get(DESK)["Location"].startswith(STEP)


def test_who_set_a_factor_gives_it_even_where_none_is_asked(client, settings):
    settings.PORTAL_SECOND_FACTOR = "aucun"
    user = protect(StaffFactory())
    password_only(client, user)
    assert client.get(DESK)["Location"].startswith(STEP)
    plain = password_only(Client(), StaffFactory())
    assert "Second facteur désactivé sur cette machine" in plain.get(DESK).content.decode()


def test_a_secret_of_a_lost_key_is_told_not_a_crash(client, settings):
    user = protect(StaffFactory())
    Authenticator.objects.update(sealed_secret="illisible")
    password_only(client, user)
    assert "demandez à un administrateur" in client.post(STEP, {"code": "123456"}).content.decode()


def test_a_former_session_lives_on_after_the_upgrade():
    """Without a factor the session's hash is Django's own: putting this version online signs nobody out."""
    user = UserFactory()
    assert user.get_session_auth_hash() == super(User, user).get_session_auth_hash()
    before = user.get_session_auth_hash()
    user.second_factor_at = timezone.now() - timedelta(days=1)
    assert user.get_session_auth_hash() != before


def test_system_checks_pass():
    call_command("check")
