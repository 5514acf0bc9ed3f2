"""The copy of one's data: everything that is theirs, nothing of anybody else, one at a time, for its owner alone."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dispenses.contact import questions
from dispenses.enums import CopyStatus, EndCause, Reading, ScanStatus
from dispenses.exceptions import Code, CopyRefused
from dispenses.keeping import copies, personal
from dispenses.models import Consultation, DataCopy, Dispense, InternalNote, Justificatif, LegalHold, copy_storage
from dispenses.queue import payroll_log
from dispenses.workflow import Status
from notifications.models import OutgoingEmail
from tests.factories import (
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    StaffFactory,
    UserFactory,
    add_file,
)
from tests.refusals import refused

pytestmark = pytest.mark.django_db

PAGE = reverse("mes_donnees")
DOWNLOAD = reverse("mes_donnees_copie")


def signed(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def owner(dispense: Dispense) -> User:
    user = dispense.employee.user
    assert user is not None
    return user


def ready(user: User) -> DataCopy:
    copies.ask(user=user)
    copies.sweep()
    copy = DataCopy.objects.get(user=user)
    assert copy.status == CopyStatus.READY
    return copy


def unpacked(user: User) -> tuple[zipfile.ZipFile, dict[str, Any]]:
    answer = signed(user).get(DOWNLOAD)
    assert answer.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    return archive, json.loads(archive.read("data.json"))


def test_it_holds_what_is_theirs_and_the_documents() -> None:
    dispense = DispenseFactory(stage=Status.REFUSED)
    other = DispenseFactory(in_progress=True, employee__last_name="Autre")
    user, staff = owner(dispense), StaffFactory()
    file = dispense.justificatifs.all()[0]
    Consultation.objects.create(
        user=staff, by_centre=True, dispense=dispense, document=file.pk, name=file.name, kind=Reading.PAGES
    )
    InternalNote.objects.create(dispense=dispense, author=staff, text="Une note du centre.")
    payroll_log.follow(dispense.employee.employer_id)
    ready(user)
    archive, data = unpacked(user)
    [request] = data["demandes"]
    assert request["numero"] == dispense.number
    assert request["declarations"][0]["texte"] == dispense.declarations.get().text
    assert [event["evenement"] for event in request["historique"]]
    assert request["consultations"][0]["par_le_centre"] is True
    assert request["conservee_jusqu_au"] == personal.kept_until(dispense).isoformat()  # type: ignore[union-attr]
    for one, told in zip(dispense.justificatifs.all(), request["documents"], strict=True):
        with one.file.open() as stored:
            assert archive.read(told["fichier"]) == stored.read()
    assert data["compte"]["identifiant"] == user.email
    assert data["fiches_de_salarie"][0]["matricule"] == dispense.employee.matricule
    assert data["emails"]
    assert [line["matricule"] for line in data["ce_que_la_paie_a_su"]] == [dispense.employee.matricule]
    text = archive.read("data.json").decode()
    assert str(other.number) not in {str(one["numero"]) for one in data["demandes"]}
    assert "Autre" not in text
    assert "Une note du centre." not in text
    assert not any(f"demandes/{other.number}/" in name for name in archive.namelist())


def test_what_was_asked_of_the_centre_and_its_answers_are_in_it() -> None:
    dispense, other = DispenseFactory(in_progress=True), DispenseFactory(in_progress=True)
    user, staff = owner(dispense), StaffFactory()
    said = {"name": user.full_name, "email": user.email, "network": "192.0.2.7"}
    asked = questions.ask(user=user, subject="request", number=dispense.number, text="Où en est-elle ?", **said)
    questions.answer(question=asked, user=staff, text="Elle est examinée.")
    questions.write(dispense=dispense, user=staff, text="Un document est flou.")
    questions.ask(user=user, subject="data", number=None, text="Qui lit mes documents ?", **said)
    questions.ask(user=owner(other), subject="request", number=other.number, text="La mienne ?", **said)
    ready(user)
    _, data = unpacked(user)
    assert [(one["demande"], one["texte"], one["reponse"]) for one in data["questions_et_messages"]] == [
        (dispense.number, "Où en est-elle ?", "Elle est examinée."),
        (dispense.number, "", "Un document est flou."),
        (None, "Qui lit mes documents ?", ""),
    ]
    assert staff.last_name not in json.dumps(data["questions_et_messages"], ensure_ascii=False)


def test_every_end_that_is_known_is_told_with_its_cause() -> None:
    dispense = DispenseFactory(accepted=True)
    ends = {"situation": "2027-05-31", "rule": "2027-12-31", "departure": "2027-06-30"}
    Dispense.objects.filter(pk=dispense.pk).update(ends=ends, ends_on="2027-05-31", end_cause="situation")
    ready(owner(dispense))
    _, data = unpacked(owner(dispense))
    [request] = data["demandes"]
    assert request["dernier_jour"] == "2027-05-31"
    assert [(end["cause"], end["dernier_jour"]) for end in request["fins_connues"]] == [
        (EndCause.SITUATION.label, "2027-05-31"),
        (EndCause.DEPARTURE.label, "2027-06-30"),
        (EndCause.RULE.label, "2027-12-31"),
    ]


def test_a_document_that_may_not_leave_says_why() -> None:
    dispense = DispenseFactory(in_progress=True)
    infected, lost = dispense.justificatifs.all()
    Justificatif.objects.filter(pk=infected.pk).update(
        scan_status=ScanStatus.INFECTED, scanned_at=timezone.now(), scan_detail="Eicar"
    )
    lost.file.storage.delete(lost.file.name or "")
    ready(owner(dispense))
    archive, data = unpacked(owner(dispense))
    told = [one["fichier"] for one in data["demandes"][0]["documents"]]
    assert all(words.startswith("absent") for words in told)
    assert not any(name.startswith("demandes/") for name in archive.namelist())


def test_names_of_files_are_harmless_in_the_zip() -> None:
    dispense = DispenseFactory()
    add_file(dispense, "", "../../etc/passwd")
    ready(owner(dispense))
    archive, _ = unpacked(owner(dispense))
    assert not any(".." in name.split("/") for name in archive.namelist())


def test_one_at_a_time_and_the_mail_says_when_it_is_ready() -> None:
    user = owner(DispenseFactory(in_progress=True))
    copies.ask(user=user)
    with refused(CopyRefused, Code.COPY_ASKED):
        copies.ask(user=user)
    assert not OutgoingEmail.objects.filter(kind="data_copy_ready").exists()
    copies.sweep()
    mail = OutgoingEmail.objects.get(kind="data_copy_ready")
    assert mail.to == user.email
    assert PAGE in mail.text_body
    with refused(CopyRefused, Code.COPY_ASKED):
        copies.ask(user=user)


def test_only_its_owner_takes_it() -> None:
    user = owner(DispenseFactory(in_progress=True))
    ready(user)
    assert Client().get(DOWNLOAD).status_code == 302
    for stranger in (UserFactory(), StaffFactory(), UserFactory(is_staff=True, is_superuser=True)):
        answer = signed(stranger).get(DOWNLOAD)
        assert answer["Location"] == PAGE
    answer = signed(user).get(DOWNLOAD)
    assert answer["Content-Disposition"] == 'attachment; filename="mes-donnees.zip"'
    assert answer["Cache-Control"] == "no-store"
    assert b"".join(answer.streaming_content).startswith(b"PK")


def test_it_goes_after_its_days(settings: Any) -> None:
    settings.PORTAL_DATA_DAYS = 3
    user = owner(DispenseFactory(in_progress=True))
    copy = ready(user)
    assert copy_storage().exists(copy.key)
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=5)):
        assert signed(user).get(DOWNLOAD)["Location"] == PAGE
        copies.sweep()
        assert not copy_storage().exists(copy.key)
        assert not DataCopy.objects.exists()
        ready(user)


def test_a_copy_that_is_over_is_no_obstacle_to_the_next(settings: Any) -> None:
    user = owner(DispenseFactory(in_progress=True))
    first = ready(user)
    with time_machine.travel(timezone.now() + timedelta(days=settings.PORTAL_DATA_DAYS + 1)):
        assert ready(user).pk != first.pk
    assert not copy_storage().exists(first.key)


def test_a_silent_storage_is_only_a_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    user = owner(DispenseFactory(in_progress=True))
    copies.ask(user=user)

    def silent(self: Any, *_: Any) -> str:
        raise OSError("le stockage ne répond pas")

    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "_save", silent)
        copies.sweep()
    copy = DataCopy.objects.get()
    assert (copy.status, copy.attempts) == (CopyStatus.QUEUED, 1)
    assert copies.sweep() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        assert copies.sweep() == 1
    copy.refresh_from_db()
    assert copy.status == CopyStatus.READY


def test_it_is_given_up_in_the_end_and_may_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    user = owner(DispenseFactory(in_progress=True))
    copy = copies.ask(user=user)
    DataCopy.objects.filter(pk=copy.pk).update(attempts=copies.ATTEMPTS)

    def silent(*_: Any) -> None:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(personal, "write", silent)
        copies.prepare(copy.pk)
    assert DataCopy.objects.get().status == CopyStatus.FAILED
    assert "n’a pas abouti" in signed(user).get(PAGE).content.decode()
    ready(user)


def test_a_dead_worker_gives_it_back() -> None:
    user = owner(DispenseFactory(in_progress=True))
    copy = copies.ask(user=user)
    DataCopy.objects.filter(pk=copy.pk).update(due_at=timezone.now() + copies.LEASE, attempts=1)
    assert copies.sweep() == 0
    with time_machine.travel(timezone.now() + copies.LEASE + timedelta(seconds=1)):
        assert copies.sweep() == 1


# The page


def text_of(user: User) -> str:
    answer = signed(user).get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_asks_for_a_copy_then_hands_it_over() -> None:
    user = owner(DispenseFactory(in_progress=True))
    client = signed(user)
    assert "Préparer une copie" in text_of(user)
    assert client.post(PAGE, {"copie": "1"})["Location"] == PAGE
    assert "se prépare depuis" in text_of(user)
    copies.sweep()
    assert DOWNLOAD in text_of(user)


def test_the_consent_is_withdrawn_in_one_click() -> None:
    user = owner(DispenseFactory(in_progress=True))
    User.objects.filter(pk=user.pk).update(marketing_consent_at=timezone.now())
    assert "Ne plus recevoir d’offres" in text_of(user)
    signed(user).post(PAGE, {"consentement": "non"})
    user.refresh_from_db()
    assert user.marketing_consent_at is None
    assert "Ne plus recevoir d’offres" not in text_of(user)


def test_an_erasure_is_refused_with_its_article_and_the_date() -> None:
    dispense = DispenseFactory(stage=Status.REFUSED)
    page = text_of(owner(dispense))
    until = personal.kept_until(Dispense.objects.select_related("employee").get(pk=dispense.pk))
    assert until is not None
    assert f"{until.day if until.day > 1 else '1er'}" in page
    assert str(until.year) in page
    assert "RGPD, article 17, paragraphe 3, b et e" in page
    assert "L243-16" in page


def test_without_a_date_the_page_says_why() -> None:
    accepted = DispenseFactory(accepted=True)
    assert "tant que la dispense dure" in text_of(owner(accepted))
    waiting = DispenseFactory(in_progress=True)
    assert "tant qu’elle est en cours" in text_of(owner(waiting))
    held = DispenseFactory(stage=Status.REFUSED)
    LegalHold.objects.create(employer=held.employee.employer, reason="Contrôle", placed_by=StaffFactory())
    assert "tant qu’un contrôle ou un litige la concerne" in text_of(owner(held))


def test_whoever_sent_nothing_may_have_all_erased() -> None:
    for user in (EmployeeFactory(activated=True).user, CorrespondentFactory().user):
        assert "aucune loi ne nous oblige" in text_of(user)
