from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from pypdf import PdfReader

from accounts.models import User
from dispenses.exceptions import Code, DispenseIncomplete, JustificatifRefused, TransitionRefused
from dispenses.life import ends
from dispenses.models import FIRST_NUMBER, Declaration, Dispense, Justificatif, Motif
from dispenses.request import contents, drafts, joining, receipts, sending, transitions
from dispenses.request.decisions.accept import AcceptContent
from dispenses.request.decisions.registry import decide
from dispenses.request.receipts import receipt_pdf
from dispenses.workflow import ASKED, Status
from notifications import attachments
from notifications.models import OutgoingEmail
from portal.lib.typography import long_day
from tests.factories import (
    CONJOINT_ANSWERS,
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    StaffFactory,
    answers_to,
)
from tests.files import pdf_bytes
from tests.refusals import refused

pytestmark = pytest.mark.django_db


def upload(name: str = "attestation.pdf", *, content: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or pdf_bytes())


def test_numbers_start_at_20000() -> None:
    first, second = DispenseFactory(), DispenseFactory()
    assert first.number >= FIRST_NUMBER == 20_000
    assert second.number > first.number
    assert str(first) == f"Dispense N°{first.number}"


def test_a_draft_is_resumed_not_doubled() -> None:
    employee = EmployeeFactory(activated=True)
    draft = drafts.get_or_create_draft(employee=employee)
    assert drafts.get_or_create_draft(employee=employee) == draft
    assert (draft.matricule, draft.hired_on) == (employee.matricule, employee.hired_on)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispense.objects.create(employee=employee)


def test_no_new_draft_while_a_request_is_open() -> None:
    sent = DispenseFactory(in_progress=True)
    with refused(TransitionRefused, Code.IN_HAND, words=f"N°{sent.number} est déjà en cours"):
        drafts.get_or_create_draft(employee=sent.employee)


def test_sending_signs_the_wording_shown_and_acknowledges() -> None:
    dispense = DispenseFactory()
    shown = contents.declaration_text(dispense)
    sent = sending.submit(dispense=dispense, user=dispense.employee.user)
    Motif.objects.filter(code="conjoint").update(declaration="une autre rédaction", label="Autre libellé")
    declaration = sent.declarations.get()
    assert declaration.text == shown
    assert "je bénéficie, au titre d’un autre emploi et en qualité d’ayant droit" in shown
    assert "IMPORTANT\xa0: Il appartient à l’adhérent de justifier annuellement" in shown
    assert ["Motif", "Employeur conjoint"] in declaration.answers
    assert ["Nom de l’assureur", "Mutuelle du Lac"] in declaration.answers
    asked = long_day(sent.effective_on)
    assert [ASKED, asked] in declaration.answers
    assert all(f.sent_at == sent.submitted_at for f in sent.justificatifs.all())
    mail = OutgoingEmail.objects.get(dedup_key=f"dispense-received:{sent.number}")
    assert mail.to == dispense.employee.user.email
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(receipt_pdf(sent))).pages)
    assert f"Dispense N°{sent.number}" in text
    assert "Employeur conjoint" in text
    assert f"{ASKED} {asked}".replace("\xa0", " ") in " ".join(text.split())


@pytest.mark.parametrize("name", ["Zoë ✅", "李", "𓀀", "🦷 👩‍⚕️", "a\u202eb", "محمد"])
def test_no_name_prevents_the_sending_nor_its_receipt(name: str) -> None:
    answer = name if name.isprintable() else "Mutuelle du Lac"  # the form refuses the others
    dispense = DispenseFactory(answers={**CONJOINT_ANSWERS, "assureur": answer, "titulaire": answer})
    User.objects.filter(pk=dispense.employee.user_id).update(first_name=name)
    dispense.justificatifs.update(name=f"{name}.pdf")
    sent = sending.submit(dispense=dispense, user=User.objects.get(pk=dispense.employee.user_id))
    assert sent.status == Status.IN_PROGRESS
    assert receipt_pdf(sent).startswith(b"%PDF-")


def test_a_receipt_that_cannot_be_made_does_not_prevent_the_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise RuntimeError("plus de mémoire")

    monkeypatch.setattr(receipts, "pdf", broken)
    dispense = DispenseFactory()
    sent = sending.submit(dispense=dispense, user=dispense.employee.user)
    assert sent.status == Status.IN_PROGRESS
    mail = OutgoingEmail.objects.get(dedup_key=f"dispense-received:{sent.number}")
    monkeypatch.undo()
    assert attachments.make(mail.attachment_maker, mail.attachment_key) == receipt_pdf(sent)


def test_receipt_is_tagged_and_always_the_same() -> None:
    sent = DispenseFactory(in_progress=True)
    pdf = receipt_pdf(sent)
    assert PdfReader(BytesIO(pdf)).trailer["/Root"]["/MarkInfo"]["/Marked"].value is True
    assert receipt_pdf(sent) == pdf
    with pytest.raises(ValueError, match="pas envoyée"):
        receipt_pdf(DispenseFactory())


def test_an_incomplete_request_says_everything_that_is_missing() -> None:
    dispense = DispenseFactory(answers={}, matricule="")
    dispense.justificatifs.filter(piece="carte_mutuelle").delete()
    with pytest.raises(DispenseIncomplete) as caught:
        sending.submit(dispense=dispense, user=dispense.employee.user)
    steps = [step for step, _ in caught.value.missing]
    assert steps == ["situation", *["justificatifs"] * (len(CONJOINT_ANSWERS) + 1)]
    assert "Copie de votre carte mutuelle" in caught.value.missing[-1][1]
    dispense.refresh_from_db()
    assert dispense.status == Status.DRAFT
    assert not Declaration.objects.exists()


def test_a_motif_closed_since_the_draft_is_not_sent() -> None:
    dispense = DispenseFactory()
    Motif.objects.filter(code="conjoint").update(in_force_until=timezone.localdate() - timedelta(days=1))
    with pytest.raises(DispenseIncomplete, match="n’est pas ouvert"):
        sending.submit(dispense=dispense, user=dispense.employee.user)


def test_completing_keeps_the_first_declaration_and_signs_the_new_answers() -> None:
    dispense = DispenseFactory(awaiting_complement=True)
    drafts.save_answers(dispense=dispense, answers={"assureur": "Mutuelle du Parc"})
    dispense.refresh_from_db()
    assert dispense.answers["assureur"] == "Mutuelle du Lac"
    assert contents.raw_answers(dispense)["assureur"] == "Mutuelle du Parc"
    added = joining.add_justificatif(dispense=dispense, piece="carte_mutuelle", upload=upload("carte.pdf"))
    sending.complete(dispense=dispense, user=dispense.employee.user)
    dispense.refresh_from_db()
    added.refresh_from_db()
    assert dispense.status == Status.IN_PROGRESS
    assert dispense.answers["assureur"] == "Mutuelle du Parc"
    assert added.sent_at is not None
    first, second = dispense.declarations.all()
    assert ["Nom de l’assureur", "Mutuelle du Lac"] in first.answers
    assert ["Nom de l’assureur", "Mutuelle du Parc"] in second.answers
    assert dispense.events.first().files == ["carte.pdf"]


def test_evidence_is_never_rewritten() -> None:
    dispense = DispenseFactory(in_progress=True)
    for row in (dispense.declarations.get(), dispense.events.get()):
        with pytest.raises(TypeError, match="ne se modifie pas"):
            row.save()
        with pytest.raises(TypeError, match="ne se supprime pas"):
            row.delete()
    with pytest.raises(TransitionRefused):
        joining.remove_justificatif(justificatif=dispense.justificatifs.first())
    assert dispense.justificatifs.count() == 2


def test_quota_is_said_and_kept() -> None:
    dispense = DispenseFactory()
    assert contents.remaining_files(dispense) == 2
    joining.add_justificatif(dispense=dispense, piece="", upload=upload())
    joining.add_justificatif(dispense=dispense, piece="inconnue", upload=upload(content=pdf_bytes(pages=2)))
    assert contents.remaining_files(Dispense.objects.get(number=dispense.number)) == 0
    with refused(JustificatifRefused, Code.TOO_MANY_FILES, words="les 4 fichiers possibles"):
        joining.add_justificatif(dispense=dispense, piece="", upload=upload(content=pdf_bytes(pages=3)))
    assert dispense.justificatifs.filter(piece="").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_removed_file_leaves_no_bytes() -> None:
    dispense = DispenseFactory()
    justificatif = joining.add_justificatif(dispense=dispense, piece="", upload=upload())
    storage, name = justificatif.file.storage, justificatif.file.name
    assert storage.exists(name)
    joining.remove_justificatif(justificatif=justificatif)
    assert not storage.exists(name)
    joining.remove_justificatif(justificatif=justificatif)  # a second click changes nothing


def test_a_failed_row_leaves_no_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    dispense = DispenseFactory()
    stored: list[str] = []

    def fail(self: Justificatif, *args: object, **kwargs: object) -> None:
        stored.append(self.file.name or "")
        raise IntegrityError

    monkeypatch.setattr(Justificatif, "save", fail)
    with pytest.raises(IntegrityError):
        joining.add_justificatif(dispense=dispense, piece="", upload=upload())
    assert stored
    assert not Justificatif._meta.get_field("file").storage.exists(stored[0])


def test_changing_the_motif_keeps_the_files() -> None:
    dispense = DispenseFactory()
    drafts.choose_motif(dispense=dispense, motif=Motif.objects.get(code="parent"))
    pieces = set(dispense.justificatifs.values_list("piece", flat=True))
    assert pieces == {"carte_mutuelle", ""}


def test_the_correspondent_learns_the_decision_and_nothing_of_the_motif() -> None:
    dispense = DispenseFactory(in_progress=True)
    nadia = CorrespondentFactory(employer=dispense.employee.employer)
    decide(AcceptContent(), dispense=dispense, user=StaffFactory())
    mail = OutgoingEmail.objects.get(to=nadia.user.email)
    assert "acceptée" in mail.text_body
    assert "conjoint" not in mail.text_body.lower()


def test_a_dispense_ends_the_day_after_its_last_day() -> None:
    last = timezone.localdate() + timedelta(days=30)
    draft = DispenseFactory(
        motif=Motif.objects.get(code="c2s"), answers=answers_to("c2s", couverture_jusquau=last.strftime("%d/%m/%Y"))
    )
    sent = sending.submit(dispense=draft, user=draft.employee.user)
    granted = decide(AcceptContent(), dispense=sent, user=StaffFactory())
    assert granted.ends_on == last
    assert ends.end_dispenses(last) == 0
    assert ends.end_dispenses(last + timedelta(days=1)) == 1
    assert ends.end_dispenses(last + timedelta(days=1)) == 0
    granted.refresh_from_db()
    assert granted.status == Status.ENDED
    drafts.get_or_create_draft(employee=granted.employee)  # affiliation is due, or a new request


@pytest.mark.django_db(transaction=True)
def test_stale_drafts_go_with_their_files() -> None:
    with time_machine.travel(timezone.now() - timedelta(days=181), tick=False):
        old = DispenseFactory()
        file = old.justificatifs.first().file
    fresh = DispenseFactory()
    drafts.purge_drafts(timezone.now() - drafts.DRAFT_NOTICE)
    assert drafts.purge_drafts(timezone.now()) == 1
    assert not Dispense.objects.filter(number=old.number).exists()
    assert not file.storage.exists(file.name)
    assert Dispense.objects.filter(number=fresh.number).exists()


def test_a_sent_request_never_moves_from_the_wizard() -> None:
    sent = DispenseFactory(in_progress=True)
    with pytest.raises(TransitionRefused):
        drafts.choose_motif(dispense=sent, motif=Motif.objects.get(code="c2s"))
    with pytest.raises(TransitionRefused):
        drafts.save_situation(dispense=sent, matricule="X", hired_on=timezone.localdate())
    with pytest.raises(TransitionRefused):
        joining.add_justificatif(dispense=sent, piece="", upload=upload())
    with pytest.raises(TransitionRefused):
        drafts.discard_draft(dispense=sent)


def test_a_purge_takes_every_stale_draft_however_many() -> None:
    with time_machine.travel(timezone.now() - timedelta(days=181), tick=False):
        for _ in range(5):
            DispenseFactory()
    drafts.purge_drafts(timezone.now() - drafts.DRAFT_NOTICE)
    assert drafts.purge_drafts(timezone.now()) == 5


def test_the_owner_of_a_draft_is_told_a_week_before_once() -> None:
    begun = timezone.now()
    with time_machine.travel(begun, tick=False):
        draft = DispenseFactory()
    mails = OutgoingEmail.objects.filter(kind="draft_ending")
    warning = begun + drafts.DRAFT_LIFETIME - drafts.DRAFT_NOTICE
    drafts.purge_drafts(warning - timedelta(seconds=1))
    assert not mails.exists()
    for hours in (1, 25):
        drafts.purge_drafts(warning + timedelta(hours=hours))
    mail = mails.get()
    assert mail.to == draft.employee.user.email
    assert str(draft.number) in mail.text_body
    assert drafts.purge_drafts(begun + drafts.DRAFT_LIFETIME) == 0
    assert drafts.purge_drafts(begun + drafts.DRAFT_LIFETIME + timedelta(hours=2)) == 1


def test_drafts_that_nobody_may_resume_wait_for_the_contract_to_be_renewed() -> None:
    with time_machine.travel(timezone.now() - timedelta(days=400), tick=False):
        employer = DispenseFactory().employee.employer
    now = timezone.now()
    warned = now - drafts.DRAFT_NOTICE
    drafts.purge_drafts(warned)
    employer.insured_until = timezone.localdate(now) - timedelta(days=1)
    employer.save()
    assert drafts.purge_drafts(now) == 0
    employer.insured_until = None
    employer.save()
    assert drafts.purge_drafts(now) == 1


def test_a_job_that_is_late_still_leaves_a_week() -> None:
    begun = timezone.now()
    with time_machine.travel(begun, tick=False):
        draft = DispenseFactory()
    late = begun + timedelta(days=400)
    assert drafts.purge_drafts(late) == 0
    assert drafts.purge_drafts(late + timedelta(days=6)) == 0
    assert drafts.purge_drafts(late + timedelta(days=7)) == 1
    assert OutgoingEmail.objects.filter(kind="draft_ending").count() == 1
    assert not Dispense.objects.filter(pk=draft.pk).exists()


def test_a_draft_that_is_resumed_lives_again_and_is_told_again() -> None:
    begun = timezone.now()
    with time_machine.travel(begun, tick=False):
        draft = DispenseFactory()
    drafts.purge_drafts(begun + timedelta(days=175))
    with time_machine.travel(begun + timedelta(days=176), tick=False):
        drafts.save_answers(dispense=draft, answers={"assureur": "Mutuelle du Lac"})
    assert drafts.purge_drafts(begun + timedelta(days=190)) == 0
    drafts.purge_drafts(begun + timedelta(days=350))
    assert OutgoingEmail.objects.filter(kind="draft_ending").count() == 2
    assert drafts.purge_drafts(begun + timedelta(days=357)) == 1


def test_a_draft_whose_employee_was_detached_goes_without_a_mail() -> None:
    begun = timezone.now()
    with time_machine.travel(begun, tick=False):
        draft = DispenseFactory()
    type(draft.employee).objects.filter(pk=draft.employee_id).update(user=None, activated_at=None)
    drafts.purge_drafts(begun + timedelta(days=175))
    assert not OutgoingEmail.objects.filter(kind="draft_ending").exists()
    assert drafts.purge_drafts(begun + timedelta(days=183)) == 1


def given_up(at: datetime) -> Dispense:
    with time_machine.travel(at, tick=False):
        return drafts.abandon_draft(dispense=DispenseFactory())


def test_a_draft_given_up_goes_after_its_week_though_the_contract_is_over() -> None:
    now = timezone.now()
    draft = given_up(now - timedelta(days=9))
    employer = draft.employee.employer
    employer.insured_until = timezone.localdate(now) - timedelta(days=1)
    employer.save()
    assert drafts.purge_drafts(now) == 1
    assert not Dispense.objects.exists()


def test_a_draft_given_up_comes_back_until_the_end_of_the_day_that_its_card_says() -> None:
    draft = given_up(datetime(2026, 11, 30, 0, 0, tzinfo=UTC))  # 01:00 in Paris
    assert drafts.comes_back_until(draft) == date(2026, 12, 7)
    assert drafts.purge_drafts(datetime(2026, 12, 7, 2, 45, tzinfo=UTC)) == 0
    assert drafts.purge_drafts(datetime(2026, 12, 7, 22, 59, tzinfo=UTC)) == 0
    assert drafts.purge_drafts(datetime(2026, 12, 7, 23, 0, tzinfo=UTC)) == 1


def test_a_draft_given_up_keeps_its_week_though_its_180_days_are_over() -> None:
    begun = timezone.now() - timedelta(days=190)
    with time_machine.travel(begun, tick=False):
        draft = DispenseFactory()
    drafts.purge_drafts(begun + timedelta(days=175))
    with time_machine.travel(begun + timedelta(days=180), tick=False):
        drafts.abandon_draft(dispense=draft)
    assert drafts.purge_drafts(begun + timedelta(days=183)) == 0
    assert drafts.purge_drafts(begun + timedelta(days=188)) == 1


def test_a_draft_taken_up_during_the_sweep_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = given_up(timezone.now() - timedelta(days=9))
    due_now = transitions.due_now

    def taken_up_meanwhile(due: QuerySet[Dispense]) -> list[Dispense]:
        found = list(due_now(due))
        if found:
            drafts.take_up_again(dispense=draft)
        return found

    monkeypatch.setattr(transitions, "due_now", taken_up_meanwhile)
    assert drafts.purge_drafts(timezone.now()) == 0
    assert Dispense.objects.get().abandoned_at is None


def test_a_draft_erased_during_the_sweep_does_not_hold_the_others_back(monkeypatch: pytest.MonkeyPatch) -> None:
    gone, free = DispenseFactory(), DispenseFactory()
    numbers = [gone.pk, free.pk]
    drafts.discard_draft(dispense=gone)
    monkeypatch.setattr(transitions, "due_now", lambda _due: (Dispense(number=number) for number in numbers))
    assert transitions.sweep(Dispense.objects.all(), drafts.discard_draft) == 1
    assert not Dispense.objects.exists()


def test_a_draft_that_cannot_go_does_not_hold_the_others_back(monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = timezone.now() - timedelta(days=181)
    with time_machine.travel(long_ago, tick=False):
        stuck, free = DispenseFactory(), DispenseFactory()
    drafts.purge_drafts(timezone.now() - drafts.DRAFT_NOTICE)
    discard = drafts.discard_draft

    def refuse_the_first(*, dispense: Dispense) -> None:
        if dispense.number == stuck.number:
            raise TransitionRefused("Déjà envoyée", code=Code.ALREADY_SENT)
        discard(dispense=dispense)

    monkeypatch.setattr(drafts, "discard_draft", refuse_the_first)
    assert drafts.purge_drafts(timezone.now()) == 1
    assert not Dispense.objects.filter(number=free.number).exists()


def test_the_mail_of_a_validation_says_from_when_and_until_when() -> None:
    dispense = DispenseFactory(accepted=True)
    mail = OutgoingEmail.objects.get(dedup_key=f"dispense-decided:{dispense.number}", kind="dispense_accepted")
    assert dispense.effective_on is not None
    for body in (mail.text_body, mail.html_body):
        assert f"Elle prend effet le {date_format(dispense.effective_on, 'j F Y')}." in " ".join(body.split())
