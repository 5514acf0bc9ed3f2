"""Another address for one's own account, passwords with accents, what the activation says."""

import unicodedata
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services, tokens
from accounts.models import ApiToken, FormerAddress, Identity, JournalEntry, User
from accounts.services import code_life, own_address
from notifications.models import OutgoingEmail
from tests.accounts.mails import kinds, last_code, last_path, last_text
from tests.accounts.test_activation_pages import step_1, step_2
from tests.factories import (
    PASSWORD,
    ApiTokenFactory,
    CorrespondentFactory,
    EmployeeFactory,
    InvitationFactory,
    UserFactory,
)
from tests.pages import page_of

pytestmark = pytest.mark.django_db
NEXT = "moi@maison.exemple"
ASK, CODE = "/mes-informations/adresse/", "/mes-informations/adresse/code/"
ACCENTED = "Été à la mer, l’âne brait tôt"


@pytest.fixture
def user() -> User:
    found: User | None = EmployeeFactory(activated=True).user
    assert found is not None
    return found


@pytest.fixture
def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ask(browser: Client, email: str = NEXT, password: str = PASSWORD) -> str:
    return page_of(browser.post(ASK, {"email": email, "current": password}, follow=True))


def test_an_address_changes_once_the_new_one_has_given_its_code(browser: Client, user: User) -> None:
    before = user.email
    assert "Saisissez le code à 6" in ask(browser, "Moi@Maison.exemple")
    user.refresh_from_db()
    assert user.email == before
    page = page_of(browser.post(CODE, {"code": last_code(NEXT)}, follow=True))
    assert f"est maintenant {NEXT}" in page
    user.refresh_from_db()
    assert user.email == NEXT
    assert kinds(before)[-1] == "own_address_replaced"
    assert kinds(NEXT)[-1] == "own_address_changed"
    assert "adresse-precedente" not in last_text(NEXT)
    line = JournalEntry.objects.get(object_id=str(user.pk))
    assert (line.user, line.detail) == (user, "Adresse du compte changée")
    assert "@" not in f"{line.who} {line.object} {line.detail}"
    signed = Client().post("/connexion/", {"username": NEXT, "password": PASSWORD})
    assert signed.status_code == 302


def test_nothing_changes_without_the_password_or_with_a_wrong_code(browser: Client, user: User) -> None:
    assert "Le mot de passe actuel est incorrect" in ask(browser, password="autre chose de long")
    assert kinds(NEXT) == []
    ask(browser)
    right = last_code(NEXT)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(code_life.ATTEMPTS):
        assert "Ce code n’est pas celui" in page_of(browser.post(CODE, {"code": wrong}))
    assert "Trop d’essais" in page_of(browser.post(CODE, {"code": right}))
    assert User.objects.get(pk=user.pk).email == user.email


def test_a_code_of_one_address_is_not_that_of_another(browser: Client, user: User) -> None:
    ask(browser)
    former = last_code(NEXT)
    ask(browser, "autre@maison.exemple")
    assert "Ce code n’est pas celui" in page_of(browser.post(CODE, {"code": former}))
    assert User.objects.get(pk=user.pk).email == user.email


def test_nobody_learns_on_the_page_that_an_address_is_taken(browser: Client) -> None:
    UserFactory(email=NEXT)
    assert "Saisissez le code à 6" in ask(browser)
    assert kinds(NEXT) == ["new_address_taken"]
    assert "482913" not in OutgoingEmail.objects.get(to=NEXT).text_body


def test_the_present_address_is_not_a_new_one(browser: Client, user: User) -> None:
    assert "C’est déjà l’adresse de votre compte" in ask(browser, user.email)


def test_a_code_is_sent_again_and_the_page_needs_a_first_step(browser: Client) -> None:
    assert browser.get(CODE).url == ASK
    ask(browser)
    assert "Un nouveau code vient de partir" in page_of(browser.post(CODE, {"renvoyer": "1"}, follow=True))
    assert kinds(NEXT) == ["new_address_code"] * 2


def changed(browser: Client, email: str = NEXT) -> str:
    """Change the address; the path of the link received at the former one."""
    former = User.objects.get(pk=browser.session["_auth_user_id"]).email
    ask(browser, email)
    assert "est maintenant" in page_of(browser.post(CODE, {"code": last_code(email)}, follow=True))
    return last_path(former, "/adresse-precedente/")


def test_the_former_address_takes_the_account_back_once(browser: Client, user: User) -> None:
    before = user.email
    path = changed(browser)
    owner = Client()
    assert NEXT in page_of(owner.get(path))
    assert User.objects.get(pk=user.pk).email == NEXT  # scanners of mails open links
    chosen = owner.post(path, follow=True)
    assert chosen.redirect_chain[-1][0].startswith("/mot-de-passe/")
    user.refresh_from_db()
    assert user.email == before
    assert browser.get("/mes-informations/").status_code == 302  # whoever had changed it is out
    for identifier in (before, NEXT):
        assert Client().post("/connexion/", {"username": identifier, "password": PASSWORD}).status_code == 200
    owner.post(chosen.redirect_chain[-1][0], {"password": "un âne gris sous la pluie"})
    assert owner.get("/mes-informations/").status_code == 200
    assert kinds(NEXT)[-1] == "own_address_changed"
    assert JournalEntry.objects.filter(detail__startswith="Adresse du compte rétablie").count() == 1
    assert owner.get(path).status_code == owner.post(path).status_code == 410


def test_a_second_change_does_not_take_the_account_away_again(browser: Client, user: User) -> None:
    before = user.email
    first = changed(browser, "voleur@ailleurs.exemple")
    second = changed(browser, "voleur2@ailleurs.exemple")
    Client().post(first)
    user.refresh_from_db()
    assert user.email == before
    assert Client().post(second).status_code == 410
    user.refresh_from_db()
    assert user.email == before


def test_the_link_dies_after_three_days_and_is_forgotten(browser: Client, user: User) -> None:
    path = changed(browser)
    with time_machine.travel(timezone.now() + timedelta(days=own_address.UNDO_DAYS, minutes=1)):
        assert Client().post(path).status_code == 410
        assert own_address.purge_former_addresses() == 1
    assert User.objects.get(pk=user.pk).email == NEXT
    assert Client().get("/adresse-precedente/inconnu/").status_code == 410


def test_a_former_address_that_has_another_account_by_now_is_told_to_ask(browser: Client, user: User) -> None:
    before = user.email
    path = changed(browser)
    UserFactory(email=before)
    page = page_of(Client().post(path))
    assert "Un compte existe déjà avec cette adresse." in page
    assert "Contactez-nous" in page
    user.refresh_from_db()
    assert user.email == NEXT
    assert user.has_usable_password()


def test_what_was_opened_in_between_closes_with_the_link(browser: Client, user: User) -> None:
    role = CorrespondentFactory(user=user)
    kept = ApiTokenFactory(employer=role.employer, created_by=user, holder=user)
    Identity.objects.create(user=user, issuer="https://id.exemple", subject="avant")
    path = changed(browser)
    Identity.objects.create(user=user, issuer="https://autre.exemple", subject="voleur")
    made = ApiTokenFactory(employer=role.employer, created_by=user, holder=user)
    Client().post(path)
    assert not Identity.objects.exists()
    assert [one.pk for one in ApiToken.objects.filter(revoked_at__isnull=True)] == [kept.pk]
    made.refresh_from_db()
    assert made.revoked_at


def test_a_password_chosen_by_mail_forgets_who_was_linked_since_the_address_changed(
    browser: Client, user: User
) -> None:
    Identity.objects.create(user=user, issuer="https://id.exemple", subject="avant")
    changed(browser)
    Identity.objects.create(user=user, issuer="https://autre.exemple", subject="voleur")
    user.refresh_from_db()
    token = tokens.password_links.make_token(user)
    services.reset_password(user=user, token=token, password="un âne gris sous la pluie")
    assert [one.subject for one in Identity.objects.all()] == ["avant"]


def test_the_former_address_hears_of_a_link_to_an_organisation(browser: Client, user: User) -> None:
    before = user.email
    changed(browser)
    CorrespondentFactory(user=user)
    employee = user.employees.get()
    employee.user = employee.activated_at = None
    employee.save()
    services.account_of(issuer="https://id.exemple", subject="voleur", email=NEXT, organisation="Levant Connect")
    assert kinds(before)[-1] == kinds(NEXT)[-1] == "identity_linked"


@pytest.mark.parametrize("act", ["address", "password"])
def test_the_centre_s_own_change_closes_the_way_back(browser: Client, user: User, act: str) -> None:
    path = changed(browser)
    desk = Client()
    desk.force_login(UserFactory(is_staff=True, is_superuser=True))
    if act == "address":
        page = reverse("admin:accounts_user_change", args=[user.pk])
        desk.post(page, {"email": "sure@exemple.fr", "first_name": "A", "last_name": "B", "is_active": "on"})
    else:
        chosen = {"password1": "Une-phrase-violette-72", "password2": "Une-phrase-violette-72"}
        page = reverse("admin:auth_user_password_change", args=[user.pk])
        desk.post(page, chosen | {"usable_password": "true", "set-password": "1"})
    assert not FormerAddress.objects.exists()
    assert Client().post(path).status_code == 410
    assert User.objects.get(pk=user.pk).email == ("sure@exemple.fr" if act == "address" else NEXT)


def test_the_account_of_a_member_of_the_centre_is_not_given_back_by_a_link(browser: Client, user: User) -> None:
    path = changed(browser)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert Client().post(path).status_code == 410
    assert User.objects.get(pk=user.pk).email == NEXT


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_employer_whom_one_has_left_takes_no_account_back(browser: Client, user: User, when: str) -> None:
    before, today = user.email, timezone.localdate()
    left = today - timedelta(days=1) if when == "before" else today
    user.employees.update(professional_email=before, left_on=left)
    ask(browser)
    browser.post(CODE, {"code": last_code(NEXT)})
    assert User.objects.get(pk=user.pk).email == NEXT
    if when == "before":
        assert kinds(before)[-1] == "own_address_changed"
        assert "adresse-precedente" not in last_text(before)
        assert not FormerAddress.objects.exists()
        return
    path = last_path(before, "/adresse-precedente/")
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert Client().post(path).status_code == 410


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_composed_or_not_are_one_password(form: str) -> None:
    user = UserFactory()
    user.set_password(unicodedata.normalize(form, ACCENTED))
    user.save()
    for typed in ("NFC", "NFD"):
        assert user.check_password(unicodedata.normalize(typed, ACCENTED))
    assert not user.check_password(ACCENTED.replace("é", "e"))


def test_a_password_set_before_with_decomposed_accents_still_opens() -> None:
    user = UserFactory()
    super(User, user).set_password(unicodedata.normalize("NFD", ACCENTED))
    assert user.check_password(unicodedata.normalize("NFD", ACCENTED))


def test_a_password_that_is_right_is_kept_when_the_code_is_wrong(client: Client) -> None:
    invitation = InvitationFactory()
    step_1(client, invitation)
    page = page_of(
        step_2(client, invitation, "000000" if last_code(NEXT := "virginie@maison.exemple") != "000000" else "1")
    )
    assert f'value="{PASSWORD}"' in page
    assert NEXT in page
    assert PASSWORD not in page_of(client.get(reverse("activation_compte", args=[invitation.token])))
    assert 'value="court"' not in page_of(step_2(client, invitation, "1", password="court"))


def test_the_activation_speaks_in_the_words_of_the_guide(client: Client) -> None:
    invitation = InvitationFactory()
    page = " ".join(page_of(client.get(reverse("activation", args=[invitation.token]))).split())
    for words in (
        "Créez votre espace réservé",
        "Afin de bénéficier des avantages de votre mutuelle, nous vous invitons à activer votre compte",
        "pour avoir accès à la complémentaire santé souscrite par",
        "À l’occasion de chaque envoi, j’aurai la possibilité de mettre fin à ces communications",
    ):
        assert words in page
    step_1(client, invitation)
    assert 'autocomplete="username"' in page_of(client.get(reverse("activation_compte", args=[invitation.token])))
