"""« Rien n’a changé »: when it may be said, what it writes, what it asks, and who is told."""

from datetime import date, timedelta
from io import BytesIO

import pytest
import time_machine
from django.utils import timezone
from pypdf import PdfReader

from dispenses.employer.digests import news
from dispenses.enums import EndCause, ScanStatus, Yearly, YearlyPolicy
from dispenses.exceptions import Code, DispenseIncomplete, TransitionRefused
from dispenses.life import changing, confirming
from dispenses.life.confirmations import policy_on
from dispenses.models import Declaration, Dispense, Motif
from dispenses.request import departure, history
from dispenses.request.receipts import confirmation_of, receipt_pdf
from dispenses.workflow import ASKED, Status
from notifications.models import OutgoingEmail
from portal.lib.dates import add_years
from tests.ending import ending
from tests.factories import ActeFactory, DispenseFactory, add_file
from tests.refusals import refused

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)
BEGAN = date(2025, 11, 30)


@pytest.fixture(autouse=True)
def on_that_day():
    with time_machine.travel("2026-11-30 10:00 +0100", tick=False):
        yield


def granted(**fields: object) -> Dispense:
    """A dispense whose confirmation is due today, unless said otherwise."""
    dispense = DispenseFactory(accepted=True)
    Dispense.objects.filter(pk=dispense.pk).update(**{"confirm_by": TODAY, "effective_on": BEGAN} | fields)
    dispense.refresh_from_db()
    return dispense


def confirm(dispense: Dispense) -> Declaration:
    return confirming.confirm(dispense=dispense, user=dispense.employee.user)


def asks(policy: YearlyPolicy, dispense: Dispense) -> None:
    """The acte of the day asks that for the dispense's motif."""
    policies = [f"{dispense.motif.code}:{policy.value}"]
    ActeFactory(employer=dispense.employee.employer, in_force_from=date(2020, 1, 1), yearly_policies=policies)


@pytest.mark.parametrize(
    ("due", "ends_on", "flagged", "code"),
    [
        (TODAY + timedelta(days=61), None, None, Code.NOT_YET),
        (TODAY + timedelta(days=60), None, None, None),
        (TODAY, None, None, None),
        (TODAY - timedelta(days=1), None, None, None),
        (TODAY - timedelta(days=400), None, TODAY - timedelta(days=399), None),
        (TODAY, TODAY, None, None),
        (TODAY + timedelta(days=2), TODAY + timedelta(days=1), None, Code.NOTHING_AWAITED),
        (None, None, None, Code.NOTHING_AWAITED),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1), TODAY - timedelta(days=8), Code.OVER),
    ],
)
def test_when_it_may_be_said(due: date | None, ends_on: date | None, flagged: date | None, code: Code | None) -> None:
    dispense = granted(confirm_by=due, ends_on=ends_on, unconfirmed_since=flagged)
    assert confirming.may_confirm(dispense, TODAY) is (code is None)
    if code is None:
        confirm(dispense)
        return
    with refused(TransitionRefused, code):
        confirm(dispense)
    assert Declaration.objects.count() == 1


def test_it_is_signed_on_the_same_request_and_the_next_one_is_a_year_later() -> None:
    dispense = granted(confirm_by=TODAY + timedelta(days=30))
    declaration = confirm(dispense)
    dispense.refresh_from_db()
    event = dispense.events.first()
    assert (event.transition, event.actor, dispense.status) == ("confirm", dispense.employee.user, Status.ACCEPTED)
    assert declaration.text.startswith("Je confirme, le 30\xa0novembre\xa02026, que rien n’a changé")
    assert "Je demande à être dispensé(e)" in declaration.text
    sent = dispense.declarations.first().answers
    assert [row[0] for row in sent[-2:]] == [ASKED, "Réponse avant le"]  # said of a request alone
    assert declaration.answers[:-1] == sent[:-2]
    assert declaration.answers[-1] == ["Dispense à compter du", "30\xa0novembre\xa02025"]
    assert dispense.confirm_by == add_years(TODAY + timedelta(days=30), 1)
    assert not history.breaks(dispense)
    assert dispense.history_seal == event.seal


def test_a_late_one_counts_from_its_day_and_takes_the_flag_away() -> None:
    dispense = granted(confirm_by=TODAY - timedelta(days=90), unconfirmed_since=TODAY - timedelta(days=89))
    confirm(dispense)
    dispense.refresh_from_db()
    assert (dispense.confirm_by, dispense.unconfirmed_since) == (date(2027, 11, 30), None)


def test_none_is_asked_past_the_end() -> None:
    dispense = granted(**ending(date(2027, 11, 29)))
    confirm(dispense)
    dispense.refresh_from_db()
    assert dispense.confirm_by is None


def test_a_departure_to_come_hides_the_next_one_which_comes_back_if_it_is_cancelled() -> None:
    dispense = granted(**ending(TODAY + timedelta(days=100), "departure"))
    confirm(dispense)
    dispense.refresh_from_db()
    mail = OutgoingEmail.objects.get(kind="situation_confirmed")
    assert "Prochaine confirmation" not in mail.text_body
    assert confirming.opens_on(dispense) is None
    departure.follow(dispense, None, timezone.now())
    assert confirming.opens_on(dispense) == date(2027, 11, 30) - timedelta(days=60)


def test_a_second_click_says_that_it_is_done() -> None:
    dispense = granted()
    confirm(dispense)
    with refused(TransitionRefused, Code.NOT_YET, words="enregistrée depuis le 30\xa0novembre\xa02026"):
        confirm(dispense)
    assert dispense.events.filter(transition="confirm").count() == 1
    assert OutgoingEmail.objects.filter(kind="situation_confirmed").count() == 1


def test_under_the_law_silence_has_ended_it_the_day_after() -> None:
    dispense = granted(confirm_by=TODAY - timedelta(days=1))
    Motif.objects.filter(pk=dispense.motif_id).update(yearly=Yearly.LAW)
    with refused(TransitionRefused, Code.OVER, words="29\xa0novembre\xa02026"):
        confirm(dispense)


def test_an_ended_one_is_not_confirmed() -> None:
    dispense = granted()
    changing.announce(
        dispense=dispense,
        user=dispense.employee.user,
        last_day=TODAY - timedelta(days=1),
        cause=EndCause.SITUATION,
        reason="Fin.",
    )
    with refused(TransitionRefused, Code.CHANGED):
        confirm(dispense)


def test_a_new_document_only_where_the_policy_of_the_day_asks_for_one() -> None:
    dispense = granted()
    assert policy_on(dispense, TODAY) is YearlyPolicy.UNCHANGED
    asks(YearlyPolicy.DOCUMENT, dispense)
    codes = [piece.code for piece in dispense.motif.required_justificatifs.all()]
    with pytest.raises(DispenseIncomplete) as caught:
        confirm(dispense)
    assert len(caught.value.missing) == len(codes)  # what was sent with the request does not count
    files = [add_file(dispense, code, f"nouveau-{code}.pdf") for code in codes]
    files[0].scan_status, files[0].scan_detail, files[0].scanned_at = ScanStatus.INFECTED, "EICAR", timezone.now()
    files[0].save()
    with pytest.raises(DispenseIncomplete):
        confirm(dispense)
    add_file(dispense, codes[0], "encore.pdf")
    declaration = confirm(dispense)
    assert declaration in dispense.declarations.all()
    assert dispense.events.first().files == [*(file.name for file in files), "encore.pdf"]
    assert not dispense.justificatifs.filter(sent_at=None).exists()


def test_a_document_where_the_motif_names_none() -> None:
    dispense = granted()
    dispense.motif.required_justificatifs.all().delete()
    asks(YearlyPolicy.DOCUMENT, dispense)
    with pytest.raises(DispenseIncomplete, match="Joignez un nouveau document"):
        confirm(dispense)
    add_file(dispense, "", "attestation-2027.pdf")
    confirm(dispense)


def test_an_acte_that_asks_nothing_any_more_makes_it_the_last() -> None:
    dispense = granted()
    asks(YearlyPolicy.NOTHING, dispense)
    confirm(dispense)
    dispense.refresh_from_db()
    assert dispense.confirm_by is None


def test_the_receipt_shows_what_was_signed_and_its_seal() -> None:
    dispense = granted()
    before = receipt_pdf(dispense)
    declaration = confirm(dispense)
    assert receipt_pdf(dispense) == before
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(confirmation_of(str(declaration.pk)))).pages)
    assert f"Confirmation – Dispense N°{dispense.number}" in text
    assert "rien n’a changé" in text
    assert history.seal_of_sending(declaration) == dispense.events.first().seal
    assert history.seal_of_sending(declaration)[:16] in text.replace("\n", "")
    assert confirming.last_confirmation(dispense) == declaration


def test_it_is_acknowledged_by_mail_and_counted_in_the_digest() -> None:
    dispense = granted()
    before = timezone.now() - timedelta(days=1)
    declaration = confirm(dispense)
    mail = OutgoingEmail.objects.get(kind="situation_confirmed")
    assert mail.to == dispense.employee.user.email
    assert mail.attachment_name == f"confirmation-{dispense.number}.pdf"
    assert mail.attachment_key == str(declaration.pk)
    found = news(dispense.employee.employer, before, timezone.now())
    assert (found.confirmed, found.any) == (1, True)
