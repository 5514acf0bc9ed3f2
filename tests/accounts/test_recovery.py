"""A lost telephone: what an administrator's reset does, and that it lets them neither read nor become the person."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.exceptions import Code, SecondFactorRefused
from accounts.models import JournalEntry, Passkey, RecoveryCode, StaffAccount, User
from tests.accounts.mails import kinds, last_text
from tests.factories import PASSWORD, AdministratorFactory, CorrespondentFactory, StaffFactory, UserFactory
from tests.passkeys import ORIGIN, SoftwareKey
from tests.refusals import refused
from tests.second_factor import SECRET, code_of, protect, sign_in_fully

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("second_factor")]
STEP, SET = reverse("second_facteur"), reverse("second_facteur_activer")
PROVE = reverse("second_facteur_adresse")
DESK = reverse("admin:index")


def protected(user: User) -> list[str]:
    """All that opens the second step of this account: an application, a passkey, recovery codes, which are returned."""
    protect(user)
    key = SoftwareKey()
    options = services.options_to_add(user=user, session_key="s")
    services.add_passkey(user=user, session_key="s", name="Clé", response=key.create(options))
    return services.renew_recovery_codes(user=user)


def person(who: str) -> tuple[User, str]:
    """Somebody who lost their telephone, and the page on which an administrator resets their factor."""
    if who == "centre":
        user = StaffFactory()
        return user, reverse("admin:accounts_staffaccount_second_facteur", args=[user.pk])
    role = CorrespondentFactory()
    return role.user, reverse("admin:accounts_correspondent_second_facteur", args=[role.pk])


@pytest.mark.parametrize("who", ["centre", "correspondant"])
def test_a_reset_gives_the_administrator_nothing(settings, who):
    settings.PORTAL_BASE_URL = ORIGIN
    user, page = person(who)
    codes, password = protected(user), user.password
    theirs, administrator = sign_in_fully(Client(), user), AdministratorFactory()
    admin = sign_in_fully(Client(), administrator)
    read = admin.get(page).content.decode() + admin.post(page, follow=True).content.decode()
    assert [secret for secret in (*codes, SECRET, password) if secret in read] == []
    assert admin.session["_auth_user_id"] == str(administrator.pk)

    user.refresh_from_db()
    assert (user.password, user.second_factor_at, user.is_active) == (password, None, True)
    assert not Passkey.objects.filter(user=user).exists()
    assert not RecoveryCode.objects.filter(user=user).exists()
    assert theirs.get(reverse("mes_informations")).status_code == 302
    for check in (services.check_second_factor, services.use_recovery_code):
        with refused(SecondFactorRefused, Code.NO_FACTOR, field="code"):
            check(user=user, code=code_of(SECRET))

    told = [kind for kind in kinds(user.email) if kind.startswith("second_factor")]
    assert told == ["second_factor_reset"]
    assert "par un administrateur" in last_text(user.email)
    entry = JournalEntry.objects.get(detail__contains="Second facteur réinitialisé")
    assert (entry.user_id, entry.object_id) == (administrator.pk, str(user.pk))


def test_after_a_reset_the_password_is_asked_and_opens_nothing_but_the_next_factor():
    user, page = person("centre")
    protect(user)
    sign_in_fully(Client(), AdministratorFactory()).post(page)
    stranger, owner = Client(), Client()
    assert stranger.get(SET)["Location"].startswith("/connexion/")
    owner.post(reverse("connexion"), {"username": user.email, "password": PASSWORD})
    assert owner.get(reverse("admin:index"), follow=True).redirect_chain[-1][0].startswith(PROVE)


def test_no_reset_without_its_line_of_the_journal(monkeypatch):
    user, page = person("centre")
    protect(user)
    admin = sign_in_fully(Client(raise_request_exception=False), AdministratorFactory())

    def broken(*args: object, **more: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.services.admin_journal.JournalEntry.objects.create", broken)
    assert admin.post(page).status_code == 500
    assert StaffAccount.objects.get(pk=user.pk).second_factor_at is not None
    assert kinds(user.email) == []


# From the command line


def command(address: str) -> str:
    said = StringIO()
    call_command("reset_second_factor", address, stdout=said)
    return said.getvalue()


def test_the_operator_resets_a_superuser_s_factor_which_is_told_and_written_down(monkeypatch):
    user = protect(UserFactory(is_staff=True, is_superuser=True))
    monkeypatch.setattr("getpass.getuser", lambda: "exploitation")
    client = sign_in_fully(Client(), user)
    assert "est retiré" in command(f"  {user.email.upper()} ")
    user.refresh_from_db()
    assert user.second_factor_at is None
    assert client.get(DESK).status_code == 302
    assert kinds(user.email)[-1] == "second_factor_reset"
    entry = JournalEntry.objects.get()
    assert (entry.user, entry.who, entry.object) == (None, "Ligne de commande (exploitation)", str(user))
    assert entry.detail == "Second facteur réinitialisé"


def test_the_operator_is_told_what_there_was_not():
    user = UserFactory()
    assert "n’avait pas de second facteur" in command(user.email)
    with pytest.raises(CommandError, match="Aucun compte n’a l’adresse inconnue@"):
        command("inconnue@exemple.fr")
    assert not JournalEntry.objects.exists()


def test_an_operator_whose_account_has_no_name_is_a_number(monkeypatch):
    user = protect(StaffFactory())

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nobody)
    command(user.email)
    assert JournalEntry.objects.get().who.startswith("Ligne de commande (uid ")
