"""Who acts for an employer: nobody appoints themself, a member of the centre wants two administrators."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts import services
from accounts.exceptions import Code, CompanyRefused
from accounts.models import Appointment, CompanyEvent, Correspondent, Employer, User
from notifications.models import OutgoingEmail
from tests.accounts.mails import kinds
from tests.dispenses.request.test_races import together
from tests.factories import AdministratorFactory, CorrespondentFactory, EmployerFactory, StaffFactory, UserFactory
from tests.pages import page_of
from tests.refusals import refused

pytestmark = pytest.mark.django_db
ADD = "/gestion/accounts/correspondent/add/"


def superuser() -> User:
    return UserFactory(is_staff=True, is_superuser=True)


@pytest.fixture
def employer() -> Employer:
    return CorrespondentFactory().employer


@pytest.fixture
def asker(client: Client) -> User:
    user = AdministratorFactory()
    client.force_login(user)
    return user


def post(client: Client, employer: Employer, email: str) -> Any:
    answers = {"employer": employer.pk, "email": email, "first_name": "Nadia", "last_name": "B"}
    return client.post(ADD, answers, follow=True)


def asked(client: Client, employer: Employer) -> Appointment:
    post(client, employer, StaffFactory().email)
    return Appointment.objects.get()


def decide(client: Client, appointment: Appointment, gesture: str) -> Any:
    page = reverse("admin:accounts_appointment_decider", args=[appointment.pk])
    return client.post(page, {"geste": gesture}, follow=True)


def acts(employer: Employer) -> list[str]:
    return list(CompanyEvent.objects.filter(employer=employer).order_by("pk").values_list("act", flat=True))


@pytest.mark.parametrize("factory", [AdministratorFactory, superuser])
def test_nobody_appoints_themself(factory: Callable[[], User], employer: Employer, client: Client) -> None:
    user = factory()
    client.force_login(user)
    answer = post(client, employer, f" {user.email.upper()} ")
    assert answer.status_code == 200
    assert "Vous ne pouvez pas vous nommer vous-même" in page_of(answer)
    with refused(CompanyRefused, Code.ONESELF, field="email"):
        services.appoint_correspondent(email=user.email, first_name="A", last_name="B", employer=employer, by=user)
    assert not Correspondent.objects.filter(user=user).exists()
    assert not Appointment.objects.exists()


def test_no_page_of_the_admin_holds_correspondents_as_lines_of_another() -> None:
    from django.contrib import admin

    lines = {inline.model for page in admin.site._registry.values() for inline in page.inlines}
    assert not {Correspondent, Appointment} & lines


def test_a_member_of_the_centre_is_only_asked_for(employer: Employer, asker: User, client: Client) -> None:
    member, other = StaffFactory(), AdministratorFactory()
    for _ in range(2):  # a double click
        answer = post(client, employer, member.email)
        assert "attend l’accord d’un autre administrateur" in page_of(answer)
    appointment = Appointment.objects.get()
    assert (appointment.user, appointment.asked_by, appointment.state) == (member, asker, "waiting")
    assert not Correspondent.objects.filter(user=member).exists()
    assert acts(employer) == ["appointment_asked"]
    assert {log.change_message for log in LogEntry.objects.all()} == {"Nomination demandée"}
    told = OutgoingEmail.objects.get()
    assert (told.kind, told.to) == ("appointment_to_confirm", other.email)
    assert f"/gestion/accounts/appointment/{appointment.pk}/change/" in told.text_body


@pytest.mark.parametrize("confirm", [True, False])
def test_another_administrator_agrees_or_refuses(
    confirm: bool, employer: Employer, asker: User, client: Client
) -> None:
    appointment, colleague = asked(client, employer), employer.correspondents.get().user
    other = AdministratorFactory()
    client.force_login(other)
    assert "Confirmer la nomination" in page_of(
        client.get(reverse("admin:accounts_appointment_change", args=[appointment.pk]))
    )
    answer = decide(client, appointment, "confirmer" if confirm else "refuser")
    assert ("est confirmée" if confirm else "est refusée") in page_of(answer)
    appointment.refresh_from_db()
    assert (appointment.state, appointment.settled_by) == ("confirmed" if confirm else "refused", other)
    assert Correspondent.objects.filter(user=appointment.user, employer=employer).exists() is confirm
    assert acts(employer) == ["appointment_asked", "appointed" if confirm else "appointment_refused"]
    assert set(CompanyEvent.objects.values_list("actor_label", flat=True)) == {"le centre de gestion"}
    assert LogEntry.objects.filter(user=other, object_id=str(appointment.pk)).count() == 1
    to = set(OutgoingEmail.objects.filter(kind="appointment_settled").values_list("to", flat=True))
    assert to == {appointment.user.email, asker.email}
    joined = OutgoingEmail.objects.filter(kind="correspondent_joined").values_list("to", flat=True)
    assert list(joined) == ([colleague.email] if confirm else [])
    with refused(CompanyRefused, Code.SETTLED):
        services.settle_appointment(appointment=appointment, by=AdministratorFactory(), confirm=True)


def test_neither_who_asked_nor_the_member_decides(employer: Employer, asker: User, client: Client) -> None:
    appointment = asked(client, employer)
    appointment.user.is_superuser = True
    appointment.user.save()
    for user in (asker, appointment.user):
        client.force_login(user)
        page = client.get(reverse("admin:accounts_appointment_change", args=[appointment.pk]))
        assert "Confirmer la nomination" not in page.content.decode()
        assert "un autre administrateur doit en décider" in page_of(decide(client, appointment, "confirmer"))
        with refused(CompanyRefused, Code.ONESELF):
            services.settle_appointment(appointment=appointment, by=user, confirm=True)
    with refused(CompanyRefused, Code.NOT_ADMINISTRATOR):
        services.settle_appointment(appointment=appointment, by=StaffFactory(), confirm=True)
    client.force_login(StaffFactory())
    assert decide(client, appointment, "confirmer").status_code == 403
    assert Appointment.objects.get().state == "waiting"
    for wrong in ({"asked_by": appointment.user}, {"settled_by": asker, "settled_at": appointment.asked_at}):
        with pytest.raises(IntegrityError), transaction.atomic():  # whatever writes the row
            Appointment.objects.filter(pk=appointment.pk).update(**{"state": "waiting"} | wrong)


def test_a_decision_that_is_none_is_not_found(employer: Employer, asker: User, client: Client) -> None:
    appointment = asked(client, employer)
    client.force_login(AdministratorFactory())
    assert decide(client, appointment, "").status_code == 404
    page = reverse("admin:accounts_appointment_decider", args=[appointment.pk])
    assert client.get(page).status_code == 302


def test_somebody_else_is_appointed_at_once_and_it_is_told(employer: Employer, asker: User, client: Client) -> None:
    post(client, employer, "paul.roy@exemple.fr")
    assert kinds() == ["correspondent_joined", "correspondent_welcome"]
    event = CompanyEvent.objects.get()
    assert (event.act, event.actor, event.actor_label) == ("appointed", asker, "le centre de gestion")


def test_nobody_raises_themself(client: Client) -> None:
    user = superuser()
    client.force_login(user)
    page = reverse("admin:accounts_user_change", args=[user.pk])
    group = services.GESTIONNAIRE
    services.ensure_groups()
    from django.contrib.auth.models import Group

    data = {"email": user.email, "first_name": "A", "last_name": "B", "groups": [Group.objects.get(name=group).pk]}
    assert client.post(page, data).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.groups.count(), user.is_superuser, user.is_active) == ("A", 0, True, True)


def test_a_correspondent_is_not_made_a_member_of_the_centre(employer: Employer, client: Client) -> None:
    client.force_login(superuser())
    user = employer.correspondents.get().user
    page = reverse("admin:accounts_user_change", args=[user.pk])
    data = {"email": user.email, "first_name": "A", "last_name": "B", "is_active": "on", "is_staff": "on"}
    answer = client.post(page, data)
    assert "a son propre compte" in page_of(answer)
    user.refresh_from_db()
    assert not user.is_staff
    assert EmployerFactory().correspondents.count() == 0


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_decide_at_once_leave_one_truth() -> None:
    employer, member = EmployerFactory(), StaffFactory()
    first, second = AdministratorFactory(), AdministratorFactory()
    appointment = services.appoint_correspondent(
        email=member.email, first_name="A", last_name="B", employer=employer, by=AdministratorFactory()
    )
    assert isinstance(appointment, Appointment)
    results = together(
        lambda: services.settle_appointment(appointment=appointment, by=first, confirm=True),
        lambda: services.settle_appointment(appointment=appointment, by=second, confirm=False),
        lambda: services.settle_appointment(appointment=appointment, by=member, confirm=True),
    )
    assert sum(isinstance(result, Appointment) for result in results) == 1
    appointment.refresh_from_db()
    confirmed = appointment.state == "confirmed"
    assert Correspondent.objects.filter(user=member).exists() is confirmed
    assert acts(employer) == ["appointment_asked", "appointed" if confirmed else "appointment_refused"]
