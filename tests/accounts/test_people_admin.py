"""The centre's pages on people: what they show, and what they never allow."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import Acte, Correspondent, Employer, TryCount, User
from tests.accounts.mails import kinds, last_path
from tests.factories import (
    AdministratorFactory,
    CorrespondentFactory,
    EmployerFactory,
    InvitationFactory,
    StaffFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(AdministratorFactory())
    return client


@pytest.fixture
def superuser(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def test_employer_and_its_acte_are_written_together(desk):
    answers = {
        "name": "Ateliers du Levant",
        "siret": "732 829 320 00074",
        "enrolment_url": "",
        "actes-TOTAL_FORMS": "1",
        "actes-INITIAL_FORMS": "0",
        "actes-0-kind": "accord",
        "actes-0-in_force_from": "01/01/2020",
        "actes-0-employee_share_from": "01/01/2020",
        "actes-0-opened_motifs": ["cdd_moins_12_mois", "temps_partiel"],
    }
    add = reverse("admin:accounts_employer_add")
    assert desk.get(add).status_code == 200
    assert desk.post(add, answers | {"actes-0-opened_motifs": ["pirate"]}).status_code == 200
    assert desk.post(add, answers).status_code == 302
    assert Acte.objects.get().opened_motifs == ["cdd_moins_12_mois", "temps_partiel"]
    employer = Employer.objects.get()
    page = desk.get(reverse("admin:accounts_employer_change", args=[employer.pk])).content.decode()
    assert page.count("checked") >= 2


def test_correspondent_is_appointed_by_address(desk):
    employer = EmployerFactory()
    add = reverse("admin:accounts_correspondent_add")
    assert desk.get(add).status_code == 200
    answers = {"employer": employer.pk, "email": "Nadia@Levant.exemple", "first_name": "Nadia", "last_name": "B"}
    assert desk.post(add, answers).status_code == 302
    assert desk.post(add, answers).status_code == 302
    correspondent = Correspondent.objects.get()
    assert correspondent.user.email == "nadia@levant.exemple"
    assert not correspondent.user.has_usable_password()
    assert kinds() == ["correspondent_welcome"]
    assert desk.get(reverse("admin:accounts_correspondent_changelist")).status_code == 200
    assert desk.get(reverse("admin:accounts_correspondent_change", args=[correspondent.pk])).status_code == 200
    desk.logout()
    assert desk.get(last_path("nadia@levant.exemple", "/mot-de-passe/")).status_code == 302


def test_appointing_an_account_that_exists_makes_no_second_one(desk):
    user = UserFactory(first_name="Camille")
    desk.post(
        reverse("admin:accounts_correspondent_add"),
        {"employer": EmployerFactory().pk, "email": user.email.upper(), "first_name": "X", "last_name": "Y"},
    )
    assert user.correspondent_roles.count() == 1
    user.refresh_from_db()
    assert user.first_name == "Camille"


def test_employee_is_read_with_its_invitations(client, django_assert_max_num_queries):
    desk = client
    desk.force_login(StaffFactory())
    invitation = InvitationFactory()
    address = reverse("admin:accounts_employee_change", args=[invitation.employee_id])
    desk.get(address)
    with django_assert_max_num_queries(12):
        page = desk.get(address).content.decode()
    assert invitation.employee.professional_email in page
    assert "envoyée le" in page.lower()
    assert invitation.links.get().token_hash not in page
    assert 'name="_save"' not in page
    assert desk.post(address, {"first_name": "X"}).status_code == 403
    assert desk.get(reverse("admin:accounts_employee_add")).status_code == 403
    assert desk.get(reverse("admin:accounts_employee_changelist"), {"q": "Virginie"}).status_code == 200


@pytest.mark.parametrize("every_right", [False, True])
def test_accounts_are_for_superusers(desk, every_right):
    target = UserFactory()
    if every_right:
        User.objects.get(is_staff=True).user_permissions.set(Permission.objects.all())
    for name, args in (
        ("changelist", []),
        ("add", []),
        ("change", [target.pk]),
        ("delete", [target.pk]),
    ):
        address = reverse(f"admin:accounts_user_{name}", args=args)
        assert desk.get(address).status_code == 403
        assert desk.post(address, {"is_superuser": "on", "email": "x@y.fr"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[target.pk])
    assert desk.get(password).status_code == 403
    assert desk.post(password, {"password1": "une autre phrase ici", "password2": "une autre phrase ici"}).status_code
    target.refresh_from_db()
    assert not target.is_superuser
    assert target.check_password("motdepasse-solide-1")


def test_superuser_adds_and_changes_an_account(superuser):
    add = reverse("admin:accounts_user_add")
    assert superuser.get(add).status_code == 200
    answers = {
        "email": "Gestion@Exemple.fr",
        "first_name": "Gestion",
        "last_name": "Naire",
        "usable_password": "true",
        "password1": "une phrase pour la gestion",
        "password2": "une phrase pour la gestion",
    }
    assert superuser.post(add, answers).status_code == 302
    user = User.objects.get(email="gestion@exemple.fr")
    assert user.check_password("une phrase pour la gestion")
    change = reverse("admin:accounts_user_change", args=[user.pk])
    assert superuser.get(change).status_code == 200
    twin = superuser.post(add, answers | {"email": "GESTION@exemple.fr"})
    assert twin.status_code == 200
    assert User.objects.filter(email__iexact="gestion@exemple.fr").count() == 1


@pytest.mark.parametrize("name", ["employer", "correspondent", "employee"])
def test_others_have_no_desk(client, name):
    address = reverse(f"admin:accounts_{name}_changelist")
    for user in (UserFactory(), CorrespondentFactory().user):
        client.force_login(user)
        assert client.get(address).status_code in {302, 403}
    client.force_login(StaffFactory(in_group=False))
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("query", ["\x00", "9" * 20, "\u202e", "%", "' or 1=1"])
@pytest.mark.parametrize("name", ["employer", "correspondent", "employee"])
def test_odd_searches(desk, name, query):
    assert desk.get(reverse(f"admin:accounts_{name}_changelist"), {"q": query}).status_code < 500


def test_not_even_a_superuser_rewrites_the_wrong_passwords(superuser):
    count = TryCount.objects.create(kind="place", account="lea@exemple.fr", address="192.0.2.1")
    page = "admin:accounts_trycount"
    assert superuser.get(reverse(f"{page}_changelist")).status_code == 200
    assert superuser.post(reverse(f"{page}_delete", args=[count.pk]), {"post": "yes"}).status_code == 403
    assert superuser.post(reverse(f"{page}_change", args=[count.pk]), {"account": "x"}).status_code == 403
    choice = {"action": "delete_selected", "_selected_action": [count.pk], "post": "yes"}
    superuser.post(reverse(f"{page}_changelist"), choice)
    assert TryCount.objects.get(pk=count.pk).account == "lea@exemple.fr"


def password_page(user):
    return reverse("admin:auth_user_password_change", args=[user.pk])


CHOSEN = {"usable_password": "true", "password1": "Une-phrase-violette-72", "password2": "Une-phrase-violette-72"}


def test_who_gets_another_password_from_a_superuser_is_told(superuser):
    member = StaffFactory()
    assert superuser.post(password_page(member), CHOSEN | {"set-password": "1"}).status_code == 302
    assert kinds(member.email) == ["password_changed"]


def test_a_superuser_changes_their_own_password_against_the_present_one(client):
    user = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user)
    answer = client.post(password_page(user), CHOSEN | {"set-password": "1"})
    assert answer["Location"] == reverse("mes_informations")
    before = user.password
    user.refresh_from_db()
    assert user.password == before


def test_who_gets_another_address_or_other_rights_from_a_superuser_is_told(superuser):
    member, administrator = StaffFactory(email="avant@mutuelle.exemple"), AdministratorFactory()
    sent = {"email": "apres@exemple.fr", "first_name": "A", "last_name": "B", "is_active": "on", "is_staff": "on"}
    sent["groups"] = [group.pk for group in member.groups.all()]
    page = reverse("admin:accounts_user_change", args=[member.pk])
    assert superuser.post(page, sent).status_code == 302
    assert kinds("avant@mutuelle.exemple") == ["identifier_changed"]
    assert kinds(administrator.email) == []
    assert superuser.post(page, sent | {"is_superuser": "on"}).status_code == 302
    assert kinds(administrator.email) == ["rights_changed"]
