"""One fault after the other, on several hosts, while people work: what they are answered, what is lost, what is told.

Each test breaks one thing, looks at what readiness calls ill, heals it, and waits until nothing is left to do. Then
what the portal said that it had taken is there once, and each of its mails left once.
"""

import contextlib
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import boto3
import pytest

from tests.deploy.hosts.people import BOUND, PASSWORD, People
from tests.deploy.hosts.world import BUCKET, World, start_world
from tests.servers.ceph import ACCESS_KEY, SECRET_KEY
from tests.servers.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.hosts]
WAITING = """
SELECT 'email', id::text, status || next_try_at::text || COALESCE(leased_until::text, '')
  FROM notifications_outgoingemail WHERE status NOT IN ('sent', 'failed')
UNION ALL SELECT 'document', id::text,
       scan_status || COALESCE(scan_next_at::text, '') || COALESCE(preview_next_at::text, '')
  FROM dispenses_justificatif WHERE scan_status = 'pending' OR preview_status = 'pending'
UNION ALL SELECT 'decision', id::text, state FROM dispenses_pendingdecision WHERE state = 'waiting'
"""
# Whoever waits for the end of a lease or of a delay has it now: the clock of the machine is everybody's, and goes on.
_MAILS, _FILES = "UPDATE notifications_outgoingemail SET", "UPDATE dispenses_justificatif SET"
TIME_PASSES = {
    "email": (
        f"{_MAILS} next_try_at = now() WHERE status IN ('queued', 'retry') AND id = %s",
        f"{_MAILS} leased_until = now() WHERE status = 'sending' AND id = %s",
    ),
    "document": (
        f"{_FILES} scan_next_at = now() WHERE scan_status = 'pending' AND id = %s",
        f"{_FILES} preview_next_at = now() WHERE preview_status = 'pending' AND id = %s",
    ),
    "decision": (),
}
STILL = 4.0  # seconds in which nobody touched a row: no worker that lives holds it
READINESS_REFUSED = 3  # requests whose mails, two each, are as many as readiness wants to see refused
ROUNDS = 1  # requests decided that a fault must see, unless nobody can work meanwhile


@dataclass
class Fault:
    """What was seen of one: parts named ill, the longest answer, refusals, messages that came twice."""

    ill: dict[str, str] = field(default_factory=dict)
    longest: float = 0.0
    refused: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    seconds: float = 0.0


@dataclass
class Trial:
    """The world and its people, and what each fault was seen to do."""

    world: World
    people: People
    seen: dict[str, Fault] = field(default_factory=dict)

    @contextmanager
    def fault(self, name: str, *, repeats: bool = False) -> Iterator[Fault]:
        """What is broken inside is healed at its end; then all is well again, and whole.

        `repeats`: a mail in flight may leave again, under the same Message-ID (notifications/delivery.py).
        """
        assert self.people.failures == []
        fault = self.seen[name] = Fault()
        begun, first, before = time.monotonic(), len(self.people.answers), len(self._repeated())
        yield fault
        assert until(self.world.well, 60), (self.world.ill("web-1"), self.world.ill("web-2"))
        self.goes_on()
        done = self.settle()
        answers = self.people.answers[first:]
        fault.seconds = time.monotonic() - begun
        fault.longest = max((answer.seconds for answer in answers), default=0.0)
        refused = [answer for answer in answers if answer.status not in {200, 302}]
        fault.refused = Counter(f"{answer.status} {answer.what}" for answer in refused)
        fault.repeated = len(self._repeated()) - before
        assert [answer for answer in answers if answer.wrong] == []
        assert fault.longest < BOUND, max(answers, key=lambda answer: answer.seconds)
        assert repeats or not fault.repeated, self._repeated()
        self.nothing_is_lost(*done)

    def goes_on(self, rounds: int = ROUNDS) -> None:
        """Until people have got so much more done."""
        wanted = len(self.people.decided) + rounds
        assert until(lambda: len(self.people.decided) >= wanted or self.people.failures, 60), self.people.answers[-5:]
        assert self.people.failures == []

    def names(self, fault: Fault, part: str, *, web: str = "web-1", older: str = "") -> None:
        """Until readiness names that part; `older`: what lets time pass meanwhile."""

        def named() -> bool:
            if older:
                self.world.rows(older)
            fault.ill |= self.world.ill(web)
            return part in fault.ill

        assert until(named, 60), fault.ill

    def settle(self) -> tuple[list[int], list[int]]:
        """Until all that waits now is done; what was sent and decided by then. What a worker that died held, or what
        waits for its next try, has its turn at once.
        """
        sent, decided = list(self.people.sent), list(self.people.decided)
        wanted = {(kind, key): ("", 0.0) for kind, key, _ in self.world.rows(WAITING)}

        def settled() -> bool:
            now = time.monotonic()
            waiting = {(kind, key): state for kind, key, state in self.world.rows(WAITING)}
            for row in [row for row in wanted if row not in waiting]:
                del wanted[row]
            for row, (state, since) in wanted.items():
                wanted[row] = (waiting[row], since if state == waiting[row] else now)
            for (kind, key), (_, since) in wanted.items():
                for words in TIME_PASSES[kind] if now - since > STILL else ():
                    self.world.rows(words, key)
            return not wanted

        assert until(settled, 90), wanted
        return sent, decided

    def nothing_is_lost(self, sent: list[int], decided: list[int]) -> None:
        """Of what people were told is done: it is done, once."""
        stood = dict(self.world.rows("SELECT number, status FROM dispenses_dispense"))
        assert [number for number in sent if stood.get(number) not in {"in_progress", "accepted"}] == []
        moves = Counter(self.world.rows("SELECT dispense_id, transition FROM dispenses_timelineevent"))
        assert {moves[number, "submit"] for number in sent} == {1}
        assert {moves[number, "accept"] for number in decided} == {1}
        signed = Counter(self.world.rows("SELECT dispense_id FROM dispenses_declaration"))
        assert {signed[(number,)] for number in sent} == {1}
        files = self.world.rows("SELECT dispense_id, file, sha256 FROM dispenses_justificatif")
        kept = Counter(number for number, _, _ in files)
        assert [number for number in sent if kept[number] < self.people.joined[number]] == []
        assert {f"justificatifs/{file}" for _, file, _ in files} <= self._objects()
        said = self.world.rows("SELECT message_id FROM notifications_outgoingemail WHERE status = 'sent'")
        arrived = {message: (to, subject) for message, to, subject in self.world.mails()}
        assert [fact for fact, count in Counter(arrived.values()).items() if count > 1] == []
        assert {message for (message,) in said} <= arrived.keys()

    def _objects(self) -> set[str]:
        assert self.world.ceph
        bucket = boto3.resource(
            "s3", endpoint_url=self.world.ceph.url, aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
        ).Bucket(BUCKET)  # fmt: skip
        return {found.key for found in bucket.objects.all()}

    def _repeated(self) -> list[str]:
        counted = Counter(message for message, _, _ in self.world.mails())
        return [message for message, count in counted.items() if count > 1]


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial]:
    with start_world() as world:
        trial = Trial(world, People(world))
        trial.people.thread.start()
        try:
            trial.goes_on(1)
            yield trial
        finally:
            trial.people.stopped.set()
            trial.people.thread.join(120)
            for name, fault in trial.seen.items():
                print(f"\n{name:<42}{fault}")


def test_broker(trial: Trial) -> None:
    """Rows are the truth: people notice nothing, and a broker that comes back empty has lost nothing that counts."""
    with trial.fault("Redis silent, then empty") as fault:
        trial.world.power_cut("redis")
        trial.names(fault, "broker")
        trial.goes_on()
        trial.world.power_back("redis")


def test_storage(trial: Trial) -> None:
    """No file comes in, in clear words; the rest goes on."""
    assert trial.world.ceph
    with trial.fault("S3 silent, then restarted") as fault:
        trial.world.network["s3"].silence()
        trial.names(fault, "stockage")
        refused = len(trial.people.answers)
        assert until(lambda: any(answer.status == 503 for answer in trial.people.answers[refused:]), 60)
        trial.world.ceph.stop_gateway()
        trial.world.network["s3"].heal()
        trial.world.ceph.start_gateway()


def test_antivirus(trial: Trial) -> None:
    """Files wait, nothing is lost, nothing is released."""
    assert trial.world.clamd
    with trial.fault("clamd silent, then restarted") as fault:
        trial.world.network["clamd"].silence()
        trial.names(fault, "antivirus")
        trial.goes_on()
        trial.world.clamd.stop()
        trial.world.network["clamd"].heal()
        trial.world.clamd.start()


def test_relay(trial: Trial) -> None:
    """Mails wait: readiness says so after ten minutes."""
    with trial.fault("SMTP silent, then restarted", repeats=True) as fault:
        trial.world.power_cut("smtp")
        trial.goes_on(READINESS_REFUSED)
        older = "UPDATE notifications_outgoingemail SET {0} = {0} - interval '11 minutes' WHERE status {1} 'sent'"
        trial.world.rows(older.format("sent_at", "="))
        trial.names(fault, "courrier", older=older.format("created_at", "<>"))
        trial.world.power_back("smtp")


def test_a_web_cut_from_the_database_then_without_current(trial: Trial) -> None:
    """It answers 503 by itself and says that it is ill, to who asks: nginx does not, the operator takes it out.

    What was on its way to it then is told to be lost, what comes goes to the other one.
    """
    with trial.fault("web-1 cut from PostgreSQL, then stopped") as fault:
        with contextlib.ExitStack() as cuts:
            for name in ("db-1", "db-2"):
                cuts.enter_context(trial.world.network.cut("web-1", name))
            trial.names(fault, "base")
            begun = time.monotonic()
            assert trial.world.ask_web("web-1", "/sante")[0] == 503
            assert time.monotonic() - begun < BOUND
            assert trial.world.ask_web("web-2", "/sante")[0] == 200
            trial.world.power_cut("web-1")
            trial.goes_on()
        trial.world.power_back("web-1")


def test_a_worker_without_current(trial: Trial) -> None:
    """The other one does its work; what it held is taken back."""
    with trial.fault("worker-1 without current", repeats=True):
        trial.world.power_cut("worker-1")
        trial.goes_on()
        trial.world.power_back("worker-1")


def test_both_schedules_without_current(trial: Trial) -> None:
    """Hints go on; what only the schedule begins waits, and readiness says so after three minutes."""
    with trial.fault("Both beats without current") as fault:
        trial.world.power_cut("beat-1", "beat-2")
        trial.world.rows("UPDATE notifications_heartbeat SET at = at - interval '4 minutes' WHERE name = 'beat'")
        trial.names(fault, "planificateur")
        trial.world.power_back("beat-1", "beat-2")


def test_pooler_restarted(trial: Trial) -> None:
    with trial.fault("PgBouncer killed, restarted", repeats=True) as fault:
        trial.world.parts["pool"].kill()
        trial.names(fault, "base", web="web-2")
        trial.world.parts["pool"].start()


def test_standby_silent(trial: Trial) -> None:
    """Whoever wants it on two servers waits for the second: nothing is written until the operator says otherwise."""
    world = trial.world
    standby = "db-2" if world.primary == "db-1" else "db-1"
    with trial.fault("Standby silent", repeats=True) as fault:
        world.network[standby].silence()
        trial.names(fault, "base")
        world.wait_for_standby(False)
        trial.goes_on()
        world.network[standby].heal()
        world.wait_for_standby(True)


def test_primary_without_current(trial: Trial) -> None:
    """The standby is promoted, webs and workers come over by themselves; the former primary comes back behind it."""
    world = trial.world
    former, other = world.primary, "db-2" if world.primary == "db-1" else "db-1"
    with trial.fault("Primary without current, standby promoted", repeats=True) as fault:
        world.power_cut(former)
        trial.names(fault, "base")
        world.promote(other)
        trial.goes_on()
        world.network[former].heal()
        world.follow(former)


def test_proxy_and_its_page(trial: Trial) -> None:
    """With both webs gone the proxy says so in French, by itself and soon."""
    with trial.fault("Both webs killed") as fault:
        for name in ("web-1", "web-2"):
            trial.world.parts[name].kill()
        status, headers, page = trial.world.ask("/connexion/")
        fault.ill["proxy"] = f"{status}"
        assert (status, headers["Retry-After"]) == (503, "10")
        assert "Le portail ne répond pas pour l’instant" in page
        for name in ("web-1", "web-2"):
            trial.world.parts[name].start()


def test_wrong_passwords_count_on_both_webs(trial: Trial) -> None:
    statuses = [_sign_in(trial.world, web, "faux") for web in ("web-1", "web-2", "web-1", "web-2", "web-1")]
    assert statuses == [200] * 4 + [429]
    assert _sign_in(trial.world, "web-2", PASSWORD) == 429


def _sign_in(world: World, web: str, password: str) -> int:
    """Status of a sign-in on this web, always from the same address and a browser that was never here."""
    there = {"X-Forwarded-For": "192.0.2.7"}
    _, headers, page = world.ask_web(web, "/connexion/", **there)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    form = urlencode({"username": "camille@exemple.fr", "password": password, "csrfmiddlewaretoken": token[1]})
    there |= {"Cookie": headers["Set-Cookie"].split(";")[0], "Content-Type": "application/x-www-form-urlencoded"}
    return world.ask_web(web, "/connexion/", form, Referer="https://portail.exemple.fr/", **there)[0]
