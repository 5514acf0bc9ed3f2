"""« Aide » of the correspondents and the poster of the company's guide."""

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pypdf import PdfReader

from accounts.models import Correspondent
from accounts.states import STATES
from dispenses.employer.guide_to_share import poster_contents
from tests.dispenses.member.test_promised_answer import words_of
from tests.factories import CorrespondentFactory, UserFactory

pytestmark = pytest.mark.django_db


def page_width(content: bytes) -> float:
    """In points."""
    return float(PdfReader(BytesIO(content)).pages[0].mediabox.width)


def pages_of(content: bytes) -> int:
    return len(PdfReader(BytesIO(content)).pages)


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory(employer__name="Levant & Fils")


def test_the_help_says_each_state_and_what_to_do(client: Client, role: Correspondent) -> None:
    client.force_login(role.user)
    page = client.get(reverse("aide_correspondant")).content.decode()
    for state in STATES:
        assert state.badge.label in page
        assert escape(state.to_do) in page
    for name in ("importer", "lettres", "guide_a_partager", "equipe"):
        assert f'href="{reverse(name, args=[role.employer_id])}"' in page
    assert "mailto:" in page


def test_the_help_is_in_the_menu_of_correspondents_alone(client: Client, role: Correspondent) -> None:
    link = f'href="{reverse("aide_correspondant")}"'
    client.force_login(role.user)
    assert link in client.get(reverse("salaries")).content.decode()
    client.force_login(UserFactory())
    assert link not in client.get(reverse("aide")).content.decode()


@pytest.mark.parametrize(("paper", "width"), [("a4", 595), ("a3", 842)])
def test_a_poster_has_the_name_and_the_address_of_the_company_s_guide(
    client: Client, role: Correspondent, paper: str, width: int
) -> None:
    client.force_login(role.user)
    url = reverse("guide_affiche", args=[role.employer_id, paper])
    assert f'href="{url}"' in client.get(reverse("guide_a_partager", args=[role.employer_id])).content.decode()
    answer = client.get(url)
    assert answer["Content-Type"] == "application/pdf"
    said = words_of(answer.content)
    assert "Levant & Fils" in said
    assert "Puis-je être dispensé" in said
    assert role.employer.guide_key in said.replace(" ", "")
    assert role.employer.guide_key in str(poster_contents(role.employer, paper)["address"])
    assert round(page_width(answer.content)) == width
    assert client.get(url.replace(f"/{paper}/", "/a9/")).status_code == 404


def test_the_name_of_a_company_never_breaks_its_poster(client: Client) -> None:
    role = CorrespondentFactory(employer__name="Société 李小龙 #[x] *y* $z$ " + "très longue " * 13)
    client.force_login(role.user)
    answer = client.get(reverse("guide_affiche", args=[role.employer_id, "a4"]))
    assert "#[x] *y* $z$" in words_of(answer.content)
    assert pages_of(answer.content) == 1
