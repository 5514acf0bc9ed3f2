import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from portal import views
from tests.factories import PASSWORD, CorrespondentFactory, EmployeeFactory, StaffFactory, UserFactory


def test_unknown_page_is_a_404_in_french(client):
    response = client.get("/nulle-part/")

    assert response.status_code == 404
    assert "Page introuvable" in response.content.decode()


@pytest.mark.django_db
def test_unknown_page_keeps_the_menu_of_a_signed_in_person(client):
    client.force_login(UserFactory(first_name="Camille", last_name="Martin"))

    assert "Camille Martin" in client.get("/nulle-part/").content.decode()


@pytest.mark.parametrize(
    ("handler", "error", "status", "words"),
    [
        (views.bad_request, SuspiciousOperation(), 400, "Nous n’avons pas compris"),
        (views.permission_denied, PermissionDenied(), 403, "Accès refusé"),
    ],
)
def test_errors_are_in_french(handler, error, status, words):
    response = handler(RequestFactory().get("/"), error)

    assert response.status_code == status
    assert words in response.content.decode()


def test_server_error_needs_neither_session_nor_database():
    response = views.server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert "Vos réponses enregistrées sont conservées." in response.content.decode()


def test_form_of_an_expired_page_says_so():
    response = Client(enforce_csrf_checks=True).post(reverse("connexion"), {"username": "a"})

    assert response.status_code == 403
    assert "Cette page a expiré" in response.content.decode()


def test_wrong_host_is_a_bad_request(client):
    assert client.get("/aide/", headers={"host": "ailleurs.example"}).status_code == 400


@pytest.mark.django_db
def test_health_check_answers_ok(client):
    response = client.get("/sante")

    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_health_check_says_when_the_database_is_gone(client, monkeypatch):
    def gone():
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", gone)

    assert client.get("/sante").status_code == 503


def test_favicon_is_not_an_error(client):
    assert client.get("/favicon.ico").status_code == 204


def test_mailbox_exists_in_development_only(client):
    with pytest.raises(NoReverseMatch):
        reverse("boite_envoi")
    assert client.get("/dev/boite-envoi/").status_code == 404
    assert client.get("/dev/composants/").status_code == 404


@pytest.mark.django_db
def test_administration_sends_strangers_to_the_sign_in_page(client):
    response = client.get("/gestion/", follow=True)

    assert response.redirect_chain[-1][0].startswith("/connexion/?next=/gestion/")


@pytest.mark.django_db
def test_administration_refuses_an_employee(client):
    client.force_login(UserFactory())

    assert client.get("/gestion/", follow=True).status_code == 403


@pytest.mark.django_db
def test_administration_opens_to_the_centre(client):
    client.force_login(StaffFactory())

    response = client.get("/gestion/")

    assert response.status_code == 200
    assert "Centre de gestion" in response.content.decode()


@pytest.mark.django_db
def test_menu_of_a_correspondent_has_the_employees(client):
    client.force_login(UserFactory())
    assert "Mes salariés" not in client.get("/aide/").content.decode()
    session = client.session
    session["correspondent"] = True
    session.save()

    page = client.get("/aide/").content.decode()

    assert "Mes salariés" in page
    assert 'href="/aide/" aria-current="page"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("employee", "correspondent", "staff"),
    [(True, False, False), (False, True, False), (False, False, True), (True, True, False), (False, True, True)],
)
def test_a_menu_has_what_its_reader_is(client, employee, correspondent, staff):
    client.force_login(StaffFactory() if staff else UserFactory())
    session = client.session
    session["employee"], session["correspondent"] = employee, correspondent
    session.save()

    page = client.get("/aide/").content.decode()
    menu = page[page.index('aria-label="Menu principal"') : page.index("</nav>")]

    assert (">Suivi de mes demandes</a>" in menu) == employee
    assert (">Accueil</a>" in menu) == employee
    assert (">Mes salariés</a>" in menu) == correspondent
    assert (">Centre de gestion</a>" in menu) == staff
    assert ('id="nav-salarie">Salarié<' in menu and 'id="nav-correspondant">Correspondant<' in menu) == (
        employee and correspondent
    )


@pytest.mark.django_db
def test_a_menu_knows_who_has_no_employment_from_the_sign_in(client):
    role = CorrespondentFactory()
    client.post("/connexion/", {"username": role.user.email, "password": PASSWORD})
    assert client.session["employee"] is False
    assert "Suivi de mes demandes" not in client.get("/employeur/").content.decode()

    EmployeeFactory(user=role.user, activated_at=timezone.now())
    client.get("/")
    assert "Suivi de mes demandes" in client.get("/employeur/").content.decode()
