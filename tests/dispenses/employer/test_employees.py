"""The correspondent's list: states, search, pages, and what it never shows."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, Employer, Invitation
from dispenses.employer import employees
from dispenses.models import Motif
from dispenses.workflow import Status
from tests.dispenses.member.test_wizard import text
from tests.factories import (
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    InvitationFactory,
    UserFactory,
    answers_to,
)
from tests.pages import page_of

pytestmark = pytest.mark.django_db
LIST = "/employeur/"


@pytest.fixture
def employer() -> Employer:
    return CorrespondentFactory().employer


@pytest.fixture
def client(employer: Employer) -> Client:
    client = Client()
    client.force_login(employer.correspondents.get().user)
    return client


def dispense(employer: Employer, stage: Status, **kwargs: Any) -> Any:
    return DispenseFactory(employee=EmployeeFactory(activated=True, employer=employer), stage=stage, **kwargs)


def test_only_correspondents(employer: Employer) -> None:
    stranger = Client()
    stranger.force_login(UserFactory())
    assert stranger.get(LIST).status_code == 403
    CorrespondentFactory(user=employer.correspondents.get().user)
    other = CorrespondentFactory()
    owner = Client()
    owner.force_login(employer.correspondents.get().user)
    assert owner.get(LIST, {"employeur": other.employer_id}).status_code == 404
    assert owner.get(LIST, {"employeur": "9" * 40}).status_code == 404
    page = text(owner.get(LIST, {"employeur": employer.pk}))
    assert 'aria-label="Vos entreprises"' in page
    assert page.count('aria-current="true"') == 1


def test_nobody_yet(client: Client) -> None:
    assert "Vous n’avez pas encore pré-affilié de salarié" in text(client.get(LIST))


def test_states_and_order(client: Client, employer: Employer) -> None:
    stages = {
        Status.ACCEPTED: "Dispensé",
        Status.IN_PROGRESS: "Dispense en cours",
        Status.AWAITING_COMPLEMENT: "Dossier à compléter",
        Status.REFUSED: "À affilier",
        Status.DRAFT: "Choix à faire",
    }
    for stage in stages:
        dispense(employer, stage)
    now = timezone.now()
    for field in ("", "expired_at", "revoked_at", "renewal_requested_at"):
        invitation = InvitationFactory(employee=EmployeeFactory(employer=employer))
        if field:
            more = {"revocation_reason": "correspondent"} if field == "revoked_at" else {}
            Invitation.objects.filter(pk=invitation.pk).update(**{field: now}, **more)
    InvitationFactory(employee=EmployeeFactory(employer=employer), sent_at=now - timedelta(days=61))  # not swept yet
    page = text(client.get(LIST))
    for words in (*stages.values(), "Invité", "Lien révoqué", "Nouveau lien demandé"):
        assert words in page
    assert page.count("Lien expiré") == 3  # two badges and a filter
    table = page[page.index("<table") :]
    assert (
        table.index("À affilier")
        < table.index("Invité")
        < table.index("Choix à faire")
        < table.index("Dossier à compléter")
    )
    assert table.index("Dossier à compléter") < table.index("Dispense en cours") < table.index("Dispensé")
    assert page.count("Renvoyer le lien") == 5
    assert page.count("Révoquer<span") == 2  # the live one, and the one that asks for another
    assert "10 salariés" in page


def test_never_a_document_nor_the_motif(client: Client, employer: Employer) -> None:
    dispense(employer, Status.IN_PROGRESS)
    dispense(
        employer,
        Status.IN_PROGRESS,
        motif=Motif.objects.get(code="c2s"),
        answers=answers_to("c2s"),
    )
    page = text(client.get(LIST))
    assert page.count("Couvert par ailleurs") == 2
    for secret in ("conjoint", "solidaire", "Mutuelle du Lac", ".pdf", "/justificatifs/"):
        assert secret not in page


def test_search_and_filter(client: Client, employer: Employer) -> None:
    EmployeeFactory(employer=employer, first_name="Amel", last_name="Benali", matricule="L-42")
    EmployeeFactory(employer=employer, first_name="Louis", last_name="Petit", professional_email="lp@levant.exemple")
    EmployeeFactory(first_name="Amel", last_name="Ailleurs")
    for query in ("benali", "amel benali", "Benali Amel", "L-42"):
        page = text(client.get(LIST, {"q": query}))
        assert "Benali" in page
        assert "Petit" not in page
        assert "Ailleurs" not in page
    assert "Louis Petit" in text(client.get(LIST, {"q": "lp@levant"}))
    assert "Aucun salarié ne correspond" in text(client.get(LIST, {"etat": "dispense"}))
    assert "Amel Benali" in text(client.get(LIST, {"etat": "invite"}))
    for naughty in ("%", "_", "'; DROP TABLE", "<script>", "‮", "é" * 500, "9" * 30, "\\"):
        page = client.get(LIST, {"q": naughty, "etat": naughty, "apres": naughty})
        assert page.status_code == 200
        assert "<script>" not in text(page).replace("<script src", "")


def test_pages_of_25_show_everyone_once(client: Client, employer: Employer, django_assert_num_queries: Any) -> None:
    for index in range(27):
        EmployeeFactory(employer=employer, first_name="Zoé", last_name="Même" if index % 2 else f"Nom{index:02}")
    for _ in range(3):
        dispense(employer, Status.ACCEPTED)
    client.get(LIST)  # the session is written once
    with django_assert_num_queries(5):  # session, account, employers, counts, rows
        page = text(client.get(LIST))
    assert page.count('<th scope="row">') == 25
    seen, after = set(), ""
    for _ in range(2):
        response = client.get(LIST, {"apres": after})
        seen |= {row.employee.pk for row in response.context["rows"]}
        after = response.context["page"].after or ""
    assert seen == set(Employee.objects.filter(employer=employer).values_list("pk", flat=True))


def test_a_right_given_or_withdrawn_shows_in_the_menu() -> None:
    user = UserFactory()
    client = Client()
    client.force_login(user)
    entry = f'<a href="{LIST}"'
    assert entry not in text(client.get("/aide/"))
    role = CorrespondentFactory(user=user)
    assert entry in text(client.get(LIST))
    assert entry in text(client.get("/aide/"))
    role.delete()
    client.get(LIST)
    assert entry not in text(client.get("/aide/"))


def test_home_leads_a_correspondent_to_the_list(client: Client) -> None:
    assert client.get("/").url == reverse("salaries")


def test_a_column_is_one_entry_that_heading_cell_and_telephone_read(
    client: Client, employer: Employer, monkeypatch: pytest.MonkeyPatch
) -> None:
    EmployeeFactory(employer=employer, matricule="M-77")
    toy = employees.ListColumn("Embauché", "dispenses/employer/colonnes/embauche.html")
    monkeypatch.setattr(employees, "COLUMNS", (*employees.COLUMNS, toy))
    html = page_of(client.get(LIST))
    head, body = html.split("<tbody>")
    assert re.findall(r'<th scope="col">(?:<span[^>]*>)?([^<]+)<', head) == [c.heading for c in employees.COLUMNS]
    row = body.split("</tr>")[0]
    assert re.findall(r'<td data-th="([^"]+)"', row) == ["Embauche", "État", "Depuis le", "Embauché"]
    assert row.count("<td") + row.count("<th") == len(employees.COLUMNS)
