import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from portal import views
from tests.factories import StaffFactory, UserFactory


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
