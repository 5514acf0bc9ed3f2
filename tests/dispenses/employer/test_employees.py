"""The correspondent's list: states, search, pages, and what it never shows."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, Employer, Invitation
from accounts.states import Standing
from dispenses.employer import employees
from dispenses.models import Dispense, Motif
from dispenses.workflow import Status
from tests.dispenses.employer.test_declared_fields import TYPED
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


def test_the_figures_agree_with_their_number(client: Client, employer: Employer) -> None:
    dispense(employer, Status.IN_PROGRESS)
    InvitationFactory.create_batch(2, employee__employer=employer)
    body = " ".join(re.sub(r"<[^>]+>", " ", text(client.get(LIST))).split())
    assert "1 dispense en cours" in body
    assert "2 invitations sans réponse" in body
    assert "0 parti " in body


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
    with django_assert_num_queries(7):  # session, account, employers, counts, rows, what falls due, chases to come
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
    toy = employees.ListColumn("Embauché", "dispenses/employer/colonnes/embauche.html")  # by which nothing is sorted
    monkeypatch.setattr(employees, "COLUMNS", (*employees.COLUMNS, toy))
    html = page_of(client.get(LIST))
    head, body = html.split("<tbody>")
    found = re.findall(r'<th scope="col"[^>]*>(?:<(?:span|a)[^>]*>)?([^<]+)<', head)
    assert found == [c.heading for c in employees.COLUMNS]
    row = body.split("</tr>")[0]
    assert re.findall(r'<td data-th="([^"]+)"', row) == ["Embauche", "État", "Depuis le", "Échéance", "Embauché"]
    assert row.count("<td") + row.count("<th") == len(employees.COLUMNS)


# Sorting


def shown(client: Client, **query: Any) -> list[str]:
    return [row.employee.matricule for row in client.get(LIST, query).context["rows"]]


def of_each_date(employer: Employer) -> None:
    """Five whose names, hires and deadlines each go in an order of their own; the last one has no deadline."""
    today = timezone.localdate()
    for rank, (name, hired, days) in enumerate(
        [("Durand", 2022, 40), ("Abel", 2024, 3), ("Petit", 2020, 90), ("Berger", 2021, 15), ("Zola", 2023, None)]
    ):
        EmployeeFactory(
            employer=employer,
            activated=True,
            last_name=name,
            matricule=f"T{rank}",
            hired_on=date(hired, 1, 5),
            contract_ends_on=today + timedelta(days=days) if days else None,
        )


ORDERS = {
    "nom": ["T1", "T3", "T0", "T2", "T4"],
    "embauche": ["T2", "T3", "T0", "T4", "T1"],
    "echeance": ["T1", "T3", "T0", "T2", "T4"],
}


@pytest.mark.parametrize("sort", ORDERS)
def test_the_list_is_sorted_both_ways_page_after_page(
    client: Client, employer: Employer, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    of_each_date(employer)
    monkeypatch.setattr(employees, "PAGE", 2)
    for asked, wanted in ((sort, ORDERS[sort]), (f"-{sort}", ORDERS[sort][::-1])):
        seen: list[str] = []
        after = ""
        while not seen or after:
            answer = client.get(LIST, {"tri": asked, "apres": after})
            seen += [row.employee.matricule for row in answer.context["rows"]]
            after = answer.context["page"].after
        assert seen == wanted
        before = client.get(LIST, {"tri": asked, "avant": answer.context["page"].before})
        assert [row.employee.matricule for row in before.context["rows"]] == wanted[2:4]
        page = text(answer)
        said = "descending" if asked.startswith("-") else "ascending"
        assert page.count("aria-sort=") == 1
        other = sort if asked.startswith("-") else f"-{sort}"
        heading = next(one for one in re.findall(r"<th scope=.col.[^>]*>.*?</th>", page, re.S) if "aria-sort" in one)
        assert f'aria-sort="{said}"' in heading
        assert f"tri={other}" in heading


def test_a_sort_keeps_the_filters_and_one_that_means_nothing_is_dropped(client: Client, employer: Employer) -> None:
    of_each_date(employer)
    page = text(client.get(LIST, {"tri": "-nom", "q": "exemple", "etat": "active"}))
    assert "q=exemple&amp;etat=active&amp;tri=embauche" in page
    assert '<option value="-nom" selected>' in page
    for nonsense in ("x", "--nom", "-", "standing", "etat"):
        assert shown(client, tri=nonsense) == ORDERS["nom"]


def test_the_nearest_date_is_told_with_what_it_is(client: Client, employer: Employer) -> None:
    today = timezone.localdate()
    invited = EmployeeFactory(employer=employer, contract_ends_on=today + timedelta(days=90))
    InvitationFactory(employee=invited, sent_at=timezone.now() - timedelta(days=10))
    gone = EmployeeFactory(employer=employer, activated=True, left_on=today - timedelta(days=3))
    Employee.objects.filter(pk=gone.pk).update(standing=Standing.LEFT)
    granted = dispense(employer, Status.ACCEPTED)
    Dispense.objects.filter(pk=granted.pk).update(ends_on=today + timedelta(days=5))
    leaving = EmployeeFactory(
        employer=employer, activated=True, contract_ends_on=today + timedelta(days=9), left_on=today + timedelta(days=2)
    )
    told = {row.employee.pk: row.deadline for row in client.get(LIST).context["rows"]}
    expires = timezone.localdate(invited.invitations.get().expires_at)
    assert told == {
        invited.pk: (expires, "fin du lien"),
        gone.pk: None,
        granted.employee_id: (today + timedelta(days=5), "fin de la dispense"),
        leaving.pk: (today + timedelta(days=2), "départ"),
    }


def test_a_long_list_is_filtered_before_it_is_sorted_by_deadline(
    client: Client, employer: Employer, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_each_date(employer)
    EmployeeFactory(employer=employer, matricule="SEUL", last_name="Aaron")
    monkeypatch.setattr(employees, "MOST", 5)
    page = text(client.get(LIST, {"tri": "-echeance"}))
    assert "Pour trier par échéance, filtrez d’abord la liste" in page
    assert "tri=echeance" not in page.partition("<thead>")[2].partition("</thead>")[0]
    assert shown(client, tri="-echeance") == shown(client)
    assert shown(client, tri="-echeance", etat="active") == ORDERS["echeance"][::-1]


# Coming back


def test_each_act_leads_back_to_the_row_with_what_was_done(client: Client, employer: Employer) -> None:
    employee = InvitationFactory(employee=EmployeeFactory(employer=employer)).employee
    place = f"employeur={employer.pk}&etat=invite&tri=-nom"
    page = text(client.get(f"{LIST}?{place}"))
    assert f'id="s{employee.pk}"' in page
    assert page.count(f'name="liste" value="{place.replace("&", "&amp;")}"') == 2
    answer = client.post(reverse("renvoyer", args=[employee.pk]), {"liste": place})
    assert answer.url == f"{reverse('salaries')}?{place}#s{employee.pk}"
    row = text(client.get(answer.url)).partition(f'id="s{employee.pk}"')[2].partition("</tr>")[0]
    assert "Un nouveau lien part" in row
    asked = client.get(reverse("revoquer", args=[employee.pk]), {"liste": place})
    assert answer.url.replace("&", "&amp;") in text(asked)
    answer = client.post(reverse("revoquer", args=[employee.pk]), {"liste": place})
    assert answer.url == f"{reverse('salaries')}?{place}#s{employee.pk}"


def test_what_is_said_of_a_row_that_is_not_shown_stands_above(client: Client, employer: Employer) -> None:
    employee = InvitationFactory(employee=EmployeeFactory(employer=employer)).employee
    client.post(reverse("renvoyer", args=[employee.pk]))
    page = text(client.get(LIST, {"etat": "active"}))
    assert "Un nouveau lien part" in page.partition("<h1")[0]


def test_from_the_page_of_an_employee_one_comes_back_to_it(client: Client, employer: Employer) -> None:
    employee = InvitationFactory(employee=EmployeeFactory(employer=employer)).employee
    place = f"employeur={employer.pk}&q=x"
    answer = client.post(reverse("renvoyer", args=[employee.pk]), {"liste": place, "fiche": "1"})
    assert answer.url.startswith(reverse("salarie", args=[employee.pk]))
    page = text(client.get(answer.url))
    assert "Un nouveau lien part" in page
    assert f"{reverse('salaries')}?{place.replace('&', '&amp;')}#s{employee.pk}" in page


def test_what_is_declared_on_a_page_leads_back_to_it_and_to_the_list(client: Client, employer: Employer) -> None:
    employee = EmployeeFactory(employer=employer, professional_email="")
    place = f"employeur={employer.pk}&q=x&tri=-nom"
    there = reverse("salarie", args=[employee.pk])
    page = client.get(there, {"liste": place}).content.decode()
    day = timezone.localdate()
    dated = {"day_0": day.day, "day_1": day.month, "day_2": day.year}
    for name, typed in (("corriger", {**TYPED, "professional_email": ""}), ("affiliation", dated), ("depart", dated)):
        url = f"{reverse(name, args=[employee.pk])}?liste={quote(place, safe='')}"
        assert f'href="{url}"' in page
        here = f"{there}?{urlencode({'liste': place})}"
        assert f'href="{here}"' in client.get(url).content.decode()
        assert client.post(url, typed).url == here
    gone = EmployeeFactory(employer=employer, professional_email="", left_on=date(2020, 1, 31))
    answer = client.post(reverse("lettre_imprimer", args=[gone.pk]), {"liste": place})
    assert answer.url == f"{LIST}?{place}#s{gone.pk}"


def test_the_list_is_where_it_was_once_somebody_is_declared(client: Client, employer: Employer) -> None:
    place = f"employeur={employer.pk}&q=x&tri=-nom"
    page = client.get(f"{LIST}?{place}").content.decode()
    for name in ("pre_affilier", "lettres"):
        url = f"{reverse(name, args=[employer.pk])}?liste={quote(place, safe='')}"
        assert f'href="{url}"' in page
        assert f'href="{LIST}?{place.replace("&", "&amp;")}"' in client.get(url).content.decode()
    url = f"{reverse('pre_affilier', args=[employer.pk])}?liste={quote(place, safe='')}"
    assert client.post(url, {**TYPED, "encore": "1"}).url == url
    other = {**TYPED, "professional_email": "", "matricule": "L-9"}
    assert client.post(url, other).url == f"{LIST}?{place}"


@pytest.mark.parametrize("place", ["//ailleurs.example", "employeur=9&x=<script>", "%00", "apres=" + "9" * 2000, "&&&"])
def test_a_place_never_leads_elsewhere(client: Client, employer: Employer, place: str) -> None:
    employee = InvitationFactory(employee=EmployeeFactory(employer=employer)).employee
    answer = client.post(reverse("renvoyer", args=[employee.pk]), {"liste": place})
    assert answer.url.startswith(f"{reverse('salaries')}?employeur={employer.pk}")
    assert "script" not in answer.url
    assert client.get(answer.url).status_code == 200


# What falls due


def week(client: Client) -> dict[str, tuple[int, str]]:
    return {line.words: (line.count, line.when) for line in client.get(LIST).context["week"]}


@time_machine.travel(datetime(2026, 11, 30, 9, tzinfo=UTC), tick=False)
def test_the_week_tells_what_waits_by_date_and_leads_to_each_list(employer: Employer) -> None:
    client = Client()
    client.force_login(employer.correspondents.get().user)
    today = timezone.localdate()
    dying = EmployeeFactory(employer=employer, matricule="LIEN")
    InvitationFactory(employee=dying, sent_at=timezone.now() - timedelta(days=57))
    fresh = EmployeeFactory(employer=employer, matricule="FRAIS")
    InvitationFactory(employee=fresh)
    made = {
        "FINI": {"contract_ends_on": today - timedelta(days=4)},
        "FINIT": {"contract_ends_on": today + timedelta(days=6)},
        "APRES": {"contract_ends_on": today + timedelta(days=7)},
        "PART": {"left_on": today + timedelta(days=1)},
    }
    for matricule, values in made.items():
        EmployeeFactory(employer=employer, activated=True, matricule=matricule, **values)
    for field, days in (("ends_on", 2), ("confirm_by", 5)):
        granted = DispenseFactory(
            employee=EmployeeFactory(activated=True, employer=employer, matricule=field), stage=Status.ACCEPTED
        )
        Dispense.objects.filter(pk=granted.pk).update(**{field: today + timedelta(days=days)})
    dispense(employer, Status.REFUSED)
    EmployeeFactory(activated=True, contract_ends_on=today)  # of another employer
    lines = client.get(LIST).context["week"]
    assert [(line.count, line.when.replace("\xa0", " ")) for line in lines] == [
        (1, "depuis le 26 novembre 2026"),
        (1, "dès maintenant"),
        (1, "le 1er décembre 2026"),
        (1, "le 2 décembre 2026"),
        (1, "le 3 décembre 2026"),
        (1, "le 5 décembre 2026"),
        (1, "le 6 décembre 2026"),
        (4, "réponse attendue"),
        (2, "réponse attendue"),
    ]
    listed = [shown(client, **dict(parse_qsl(line.query))) for line in lines[:1] + lines[2:7]]
    assert listed == [["FINI"], ["PART"], ["ends_on"], ["LIEN"], ["confirm_by"], ["FINIT"]]
    assert [len(rows) for rows in (shown(client, **dict(parse_qsl(line.query))) for line in lines)] == [
        line.count for line in lines
    ]


def test_the_week_of_a_large_employer_is_kept_a_minute(
    client: Client, employer: Employer, monkeypatch: pytest.MonkeyPatch
) -> None:
    caches["shared"].clear()
    monkeypatch.setattr("dispenses.queue.standing.LARGE", 1)
    today = timezone.localdate()
    EmployeeFactory(employer=employer, activated=True, left_on=today)
    assert week(client)["salarié quitte l’entreprise"][0] == 1
    EmployeeFactory(employer=employer, activated=True, left_on=today)
    assert week(client)["salarié quitte l’entreprise"][0] == 1
    caches["shared"].clear()
    assert week(client)["salariés quittent l’entreprise"][0] == 2
    caches["shared"].clear()


def test_nothing_to_do_says_nothing(client: Client, employer: Employer) -> None:
    dispense(employer, Status.ACCEPTED)
    assert "À faire cette semaine" not in text(client.get(LIST))
