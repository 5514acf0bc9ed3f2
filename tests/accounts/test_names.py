"""Wherever a name is typed, an address is refused: by the centre, for a colleague, for a token, by the shell."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.acte_forms import EmployerForm
from accounts.admin import AppointForm
from accounts.models import User
from accounts.staff_admin import NewStaffForm
from dispenses.employer.api_forms import TokenForm
from dispenses.employer.forms import ColleagueForm, PreAffiliationForm
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
EVIL = "https://evil.example/prix"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (PreAffiliationForm, "first_name"),
        (PreAffiliationForm, "last_name"),
        (ColleagueForm, "first_name"),
        (ColleagueForm, "last_name"),
        (TokenForm, "name"),
        (AppointForm, "first_name"),
        (AppointForm, "last_name"),
        (NewStaffForm, "first_name"),
        (NewStaffForm, "last_name"),
        (EmployerForm, "name"),
    ],
)
def test_an_address_is_refused_where_a_name_is_asked(form: Any, field: str) -> None:
    given = form({field: EVIL})
    assert "retirez-la" in str(given.errors[field])
    assert field not in form({field: "d’Arc"}).errors


def test_the_page_of_an_account_refuses_it_too() -> None:
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    answers = {"email": "x@exemple.fr", "first_name": EVIL, "last_name": "Roy", "usable_password": "false"}
    page = client.post(reverse("admin:accounts_user_add"), answers)
    assert "retirez-la" in page.content.decode()
    assert not User.objects.filter(email="x@exemple.fr").exists()
    with pytest.raises(ValidationError):  # what createsuperuser asks
        User._meta.get_field("first_name").clean(EVIL, None)
