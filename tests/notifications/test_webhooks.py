"""Webhooks against a real server: received, refused, silent, moved, gone; and never a call to an inner network."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings as django_settings
from django.db import transaction
from django.utils import timezone

from notifications.enums import CallStatus
from notifications.models import OutgoingCall, WebhookEndpoint
from notifications.webhooks import addresses, calling, delivery, endpoints, events
from portal.lib import leases
from tests import clock
from tests.prepared import environment_of, put_portal
from tests.refusals import refused
from tests.servers.receiver import Receiver, listening, signed

OWNER = "employer:1"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.PORTAL_WEBHOOK_TRUSTED_HOSTS = ["127.0.0.1"]
    with listening() as server:
        yield server


@pytest.fixture
def endpoint(db: None, receiver: Receiver) -> tuple[WebhookEndpoint, str]:
    return endpoints.add(owner=OWNER, url=receiver.url)


def announce(key: str = "1", owner: str = OWNER) -> int:
    with transaction.atomic():
        return events.announce(owner=owner, event_type="dispense.accept", data=lambda: {"clé": key}, dedup_key=key)


def due_now() -> None:
    OutgoingCall.objects.filter(status=CallStatus.RETRY).update(next_try_at=timezone.now())


def states() -> list[str]:
    return list(OutgoingCall.objects.order_by("pk").values_list("status", flat=True))


# Received


def test_event_arrives_signed(endpoint, receiver):
    announce()

    assert delivery.deliver() == 1

    (call,) = receiver.received
    assert call["path"] == "/webhooks?de=portail"
    assert call["headers"]["Content-Type"] == "application/json"
    assert signed(call, endpoint[1])
    assert not signed({**call, "body": call["body"] + b" "}, endpoint[1])
    event = json.loads(call["body"])
    assert event["id"] == call["headers"]["Webhook-Id"]
    assert (event["type"], event["data"]) == ("dispense.accept", {"clé": "1"})
    assert abs(int(call["headers"]["Webhook-Timestamp"]) - time.time()) < 30
    row = OutgoingCall.objects.get()
    assert (row.status, row.attempts) == (CallStatus.SENT, 1)
    assert row.sent_at is not None


def test_same_cause_is_announced_once(endpoint, receiver):
    announce()
    announce()
    delivery.deliver()

    assert len(receiver.received) == 1


def test_event_of_a_fact_that_was_rolled_back_does_not_exist(endpoint):
    def rolled_back() -> None:
        with transaction.atomic():
            events.announce(owner=OWNER, event_type="x", data=dict, dedup_key="1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        rolled_back()
    assert not OutgoingCall.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_event_needs_the_transaction_of_its_cause():
    with pytest.raises(transaction.TransactionManagementError):
        events.announce(owner=OWNER, event_type="x", data=dict, dedup_key="1")


def test_nothing_is_worked_out_for_who_does_not_listen(endpoint):
    def never() -> dict[str, str]:
        raise AssertionError

    with transaction.atomic():
        assert events.announce(owner="employer:2", event_type="x", data=never, dedup_key="1") == 0


def test_events_of_one_address_arrive_in_order(endpoint, receiver):
    for number in range(12):
        announce(str(number))

    assert delivery.deliver() == 12
    assert [event["data"]["clé"] for event in receiver.events] == [str(number) for number in range(12)]


# Refused, silent, moved, gone


def test_error_then_success_under_the_same_id(endpoint, receiver):
    receiver.answers = [500, 200]
    announce()

    assert delivery.deliver() == 0
    row = OutgoingCall.objects.get()
    assert (row.status, row.attempts, row.last_error) == (CallStatus.RETRY, 1, "Réponse 500")
    assert timedelta(seconds=20) < row.next_try_at - timezone.now() < timedelta(seconds=40)
    assert delivery.deliver() == 0  # not due yet
    due_now()
    assert delivery.deliver() == 1
    assert len(set(receiver.ids)) == 1
    assert len(receiver.ids) == 2


def test_delays_grow_until_the_event_is_given_up(endpoint, receiver):
    receiver.answers = [503]
    announce()
    delays = []
    for _ in range(12):
        delivery.deliver()
        row = OutgoingCall.objects.get()
        delays.append((row.next_try_at - timezone.now()).total_seconds())
        due_now()
    assert delays[3] > 2 * delays[0]
    assert delays[-1] < delivery.LONGEST_DELAY * 1.3
    OutgoingCall.objects.update(give_up_at=timezone.now())
    delivery.deliver()

    assert states() == [CallStatus.FAILED]
    assert events.send_again(call=OutgoingCall.objects.get())
    receiver.answers = [204]
    assert delivery.deliver() == 1
    assert len(set(receiver.ids)) == 1


def test_after_a_failure_the_others_wait_without_being_tried(endpoint, receiver):
    receiver.answers = [500]
    for number in range(5):
        announce(str(number))
    delivery.deliver()

    assert len(receiver.received) == 1
    assert list(OutgoingCall.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 0, 0, 0, 0]
    assert not OutgoingCall.objects.filter(next_try_at__lte=timezone.now()).exists()


def test_after_a_failure_those_that_nobody_had_taken_yet_wait_too(endpoint, receiver, monkeypatch):
    monkeypatch.setattr(delivery, "BATCH", 2)
    receiver.answers = [500]
    for number in range(5):
        announce(str(number))
    later = timezone.now() + timedelta(days=1)
    OutgoingCall.objects.filter(pk=OutgoingCall.objects.order_by("pk").last().pk).update(next_try_at=later)
    delivery.deliver()

    assert len(receiver.received) == 1
    assert not OutgoingCall.objects.filter(next_try_at__lte=timezone.now()).exists()
    assert OutgoingCall.objects.order_by("pk").last().next_try_at == later  # put off, never brought forward


@pytest.mark.parametrize("drip", [False, True])
def test_silent_server_is_left_and_delays_nobody_else(db, receiver, monkeypatch, drip):
    monkeypatch.setattr(calling, "TOTAL_SECONDS", 0.6)
    receiver.hang, receiver.drip = (0.0, True) if drip else (3.0, False)
    receiver.answers = [500] if drip else [200]
    with listening() as quick:
        endpoints.add(owner=OWNER, url=receiver.url)
        endpoints.add(owner=OWNER, url=quick.url)
        announce()
        started = time.monotonic()
        assert delivery.deliver() == 1
        assert time.monotonic() - started < 2.5
        assert len(quick.received) == 1
    slow = OutgoingCall.objects.get(status=CallStatus.RETRY)
    assert slow.last_error.startswith(("Pas de réponse", "Réponse 500"))


def test_redirect_is_not_followed(endpoint, receiver):
    with listening() as elsewhere:
        receiver.answers, receiver.location = [302], elsewhere.url
        announce()
        delivery.deliver()

        assert elsewhere.received == []
    assert OutgoingCall.objects.get().last_error == "Redirection refusée (302)"


def test_address_that_says_gone_is_paused(endpoint, receiver):
    receiver.answers = [410]
    announce()
    delivery.deliver()

    endpoint[0].refresh_from_db()
    assert "410" in endpoint[0].pause_reason
    assert states() == [CallStatus.FAILED]
    assert announce("2") == 0
    endpoint[0].resume()
    receiver.answers = [200]
    assert announce("3") == 1
    assert delivery.deliver() == 1


def test_server_switched_off(db, settings):
    settings.PORTAL_WEBHOOK_TRUSTED_HOSTS = ["127.0.0.1"]
    with listening() as server:
        endpoints.add(owner=OWNER, url=server.url)
    announce()

    assert delivery.deliver() == 0
    assert OutgoingCall.objects.get().last_error == "Connexion impossible"


# Secrets


def test_two_secrets_count_for_a_day(endpoint, receiver):
    former = endpoint[1]
    new = endpoints.rotate(endpoint=endpoint[0])
    announce("1")
    delivery.deliver()
    WebhookEndpoint.objects.update(former_secret_until=timezone.now())
    announce("2")
    delivery.deliver()

    first, second = receiver.received
    assert signed(first, former)
    assert signed(first, new)
    assert signed(second, new)
    assert not signed(second, former)


def test_secrets_are_never_in_clear_in_the_database(endpoint):
    row = WebhookEndpoint.objects.values().get()

    assert endpoint[1].removeprefix("whsec_") not in str(row)


def test_secret_under_a_lost_key_is_said(endpoint, settings):
    settings.SECRET_KEY = "une-autre-clef"
    announce()
    delivery.deliver()

    assert "Secret illisible" in OutgoingCall.objects.get().last_error


# A worker dies


def test_lease_is_not_taken_by_another_worker(endpoint, receiver):
    announce()
    OutgoingCall.objects.update(status=CallStatus.SENDING, leased_until=timezone.now() + timedelta(minutes=1))

    assert delivery.deliver() == 0
    assert delivery.requeue_stuck() == 0
    assert receiver.received == []


def claimed() -> list[OutgoingCall]:
    return leases.claim(OutgoingCall.objects.all(), limit=delivery.BATCH, lease=delivery.LEASE)


def test_the_lease_is_renewed_while_a_server_is_awaited(endpoint, receiver, monkeypatch):
    ends = []

    def renew(rows: list[OutgoingCall], **options: Any) -> None:
        leases.renew(rows, **options)
        ends.append(OutgoingCall.objects.get().leased_until)

    monkeypatch.setattr(delivery, "renew", renew)
    monkeypatch.setattr(delivery, "RENEW_SECONDS", 0.05)
    receiver.hang = 0.5
    announce()
    assert delivery.deliver() == 1
    assert len(ends) > 1
    assert ends == sorted(set(ends))


def test_calls_that_last_are_kept_and_those_of_a_dead_worker_wait_a_minute(endpoint, receiver, monkeypatch):
    monkeypatch.setattr(delivery, "RENEW_SECONDS", 0)
    for number in range(3):
        announce(str(number))
    with time_machine.travel(timezone.now(), tick=False) as moved:
        batch = delivery._Batch(claimed())
        first = next(iter(batch.waiting.values()))
        moved.shift(timedelta(seconds=59))
        batch.outcomes.put((first, delivery.Outcome(received=True)))
        next(batch.settled())
        moved.shift(timedelta(seconds=2))
        assert delivery.requeue_stuck() == 0
        moved.shift(timedelta(minutes=1))
        assert delivery.requeue_stuck() == 3


def test_a_batch_that_was_taken_over_is_left_alone(endpoint, receiver, monkeypatch):
    monkeypatch.setattr(delivery, "RENEW_SECONDS", 0)
    for number in range(3):
        announce(str(number))
    rows = claimed()
    theirs = timezone.now() + timedelta(minutes=10)
    OutgoingCall.objects.update(leased_until=theirs)
    batch = delivery._Batch(rows)
    batch.outcomes.put((rows[0], delivery.Outcome(received=True)))
    outcomes = batch.settled()
    assert next(outcomes)[1].received
    delivery._call_in_order(endpoint[0], rows[1:], batch)
    assert [outcome.tried for _, outcome in outcomes] == [False, False]
    assert receiver.received == []
    assert set(OutgoingCall.objects.values_list("status", "leased_until")) == {(CallStatus.SENDING, theirs)}


@pytest.mark.parametrize("constant", ["BATCH_SECONDS", "SURE_SECONDS"])
def test_no_call_begins_under_a_lease_that_may_be_over_nor_past_the_time_of_a_batch(
    endpoint, receiver, monkeypatch, constant
):
    monkeypatch.setattr(delivery, constant, 0)
    announce()
    assert delivery._call_all(claimed()) == 0
    assert receiver.received == []
    assert states() == [CallStatus.RETRY]
    assert OutgoingCall.objects.get().attempts == 0


KILLED = """
import os, sys, threading, time
import django; django.setup()
from notifications.webhooks import delivery, endpoints, events
from django.db import transaction
if sys.argv[1] == "announce":
    endpoints.add(owner="employer:1", url=sys.argv[2])
    with transaction.atomic():
        for number in range(3):
            events.announce(owner="employer:1", event_type="x", data=dict, dedup_key=str(number))
elif sys.argv[1] == "expire":
    from notifications.models import OutgoingCall
    from django.utils import timezone
    OutgoingCall.objects.filter(status="sending").update(leased_until=timezone.now())
    print(delivery.requeue_stuck(), delivery.deliver())
else:
    delivery.deliver()
"""


@pytest.mark.slow
def test_worker_killed_in_mid_delivery_sends_again_the_same_event(tmp_path: Path) -> None:
    environment = environment_of(tmp_path, DJANGO_SETTINGS_MODULE="portal.settings.dev")
    run: dict[str, Any] = {"env": environment, "cwd": django_settings.BASE_DIR}
    put_portal(tmp_path)
    with listening() as server:
        program = [sys.executable, "-c", KILLED]
        subprocess.run([*program, "announce", server.url], check=True, **run)
        server.hang = 30
        worker = subprocess.Popen([*program, "deliver"], **run)
        end = time.monotonic() + 20
        while not server.received and time.monotonic() < end:
            time.sleep(0.05)
        worker.kill()
        worker.wait()
        assert len(server.received) == 1
        server.hang = 0
        done = subprocess.run([*program, "expire"], check=True, capture_output=True, text=True, **run)

        assert done.stdout.split()[-2:] == ["3", "3"]
        assert server.ids[0] == server.ids[1]
        assert len(set(server.ids)) == 3
        assert len(server.ids) == 4


def test_old_calls_are_purged(endpoint, receiver):
    for number in range(3):
        announce(str(number))
    delivery.deliver()
    old = timezone.now() - timedelta(days=31)
    OutgoingCall.objects.filter(dedup_key__in=["0", "1"]).update(created_at=old)

    assert delivery.purge_old() == 2
    assert OutgoingCall.objects.count() == 1


def test_waiting_for_a_paused_address_ends(endpoint):
    announce()
    endpoint[0].pause("Suspendu")
    assert delivery.deliver() == 0
    OutgoingCall.objects.update(give_up_at=timezone.now() - timedelta(seconds=1))
    delivery.requeue_stuck()

    assert states() == [CallStatus.FAILED]


def test_removed_address_forgets_its_secret(endpoint):
    announce()
    endpoints.remove(endpoint=endpoint[0])

    endpoint[0].refresh_from_db()
    assert endpoint[0].sealed_secret == ""
    assert states() == [CallStatus.FAILED]
    assert announce("2") == 0


# Which addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://sirh.exemple.fr/",
        "ftp://sirh.exemple.fr/",
        "https://",
        "https:///chemin",
        "https://[::1",
        "https://sirh.exemple.fr:99999/",
        "https://sirh.exemple.fr:0/",
        "https://moi:secret@sirh.exemple.fr/",
        "https://sirh.exemple.fr/#ici",
        "https://sirh.exemple.fr/ espace",
        "https://sirh.exemple.fr/\r\nHost: x",
        "https://sirh.exemple.fr/\0",
        "https://" + "a" * 70 + ".fr/",
        "https://sirh.exemple.fr/" + "a" * 500,
        "javascript:alert(1)",
        "",
    ],
)
def test_malformed_address_is_refused(url):
    with pytest.raises(addresses.AddressRefused):
        addresses.parse(url)


@pytest.mark.parametrize("port", [22, 25, 80, 442, 444, 3306, 6379, 8443, 65535])
def test_port_that_is_not_allowed_is_neither_saved_nor_called(monkeypatch, port):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked for the machine"))
    with refused(addresses.AddressRefused, addresses.Code.PORT, words="443"):
        endpoints.check_url(f"https://sirh.exemple.fr:{port}/")
    with refused(addresses.AddressRefused, addresses.Code.PORT):
        calling.post(f"https://sirh.exemple.fr:{port}/", headers={}, body=b"{}")


def test_allowed_ports_are_a_setting(settings):
    assert addresses.parse("https://sirh.exemple.fr/").port == 443
    assert addresses.parse("https://sirh.exemple.fr:443/").port == 443
    settings.PORTAL_WEBHOOK_PORTS = [8443, 443]
    assert addresses.parse("https://sirh.exemple.fr:8443/").port == 8443
    with refused(addresses.AddressRefused, addresses.Code.PORT, words="443, 8443"):
        addresses.parse("https://sirh.exemple.fr:8444/")
    settings.PORTAL_WEBHOOK_PORTS = [8443]
    with refused(addresses.AddressRefused, addresses.Code.PORT):
        addresses.parse("https://sirh.exemple.fr/")


def test_event_for_an_address_saved_before_on_another_port_does_not_leave(db, monkeypatch):
    monkeypatch.setattr(calling.socket, "create_connection", lambda *_, **__: pytest.fail("called"))
    endpoints.add(owner=OWNER, url="https://sirh.exemple.fr:6379/")
    announce()
    delivery.deliver()

    assert states() == [CallStatus.RETRY]
    assert "port" in OutgoingCall.objects.get().last_error


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.0.8", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
        "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2001:db8::1", "2001::1",
    ],
)  # fmt: skip
def test_inner_addresses_are_not_public(ip):
    assert not addresses.is_public(ip)


@pytest.mark.parametrize("ip", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:93.184.215.14"])
def test_public_addresses_are(ip):
    assert addresses.is_public(ip)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_ways_to_write_this_machine(host, settings):
    settings.PORTAL_WEBHOOK_TRUSTED_HOSTS = []
    with pytest.raises(addresses.AddressRefused):
        endpoints.check_url(f"https://{host}/")


def test_unknown_name_is_said(settings, monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with refused(addresses.AddressRefused, addresses.Code.UNKNOWN_HOST):
        endpoints.check_url("https://nulle-part.exemple/")


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    found = [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with pytest.raises(addresses.AddressRefused):
        addresses.resolve(addresses.parse("https://sirh.exemple.fr/"))


def test_name_that_turns_private_after_its_check_is_not_called(endpoint, receiver, settings, monkeypatch):
    """DNS rebinding: the address checked is the one that is connected to, and it is checked at each call."""
    settings.PORTAL_WEBHOOK_TRUSTED_HOSTS = []
    WebhookEndpoint.objects.update(url="https://sirh.exemple.fr/")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", 443))])
    announce()
    delivery.deliver()

    assert receiver.received == []
    assert "réseau privé" in OutgoingCall.objects.get().last_error


def test_connects_to_the_checked_address_and_resolves_once(receiver, monkeypatch):
    real, asked = socket.getaddrinfo, []

    def counted(host: Any, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    assert calling.post(receiver.url, headers={}, body=b"{}") == 200
    assert len([host for host in asked if host == "127.0.0.1"]) <= 2  # the second is the literal address


# TLS


def certificate(folder: Path, name: str) -> Path:
    """A PEM of key and certificate of `name`, signed by itself, in force today: OpenSSL goes by the machine's clock."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.fromtimestamp(clock.machine_time(), UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(("name", "received"), [("sirh.exemple.fr", True), ("autre.exemple.fr", False)])
def test_certificate_must_be_the_name_s(tmp_path, monkeypatch, settings, name, received):
    pem = certificate(tmp_path, name)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    settings.PORTAL_WEBHOOK_TRUSTED_HOSTS = ["sirh.exemple.fr"]
    with listening(pem) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        monkeypatch.setattr(addresses, "resolve", lambda target: [("127.0.0.1", port)])
        monkeypatch.setattr(calling, "resolve", addresses.resolve)
        if received:
            assert calling.post(f"https://sirh.exemple.fr:{port}/", headers={}, body=b"{}") == 200
        else:
            with pytest.raises(calling.CallFailed, match="Certificat refusé"):
                calling.post(f"https://sirh.exemple.fr:{port}/", headers={}, body=b"{}")
        assert bool(server.received) is received
