"""« Inviter un collègue »: nothing is told nor given before the holder of the address accepts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.exceptions import Code, CompanyRefused
from accounts.models import Appointment, ColleagueInvitation, CompanyEvent, Correspondent, User
from accounts.services import colleagues
from notifications.models import OutgoingEmail
from portal.logs import redact
from tests.accounts.mails import kinds, last_path, last_text
from tests.dispenses.request.test_races import together
from tests.factories import AdministratorFactory, CorrespondentFactory, StaffFactory, UserFactory
from tests.pages import page_of
from tests.refusals import refused
from tests.second_factor import protect, sign_in_fully

pytestmark = pytest.mark.django_db
ADDRESS = "camille.roy@exemple.fr"
PASSWORD = "une phrase que personne ne devine 27"


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory()


def invite(role: Correspondent, email: str = ADDRESS) -> ColleagueInvitation:
    return services.invite_colleague(
        employer=role.employer, by=role.user, email=email, first_name="Camille", last_name="Roy"
    )


def link(email: str = ADDRESS) -> str:
    return last_path(email, "/activation/correspondant/")


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def later(**delta: int) -> Any:
    return time_machine.travel(timezone.now() + timedelta(**delta))


def acts() -> list[str]:
    return list(CompanyEvent.objects.order_by("pk").values_list("act", flat=True))


def test_known_and_unknown_addresses_get_the_same_answer(role: Correspondent) -> None:
    holder = UserFactory(email="connu@exemple.fr", first_name="Prénomsecret", last_name="Nomsecret")
    client, page = browser(role.user), reverse("equipe", args=[role.employer_id])
    client.get(page)
    answers, costs = [], []
    for email in ("premier@exemple.fr", holder.email, "inconnu@exemple.fr"):
        posted = {"first_name": "Camille", "last_name": "Roy", "email": email}
        with CaptureQueriesContext(connection) as queries:
            sent = client.post(page, posted)
        costs.append([query["sql"].split()[0] for query in queries])
        assert sent.status_code == 302
        text = page_of(client.get(page))
        answers.append(text.replace(email, "x@x.fr"))
        assert "secret" not in text
        assert "secret" not in last_text(email)
        ColleagueInvitation.objects.all().delete()
        CompanyEvent.objects.all().delete()
    assert costs[1] == costs[2]  # the first one fills what is kept
    assert _still(answers[1]) == _still(answers[2])
    assert not Correspondent.objects.filter(user=holder).exists()
    assert kinds() == ["colleague_invitation"] * 3


def _still(text: str) -> str:
    """A page without what changes at each visit: its form's secret and keys."""
    import re

    return re.sub(r'value="[\w-]{64}"|invitations/\d+/', "", text)


def test_the_holder_accepts_and_the_others_are_told(role: Correspondent) -> None:
    holder = UserFactory(email=ADDRESS)
    invite(role)
    client, address = browser(holder), link()
    page = page_of(client.get(address))
    assert "Accepter" in page
    assert not Correspondent.objects.filter(user=holder).exists()  # a GET changes nothing
    answer = client.post(address, follow=True)
    assert "Vous êtes désormais correspondant" in page_of(answer)
    assert Correspondent.objects.filter(user=holder, employer=role.employer).exists()
    assert acts() == ["colleague_invited", "colleague_joined"]
    assert OutgoingEmail.objects.get(kind="correspondent_joined").to == role.user.email
    assert client.post(address).status_code == 410
    assert acts() == ["colleague_invited", "colleague_joined"]


def test_somebody_without_an_account_opens_one(role: Correspondent, client: Client) -> None:
    invite(role)
    address = link()
    page = page_of(client.get(address))
    assert "Ouvrez votre compte" in page
    assert 'value="Camille"' in page
    short = client.post(address, {"first_name": "Camille", "last_name": "Roy", "password": "court"})
    assert short.status_code == 200
    assert not User.objects.filter(email=ADDRESS).exists()
    answer = client.post(address, {"first_name": "Camille", "last_name": "Roy-Blanc", "password": PASSWORD})
    assert answer.status_code == 302
    holder = User.objects.get(email=ADDRESS)
    assert holder.full_name == "Camille Roy-Blanc"
    assert holder.check_password(PASSWORD)
    assert holder.correspondent_roles.get().employer == role.employer
    assert client.get(reverse("equipe", args=[role.employer_id])).status_code == 200


def test_who_has_an_account_signs_in_first(role: Correspondent, client: Client) -> None:
    UserFactory(email=ADDRESS)
    invite(role)
    address = link()
    page = page_of(client.get(address))
    assert f"/connexion/?next={address}" in page
    client.post(address, {"first_name": "Camille", "last_name": "Roy", "password": PASSWORD})
    assert not Correspondent.objects.filter(user__email=ADDRESS).exists()
    with refused(CompanyRefused, Code.ACCOUNT_EXISTS):
        services.join_with_new_account(
            invitation=ColleagueInvitation.objects.get(), first_name="C", last_name="R", password=PASSWORD
        )


def test_another_account_does_not_accept(role: Correspondent) -> None:
    invite(role)
    other, address = UserFactory(), link()
    client = browser(other)
    page = page_of(client.get(address))
    assert "Un autre compte est ouvert sur cet appareil" in page
    assert ">Accepter<" not in page
    client.post(address)
    with refused(CompanyRefused, Code.NOT_INVITED):
        services.accept_colleague(invitation=ColleagueInvitation.objects.get(), user=other)
    assert not Correspondent.objects.filter(user=other).exists()


def test_a_session_without_its_second_factor_accepts_nothing(role: Correspondent, second_factor: Any) -> None:
    holder = protect(UserFactory(email=ADDRESS))
    invite(role)
    client, address = browser(holder), link()
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/second-facteur/?next={quote(address, safe='')}"
    assert not holder.correspondent_roles.exists()
    assert sign_in_fully(client, holder).post(address).status_code == 302
    assert holder.correspondent_roles.exists()


@pytest.mark.parametrize("end", ["expired", "cancelled", "replaced", "withdrawn", "closed"])
def test_a_dead_link_gives_nothing(role: Correspondent, end: str) -> None:
    holder, colleague = UserFactory(email=ADDRESS), CorrespondentFactory(employer=role.employer)
    invitation = invite(role)
    address = link()
    days = 7 if end == "expired" else 0
    with later(days=days, minutes=11):
        if end == "cancelled":
            services.cancel_colleague(invitation=invitation, by=colleague.user)
        elif end == "replaced":
            services.resend_colleague(invitation=invitation, by=colleague.user)
        elif end == "withdrawn":  # what somebody proposed stops with their right
            services.withdraw_colleague(role=role, by=colleague.user)
        elif end == "closed":
            User.objects.filter(pk=role.user_id).update(is_active=False)
        client = browser(holder)
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code == (404 if end == "replaced" else 410)
            assert "n’est plus valable" in page_of(answer)
        if end != "replaced":
            with refused(CompanyRefused, Code.INVITATION_DEAD):
                services.accept_colleague(invitation=invitation, user=holder)
        else:
            assert browser(holder).post(link()).status_code == 302
    assert Correspondent.objects.filter(user=holder).exists() is (end == "replaced")


@pytest.mark.parametrize("factory", [StaffFactory, AdministratorFactory])
def test_a_member_of_the_centre_wants_an_administrator_too(factory: Callable[..., User], role: Correspondent) -> None:
    member, other = factory(email=ADDRESS), AdministratorFactory()
    invite(role)
    answer = browser(member).post(link(), follow=True)
    assert "un administrateur doit confirmer" in page_of(answer)
    appointment = Appointment.objects.get()
    assert (appointment.user, appointment.asked_by) == (member, role.user)
    assert not Correspondent.objects.filter(user=member).exists()
    with refused(CompanyRefused, Code.ONESELF):
        services.settle_appointment(appointment=appointment, by=member, confirm=True)
    services.settle_appointment(appointment=appointment, by=other, confirm=True)
    assert Correspondent.objects.filter(user=member).exists()


def test_what_nobody_answers_is_told_once_then_forgotten(role: Correspondent) -> None:
    invite(role)
    assert services.expire_colleagues() == 0
    with later(days=7, seconds=1):
        assert services.expire_colleagues() == 1
        assert services.expire_colleagues() == 0
        assert OutgoingEmail.objects.get(kind="colleague_expired").to == role.user.email
        assert acts() == ["colleague_invited", "colleague_expired"]
        page = page_of(browser(role.user).get(reverse("equipe", args=[role.employer_id])))
        assert "Expiré le" in page
        invite(role)  # again: it lives again
        assert ColleagueInvitation.objects.get().expired_at is None
    with later(days=15):
        assert services.expire_colleagues() == 1
    with later(days=110):
        services.expire_colleagues()
        assert not ColleagueInvitation.objects.exists()


def test_too_many_invitations_are_refused(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colleagues, "MOST", 2)
    for email in ("a@exemple.fr", "b@exemple.fr"):
        invite(role, email)
    with refused(CompanyRefused, Code.TOO_MANY_INVITATIONS, field="email"):
        invite(role)
    with refused(CompanyRefused, Code.JUST_SENT, field="email"):
        invite(role, "a@exemple.fr")
    assert OutgoingEmail.objects.count() == 2


def test_those_cancelled_since_count_in_the_day(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colleagues, "MOST", 2)
    for email in ("a@exemple.fr", "b@exemple.fr"):
        services.cancel_colleague(invitation=invite(role, email), by=role.user)
    with refused(CompanyRefused, Code.TOO_MANY_INVITATIONS, field="email"):
        invite(role)
    assert OutgoingEmail.objects.count() == 2
    with later(days=1, minutes=1):
        invite(role)


def _withdrawn(role: Correspondent) -> None:
    services.withdraw_colleague(role=role, by=CorrespondentFactory(employer=role.employer).user)
    CorrespondentFactory(user=role.user, employer=role.employer)


def _closed_and_reopened(role: Correspondent) -> None:
    role.user.is_active = False
    role.user.save()
    services.sweep_unheld()
    role.user.is_active = True
    role.user.save()


@pytest.mark.parametrize("lost", [_withdrawn, _closed_and_reopened])
def test_a_right_that_comes_back_wakes_no_link(lost: Callable[[Correspondent], None], role: Correspondent) -> None:
    invitation, holder = invite(role), UserFactory(email=ADDRESS)
    lost(role)
    with refused(CompanyRefused, Code.INVITATION_DEAD):
        services.accept_colleague(invitation=invitation, user=holder)
    colleague = CorrespondentFactory(employer=role.employer).user
    with later(minutes=11):
        services.resend_colleague(invitation=ColleagueInvitation.objects.get(), by=colleague)
        assert services.accept_colleague(invitation=invitation, user=holder)


def test_the_link_reaches_no_log_and_no_other_site(role: Correspondent, client: Client) -> None:
    invite(role)
    address = link()
    assert address.rstrip("/").rpartition("/")[2] not in redact(f"GET {address} 200")
    assert client.get(address).headers["Referrer-Policy"] == "strict-origin"
    assert OutgoingEmail.objects.get().sensitive


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_same_address_invited_or_accepted_twice_at_once_counts_once() -> None:
    role, holder = CorrespondentFactory(), UserFactory(email=ADDRESS)
    together(*[lambda: invite(role)] * 3)
    invitation = ColleagueInvitation.objects.get()
    assert kinds() == ["colleague_invitation"]
    together(*[lambda: services.accept_colleague(invitation=invitation, user=holder)] * 3)
    assert acts() == ["colleague_invited", "colleague_joined"]
