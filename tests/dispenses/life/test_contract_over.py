"""The insurer's contract of an employer ends: told before, then everything is read and nothing changes."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.employee.fields import Declared
from accounts.enums import ContractType, ImportStatus
from accounts.exceptions import Code as PeopleCode
from accounts.exceptions import ContractOver
from accounts.imports import runs
from accounts.models import Correspondent, Employee, Employer, ImportRun, ReminderRun
from accounts.services import insurance, reminders
from accounts.services.many import pre_affiliate_many
from dispenses.exceptions import Code, TransitionRefused
from dispenses.life import changing, confirming, renewal
from dispenses.life.confirmations import deadline, flag_proofs
from dispenses.life.contracts import record_departures
from dispenses.life.ends import end_dispenses
from dispenses.life.steps import tell_steps
from dispenses.models import Dispense, Justificatif
from dispenses.request import drafts, joining, sending
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.registry import decide
from dispenses.request.reminders import remind_complements
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.accounts.company_files import as_csv, person, upload
from tests.dispenses.administration.test_employers import typed
from tests.dispenses.api.conftest import software
from tests.dispenses.life.granted import DAY, LAW, complement, granted, steps
from tests.dispenses.request.test_races import together
from tests.factories import (
    ActeFactory,
    AdministratorFactory,
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    EmployerFactory,
    InvitationFactory,
    StaffFactory,
)
from tests.files import pdf_bytes
from tests.pages import page_of

pytestmark = pytest.mark.django_db
YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)
LAST, LONG_AGO = DAY - timedelta(days=28), DAY - timedelta(days=29)
KEPT = "Vous étiez dispensé d’adhésion le 10 février 2027, dernier jour du contrat de votre entreprise avec l’assureur."


def over(employer: Employer) -> Employer:
    """The same employer, whose contract ended yesterday."""
    employer.insured_until = YESTERDAY
    employer.save()
    return employer


def told() -> list[str]:
    return list(OutgoingEmail.objects.filter(kind="contract_ends").order_by("pk").values_list("to", flat=True))


# What is told before


@pytest.mark.parametrize(("days", "mails"), [(61, 0), (60, 1), (1, 1), (0, 1), (-1, 1), (-400, 1)])
def test_correspondents_are_told_sixty_days_before_and_once_however_late(days: int, mails: int) -> None:
    role = CorrespondentFactory(employer=EmployerFactory(insured_until=DAY + timedelta(days=days)))
    assert insurance.tell_contract_ends() == mails
    assert told() == [role.user.email] * mails
    assert insurance.tell_contract_ends() == 0
    assert len(told()) == mails


def test_each_date_is_told_once(clock: Any) -> None:
    employer = CorrespondentFactory(employer=EmployerFactory(insured_until=DAY + timedelta(days=30))).employer
    insurance.tell_contract_ends()
    Employer.objects.update(insured_until=DAY + timedelta(days=400))
    assert insurance.tell_contract_ends() == 0
    clock.move_to(DAY + timedelta(days=341))
    assert [insurance.tell_contract_ends() for _ in range(2)] == [1, 0]
    Employer.objects.update(insured_until=None)
    assert insurance.tell_contract_ends() == 0
    assert len(told()) == 2
    assert employer.correspondents.count() == 1


def test_the_mail_says_what_follows_and_leads_to_the_pack() -> None:
    employer = CorrespondentFactory(employer=EmployerFactory(insured_until=date(2027, 4, 29))).employer
    insurance.tell_contract_ends()
    mail = OutgoingEmail.objects.get(kind="contract_ends")
    assert mail.subject == f"{employer.name} : le contrat d’assurance a pour dernier jour le 29/04/2027"
    for words in (
        "À partir du 30 avril 2027",
        "ni demande, ni import, ni correction",
        f"/preuves/?employeur={employer.pk}",
    ):
        assert words in mail.text_body
    assert "/preuves/" in mail.html_body


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_beats_tell_it_once() -> None:
    CorrespondentFactory(employer=EmployerFactory(insured_until=DAY + timedelta(days=10)))
    assert sorted(together(insurance.tell_contract_ends, insurance.tell_contract_ends)) == [0, 1]
    assert len(told()) == 1


# What employees may do no more


@pytest.fixture
def employee() -> Employee:
    employee: Employee = EmployeeFactory(activated=True)
    ActeFactory(employer=employee.employer)
    return employee


def _refused(act: Callable[[], object]) -> None:
    with pytest.raises(TransitionRefused) as refusal:
        act()
    assert refusal.value.code == Code.CONTRACT_OVER
    assert "a pris fin le 9\xa0mars\xa02027" in str(refusal.value)


def test_the_last_day_is_one_of_the_contract(employee: Employee) -> None:
    Employer.objects.update(insured_until=DAY)
    assert drafts.get_or_create_draft(employee=Employee.objects.get(pk=employee.pk)).status == Status.DRAFT


def test_no_request_begins_nor_leaves(employee: Employee) -> None:
    draft = DispenseFactory(employee=employee)
    over(employee.employer)
    draft = Dispense.objects.get(pk=draft.pk)
    _refused(lambda: drafts.get_or_create_draft(employee=draft.employee))
    _refused(lambda: drafts.save_situation(dispense=draft, matricule="9", hired_on=DAY))
    _refused(lambda: drafts.save_answers(dispense=draft, answers={"assureur": "X"}))
    _refused(lambda: joining.add_justificatif(dispense=draft, piece="", upload=upload(pdf_bytes(), "carte.pdf")))
    _refused(lambda: sending.submit(dispense=draft, user=employee.user))
    drafts.discard_draft(dispense=draft)  # what was never sent is still one's own to forget


def test_an_open_request_waits_for_the_centre_alone(employee: Employee) -> None:
    dispense = DispenseFactory(employee=employee, awaiting_complement=True)
    over(employee.employer)
    dispense = Dispense.objects.get(pk=dispense.pk)
    _refused(lambda: sending.complete(dispense=dispense, user=employee.user))
    _refused(lambda: sending.withdraw(dispense=dispense, user=employee.user))
    other = DispenseFactory(employee=EmployeeFactory(activated=True), in_progress=True)
    over(other.employee.employer)
    decide(AcceptContent(), dispense=Dispense.objects.get(pk=other.pk), user=StaffFactory())


def test_a_dispense_granted_is_neither_confirmed_nor_ended_by_its_employee(employee: Employee) -> None:
    dispense = granted(employee=employee, confirm_by=DAY + timedelta(days=5))
    over(employee.employer)
    dispense = Dispense.objects.get(pk=dispense.pk)
    _refused(lambda: confirming.confirm(dispense=dispense, user=employee.user))
    _refused(
        lambda: changing.announce(
            dispense=dispense, user=employee.user, last_day=DAY, cause=changing.EndCause.GIVEN_UP, reason="Je pars."
        )
    )


@pytest.mark.parametrize("name", ["demande_confirmer", "demande_changement", "demande_adhesion", "demande_fin"])
def test_its_pages_lead_to_the_follow_up_with_the_reason(employee: Employee, name: str, client: Client) -> None:
    dispense = granted(employee=employee, confirm_by=DAY + timedelta(days=5))
    over(employee.employer)
    client.force_login(employee.user)
    answer = client.get(reverse(name, args=[dispense.number]))
    assert (answer.status_code, answer.url) == (302, reverse("demandes"))
    assert "a pris fin" in str(next(iter(get_messages(answer.wsgi_request))))


def test_home_and_follow_up_offer_nothing_that_would_be_refused(employee: Employee, client: Client) -> None:
    dispense = granted(employee=employee, confirm_by=DAY + timedelta(days=5))
    client.force_login(employee.user)
    links = [reverse(name, args=[dispense.number]) for name in ("demande_confirmer", "demande_adhesion")]
    before = client.get(reverse("accueil")).content.decode() + client.get(reverse("demandes")).content.decode()
    over(employee.employer)
    after = client.get(reverse("accueil")).content.decode() + client.get(reverse("demandes")).content.decode()
    assert all(link in before for link in links)
    assert not any(link in after for link in links)
    assert "rien ne se modifie plus" not in before
    assert after.count("rien ne se modifie plus") == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"code": LAW, "confirm_by": YESTERDAY}, KEPT),  # nobody could confirm it on its last day
        ({"confirm_by": YESTERDAY}, KEPT),
        ({"ends_on": YESTERDAY}, KEPT),
        ({"unconfirmed_since": LONG_AGO}, KEPT),
        ({"code": LAW, "confirm_by": LONG_AGO - timedelta(days=1)}, "Votre dispense a pris fin le 8 février 2027."),
        ({"ends_on": LONG_AGO}, "Votre dispense a pris fin le 9 février 2027."),
        ({"effective_on": DAY}, "Votre dispense devait commencer le 10 mars 2027, après la fin du contrat de votre"),
    ],
)
def test_the_follow_up_says_what_it_was_on_the_last_day_of_the_contract(
    employee: Employee, client: Client, fields: dict[str, Any], said: str
) -> None:
    granted(employee=employee, **fields)
    employee.employer.insured_until = LAST
    employee.employer.save()
    client.force_login(employee.user)
    page = page_of(client.get(reverse("demandes"))).replace("\xa0", " ")
    assert said in page
    assert "adhérer à partir du" not in page
    assert "À confirmer au plus tard" not in page


# What correspondents may do no more


@pytest.fixture
def role(employee: Employee) -> Correspondent:
    role: Correspondent = CorrespondentFactory(employer=employee.employer)
    return role


DECLARED = Declared(
    matricule="N-1",
    first_name="Paul",
    last_name="Noir",
    professional_email="paul.noir@levant.exemple",
    hired_on=DAY,
    contract_type=ContractType.CDI,
)


def test_nobody_is_declared_corrected_nor_reminded(role: Correspondent, employee: Employee) -> None:
    employer = over(role.employer)
    invited = InvitationFactory(employee=EmployeeFactory(employer=employer)).employee
    acts: list[Callable[[], object]] = [
        lambda: services.pre_affiliate(by=role.user, employer=employer, declared=DECLARED),
        lambda: pre_affiliate_many(by=role.user, employer=employer, people=[DECLARED], now=timezone.now()),
        lambda: services.correct_employee(employee=invited, by=role.user, values={"category": "Cadre"}),
        lambda: services.declare_departure(employee=invited, by=role.user, left_on=DAY),
        lambda: services.declare_affiliation(employee=invited, by=role.user, affiliated_on=DAY),
        lambda: services.resend(employee=invited, by=role.user),
        lambda: services.chase(
            employer=employer, by=role.user, employees=employer.employees.all(), day=DAY, now=timezone.now()
        ),
        lambda: runs.start(employer=employer, by=role.user, upload=upload(as_csv([person(1)]))),
    ]
    for act in acts:
        with pytest.raises(ContractOver) as refusal:
            act()
        assert (refusal.value.code, refusal.value.employer_id) == (PeopleCode.CONTRACT_OVER, employer.pk)
    assert Employee.objects.filter(employer=employer).count() == 2
    assert not ImportRun.objects.exists()


def test_a_file_confirmed_on_the_last_day_stops_with_the_reason_and_loses_nothing(role: Correspondent) -> None:
    run = runs.start(employer=role.employer, by=role.user, upload=upload(as_csv([person(1), person(2)])))
    runs.work(run.pk)
    runs.confirm(run=ImportRun.objects.get(pk=run.pk), by=role.user)
    over(role.employer)
    runs.work(run.pk)
    run.refresh_from_db()
    assert (run.status, run.created) == (ImportStatus.FAILED, 0)
    assert "a pris fin le 9\xa0mars\xa02027" in run.refusal


def test_a_reminder_of_many_asked_before_ends_without_a_mail(role: Correspondent) -> None:
    InvitationFactory(employee=EmployeeFactory(employer=role.employer), sent_at=timezone.now() - timedelta(days=9))
    run = ReminderRun.objects.create(employer=role.employer, asked_by=role.user)
    over(role.employer)
    reminders.work_on_reminders(run.pk)
    run.refresh_from_db()
    assert (run.sent, run.finished_at) == (0, timezone.now())


PAGES = ("pre_affilier", "importer", "relancer")
OF_ONE = ("corriger", "depart", "affiliation", "renvoyer", "revoquer")


@pytest.mark.parametrize("name", [*PAGES, *OF_ONE])
@pytest.mark.parametrize("method", ["get", "post"])
def test_pages_that_change_something_lead_back_with_the_reason(
    role: Correspondent, employee: Employee, client: Client, name: str, method: str
) -> None:
    over(role.employer)
    client.force_login(role.user)
    key = role.employer_id if name in PAGES else employee.pk
    answer = getattr(client, method)(reverse(name, args=[key]))
    if (name, method) == ("renvoyer", "get"):
        assert answer.status_code == 405
        return
    assert (answer.status_code, answer.url) == (302, f"{reverse('salaries')}?employeur={role.employer_id}")
    page = client.get(answer.url).content.decode()
    assert "rien ne se modifie plus" in page


def test_the_home_of_correspondents_offers_the_pack(role: Correspondent, employee: Employee, client: Client) -> None:
    client.force_login(role.user)
    home, pack = reverse("salaries"), f"{reverse('preuves')}?employeur={role.employer_id}"
    offer = "Préparer un dossier"
    Employer.objects.update(insured_until=DAY + timedelta(days=61))
    assert offer not in client.get(home).content.decode()
    Employer.objects.update(insured_until=DAY + timedelta(days=60))
    near = client.get(home).content.decode()
    assert offer in near
    assert reverse("importer", args=[role.employer_id]) in near
    over(role.employer)
    page = client.get(home).content.decode()
    assert offer in page
    assert page.count(pack) == 2
    for name in PAGES:
        assert reverse(name, args=[role.employer_id]) not in page
    one = client.get(reverse("salarie", args=[employee.pk])).content.decode()
    assert reverse("corriger", args=[employee.pk]) not in one
    assert client.get(pack).status_code == 200


def test_software_is_told_so(role: Correspondent, client: Client) -> None:
    _, secret = services.create_token(
        employer=role.employer, by=role.user, name="SIRH", scopes=["employees:write"], last_day=DAY + timedelta(days=30)
    )
    over(role.employer)
    answer = client.post(
        reverse("api:employees"),
        {"employees": [{"matricule": "1"}]},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "un"},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "contrat_termine")
    assert "a pris fin le 9\xa0mars\xa02027" in answer.json()["detail"]


# Nothing changes by itself, and all opens again


def test_time_changes_nothing_until_the_contract_is_renewed(clock: Any) -> None:
    ends, law, prudence = (
        granted(ends_on=TOMORROW),
        granted(code="acte_f_couverture_collective", confirm_by=TOMORROW),
        granted(confirm_by=TOMORROW),
    )
    gone = granted(employee=EmployeeFactory(activated=True, left_on=TOMORROW))
    soon = granted(ends_on=DAY + timedelta(days=20))
    waiting = DispenseFactory(awaiting_complement=True)
    invited = InvitationFactory()
    every = [ends, law, prudence, gone, soon, waiting]
    Employer.objects.update(insured_until=DAY)
    OutgoingEmail.objects.all().delete()
    clock.move_to(DAY + timedelta(days=15))

    def beat() -> list[int]:
        jobs = (tell_steps, end_dispenses, flag_proofs, record_departures, remind_complements)
        return [*(job() for job in jobs), services.remind_invitations()]

    before = [(one.status, one.ends_on, one.status_at) for one in every]
    assert beat() == [0] * 6
    assert not OutgoingEmail.objects.exists()
    for one in every:
        one.refresh_from_db()
    assert [(one.status, one.ends_on, one.status_at) for one in every] == before
    assert not steps(soon)

    again = timezone.localdate() + timedelta(days=30)
    for employer in Employer.objects.all():
        renew(employer)
    assert beat() == [3, 1, 0, 1, 1, 1]
    ends.refresh_from_db()
    assert (ends.status, ends.ends_on) == (Status.ENDED, TOMORROW)  # dated by the rule, never by the renewal
    for one in (law, prudence):
        one.refresh_from_db()
        assert (one.status, one.ends_on, one.unconfirmed_since, one.confirm_by) == (Status.ACCEPTED, None, None, again)
        assert steps(one) == [("confirm_30", again)]
    confirming.confirm(dispense=prudence, user=prudence.employee.user)
    assert steps(soon) == [("end_7", soon.ends_on)]  # one mail, the latest step
    assert invited.employee.invitations.count() == 1
    assert not Justificatif.objects.filter(dispense=ends, sent_at=None).exists()


def renew(employer: Employer, until: date | None = None) -> int:
    """The administrator moves the end of the contract. Returns how many confirmations are put off."""
    over_on, employer.insured_until = employer.insured_until, until
    employer.save()
    return renewal.resume(employer, over_on)


def to_confirm(day: date) -> Dispense:
    return granted(code=LAW, confirm_by=day)


@pytest.mark.parametrize(
    ("confirm_by", "moved"), [(YESTERDAY, False), (DAY, True), (DAY + timedelta(days=9), True), (None, False)]
)
@pytest.mark.parametrize("until", [None, DAY, DAY + timedelta(days=400)])
def test_only_what_nobody_could_confirm_is_put_off(
    confirm_by: date | None, moved: bool, until: date | None, clock: Any
) -> None:
    dispense = to_confirm(confirm_by)
    clock.move_to(DAY + timedelta(days=9))
    employer = dispense.employee.employer
    employer.insured_until = YESTERDAY
    employer.save()
    assert renew(employer, until) == moved
    dispense.refresh_from_db()
    assert dispense.confirm_by == (DAY + timedelta(days=39) if moved else confirm_by)


@pytest.mark.parametrize("former", [None, DAY, DAY + timedelta(days=30)])
def test_a_contract_that_was_not_over_puts_nothing_off(former: date | None) -> None:
    dispense = to_confirm(YESTERDAY)
    employer = dispense.employee.employer
    employer.insured_until = former
    employer.save()
    assert renew(employer) == 0


def test_a_contract_that_ended_earlier_still_puts_nothing_off() -> None:
    employer = over(to_confirm(DAY).employee.employer)
    assert renew(employer, YESTERDAY - timedelta(days=9)) == 0
    assert renew(employer, YESTERDAY - timedelta(days=9)) == 0


def test_a_day_put_off_by_a_complement_until_one_of_those_is_put_off_too(clock: Any) -> None:
    dispense = to_confirm(DAY - timedelta(days=20))
    complement(dispense.employee, DAY - timedelta(days=25), DAY - timedelta(days=20))
    assert deadline(dispense) == DAY + timedelta(days=10)
    employer = over(dispense.employee.employer)
    clock.move_to(DAY + timedelta(days=15))
    assert renew(employer) == 1
    assert end_dispenses() == 0
    assert [renew(employer), Dispense.objects.get(pk=dispense.pk).confirm_by] == [0, DAY + timedelta(days=45)]


@pytest.mark.parametrize("held", [False, True])
def test_software_that_follows_the_changes_is_told_what_is_put_off(held: bool, clock: Any) -> None:
    dispense = to_confirm(DAY - timedelta(days=20) if held else DAY)
    if held:
        complement(dispense.employee, DAY - timedelta(days=25), DAY - timedelta(days=20))
    employer = over(dispense.employee.employer)
    theirs = software(employer=employer)
    cursor = theirs.get().json()["next_cursor"]
    clock.move_to(DAY + timedelta(days=15))
    assert theirs.get(cursor=cursor).json()["employees"] == []
    assert renew(employer) == 1
    told = theirs.get(cursor=cursor).json()["employees"]
    assert [(one["id"], one["dispense"]["confirm_by"]) for one in told] == [
        (dispense.employee_id, (DAY + timedelta(days=45)).isoformat())
    ]


def test_the_administrator_s_page_puts_off_what_nobody_could_confirm(client: Client, clock: Any) -> None:
    dispense = to_confirm(DAY)
    employer = over(dispense.employee.employer)
    clock.move_to(DAY + timedelta(days=9))
    client.force_login(AdministratorFactory())
    client.post(reverse("admin:accounts_employer_change", args=[employer.pk]), typed(employer, insured_until=""))
    dispense.refresh_from_db()
    assert dispense.confirm_by == DAY + timedelta(days=39)


def test_a_draft_announced_before_is_announced_again(clock: Any) -> None:
    draft = DispenseFactory()
    clock.move_to(DAY + timedelta(days=174))
    drafts.purge_drafts()
    employer = draft.employee.employer
    employer.insured_until = DAY + timedelta(days=175)
    employer.save()
    clock.move_to(DAY + timedelta(days=300))
    renew(employer)
    assert drafts.purge_drafts() == 0
    assert OutgoingEmail.objects.filter(kind="draft_ending").count() == 2
    clock.move_to(DAY + timedelta(days=308))
    assert drafts.purge_drafts() == 1
