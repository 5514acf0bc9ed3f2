"""The pages of a transfer: what it would do, then what it did; who finds them closed."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, Employer, JournalEntry
from dispenses.life import transfers
from dispenses.models import Dispense, Transfer
from tests.factories import (
    AdministratorFactory,
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    LeadFactory,
)
from tests.pages import page_of

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2027-03-10T10:00:00+01:00", tick=False)]
ADD = "admin:dispenses_transfer_add"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(AdministratorFactory())
    return client


def asked(former: Employer, new: Employer, **changes: Any) -> dict[str, Any]:
    day = timezone.localdate()
    return {"former": former.pk, "new": new.pk, "day": day.isoformat(), "establishment": "", **changes}


def shown_key(page: str) -> str:
    return page.partition('name="vu" value="')[2].partition('"')[0]


def test_nothing_is_done_before_the_preview_was_seen(admin: Client, former: Employer, new: Employer) -> None:
    dispense = DispenseFactory(employee=EmployeeFactory(employer=former, activated=True), accepted=True)
    page = admin.post(reverse(ADD), asked(former, new)).content.decode()
    assert "<strong>1&nbsp;salarié</strong> passe" in page
    assert "1&nbsp;dispense accordée" in page
    assert "Employeur conjoint" not in page  # no motif for who may not read requests: totals alone
    assert not Transfer.objects.exists()
    other = asked(former, new, day=(timezone.localdate() + timedelta(days=3)).isoformat())
    again = admin.post(reverse(ADD), {**other, "vu": shown_key(page)}).content.decode()
    assert "Prévoir le transfert" in again  # another day than what was seen: it is shown anew
    assert not Transfer.objects.exists()
    answer = admin.post(reverse(ADD), {**asked(former, new), "vu": shown_key(page)})
    made = Transfer.objects.get()
    assert (answer.status_code, answer.url) == (302, reverse("admin:dispenses_transfer_change", args=[made.pk]))
    assert JournalEntry.objects.filter(kind="transfert d’entreprise", object_id=str(made.pk)).count() == 1
    transfers.work(made.pk)
    done = admin.get(answer.url).content.decode()
    assert "1&nbsp;salarié transféré" in done
    assert Dispense.objects.get(pk=dispense.pk).employee.employer == new


def test_what_is_wrong_is_said_beside_its_field_and_kept(admin: Client, former: Employer, new: Employer) -> None:
    EmployeeFactory(employer=former)
    wrong = {"establishment": "123", "day": "2099-01-01"}
    page = admin.post(reverse(ADD), asked(former, former, **wrong)).content.decode()
    assert "Ce SIRET n’existe pas" in page
    assert 'value="123"' in page
    for changes, said in (
        ({"day": "2099-01-01"}, "Indiquez un jour à moins d’un an"),
        ({"new": former.pk}, "Le nouvel employeur est le même"),
        ({"former": new.pk, "new": former.pk}, "Aucun salarié de Comptoir du Nord"),
        ({"day": "hier"}, "date valide"),
        ({"former": "9" * 30}, ""),
    ):
        answer = admin.post(reverse(ADD), asked(former, new) | changes)
        assert answer.status_code == 200
        assert said in answer.content.decode()
    assert not Transfer.objects.exists()


def test_a_lead_sees_what_is_to_be_looked_at_and_an_administrator_takes_up_those_who_stayed(
    admin: Client, former: Employer, new: Employer
) -> None:
    lead = Client()
    lead.force_login(LeadFactory())
    new.actes.update(opened_motifs=[])
    one = DispenseFactory(employee=EmployeeFactory(employer=former, activated=True), accepted=True)
    Dispense.objects.update(motif=_motif("temps_partiel"))
    stays = EmployeeFactory(employer=former)
    twin = EmployeeFactory(employer=new, matricule=stays.matricule)
    made = transfers.plan(former=former, new=new, day=timezone.localdate(), establishment="", by=AdministratorFactory())
    transfers.work(made.pk)
    page = reverse("admin:dispenses_transfer_change", args=[made.pk])
    text = lead.get(page).content.decode()
    assert reverse("admin:dispenses_dispense_change", args=[one.number]) in text
    assert stays.full_name in text
    twin.delete()
    assert lead.post(page, {"geste": "reprendre"}).status_code == 403
    assert admin.post(page, {"geste": "reprendre"}, follow=True).status_code == 200
    transfers.sweep()
    assert Employee.objects.filter(transferred_from=stays).exists()
    assert admin.post(page, {"geste": "autre"}).status_code == 404
    assert "déjà annulé" in admin.post(page, {"geste": "annuler"}, follow=True).content.decode()


def test_the_preview_names_motifs_to_who_may_read_requests(client: Client, former: Employer, new: Employer) -> None:
    DispenseFactory(employee=EmployeeFactory(employer=former, activated=True), accepted=True)
    user = AdministratorFactory()
    user.user_permissions.add(Permission.objects.get(content_type__app_label="dispenses", codename="view_dispense"))
    client.force_login(user)
    assert "Employeur conjoint" in client.post(reverse(ADD), asked(former, new)).content.decode()


def test_a_transfer_to_an_employer_that_is_no_longer_insured_says_that_it_waits(
    admin: Client, former: Employer, new: Employer
) -> None:
    today = timezone.localdate()
    EmployeeFactory(employer=former)
    by = AdministratorFactory()
    made = transfers.plan(former=former, new=new, day=today + timedelta(days=9), establishment="", by=by)
    page, waits = reverse("admin:dispenses_transfer_change", args=[made.pk]), "contrat du nouvel employeur"
    assert waits not in admin.get(page).content.decode()
    for until in (today + timedelta(days=8), today - timedelta(days=1)):
        Employer.objects.filter(pk=new.pk).update(insured_until=until)
        text = admin.get(page).content.decode()
        assert waits in text
        assert "Annuler ce transfert" in text
    Transfer.objects.update(day=today)
    assert "Passage en cours" not in admin.get(page).content.decode()
    assert waits in admin.get(reverse("admin:dispenses_transfer_changelist")).content.decode()


def test_an_administrator_sees_no_request(admin: Client, former: Employer, new: Employer) -> None:
    dispense = DispenseFactory(employee=EmployeeFactory(employer=former, activated=True), accepted=True)
    made = transfers.plan(former=former, new=new, day=timezone.localdate(), establishment="", by=AdministratorFactory())
    transfers.work(made.pk)
    text = admin.get(reverse("admin:dispenses_transfer_change", args=[made.pk])).content.decode()
    assert f"N°{dispense.number}" not in text
    assert "Dispenses à revoir" not in text


@pytest.mark.parametrize("side", ["former", "new"])
@pytest.mark.parametrize("tie", ["correspondent", "employee"])
def test_a_party_neither_plans_a_transfer_nor_reads_nor_changes_one(
    client: Client, former: Employer, new: Employer, side: str, tie: str
) -> None:
    user, employer = AdministratorFactory(), {"former": former, "new": new}[side]
    day = timezone.localdate() + timedelta(days=9)
    EmployeeFactory(employer=former)
    made = transfers.plan(former=former, new=new, day=day, establishment="", by=AdministratorFactory())
    page = reverse("admin:dispenses_transfer_change", args=[made.pk])
    client.force_login(user)
    history = reverse("admin:dispenses_transfer_history", args=[made.pk])
    lists = [reverse(f"admin:{name}_changelist") for name in ("dispenses_transfer", "accounts_journalentry")]
    log_of(made)
    assert [client.get(one).status_code for one in (page, history)] == [200, 200]
    assert all(said_by(client, one, made) for one in lists)
    if tie == "correspondent":
        CorrespondentFactory(user=user, employer=employer)
    else:  # who never asked for anything there
        EmployeeFactory(user=user, activated_at=timezone.now(), employer=employer)
    assert "un autre membre du centre" in client.post(reverse(ADD), asked(former, new)).content.decode()
    for one in (page, history):
        answer = client.get(one)
        assert answer.status_code == 403
        assert "un autre membre du centre" in answer.content.decode()
    assert [said_by(client, one, made) for one in lists] == [set(), set()]
    for gesture in ("annuler", "reprendre"):
        assert client.post(page, {"geste": gesture}).status_code == 403
    made.refresh_from_db()
    assert made.cancelled_at is None


def log_of(transfer: Transfer) -> None:
    """The line of the journal that its planning on the page leaves."""
    by, kind = AdministratorFactory(), ContentType.objects.get_for_model(Transfer)
    LogEntry.objects.create(
        user=by, content_type=kind, object_id=transfer.pk, object_repr=str(transfer), action_flag=ADDITION
    )


def said_by(client: Client, url: str, transfer: Transfer) -> set[str]:
    """What the list at that address says of the transfer: its name, the way to its page."""
    page = reverse("admin:dispenses_transfer_change", args=[transfer.pk])
    text = page_of(client.get(url))
    return {words for words in (str(transfer), page) if words in text}


def _motif(code: str) -> Any:
    return Dispense._meta.get_field("motif").related_model.objects.get(code=code)
