"""What correspondents do for their company: lists, corrections, colleagues, digests."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import listing, services
from accounts.exceptions import Code, CompanyRefused
from accounts.models import ColleagueInvitation, CompanyEvent, Correspondent, Employee, Employer
from accounts.states import Standing
from dispenses.employer import digests
from dispenses.exports import lists
from dispenses.models import Dispense
from dispenses.workflow import Status
from notifications import delivery
from notifications.models import OutgoingEmail
from tests.dispenses.member.test_wizard import text
from tests.factories import CorrespondentFactory, DispenseFactory, EmployeeFactory, InvitationFactory, StaffFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def role() -> Correspondent:
    return CorrespondentFactory()


@pytest.fixture
def employer(role: Correspondent) -> Employer:
    return role.employer


@pytest.fixture
def client(role: Correspondent) -> Client:
    client = Client()
    client.force_login(role.user)
    return client


def found(employer: Employer, query: str) -> set[str]:
    everyone = Employee.objects.filter(employer=employer)
    kept = listing.filtered(everyone, listing.read_filters(query), timezone.now())
    return set(kept.values_list("matricule", flat=True))


# Where they stand


@pytest.mark.parametrize(
    ("stage", "standing"),
    [
        (Status.DRAFT, Standing.ACTIVE),
        (Status.IN_PROGRESS, Standing.IN_PROGRESS),
        (Status.AWAITING_COMPLEMENT, Standing.TO_COMPLETE),
        (Status.ACCEPTED, Standing.DISPENSED),
        (Status.REFUSED, Standing.TO_AFFILIATE),
        (Status.WITHDRAWN, Standing.TO_AFFILIATE),
        (Status.ENDED, Standing.TO_AFFILIATE),
    ],
)
def test_each_move_of_a_request_says_where_its_employee_stands(stage: Status, standing: Standing) -> None:
    employee = EmployeeFactory(activated=True)
    DispenseFactory(employee=employee, stage=stage)
    employee.refresh_from_db()
    assert employee.standing == standing


def test_an_older_request_that_ends_does_not_hide_a_newer_one() -> None:
    from dispenses.request import ending

    employee = EmployeeFactory(activated=True)
    older = DispenseFactory(employee=employee, stage=Status.ACCEPTED)
    DispenseFactory(employee=employee, stage=Status.IN_PROGRESS)
    ending.end(dispense=older, reason="Fin")
    employee.refresh_from_db()
    assert employee.standing == Standing.IN_PROGRESS


def test_an_employee_is_invited_then_active() -> None:
    assert EmployeeFactory().standing == Standing.INVITED
    assert EmployeeFactory(activated=True).standing == Standing.ACTIVE


# Lists


def test_the_search_knows_no_accent_nor_case(employer: Employer) -> None:
    EmployeeFactory(employer=employer, matricule="A1", first_name="Zoé", last_name="N’Guyên")
    EmployeeFactory(employer=employer, matricule="B2", first_name="Paul", last_name="Durand")
    assert found(employer, "q=nguyen+ZOE") == {"A1"}
    assert found(employer, "q=dura") == {"B2"}
    assert found(employer, "q=b2") == {"B2"}
    assert found(employer, "q=%00") == {"A1", "B2"}


def test_filters_of_the_link_tell_whom_to_remind(employer: Employer) -> None:
    now = timezone.now()
    ages = {"FRAIS": 1, "ATTEND": 10, "MORT": 70}
    for matricule, days in ages.items():
        employee = EmployeeFactory(employer=employer, matricule=matricule)
        InvitationFactory(employee=employee, sent_at=now - timedelta(days=days))
    asked = EmployeeFactory(employer=employer, matricule="DEMANDE")
    InvitationFactory(employee=asked, sent_at=now - timedelta(days=70), renewal_requested_at=now)
    EmployeeFactory(employer=employer, matricule="ACTIF", activated=True)
    assert found(employer, "lien=sans_reponse") == {"ATTEND"}
    assert found(employer, "lien=expire") == {"MORT", "DEMANDE"}
    assert found(employer, "lien=demande") == {"DEMANDE"}


def test_filters_of_what_was_declared(employer: Employer) -> None:
    EmployeeFactory(employer=employer, matricule="A", hired_on=date(2020, 1, 31), category="Cadre")
    EmployeeFactory(employer=employer, matricule="B", hired_on=date(2021, 1, 1), establishment_siret="73282932000074")
    assert found(employer, "du=2020-02-01") == {"B"}
    assert found(employer, "au=2020-01-31") == {"A"}
    assert found(employer, "categorie=Cadre") == {"A"}
    assert found(employer, "etablissement=73282932000074") == {"B"}


@pytest.mark.parametrize("query", ["etat=x", "lien=x", "du=31/01/2020", "au=2020-13-01", f"apres={10**21}"])
def test_a_filter_that_means_nothing_is_dropped(employer: Employer, client: Client, query: str) -> None:
    EmployeeFactory(employer=employer, matricule="SEUL-1")
    assert "SEUL-1" in text(client.get(f"/employeur/?{query}"))


def test_pages_go_forth_and_back_over_the_same_rows_with_their_filters(employer: Employer, client: Client) -> None:
    for rank in range(60):
        EmployeeFactory(employer=employer, last_name=f"N{rank:02d}", first_name="Ana", matricule=f"P{rank:02d}")
    EmployeeFactory(employer=employer, last_name="Autre", first_name="Zed")
    seen: list[list[str]] = []
    address = "/employeur/?q=ana"
    for _ in range(3):
        answer = client.get(address)
        page = answer.context["page"]
        seen.append([employee.matricule for employee in page.rows])
        address = f"/employeur/?q=ana&apres={page.after}"
    assert [len(rows) for rows in seen] == [25, 25, 10]
    assert [matricule for rows in seen for matricule in rows] == [f"P{rank:02d}" for rank in range(60)]
    back = client.get(f"/employeur/?q=ana&avant={answer.context['page'].before}")
    assert [employee.matricule for employee in back.context["page"].rows] == seen[1]
    assert "q=ana&amp;avant=" in text(back)


def test_the_list_takes_the_same_queries_whatever_it_shows(
    employer: Employer, client: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        DispenseFactory(employee=EmployeeFactory(activated=True, employer=employer), stage=Status.IN_PROGRESS)
    with django_assert_max_num_queries(8):
        client.get("/employeur/?q=a")


# One employee


def test_an_employee_s_page_tells_what_happened_and_nothing_of_health(employer: Employer, client: Client) -> None:
    employee = EmployeeFactory(activated=True, employer=employer)
    InvitationFactory(employee=employee)
    DispenseFactory(employee=employee, stage=Status.REFUSED, staff=StaffFactory())
    page = text(client.get(reverse("salarie", args=[employee.pk])))
    for said in (
        "Pré-affiliation",
        "Invitation envoyée",
        "Compte activé",
        "Demande de dispense envoyée",
        "Dispense refusée",
    ):
        assert said in page
    dispense = employee.dispenses.get()
    assert dispense.motif.label not in page
    assert dispense.decision_reason not in page


def test_an_employee_s_page_tells_the_days_of_the_dispense(employer: Employer, client: Client) -> None:
    granted = DispenseFactory(employee=EmployeeFactory(activated=True, employer=employer), stage=Status.ACCEPTED)
    days = {"effective_on": date(2020, 2, 1), "ends_on": date(2021, 1, 31)}
    Dispense.objects.filter(pk=granted.pk).update(**days)
    address = reverse("salarie", args=[granted.employee_id])
    page = text(client.get(address))
    assert "31/01/2021 compris" in page
    assert "Affiliation due le" in page
    assert "01/02/2021" in page
    Employee.objects.filter(pk=granted.employee_id).update(affiliated_on=date(2021, 2, 1))
    assert "Affiliation due le" not in text(client.get(address))
    asked = DispenseFactory(employee=EmployeeFactory(activated=True, employer=employer), stage=Status.IN_PROGRESS)
    assert "Sa dispense" not in text(client.get(reverse("salarie", args=[asked.employee_id])))


def test_a_mail_that_could_not_be_delivered_is_told(employer: Employer, client: Client) -> None:
    invitation = InvitationFactory(employee=EmployeeFactory(employer=employer))
    OutgoingEmail.objects.create(
        kind="invitation", to="faux@exemple.fr", subject="x", dedup_key=f"invitation:{invitation.pk}", status="failed"
    )
    page = text(client.get(reverse("salarie", args=[invitation.employee_id])))
    assert "L’e-mail n’a pas pu être remis" in page


def test_a_corrected_address_gets_a_new_link_and_it_is_written_down(employer: Employer, client: Client) -> None:
    employee = EmployeeFactory(employer=employer, professional_email="vieux@exemple.fr")
    old = InvitationFactory(employee=employee)
    posted = {
        "first_name": employee.first_name,
        "last_name": employee.last_name,
        "professional_email": "neuf@exemple.fr",
        "hired_on_0": "3",
        "hired_on_1": "9",
        "hired_on_2": "2018",
        "contract_type": "cdi",
        "matricule": employee.matricule,
    }
    answer = client.post(reverse("corriger", args=[employee.pk]), posted)
    assert answer.status_code == 302
    old.refresh_from_db()
    assert old.revoked_at
    assert OutgoingEmail.objects.filter(kind="invitation", to="neuf@exemple.fr").count() == 1
    event = CompanyEvent.objects.get(employee=employee)
    assert "vieux@exemple.fr → neuf@exemple.fr" in event.detail
    assert "Informations corrigées" in text(client.get(reverse("salarie", args=[employee.pk])))


def test_an_address_of_another_is_refused_and_nothing_is_lost(employer: Employer, client: Client) -> None:
    EmployeeFactory(employer=employer, professional_email="pris@exemple.fr")
    employee = EmployeeFactory(employer=employer)
    posted = {"first_name": "Ana", "last_name": "Roy", "professional_email": "pris@exemple.fr", "contract_type": "cdd"}
    posted["matricule"] = employee.matricule
    posted |= {"hired_on_0": "3", "hired_on_1": "9", "hired_on_2": "2018"}
    page = text(client.post(reverse("corriger", args=[employee.pk]), posted))
    assert "Cette adresse est déjà celle de" in page
    assert 'value="Roy"' in page


def test_acts_are_written_once() -> None:
    employee = EmployeeFactory()
    event = services.note_act(
        act="resent", by=CorrespondentFactory().user, employer=employee.employer, employee=employee
    )
    with pytest.raises(TypeError):
        event.save()


# Colleagues


def test_a_colleague_is_invited_told_and_written_down(role: Correspondent, employer: Employer, client: Client) -> None:
    page, posted = reverse("equipe", args=[employer.pk]), {"first_name": "Paul", "last_name": "Roy"}
    posted["email"] = "Paul.Roy@exemple.fr"
    assert client.post(page, posted).status_code == 302
    assert OutgoingEmail.objects.get().to == "paul.roy@exemple.fr"
    shown = text(client.get(page))
    assert "Correspondant invité" in shown
    assert "Invitations sans réponse" in shown
    assert employer.correspondents.count() == 1
    again = text(client.post(page, posted))
    assert "Un lien est déjà parti à cette adresse" in again
    CorrespondentFactory(employer=employer, user__email="nadia@exemple.fr")
    assert "déjà correspondante" in text(client.post(page, posted | {"email": "nadia@exemple.fr"}))


def test_an_invitation_is_sent_again_or_cancelled_from_the_page(
    role: Correspondent, employer: Employer, client: Client
) -> None:
    invitation = services.invite_colleague(
        employer=employer, by=role.user, email="paul@exemple.fr", first_name="Paul", last_name="Roy"
    )
    again, cancel = (reverse(name, args=[invitation.pk]) for name in ("collegue_renvoyer", "collegue_annuler"))
    assert "Un lien est déjà parti" in text(client.post(again, follow=True))
    ColleagueInvitation.objects.update(sent_at=timezone.now() - timedelta(minutes=11))
    assert "Un nouveau lien part à paul@exemple.fr" in text(client.post(again, follow=True))
    assert OutgoingEmail.objects.count() == 2
    stranger = Client()
    stranger.force_login(CorrespondentFactory().user)
    assert [stranger.post(address).status_code for address in (again, cancel)] == [404, 404]
    assert "est annulée" in text(client.post(cancel, follow=True))
    for address in (again, cancel):
        assert "a déjà eu une réponse" in text(client.post(address, follow=True))
    assert "Invitations sans réponse" not in text(client.get(reverse("equipe", args=[employer.pk])))
    acts = CompanyEvent.objects.order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["colleague_invited", "colleague_resent", "colleague_cancelled"]


def test_a_colleague_withdrawn_sees_nothing_more_and_nobody_withdraws_oneself(
    role: Correspondent, employer: Employer, client: Client
) -> None:
    other = CorrespondentFactory(employer=employer)
    theirs = Client()
    theirs.force_login(other.user)
    assert client.post(reverse("equipe_retirer", args=[other.pk])).status_code == 302
    assert theirs.get(reverse("equipe", args=[employer.pk])).status_code == 404
    with refused(CompanyRefused, Code.ONESELF):
        services.withdraw_colleague(role=role, by=role.user)
    assert CompanyEvent.objects.filter(act="colleague_withdrawn").count() == 1


def test_of_two_who_withdraw_each_other_one_stays(role: Correspondent, employer: Employer) -> None:
    other = CorrespondentFactory(employer=employer)
    services.withdraw_colleague(role=other, by=role.user)
    with refused(CompanyRefused, Code.NOT_CORRESPONDENT):
        services.withdraw_colleague(role=role, by=other.user)  # their page was open
    assert list(employer.correspondents.all()) == [role]


# Digest


ON_MONDAY = pytest.mark.time_machine(MONDAY, tick=False)


def happen(employer: Employer, at: datetime) -> None:
    with time_machine.travel(at, tick=False):
        DispenseFactory(employee=EmployeeFactory(employer=employer, activated=True), stage=Status.IN_PROGRESS)


@ON_MONDAY
def test_a_weekly_digest_says_what_happened_once_and_never_about_health(
    role: Correspondent, employer: Employer
) -> None:
    Correspondent.objects.update(digest_until=MONDAY - timedelta(days=7))
    happen(employer, MONDAY - timedelta(days=2))
    assert digests.send_digests(MONDAY) == 1
    assert digests.send_digests(MONDAY + timedelta(minutes=1)) == 0
    mail.outbox.clear()
    delivery.deliver()
    body = next(str(message.body) for message in mail.outbox if "depuis le 16/11/2026" in message.subject)
    assert "comptes activés\xa0: 1" in body
    assert "demandes envoyées\xa0: 1" in body
    assert "demandes traitées" not in body


@ON_MONDAY
def test_a_digest_that_fails_stops_no_other_and_is_tried_again(
    role: Correspondent, employer: Employer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = CorrespondentFactory(employer=employer)
    Correspondent.objects.update(digest_until=MONDAY - timedelta(days=7))
    happen(employer, MONDAY - timedelta(days=2))
    enqueue = digests.enqueue

    def fails(*args: Any, to: str, **changes: Any) -> Any:
        if to == role.user.email:
            raise ValueError("adresse refusée")
        return enqueue(*args, to=to, **changes)

    monkeypatch.setattr(digests, "enqueue", fails)
    assert digests.send_digests(MONDAY) == 1
    digest = OutgoingEmail.objects.filter(kind="correspondent_digest")
    assert [row.to for row in digest] == [other.user.email]
    monkeypatch.setattr(digests, "enqueue", enqueue)
    assert digests.send_digests(MONDAY + timedelta(hours=1)) == 1
    assert {row.to for row in digest.all()} == {role.user.email, other.user.email}


@pytest.mark.parametrize(
    ("digest", "days", "is_due"),
    [("never", 30, False), ("daily", 0, False), ("daily", 1, True), ("weekly", 1, True), ("weekly", 0, False)],
)
def test_when_a_digest_is_due_on_a_monday(digest: str, days: int, is_due: bool) -> None:
    assert digests.due(digest, MONDAY - timedelta(days=days), MONDAY) is is_due


def test_a_weekly_digest_is_not_sent_twice_in_a_week() -> None:
    assert not digests.due("weekly", MONDAY, MONDAY + timedelta(days=4))
    assert digests.due("weekly", MONDAY, MONDAY + timedelta(days=7))


@ON_MONDAY
def test_nothing_happened_nothing_is_sent(role: Correspondent) -> None:
    Correspondent.objects.update(digest="daily", digest_until=MONDAY - timedelta(days=3))
    assert digests.send_digests(MONDAY) == 0
    assert not OutgoingEmail.objects.filter(kind="correspondent_digest").exists()
    role.refresh_from_db()
    assert role.digest_until == MONDAY


def test_the_link_of_a_digest_stops_it_by_a_click_on_its_page(role: Correspondent) -> None:
    address = reverse("desabonner", args=[services.digest_token(role)])
    stranger = Client()
    assert stranger.get(address).status_code == 200
    role.refresh_from_db()
    assert role.digest == "weekly"
    assert "C’est fait" in text(stranger.post(address))
    role.refresh_from_db()
    assert role.digest == "never"
    assert stranger.get(reverse("desabonner", args=["1:faux"])).status_code == 404


def test_the_frequency_is_chosen_on_the_page(role: Correspondent, employer: Employer, client: Client) -> None:
    client.post(reverse("recapitulatif", args=[employer.pk]), {"digest": "daily"})
    role.refresh_from_db()
    assert role.digest == "daily"
    client.post(reverse("recapitulatif", args=[employer.pk]), {"digest": "x"})
    role.refresh_from_db()
    assert role.digest == "daily"


# A large company


def test_counts_are_exact_for_most_and_kept_a_minute_for_a_large_employer(
    employer: Employer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    EmployeeFactory.create_batch(2, employer=employer)
    assert "relevés" not in text(client.get(reverse("salaries")))
    EmployeeFactory(employer=employer)
    assert "3 salariés" in text(client.get(reverse("salaries")))
    monkeypatch.setattr("dispenses.queue.standing.LARGE", 3)
    assert "Nombres relevés" in text(client.get(reverse("salaries")))
    EmployeeFactory(employer=employer, last_name="Zola")
    page = text(client.get(reverse("salaries")))
    assert "3 salariés" in page
    assert "Zola" in page
    caches["shared"].clear()
    assert "4 salariés" in text(client.get(reverse("salaries")))


def test_names_sort_and_are_found_as_a_french_reader_expects(role: Correspondent) -> None:
    names = ["Zola", "Étienne", "de Broglie", "Đặng", "Yıldız", "Đorđević", "d’Aboville", "Lebœuf", "Éclair", "李"]
    for name in names:
        EmployeeFactory(employer=role.employer, first_name="Ana", last_name=name, birth_name=f"Née{name}")
    expected = ["d’Aboville", "Đặng", "de Broglie", "Đorđević", "Éclair", "Étienne", "Lebœuf", "Yıldız", "Zola", "李"]
    mine = Employee.objects.filter(employer=role.employer, first_name="Ana")
    assert [one.last_name for one in mine.order_by(*listing.ORDER.by())] == expected
    exported = lists.employees(role.employer).source.filter(first_name="Ana")
    assert [one.last_name for one in exported] == expected
    now = timezone.now()
    for typed, name in [
        *(("yildiz", "Yıldız"), ("dang", "Đặng"), ("dordevic", "Đorđević"), ("etienne", "Étienne"), ("李", "李")),
        *(("neezola", "Zola"), ("daboville", "d’Aboville"), ("LEBOEUF", "Lebœuf")),
    ]:
        filters = listing.read_filters(f"q={typed}")
        assert [one.last_name for one in listing.filtered(mine, filters, now)] == [name]


def test_correspondents_sort_as_a_french_reader_expects(client: Client, role: Correspondent) -> None:
    for name in ("Zola", "Étienne", "de Broglie"):
        CorrespondentFactory(employer=role.employer, user__last_name=name, user__first_name="Ana")
    page = text(client.get(reverse("equipe", args=[role.employer_id])))
    places = [page.index(f"Ana {name}") for name in ("de Broglie", "Étienne", "Zola")]
    assert places == sorted(places)
    exported = lists.correspondents(role.employer).source.filter(user__first_name="Ana")
    assert [one.user.last_name for one in exported] == ["de Broglie", "Étienne", "Zola"]


@pytest.mark.postgresql
@pytest.mark.parametrize("backwards", [False, True])
def test_a_page_in_the_middle_is_entered_by_the_index(employer: Employer, backwards: bool) -> None:
    last = [EmployeeFactory(employer=employer, last_name=f"N{rank}") for rank in range(3)][1]
    page = listing.ORDER.following(
        Employee.objects.filter(employer=employer), listing.ORDER.place(last), back=backwards
    )[:26]
    with transaction.atomic(), connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        plan = page.explain()
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "employee_by_standing" in plan
    assert "ROW(" in condition


@ON_MONDAY
def test_two_beats_at_once_send_one_digest(role: Correspondent, employer: Employer) -> None:
    Correspondent.objects.update(digest_until=MONDAY - timedelta(days=7))
    happen(employer, MONDAY - timedelta(days=2))
    role.refresh_from_db()
    assert digests._send(role, MONDAY)
    assert not digests._send(role, MONDAY + timedelta(seconds=1))  # read before the first one wrote
    assert OutgoingEmail.objects.filter(kind="correspondent_digest").count() == 1
