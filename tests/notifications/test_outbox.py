"""Writing an e-mail: with its fact or not at all, once, without a header that nobody wrote."""

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from accounts.messages import AccountOpened, EmployeeActivated, Invitation, NotMe
from accounts.services import tell_correspondents
from notifications import outbox, rendering, tasks
from notifications.enums import EmailStatus
from notifications.messages import declared
from notifications.models import OutgoingEmail
from portal.lib import hints
from portal.lib.links import absolute
from tests.factories import CorrespondentFactory
from tests.notifications.messages import VALUES, example, names


@pytest.mark.django_db(transaction=True)
def test_refused_outside_a_transaction():
    with pytest.raises(transaction.TransactionManagementError):
        outbox.enqueue(example(AccountOpened), to="a@exemple.fr", dedup_key="1")


@pytest.mark.django_db(transaction=True)
def test_forgotten_with_the_fact_that_is_not_stored(monkeypatch):
    woken = []
    monkeypatch.setattr(outbox, "wake", lambda: woken.append(1))

    with transaction.atomic():
        outbox.enqueue(example(AccountOpened), to="a@exemple.fr", dedup_key="1")
        transaction.set_rollback(True)

    assert not OutgoingEmail.objects.exists()
    assert not woken


@pytest.mark.django_db
def test_same_key_is_written_once():
    first = outbox.enqueue(example(AccountOpened), to="a@exemple.fr", dedup_key="1")

    assert first is not None
    assert first.pk
    assert outbox.enqueue(example(NotMe), to="b@exemple.fr", dedup_key="1") is None
    assert OutgoingEmail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_worker_is_woken_once_a_transaction(monkeypatch):
    woken = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda: woken.append(1))

    with transaction.atomic():
        for number in range(5):
            with transaction.atomic():
                outbox.enqueue(example(AccountOpened), to="a@exemple.fr", dedup_key=str(number))
        assert not woken

    assert woken == [1]


@pytest.mark.django_db(transaction=True)
def test_broker_down_is_only_a_delay(monkeypatch, caplog):
    def refused():
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.deliver, "delay", refused)
    with transaction.atomic():
        outbox.enqueue(example(Invitation), to="a@exemple.fr", dedup_key="1")

    assert OutgoingEmail.objects.get().status == EmailStatus.QUEUED
    assert "secret-du-lien" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_silent_broker_makes_nobody_wait_twice(monkeypatch):
    tries = []

    def frozen():
        tries.append(1)
        raise OperationalError("timed out")

    clock = iter([1000.0, 1003.0, 1010.0, 1034.0, 1037.0])
    monkeypatch.setattr(tasks.deliver, "delay", frozen)
    monkeypatch.setattr(hints.time, "monotonic", lambda: next(clock))

    outbox.wake()
    outbox.wake()
    assert len(tries) == 1
    outbox.wake()
    assert len(tries) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("to", ["a@exemple.fr\nBcc: b@exemple.fr", "a@exemple.fr, b@exemple.fr", "A <a@b.fr>", "", "a"])
def test_only_one_address(to):
    with pytest.raises(ValueError, match="adresse"):
        outbox.enqueue(example(AccountOpened), to=to, dedup_key="1")


@pytest.mark.django_db
@pytest.mark.parametrize("breaking", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\x00"])
def test_subject_stays_on_one_line(breaking):
    name = f"Virginie{breaking}Bcc: autre@exemple.fr"

    subject, _, _ = rendering.render(example(EmployeeActivated, employee_name=name))

    assert subject.splitlines() == [subject]
    assert "\x00" not in subject


@pytest.mark.django_db
@pytest.mark.parametrize("kind", declared(), ids=lambda kind: kind.__name__)
def test_every_mail_reads_well(kind):
    message = example(kind)
    subject, text, html = rendering.render(message)

    assert subject
    assert "{" not in subject
    assert "&lt;" not in text
    assert "&nbsp;" not in text
    assert "<b>" not in html
    assert html.count("<h1") == 1
    for name in names(kind):
        if name.endswith("_url"):
            assert getattr(message, name) in text
            assert getattr(message, name) in html
    secret = "secret-du-lien" in text or VALUES["code"] in text
    assert kind.sensitive == secret
    assert "secret-du-lien" not in subject
    assert VALUES["code"] not in subject


@pytest.mark.django_db
@pytest.mark.parametrize("kind", declared(), ids=lambda kind: kind.__name__)
def test_no_mail_tells_a_motif(kind):
    everything = " ".join(rendering.render(example(kind))).lower()

    for word in ("conjoint", "alsace", "camieg", "madelin", "solidaire", "c2s", "cmu", "temps partiel", "cdd", "motif"):
        assert word not in everything


@pytest.mark.django_db
def test_only_failed_mails_are_sent_again():
    row = outbox.enqueue(example(AccountOpened), to="a@exemple.fr", dedup_key="1")
    assert row is not None
    assert not outbox.resend(email=row)

    OutgoingEmail.objects.update(status=EmailStatus.FAILED, attempts=14, last_error="SMTPDataError 554")
    assert outbox.resend(email=row)

    row.refresh_from_db()
    assert (row.status, row.attempts, row.last_error) == (EmailStatus.RETRY, 0, "")


def test_links_come_from_the_settings(settings):
    settings.PORTAL_BASE_URL = "https://portail.example"

    assert absolute("/connexion/") == "https://portail.example/connexion/"


@pytest.mark.django_db
def test_a_long_address_in_the_key_of_a_mail_prevents_nothing() -> None:
    """The key of what is told to each correspondent holds their address, which may have 254 characters."""
    employer = CorrespondentFactory(user__email=f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 50}.exemple.fr").employer
    CorrespondentFactory(user__email=f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 50}.exemple.com", employer=employer)
    message = NotMe(employee_name="Virginie", employer_name=employer.name, list_url="https://exemple.fr/")
    for _ in range(2):
        tell_correspondents(employer, message, key="not-me:1")
    keys = list(OutgoingEmail.objects.values_list("dedup_key", flat=True))
    assert len(keys) == len(set(keys)) == 2
    assert max(map(len, keys)) <= OutgoingEmail._meta.get_field("dedup_key").max_length
