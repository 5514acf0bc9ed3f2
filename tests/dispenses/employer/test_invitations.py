"""Pre-affiliating, sending again, revoking: only for one's own employers."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee
from tests.accounts.mails import kinds, last_path, last_text
from tests.factories import CorrespondentFactory, EmployeeFactory, EmployerFactory, InvitationFactory, UserFactory

pytestmark = pytest.mark.django_db

ANSWERS = {
    "first_name": "Camille",
    "last_name": "Martin",
    "professional_email": "Camille.Martin@Levant.exemple",
    "matricule": "L-00412",
    "hired_on_0": "3",
    "hired_on_1": "9",
    "hired_on_2": "2018",
    "contract_type": "cdi",
}


@pytest.fixture
def nadia(client):
    correspondent = CorrespondentFactory()
    client.force_login(correspondent.user)
    return correspondent


def address(nadia):
    return reverse("pre_affilier", args=[nadia.employer_id])


def test_pre_affiliation(client, nadia, django_assert_max_num_queries):
    client.get(address(nadia))
    with django_assert_max_num_queries(3):
        assert nadia.employer.name in client.get(address(nadia)).content.decode()
    response = client.post(address(nadia), ANSWERS)
    assert response.url == f"{reverse('salaries')}?employeur={nadia.employer_id}"
    employee = Employee.objects.get()
    assert employee.professional_email == "camille.martin@levant.exemple"
    assert employee.pre_affiliated_by == nadia.user
    assert "Camille Martin" in client.get(response.url).content.decode()
    assert kinds(employee.professional_email) == ["invitation"]
    path = last_path(employee.professional_email, "/activation/")
    assert client.get(path).status_code == 200


def test_and_another_one(client, nadia):
    assert client.post(address(nadia), ANSWERS | {"encore": "1"}).url == address(nadia)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"matricule": "X-1"}, "Cette adresse est déjà celle de Camille Martin (matricule L-00412)"),
        ({"professional_email": "x@y.fr"}, "Ce matricule est déjà celui de Camille Martin (matricule L-00412)"),
    ],
)
def test_duplicate_is_named_at_its_field_and_keeps_the_answers(client, nadia, changed, words):
    client.post(address(nadia), ANSWERS)
    response = client.post(address(nadia), ANSWERS | changed | {"last_name": "Durand"})
    assert response.status_code == 200
    field = "matricule" if "professional_email" in changed else "professional_email"
    assert words in response.context["form"].errors[field][0]
    assert 'value="Durand"' in response.content.decode()
    assert Employee.objects.count() == 1


@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_a_person_with_one_name_reads_well_everywhere(client, nadia, field):
    one = {"first_name": "", "last_name": "", field: "Suharto"}
    assert client.post(address(nadia), ANSWERS | one).status_code == 302
    employee = Employee.objects.get()
    assert (employee.first_name, employee.last_name, employee.full_name) == ("", "Suharto", "Suharto")
    page = client.get(reverse("salaries")).content.decode()
    assert ">Suharto</a>" in page
    assert 'Renvoyer le lien<span class="ea-vh"> à Suharto</span>' in page
    assert client.get(reverse("salarie", args=[employee.pk])).status_code == 200
    path = last_path(employee.professional_email, "/activation/")
    assert client.get(path).status_code == 200
    assert "Bonjour Suharto," in last_text(employee.professional_email)


def test_two_employers_may_have_the_same_person(client, nadia):
    client.post(address(nadia), ANSWERS)
    other = CorrespondentFactory(user=nadia.user)
    assert client.post(reverse("pre_affilier", args=[other.employer_id]), ANSWERS).status_code == 302
    assert Employee.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"first_name": "", "last_name": ""}, "Indiquez le nom"),
        ({"last_name": "Mar\ntin"}, "retirez les retours à la ligne"),
        ({"last_name": "\u202eMartin"}, "caractères invisibles"),
        ({"professional_email": "camille"}, "L’adresse e-mail est incomplète"),
        ({"matricule": "=1+1"}, "Le matricule se compose"),
        ({"matricule": "9" * 31}, "30 caractères au plus"),
        ({"hired_on_2": ""}, "doit comporter une année"),
        ({"hired_on_0": "31"}, "Cette date n’existe pas"),
        ({"hired_on_2": "2999"}, "ou avant"),
        ({"contract_type": "pirate"}, "contract_type"),
        ({"contract_type": ""}, "Sélectionnez le type de contrat"),
    ],
)
def test_wrong_answer_keeps_the_others(client, nadia, wrong, words):
    response = client.post(address(nadia), ANSWERS | wrong)
    page = response.content.decode().replace("&#x27;", "'")
    assert response.status_code == 200
    assert words in page
    assert "<title>Erreur" in page
    assert ANSWERS["first_name" if "first_name" not in wrong else "matricule"] in page
    assert not Employee.objects.exists()
    assert kinds() == []


def test_fields_of_others_are_ignored(client, nadia):
    other = EmployerFactory()
    client.post(address(nadia), ANSWERS | {"employer": other.pk, "user": nadia.user.pk, "activated_at": "2020-01-01"})
    employee = Employee.objects.get()
    assert (employee.employer, employee.user, employee.activated_at) == (nadia.employer, None, None)


def test_sending_again_kills_the_former_link(client, nadia):
    invitation = InvitationFactory(employee=EmployeeFactory(employer=nadia.employer))
    again = reverse("renvoyer", args=[invitation.employee_id])
    assert client.get(again).status_code == 405
    where = f"{reverse('salaries')}?employeur={nadia.employer_id}#s{invitation.employee_id}"
    assert client.post(again).url == where
    assert client.get(reverse("activation", args=[invitation.token])).status_code == 410
    assert client.get(last_path(invitation.employee.professional_email, "/activation/")).status_code == 200


def test_sending_again_after_expiry(client, nadia):
    invitation = InvitationFactory(
        employee=EmployeeFactory(employer=nadia.employer), sent_at=timezone.now() - timedelta(days=90)
    )
    client.post(reverse("renvoyer", args=[invitation.employee_id]))
    assert kinds() == ["invitation"]


def test_activated_employee_gets_no_new_link(client, nadia):
    employee = EmployeeFactory(employer=nadia.employer, activated=True)
    page = client.post(reverse("renvoyer", args=[employee.pk]), follow=True).content.decode()
    assert "a déjà activé son compte" in page
    assert kinds() == []


def test_revoking_asks_first(client, nadia):
    invitation = InvitationFactory(employee=EmployeeFactory(employer=nadia.employer))
    target = reverse("revoquer", args=[invitation.employee_id])
    assert "Révoquer le lien de" in client.get(target).content.decode()
    assert client.get(reverse("activation", args=[invitation.token]), follow=True).status_code == 200
    assert "est révoqué" in client.post(target, follow=True).content.decode()
    assert "pas de lien valable" in client.post(target, follow=True).content.decode().replace("&#x27;", "'")
    client.logout()
    assert client.get(reverse("activation", args=[invitation.token])).status_code == 410


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ["pre_affilier", "renvoyer", "revoquer"])
@pytest.mark.parametrize("who", ["other_correspondent", "member", "nobody"])
def test_employers_of_others_do_not_exist(client, method, name, who):
    employee = InvitationFactory().employee
    if who != "nobody":
        client.force_login(CorrespondentFactory().user if who == "other_correspondent" else UserFactory())
    number = employee.employer_id if name == "pre_affilier" else employee.pk
    response = getattr(client, method)(reverse(name, args=[number]), ANSWERS)
    if who == "nobody":
        assert response.url.startswith(reverse("connexion"))
    else:
        assert response.status_code == (405 if (name, method) == ("renvoyer", "get") else 404)
    assert kinds() == []


@pytest.mark.parametrize("number", [0, 2**63, 10**20])
@pytest.mark.parametrize("name", ["pre_affilier", "renvoyer", "revoquer"])
def test_numbers_out_of_range(client, nadia, name, number):
    assert client.post(reverse(name, args=[number])).status_code == 404
