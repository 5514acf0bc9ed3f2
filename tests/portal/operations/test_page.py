"""« Exploitation »: what waits and what failed by cause, tried again by a button, with a line of the journal."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import ImportStatus
from accounts.models import ImportRun, JournalEntry
from dispenses.enums import CopyStatus, PackStatus, PackStep, ScanStatus
from dispenses.models import DataCopy, EvidencePack, Justificatif
from notifications.enums import CallStatus, EmailStatus, Tallied
from notifications.models import OutgoingCall, OutgoingEmail, Tally
from portal import readiness
from portal.operations import exposition, works
from tests.dispenses.packs.packs import ready_pack
from tests.factories import (
    AdministratorFactory,
    CorrespondentFactory,
    DispenseFactory,
    EmployerFactory,
    LeadFactory,
    OutgoingCallFactory,
    StaffFactory,
    UserFactory,
)
from tests.notifications.conftest import queue

__all__ = ["queue"]  # the fixture
pytestmark = pytest.mark.django_db
PAGE = reverse("admin:exploitation")
REFUSED = "SMTPRecipientsRefused 550"


@pytest.fixture(autouse=True)
def _nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_probers", {})


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(AdministratorFactory())
    return client


def shown(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().replace("\xa0", " ").replace("&nbsp;", " ").split())


def new_pack() -> EvidencePack:
    found = CorrespondentFactory()
    return ready_pack(found.employer, found.user)


def journal() -> list[tuple[str, str]]:
    found = JournalEntry.objects.filter(kind="exploitation").order_by("pk").values_list("object", "detail")
    return [(name, detail.replace("\xa0", " ")) for name, detail in found]


def failed_mails(queue: Any, *addresses: str, error: str = REFUSED) -> None:
    queue(*addresses)
    OutgoingEmail.objects.filter(to__in=addresses).update(status=EmailStatus.FAILED, attempts=1, last_error=error)


@pytest.mark.parametrize("person", [StaffFactory, LeadFactory, UserFactory])
def test_it_is_for_administrators(client: Client, person: Any) -> None:
    client.force_login(person())
    assert client.get(PAGE).status_code in (302, 403)
    assert client.post(PAGE, {"geste": "reprendre", "travail": "emails", "raison": ""}).status_code in (302, 403)
    assert journal() == []
    assert PAGE not in client.get("/gestion/").content.decode()


def test_the_index_leads_to_it(admin: Client) -> None:
    assert PAGE in admin.get("/gestion/").content.decode()


def test_a_portal_where_all_is_well(admin: Client) -> None:
    text = shown(admin)
    assert "Toutes les parties du portail vont bien." in text
    assert "Ce qui n’a pas abouti" not in text
    assert "Aucune tâche en échec ni silencieuse." in text
    for work in works.WORKS:
        assert work.label in text


def test_failures_are_grouped_by_cause_without_a_name(admin: Client, queue: Any) -> None:
    failed_mails(queue, "virginie@exemple.fr", "louis@exemple.fr")
    failed_mails(queue, "nadia@exemple.fr", error="InvalidToken")
    text = shown(admin)
    assert f"<strong>2 en échec</strong> : {REFUSED}" in text
    assert "<strong>1 en échec</strong> : InvalidToken" in text
    assert "exemple.fr" not in text.partition('id="content-main"')[2]
    assert text.count("Reprendre<span") == 2


def test_failed_mails_leave_again_for_one_cause_alone(admin: Client, queue: Any) -> None:
    failed_mails(queue, "a@exemple.fr", "b@exemple.fr")
    failed_mails(queue, "c@exemple.fr", error="InvalidToken")
    answer = admin.post(PAGE, {"geste": "reprendre", "travail": "emails", "raison": REFUSED}, follow=True)
    assert "E-mails\xa0: 2 remis au travail" in answer.content.decode()
    states = dict(OutgoingEmail.objects.values_list("to", "status"))
    assert states == {"a@exemple.fr": "retry", "b@exemple.fr": "retry", "c@exemple.fr": "failed"}
    assert journal() == [("E-mails", f"Repris après échec : 2 ({REFUSED})")]
    admin.post(PAGE, {"geste": "reprendre", "travail": "emails", "raison": REFUSED})
    assert len(journal()) == 1  # nothing was left to do: no line


def test_what_waits_for_its_next_try_is_tried_now(admin: Client, queue: Any) -> None:
    queue("a@exemple.fr")
    later = timezone.now() + timedelta(hours=12)
    OutgoingEmail.objects.update(status=EmailStatus.RETRY, attempts=9, next_try_at=later, last_error="OSError")
    assert "<strong>1 à réessayer</strong> : OSError" in shown(admin)
    admin.post(PAGE, {"geste": "hater", "travail": "emails", "raison": "OSError"})
    row = OutgoingEmail.objects.get()
    assert (row.status, row.attempts) == (EmailStatus.RETRY, 9)
    assert row.next_try_at <= timezone.now()
    assert journal() == [("E-mails", "Réessayé sans attendre : 1 (OSError)")]


def test_a_file_that_a_worker_holds_is_left_to_it(admin: Client) -> None:
    justificatif = DispenseFactory(in_progress=True).justificatifs.first()
    soon, later = timezone.now() + timedelta(minutes=5), timezone.now() + timedelta(hours=1)
    rows = Justificatif.objects.filter(pk=justificatif.pk)
    post = {"geste": "hater", "travail": "scans", "raison": "clamd"}
    rows.update(scan_status=ScanStatus.PENDING, scan_attempts=3, scan_detail="clamd", scan_next_at=soon)
    admin.post(PAGE, post)
    assert rows.get().scan_next_at == soon  # this may be a lease
    rows.update(scan_next_at=later)
    admin.post(PAGE, post)
    assert rows.get().scan_next_at <= timezone.now()


def test_each_kind_of_failure_is_taken_up(admin: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PORTAL_CLAMD = "tcp://127.0.0.1:9"
    for target in ("dispenses.documents.examination", "dispenses.packs.preparation", "dispenses.keeping.copies"):
        monkeypatch.setattr(f"{target}.hint", lambda *arguments: None)
    call = OutgoingCallFactory(status=CallStatus.FAILED, sent_at=None, attempts=8, last_error="Réponse 500")
    justificatif = DispenseFactory(in_progress=True).justificatifs.first()
    Justificatif.objects.filter(pk=justificatif.pk).update(scan_status=ScanStatus.FAILED, scan_detail="trop grand")
    pack = new_pack()
    failed = {
        "status": PackStatus.FAILED,
        "step": PackStep.DONE,
        "failure": "Silence",
        "ready_at": None,
        "expires_at": None,
    }
    EvidencePack.objects.filter(pk=pack.pk).update(**failed)
    copy = DataCopy.objects.create(user=UserFactory(), status=CopyStatus.FAILED, attempts=12)
    for name, reason in (
        ("webhooks", "Réponse 500"),
        ("scans", "trop grand"),
        ("packs", "Silence"),
        ("data_copies", ""),
    ):
        admin.post(PAGE, {"geste": "reprendre", "travail": name, "raison": reason})
    assert OutgoingCall.objects.get(pk=call.pk).status == CallStatus.RETRY
    assert Justificatif.objects.get(pk=justificatif.pk).scan_status == ScanStatus.PENDING
    pack.refresh_from_db()
    assert (pack.status, pack.step, pack.done, pack.parts, pack.failure) == (
        PackStatus.QUEUED,
        PackStep.EMPLOYEES,
        0,
        0,
        "",
    )
    assert DataCopy.objects.get(pk=copy.pk).status == CopyStatus.QUEUED
    assert len(journal()) == 4


def test_a_cause_that_no_column_keeps_is_not_written_in_the_journal(admin: Client, monkeypatch: Any) -> None:
    """The journal is never emptied: nobody writes in it what they please."""
    monkeypatch.setattr("dispenses.keeping.copies.hint", lambda *arguments: None)
    DataCopy.objects.create(user=UserFactory(), status=CopyStatus.FAILED, attempts=12)
    admin.post(PAGE, {"geste": "reprendre", "travail": "data_copies", "raison": "n’importe quoi " * 500})
    assert journal() == [("Copies de données", "Repris après échec : 1 (sans raison écrite)")]


def test_a_file_confirmed_days_after_it_was_read_is_not_late() -> None:
    run = ImportRun.objects.create(
        employer=EmployerFactory(),
        name="effectif.csv",
        size=1000,
        created_by=UserFactory(),
        status=ImportStatus.ANALYSING,
        created_at=timezone.now() - timedelta(days=2),
    )
    imports = works.BY_NAME["imports"]
    assert imports.oldest(timezone.now()) > timedelta(days=1)
    ImportRun.objects.filter(pk=run.pk).update(
        status=ImportStatus.IMPORTING, confirmed_at=timezone.now() - timedelta(minutes=2), confirmed_by=UserFactory()
    )
    assert timedelta(minutes=1) < imports.oldest(timezone.now()) < timedelta(minutes=5)


def test_a_pack_whose_former_pieces_are_still_there_waits_for_their_end(admin: Client) -> None:
    pack = new_pack()
    EvidencePack.objects.filter(pk=pack.pk).update(
        status=PackStatus.FAILED, step=PackStep.JOIN, failure="Silence", ready_at=None, expires_at=None
    )
    admin.post(PAGE, {"geste": "reprendre", "travail": "packs", "raison": "Silence"})
    assert EvidencePack.objects.get(pk=pack.pk).status == PackStatus.FAILED


@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"geste": "reprendre"},
        {"geste": "reprendre", "travail": "nulle-part", "raison": "x"},
        {"geste": "effacer", "travail": "emails", "raison": "x"},
        {"geste": "reprendre", "travail": "previews", "raison": "x"},
        {"geste": "hater", "travail": "imports", "raison": "x" * 5000},
        {"geste": "reprendre", "travail": "emails", "raison": "a\0b"},
        {"geste": "lancer", "tache": "os.system"},
    ],
)
def test_a_button_that_does_not_exist_does_nothing(posted: dict[str, str], admin: Client) -> None:
    answer = admin.post(PAGE, posted, follow=True)
    assert answer.status_code == 200
    assert journal() == []


def test_a_task_that_failed_is_shown_first_and_may_be_asked_for(admin: Client) -> None:
    now, name = timezone.now(), "accounts.tasks.purge_tries"
    Tally.add(Tallied.TASK_DONE, name, at=now - timedelta(days=9))
    Tally.add(Tallied.TASK_FAILED, name, at=now, detail="OperationalError")
    text = shown(admin)
    assert "(OperationalError)" in text.partition("Les autres tâches")[0]
    assert "silencieuse" in text
    answer = admin.post(PAGE, {"geste": "lancer", "tache": name}, follow=True)
    assert f"Tâche demandée\xa0: {name}." in answer.content.decode()
    assert journal() == [(name, "Tâche lancée à la main")]


def test_a_broker_that_is_away_is_said_and_the_page_is_there(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise ConnectionError("redis://:secret@broker")

    monkeypatch.setattr(exposition, "queue_lengths", broken)
    text = shown(admin)
    assert "le broker ne répond pas" in text
    assert "secret" not in text
