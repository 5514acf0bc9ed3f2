"""Members of the centre: appointed with a link, given groups by another; never a password nor a superuser's right."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.exceptions import StaffRefused
from accounts.models import TryCount, User
from notifications.models import OutgoingEmail
from tests.accounts.mails import kinds, last_path
from tests.factories import (
    AdministratorFactory,
    CorrespondentFactory,
    EmployeeFactory,
    StaffFactory,
    UserFactory,
)
from tests.second_factor import protect, sign_in_fully

pytestmark = pytest.mark.django_db
LIST = reverse("admin:accounts_staffaccount_changelist")
ADD = reverse("admin:accounts_staffaccount_add")
NEW = {"email": "Lea@Mutuelle.exemple", "first_name": "Léa", "last_name": "Roux", "roles": ["Gestionnaire"]}


def change(user):
    return reverse("admin:accounts_staffaccount_change", args=[user.pk])


def lost(user):
    return reverse("admin:accounts_staffaccount_second_facteur", args=[user.pk])


@pytest.fixture
def admin(client):
    client.force_login(AdministratorFactory())
    return client


def test_a_member_is_appointed_and_chooses_a_password(admin):
    page = admin.get(ADD).content.decode()
    assert 'name="password' not in page
    assert "is_superuser" not in page
    assert admin.post(ADD, NEW).status_code == 302
    user = User.objects.get(email="lea@mutuelle.exemple")
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (True, False, False)
    assert [group.name for group in user.groups.all()] == ["Gestionnaire"]
    assert kinds(user.email) == ["staff_welcome"]
    assert Client().get(last_path(user.email, "/mot-de-passe/")).status_code == 302
    assert "Léa" in admin.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": "pas une adresse"}, "incomplète"),
        ({"roles": ["Pirate"]}, "Pirate"),
        ({"first_name": ""}, "prénom"),
    ],
)
def test_wrong_members_are_told(admin, changes, said):
    page = admin.post(ADD, NEW | changes)
    assert page.status_code == 200
    assert "errorlist" in page.content.decode()
    assert said.lower() in page.content.decode().lower()


def test_an_employee_s_account_never_becomes_a_member_s(admin):
    user = EmployeeFactory(activated=True).user
    assert "a déjà un compte" in admin.post(ADD, NEW | {"email": user.email.upper()}).content.decode()
    with pytest.raises(StaffRefused):
        services.appoint_staff(
            email=user.email, first_name="A", last_name="B", groups=["Administrateur"], by=AdministratorFactory()
        )
    user.refresh_from_db()
    assert not user.is_staff


def test_fields_added_to_the_form_change_nothing(admin):
    user = StaffFactory()
    before = user.password
    answers = {"first_name": "Ève", "last_name": "Roy", "is_active": "on", "roles": ["Responsable"]}
    pirate = {"is_superuser": "on", "is_staff": "", "password": "x", "email": "x@y.fr", "user_permissions": ["1"]}
    assert admin.post(change(user), answers | pirate).status_code == 302
    after = User.objects.get(pk=user.pk)
    assert (after.first_name, after.password, after.email) == ("Ève", before, user.email)
    assert (after.is_superuser, after.is_staff) == (False, True)
    assert [group.name for group in after.groups.all()] == ["Responsable"]
    assert not after.user_permissions.exists()


def test_a_closed_account_is_out_at_once(admin):
    user = StaffFactory()
    other = Client()
    other.force_login(user)
    admin.post(change(user), {"first_name": "A", "last_name": "B", "roles": []})
    assert other.get(reverse("admin:index")).status_code == 302


def test_nobody_changes_their_own_rights(admin):
    me = User.objects.get(groups__name="Administrateur")
    page = admin.get(change(me)).content.decode()
    assert "en lecture seule" in page
    answers = {"first_name": "A", "last_name": "B", "is_active": "on", "roles": ["Gestionnaire"]}
    assert admin.post(change(me), answers).status_code == 403
    assert admin.post(lost(me)).status_code == 403


def test_superusers_and_the_others_are_out_of_reach(admin):
    for user in (UserFactory(is_staff=True, is_superuser=True), UserFactory(), CorrespondentFactory().user):
        protect(user)
        assert admin.get(change(user)).status_code == 302
        assert admin.get(lost(user)).status_code == 404
        assert admin.post(lost(user)).status_code == 404
        user.refresh_from_db()
        assert user.second_factor_at


def test_a_lost_telephone_is_reset_told_and_logged(admin):
    user = protect(StaffFactory())
    other = sign_in_fully(Client(), user)
    assert admin.get(lost(user)).status_code == 200
    user.refresh_from_db()
    assert user.second_factor_at, "a GET changes nothing"
    assert admin.post(lost(user)).status_code == 302
    assert kinds(user.email) == ["second_factor_reset"]
    assert other.get(reverse("admin:index")).status_code == 302
    assert LogEntry.objects.get().get_change_message() == "Second facteur réinitialisé"
    assert "n’avait pas" in admin.post(lost(user), follow=True).content.decode()


def test_a_correspondent_s_telephone_too_but_not_a_colleague_s_that_way(admin, client):
    role = CorrespondentFactory()
    protect(role.user)
    address = reverse("admin:accounts_correspondent_second_facteur", args=[role.pk])
    assert admin.get(reverse("admin:accounts_correspondent_change", args=[role.pk])).status_code == 200
    assert admin.post(address).status_code == 302
    assert kinds(role.user.email) == ["second_factor_reset"]
    staff = CorrespondentFactory(user=UserFactory(is_staff=True, is_superuser=True))
    assert admin.post(reverse("admin:accounts_correspondent_second_facteur", args=[staff.pk])).status_code == 404
    client.force_login(StaffFactory())
    assert client.post(address).status_code == 403


def test_failed_sign_ins_are_read_and_unlocked(admin):
    user = UserFactory()
    sign_in = reverse("connexion")
    person = Client()
    for _ in range(6):
        answer = person.post(sign_in, {"username": user.email, "password": "faux"})
    assert answer.status_code == 429
    counts = reverse("admin:accounts_trycount_changelist")
    waiting = admin.get(counts, {"attente": "oui"})
    assert waiting.context["cl"].result_count == 1
    for words in (user.email, "127.0.0.1", "Ce compte, depuis cette adresse"):
        assert words in waiting.content.decode()
    free = admin.get(counts, {"attente": "non"})
    assert free.context["cl"].result_count == 2
    assert "toutes les adresses" in free.content.decode()
    count = TryCount.objects.get(kind="place")
    detail = admin.get(reverse("admin:accounts_trycount_change", args=[count.pk])).content.decode()
    assert "mots de passe faux" in detail.lower()
    choice = {"action": "unlock", "_selected_action": [count.pk]}
    assert "débloquées" in admin.post(counts, choice, follow=True).content.decode()
    right = {"username": user.email, "password": "motdepasse-solide-1"}
    assert person.post(sign_in, right).status_code == 302
    assert LogEntry.objects.get().get_change_message() == f"Débloqué : {user.email}, depuis 127.0.0.1"


def test_an_address_is_unlocked_without_its_accounts(admin):
    address = TryCount.objects.create(kind="address", address="192.0.2.1")
    account = TryCount.objects.create(kind="account", account="lea@exemple.fr")
    choice = {"action": "unlock", "_selected_action": [address.pk]}
    admin.post(reverse("admin:accounts_trycount_changelist"), choice)
    assert list(TryCount.objects.all()) == [account]
    assert "tous les comptes, depuis 192.0.2.1" in LogEntry.objects.get().get_change_message()


def test_a_reviewer_neither_reads_nor_unlocks(client):
    client.force_login(StaffFactory())
    for name in ("accounts_trycount", "accounts_staffaccount"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403


def told(kind="rights_changed"):
    return sorted(OutgoingEmail.objects.filter(kind=kind).values_list("to", flat=True))


def test_the_other_administrators_learn_who_gets_which_rights(admin):
    others = sorted([AdministratorFactory().email, UserFactory(is_staff=True, is_superuser=True).email])
    StaffFactory()
    admin.post(ADD, NEW | {"roles": ["Administrateur", "Responsable"]})
    made = User.objects.get(email="lea@mutuelle.exemple")
    assert told() == sorted([*others, made.email])
    text = OutgoingEmail.objects.filter(kind="rights_changed").first().text_body
    assert "Avant\xa0: aucun compte." in text
    assert "Maintenant\xa0: Administrateur, Responsable." in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"roles": ["Gestionnaire", "Responsable"]}, "Gestionnaire, Responsable"),
        ({"roles": []}, "aucun droit"),
        ({"is_active": ""}, "compte fermé"),
    ],
)
def test_the_other_administrators_learn_what_changes(admin, changes, words):
    member, other = StaffFactory(), AdministratorFactory()
    sent = {"first_name": "Léa", "last_name": "Roux", "is_active": "on", "roles": ["Gestionnaire"]}
    admin.post(change(member), sent)
    assert told() == []
    admin.post(change(member), {name: value for name, value in (sent | changes).items() if value != ""})
    assert told() == [other.email]
    assert f"Maintenant\xa0: {words}." in OutgoingEmail.objects.get().text_body
