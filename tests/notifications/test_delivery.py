"""Sending, over a real SMTP server: at least once, one Message-ID, retries and refusals by the server's code."""

import itertools
import threading
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.core.mail import get_connection
from django.db import connection, transaction
from django.utils import timezone

from accounts.messages import ActivationCode, Invitation
from notifications import attachments, delivery, departures, mime
from notifications.enums import EmailStatus, Urgency
from notifications.models import OutgoingEmail
from notifications.outbox import Attachment, LaterAttachment, Outgoing, enqueue_many
from portal.lib.leases import LeaseLost
from tests.notifications.messages import example

pytestmark = pytest.mark.django_db(transaction=True)


def due_now():
    OutgoingEmail.objects.filter(status=EmailStatus.RETRY).update(next_try_at=timezone.now())


def test_text_and_html_arrive(smtp, queue):
    (row,) = queue("virginie@exemple.fr")

    assert delivery.deliver() == 1

    (message,) = smtp.received
    row.refresh_from_db()
    assert message["Message-ID"] == row.message_id
    assert message["To"] == "virginie@exemple.fr"
    assert message["Subject"] == row.subject
    assert "virginie@exemple.fr" in message.get_body(("plain",)).get_content()
    assert "D’Été &lt;b&gt;" in message.get_body(("html",)).get_content()
    assert "D’Été <b>" in message.get_body(("plain",)).get_content()
    assert not message.defects
    assert (row.status, row.attempts, row.leased_until) == (EmailStatus.SENT, 1, None)
    assert row.sent_at


def test_attachment_arrives_whole_and_is_blanked(smtp, queue):
    content = bytes(range(256)) * 50
    (row,) = queue(
        "virginie@exemple.fr", attachment=Attachment("Accusé N°1.pdf", content=content, mimetype="application/pdf")
    )

    delivery.deliver()

    (part,) = smtp.received[0].iter_attachments()
    assert part.get_filename() == "Accusé N°1.pdf"
    assert part.get_content_type() == "application/pdf"
    assert part.get_content() == content
    row.refresh_from_db()
    assert row.attachment is None


@pytest.fixture
def later(queue, monkeypatch):
    """A mail whose file is made when it leaves, and the keys that it was asked for."""
    asked = []

    def make(key):
        asked.append(key)
        return b"%PDF-1.7 de " + key.encode()

    monkeypatch.setitem(attachments._makers, "test", make)
    joined = LaterAttachment("Accusé N°7.pdf", "application/pdf", maker="test", key="7")
    (row,) = queue("virginie@exemple.fr", attachment=joined)
    return row, asked


def test_a_file_is_made_when_its_mail_leaves(smtp, later):
    row, asked = later
    assert asked == []

    delivery.deliver()

    (part,) = smtp.received[0].iter_attachments()
    assert (part.get_filename(), part.get_content()) == ("Accusé N°7.pdf", b"%PDF-1.7 de 7")
    row.refresh_from_db()
    assert (row.status, row.attachment) == (EmailStatus.SENT, None)


def test_a_file_that_cannot_be_made_holds_nobody_up_and_is_made_again(smtp, queue, later, monkeypatch):
    row, _ = later
    queue("paul@exemple.fr")
    made = attachments._makers["test"]
    monkeypatch.setitem(attachments._makers, "test", lambda key: 1 // 0)

    delivery.deliver()

    assert smtp.addresses == ["paul@exemple.fr"]
    row.refresh_from_db()
    assert (row.status, row.attempts, row.last_error) == (EmailStatus.RETRY, 1, "_NoAttachmentYet")
    monkeypatch.setitem(attachments._makers, "test", made)
    due_now()
    delivery.deliver()
    assert [part.get_content() for part in smtp.received[1].iter_attachments()] == [b"%PDF-1.7 de 7"]


def test_in_the_end_the_mail_leaves_without_it_and_says_so(smtp, later, monkeypatch):
    row, _ = later
    monkeypatch.setitem(attachments._makers, "test", lambda key: 1 // 0)
    for _ in range(delivery.ATTACHMENT_ATTEMPTS):
        assert smtp.received == []
        delivery.deliver()
        due_now()

    (message,) = smtp.received
    assert list(message.iter_attachments()) == []
    for kind in ("plain", "html"):
        assert "La pièce jointe n’a pas pu être préparée" in message.get_body((kind,)).get_content()
    row.refresh_from_db()
    assert row.status == EmailStatus.SENT


def test_secret_is_encrypted_while_it_waits_and_blanked_once_sent(smtp, queue):
    (row,) = queue("virginie@exemple.fr", kind=Invitation)
    assert "secret-du-lien" not in row.text_body + row.html_body

    delivery.deliver()

    assert "secret-du-lien" in smtp.received[0].get_body(("plain",)).get_content()
    row.refresh_from_db()
    assert (row.text_body, row.html_body) == ("", "")


def test_other_bodies_are_kept(smtp, queue):
    queue("secret@exemple.fr", kind=Invitation)
    (row,) = queue("virginie@exemple.fr")

    delivery.deliver()

    row.refresh_from_db()
    assert "Votre compte est ouvert" in row.text_body


def test_older_key_still_opens_what_waits(smtp, queue, settings):
    queue("virginie@exemple.fr", kind=Invitation)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "nouvelle-clef"

    assert delivery.deliver() == 1


def test_lost_key_fails_that_mail_alone(smtp, queue, settings):
    (lost,) = queue("perdu@exemple.fr", kind=Invitation)
    settings.SECRET_KEY = "nouvelle-clef"
    queue("virginie@exemple.fr", kind=Invitation)

    assert delivery.deliver() == 1

    lost.refresh_from_db()
    assert (lost.status, lost.last_error) == (EmailStatus.FAILED, "InvalidToken")


def test_temporary_refusal_is_tried_again_later(smtp, queue):
    smtp.answers["a@exemple.fr"] = ["451 try later"]
    (row, _) = queue("a@exemple.fr", "b@exemple.fr")

    assert delivery.deliver() == 1
    row.refresh_from_db()
    assert (row.status, row.attempts) == (EmailStatus.RETRY, 1)
    assert row.last_error == "SMTPRecipientsRefused 451"
    assert timedelta(seconds=20) < row.next_try_at - timezone.now() < timedelta(seconds=40)
    assert delivery.deliver() == 0

    due_now()
    assert delivery.deliver() == 1
    assert smtp.addresses == ["b@exemple.fr", "a@exemple.fr"]


def test_delays_double_and_end(smtp, queue):
    smtp.answers["a@exemple.fr"] = ["451 try later"] * 20
    (row,) = queue("a@exemple.fr")
    delays = []

    for _ in range(delivery.MAX_ATTEMPTS):
        due_now()
        delivery.deliver()
        row.refresh_from_db()
        delays.append((row.next_try_at - timezone.now()).total_seconds())

    assert (row.status, row.attempts) == (EmailStatus.FAILED, delivery.MAX_ATTEMPTS)
    assert all(later > 1.2 * sooner for sooner, later in itertools.pairwise(delays[:10]))
    assert timedelta(days=1) < timedelta(seconds=sum(delays[:-1])) < timedelta(days=3)


def test_final_refusal_is_not_tried_again(smtp, queue):
    smtp.answers["a@exemple.fr"] = ["550 no such user"]
    (row, _) = queue("a@exemple.fr", "b@exemple.fr")

    assert delivery.deliver() == 1

    row.refresh_from_db()
    assert (row.status, row.attempts, row.last_error) == (EmailStatus.FAILED, 1, "SMTPRecipientsRefused 550")


def test_server_down_then_up(smtp, queue):
    smtp.stop()
    queue("a@exemple.fr", "b@exemple.fr", "c@exemple.fr")

    assert delivery.deliver() == 0
    assert set(OutgoingEmail.objects.values_list("status", flat=True)) == {EmailStatus.RETRY}
    assert sorted(OutgoingEmail.objects.values_list("attempts", flat=True)) == [0, 0, 1]

    smtp.start()
    due_now()
    assert delivery.deliver() == 3


def test_connection_lost_in_mid_batch_costs_nothing_to_the_others(smtp, queue):
    smtp.answers["b@exemple.fr"] = ["hang up"]
    queue("a@exemple.fr", "b@exemple.fr", "c@exemple.fr", "d@exemple.fr")

    assert delivery.deliver() == 3

    row = OutgoingEmail.objects.get(to="b@exemple.fr")
    assert (row.status, row.attempts) == (EmailStatus.RETRY, 1)
    assert set(OutgoingEmail.objects.exclude(pk=row.pk).values_list("attempts", flat=True)) == {1}
    assert smtp.connections == 2


def test_one_connection_for_all(smtp, queue):
    queue(*(f"p{n}@exemple.fr" for n in range(delivery.BATCH + 5)))

    assert delivery.deliver() == delivery.BATCH + 5
    assert smtp.connections == 1
    assert len(set(smtp.addresses)) == delivery.BATCH + 5


def test_killed_in_mid_batch_nothing_is_lost(smtp, queue, monkeypatch):
    rows = queue(*(f"p{n}@exemple.fr" for n in range(30)))
    ids = {row.to: row.message_id for row in rows}
    hand_over = delivery._hand_over

    def killed_after_twenty_five(mailer, row):
        if len(smtp.received) == 25:
            raise SystemExit
        hand_over(mailer, row)

    with monkeypatch.context() as dying:
        dying.setattr(delivery, "_hand_over", killed_after_twenty_five)
        dying.setattr(delivery, "SETTLE_SECONDS", 60)  # however slow the machine
        # A killed process settles nothing more.
        settle, limit = delivery._settle_sent, 20
        dying.setattr(delivery, "SETTLED_TOGETHER", limit)
        dying.setattr(delivery, "_settle_sent", lambda rows: settle(rows) if len(rows) == limit else None)
        dying.setattr(delivery, "give_back", lambda rows, delay: None)
        with pytest.raises(SystemExit):
            delivery.deliver()

    assert delivery.deliver() == 0
    assert delivery.requeue_stuck() == 0
    OutgoingEmail.objects.filter(status=EmailStatus.SENDING).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert delivery.requeue_stuck() == 10
    delivery.deliver()

    assert set(smtp.addresses) == set(ids)
    assert len(smtp.received) <= 30 + limit
    assert all(message["Message-ID"] == ids[message["To"]] for message in smtp.received)
    assert not OutgoingEmail.objects.exclude(status=EmailStatus.SENT).exists()


def test_interrupted_worker_gives_back_what_it_did_not_try(smtp, queue, monkeypatch):
    queue("a@exemple.fr", "b@exemple.fr", "c@exemple.fr")
    hand_over = delivery._hand_over

    def interrupted(mailer, row):
        if smtp.received:
            raise KeyboardInterrupt
        hand_over(mailer, row)

    monkeypatch.setattr(delivery, "_hand_over", interrupted)
    with pytest.raises(KeyboardInterrupt):
        delivery.deliver()

    states = dict(OutgoingEmail.objects.values_list("to", "status"))
    assert states["a@exemple.fr"] == EmailStatus.SENT
    assert states["c@exemple.fr"] == EmailStatus.RETRY


def test_mail_that_kills_its_worker_is_given_up(queue):
    (row,) = queue("a@exemple.fr")
    past = timezone.now() - timedelta(seconds=1)
    OutgoingEmail.objects.update(status=EmailStatus.SENDING, leased_until=past, attempts=delivery.MAX_ATTEMPTS - 1)

    delivery.requeue_stuck()

    row.refresh_from_db()
    assert row.status == EmailStatus.FAILED


def test_late_worker_does_not_settle_over_another(queue):
    (row,) = queue("a@exemple.fr")
    (mine,) = delivery._claim()
    theirs = mine.leased_until + timedelta(minutes=10)
    OutgoingEmail.objects.update(leased_until=theirs)

    delivery._settle_sent([mine])

    row.refresh_from_db()
    assert (row.status, row.leased_until) == (EmailStatus.SENDING, theirs)


@pytest.mark.postgresql
def test_two_workers_send_each_mail_once(smtp, queue):
    queue(*(f"p{n}@exemple.fr" for n in range(delivery.BATCH * 3)))
    start = threading.Barrier(2)
    counts = []

    def work():
        start.wait()
        try:
            counts.append(delivery.deliver())
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    assert sum(counts) == delivery.BATCH * 3
    assert min(counts) > 0
    assert len(smtp.addresses) == len(set(smtp.addresses)) == delivery.BATCH * 3


def test_old_mails_are_forgotten(queue):
    old, failed, young, waiting = queue("a@exemple.fr", "b@exemple.fr", "c@exemple.fr", "d@exemple.fr")
    past = timezone.now() - timedelta(days=91)
    OutgoingEmail.objects.filter(pk=old.pk).update(status=EmailStatus.SENT, sent_at=past)
    OutgoingEmail.objects.filter(pk=failed.pk).update(status=EmailStatus.FAILED, created_at=past)
    OutgoingEmail.objects.filter(pk=young.pk).update(status=EmailStatus.SENT, sent_at=timezone.now())
    OutgoingEmail.objects.filter(pk=waiting.pk).update(created_at=past)

    assert delivery.purge_old() == 2
    assert set(OutgoingEmail.objects.values_list("pk", flat=True)) == {young.pk, waiting.pk}


def test_what_somebody_waits_for_leaves_before_thousands(smtp, queue, monkeypatch):
    monkeypatch.setattr(delivery, "BATCH", 2)
    queue(*(f"p{n}@exemple.fr" for n in range(5)))
    OutgoingEmail.objects.update(urgency=Urgency.MANY)
    queue("courante@exemple.fr")
    arrived = smtp.handle_DATA

    def asked():
        queue("attend@exemple.fr", kind=ActivationCode)
        connection.close()  # of this thread

    async def handle(*arguments):
        if len(smtp.received) == 1:  # while the first of the batch is on its way, somebody asks for a code
            await sync_to_async(asked, thread_sensitive=False)()
        return await arrived(*arguments)

    monkeypatch.setattr(smtp, "handle_DATA", handle)
    delivery.deliver()
    assert smtp.addresses[:3] == ["courante@exemple.fr", "p0@exemple.fr", "attend@exemple.fr"]
    assert len(smtp.addresses) == 7


def test_codes_and_links_that_are_awaited_are_declared_so(queue):
    (code,) = queue("a@exemple.fr", kind=ActivationCode)
    (usual,) = queue("b@exemple.fr")
    assert (code.urgency, usual.urgency) == (Urgency.AWAITED, Urgency.USUAL)
    with transaction.atomic():
        enqueue_many([Outgoing(example(Invitation), to="c@exemple.fr", dedup_key="c")])
    assert OutgoingEmail.objects.get(to="c@exemple.fr").urgency == Urgency.MANY


def test_a_batch_that_lasts_keeps_its_lease(queue, monkeypatch):
    queue("a@exemple.fr", "b@exemple.fr", "c@exemple.fr")
    monkeypatch.setattr(delivery, "RENEW_SECONDS", -1)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        batch = delivery._Batch(delivery._claim())
        row = batch.waiting.pop()
        clock.shift(delivery.LEASE - timedelta(seconds=1))
        batch.hold(row)
        clock.shift(timedelta(seconds=2))
        delivery.requeue_stuck()
        assert OutgoingEmail.objects.filter(status=EmailStatus.SENDING).count() == 3
        clock.shift(delivery.LEASE)
        delivery.requeue_stuck()
        assert OutgoingEmail.objects.filter(status=EmailStatus.RETRY).count() == 3
        with pytest.raises(LeaseLost):
            batch.hold(row)


def test_a_batch_that_was_taken_over_is_left_alone(smtp, queue, monkeypatch):
    queue("a@exemple.fr", "b@exemple.fr")
    monkeypatch.setattr(delivery, "RENEW_SECONDS", -1)
    rows = delivery._claim()
    theirs = timezone.now() + timedelta(minutes=10)
    OutgoingEmail.objects.update(leased_until=theirs)
    mailer = get_connection()
    assert delivery._send_batch(mailer, rows) == (0, True)
    mailer.close()
    assert smtp.received == []
    assert set(OutgoingEmail.objects.values_list("status", "leased_until")) == {(EmailStatus.SENDING, theirs)}


def test_what_has_died_while_it_waited_leaves_as_words(smtp, queue):
    (code,), (usual,) = queue("a@exemple.fr", kind=ActivationCode), queue("b@exemple.fr")
    with time_machine.travel(timezone.now() + timedelta(days=7)):
        delivery.deliver()
    late, other = sorted(smtp.received, key=lambda message: message["To"])
    assert late["Subject"] == "Un code ou un lien qui n’est plus valable"
    assert "482913" not in late.get_body(("plain",)).get_content() + late.get_body(("html",)).get_content()
    assert "demandez-en un autre" in late.get_body(("plain",)).get_content()
    assert other["Subject"] == usual.subject
    code.refresh_from_db()
    assert (code.status, code.sensitive) == (EmailStatus.SENT, False)
    assert "demandez-en un autre" in code.text_body


def test_who_follows_a_departure_never_prevents_it(smtp, queue, monkeypatch, caplog):
    told = []

    def follow(keys, at):
        told.extend(keys)
        raise ValueError("suite impossible")

    monkeypatch.setitem(departures._followers, "account_opened", follow)
    (row,) = queue("a@exemple.fr")
    assert delivery.deliver() == 1
    row.refresh_from_db()
    assert row.status == EmailStatus.SENT
    assert told == [row.dedup_key]
    assert "suite impossible" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "Votre demande est reçue", "é" * 200, "🦷" * 60, "a" * 199, "李小龙 – «\xa0Été\xa0»", "=?utf-8?q?dejavu?=", "é",
        "Une adresse très longue : " + "x" * 90,
    ],
)  # fmt: skip
def test_a_subject_is_read_as_it_was_written(text):
    header = mime._encoded(text)
    assert header.isascii()
    assert all(len(line) <= 76 for line in header.split("\r\n ")) or text.isascii()
    read = message_from_bytes(f"Subject: {header}\r\n\r\n".encode(), policy=policy.default)["Subject"]
    assert read == text
    assert not read.defects


@pytest.mark.postgresql
def test_nothing_is_asked_of_a_session_that_a_pooler_lends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its next borrower would have it: what a page says is written would not be waited for."""
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
        with delivery._quick_commits():
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
        cursor.execute("RESET synchronous_commit")
