"""From received to released: the antivirus's verdict, its retries, what is shown and told."""

import io
import random
from collections.abc import Callable, Iterator
from copy import copy
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from dispenses.documents import examination, scanning, storage
from dispenses.enums import PreviewStatus, ScanStatus
from dispenses.exceptions import Code, JustificatifRefused, NotReleased
from dispenses.models import Dispense, Justificatif
from dispenses.request import contents, joining
from notifications.models import OutgoingEmail
from portal.lib import leases
from tests.factories import DispenseFactory, add_file, add_pictures
from tests.files import pdf_bytes
from tests.refusals import refused
from tests.servers.clamd import EICAR, start_clamd

pytestmark = pytest.mark.django_db


class Stub:
    """A scanner that answers what the test says."""

    def __init__(self) -> None:
        self.answer: str | Exception = ""
        self.scanned = 0
        self.meanwhile: Callable[[], object] = lambda: None

    def scan(self, file: BinaryIO) -> str:
        file.read()
        self.scanned += 1
        self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def scanner(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Stub:
    """The antivirus switched on; no picture is drawn, which is another test's matter."""
    stub = Stub()
    settings.PORTAL_CLAMD = "unix:///essai"
    monkeypatch.setattr(scanning, "scanner", lambda: stub)
    monkeypatch.setattr(examination, "_draw", lambda pk: None)
    return stub


def waiting(dispense: Dispense | None = None, **fields: Any) -> Justificatif:
    file = add_file(dispense or DispenseFactory(), "", "autre.pdf")
    Justificatif.objects.filter(pk=file.pk).update(scan_status=ScanStatus.PENDING, **fields)
    Justificatif.objects.exclude(pk=file.pk).update(
        scan_status=ScanStatus.CLEAN, scanned_at=timezone.now(), preview_status=PreviewStatus.READY
    )
    return now(file)


def now(file: Justificatif) -> Justificatif:
    return Justificatif.objects.get(pk=file.pk)


def test_a_received_file_waits_for_its_verdict_then_is_released(
    scanner: Stub, django_capture_on_commit_callbacks: Any
) -> None:
    dispense = DispenseFactory()
    dispense.justificatifs.all().delete()
    with django_capture_on_commit_callbacks() as callbacks:
        file = joining.add_justificatif(dispense=dispense, piece="", upload=SimpleUploadedFile("a.pdf", pdf_bytes()))
    assert file.scan_status == ScanStatus.PENDING
    with refused(NotReleased, Code.BEING_SCANNED):
        storage.release(file)
    for callback in callbacks:
        callback()
    assert now(file).scan_status == ScanStatus.CLEAN
    assert now(file).scanned_at is not None
    storage.release(now(file)).close()


def test_without_antivirus_a_file_is_released_and_says_so(settings: Any) -> None:
    dispense = DispenseFactory()
    dispense.justificatifs.all().delete()
    file = joining.add_justificatif(dispense=dispense, piece="", upload=SimpleUploadedFile("a.pdf", pdf_bytes()))
    assert file.scan_status == ScanStatus.DISABLED
    assert file.is_released
    settings.PORTAL_CLAMD = "unix:///essai"
    assert not file.is_released


def test_switching_the_antivirus_on_scans_what_was_not(scanner: Stub) -> None:
    file = waiting()
    Justificatif.objects.filter(pk=file.pk).update(scan_status=ScanStatus.DISABLED)
    examination.sweep()
    assert now(file).scan_status == ScanStatus.CLEAN


def test_switching_it_off_lets_nothing_wait(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "_draw", lambda pk: None)
    file, failed = waiting(), waiting()
    Justificatif.objects.filter(pk=file.pk).update(scan_status=ScanStatus.PENDING)
    Justificatif.objects.filter(pk=failed.pk).update(scan_status=ScanStatus.FAILED)
    examination.sweep()
    assert {now(file).scan_status, now(failed).scan_status} == {ScanStatus.DISABLED}


def test_a_virus_sets_the_file_aside_and_its_owner_is_told(scanner: Stub) -> None:
    scanner.answer = "Eicar"
    file = waiting()
    examination.examine(file.pk)
    file = now(file)
    assert (file.scan_status, file.scan_detail) == (ScanStatus.INFECTED, "Eicar")
    assert not file.is_released
    with refused(NotReleased, Code.INFECTED):
        storage.release(file)
    assert file.file.storage.exists(file.file.name)  # kept, and closed
    assert Dispense.objects.get(pk=file.dispense_id).has_virus
    mail = OutgoingEmail.objects.get(kind="justificatif_infected")
    assert mail.to == file.dispense.employee.user.email
    assert "retirez ce document et joignez-en une autre copie" in mail.text_body
    assert file.name not in mail.text_body


@pytest.mark.parametrize(
    ("stage", "words"),
    [("in_progress", "le centre de gestion vous la demandera"), ("awaiting_complement", "complétez-la")],
)
def test_what_to_do_depends_on_the_stage(scanner: Stub, stage: str, words: str) -> None:
    scanner.answer = "Eicar"
    examination.examine(waiting(DispenseFactory(**{stage: True})).pk)
    assert words in OutgoingEmail.objects.get(kind="justificatif_infected").text_body


def test_an_infected_file_does_not_prove_anything(scanner: Stub) -> None:
    dispense = DispenseFactory()
    piece = dispense.justificatifs.first()
    assert contents.missing(dispense) == []
    Justificatif.objects.filter(pk=piece.pk).update(
        scan_status=ScanStatus.INFECTED, scan_detail="Eicar", scanned_at=timezone.now()
    )
    [(step, message)] = contents.missing(Dispense.objects.get(pk=dispense.pk))
    assert step == "justificatifs"
    assert "contient un virus. Retirez-le et joignez une autre copie" in message


@pytest.mark.parametrize("written", [ScanStatus.INFECTED, ScanStatus.CLEAN, ScanStatus.FAILED])
def test_a_verdict_is_written_only_over_pending(scanner: Stub, written: ScanStatus) -> None:
    file = waiting()

    def another() -> None:
        Justificatif.objects.filter(pk=file.pk).update(
            scan_status=written, scan_detail="Autre", scanned_at=timezone.now()
        )

    scanner.meanwhile = another
    scanner.answer = "Eicar" if written is ScanStatus.CLEAN else ""
    examination.examine(file.pk)
    assert (now(file).scan_status, now(file).scan_detail) == (written, "Autre")
    assert not OutgoingEmail.objects.filter(kind="justificatif_infected").exists()


def test_a_scan_is_taken_by_one_worker(scanner: Stub) -> None:
    file = waiting()
    scanner.meanwhile = lambda: examination.examine(file.pk)
    examination.examine(file.pk)
    examination.examine(file.pk)
    assert scanner.scanned == 1


@pytest.mark.parametrize("attempts", [0, examination.ATTEMPTS])
@pytest.mark.parametrize(
    "answer", ["", "Eicar", scanning.NotScanned("trop grand"), scanning.ScannerUnavailable("clamd ne répond pas")]
)
def test_a_scan_taken_over_meanwhile_is_the_other_s(scanner: Stub, answer: str | Exception, attempts: int) -> None:
    file = waiting(scan_attempts=attempts)
    theirs = timezone.now() + 2 * examination.LEASE
    scanner.meanwhile = lambda: Justificatif.objects.filter(pk=file.pk).update(scan_next_at=theirs)
    scanner.answer = answer
    examination.examine(file.pk)
    assert (now(file).scan_status, now(file).scan_next_at) == (ScanStatus.PENDING, theirs)
    assert now(file).scan_detail == ""
    assert not OutgoingEmail.objects.filter(kind="justificatif_infected").exists()


def test_a_file_removed_during_its_scan_is_no_trouble(scanner: Stub) -> None:
    file = waiting()
    scanner.meanwhile = lambda: Justificatif.objects.filter(pk=file.pk).delete()
    scanner.answer = "Eicar"
    assert examination.examine(file.pk)
    assert not OutgoingEmail.objects.filter(kind="justificatif_infected").exists()


def test_a_worker_that_dies_gives_its_scan_back(scanner: Stub) -> None:
    file = waiting()
    scanner.answer = KeyboardInterrupt()  # type: ignore[assignment]
    scanner.meanwhile = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        examination.examine(file.pk)
    scanner.meanwhile, scanner.answer = (lambda: None), ""
    assert examination.sweep() == 0
    with time_machine.travel(timezone.now() + examination.LEASE + timedelta(seconds=1), tick=False):
        assert examination.sweep() == 1
    assert now(file).scan_status == ScanStatus.CLEAN


def test_a_silent_antivirus_is_waited_for_with_growing_delays(scanner: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 1.0)
    scanner.answer = scanning.ScannerUnavailable("clamd ne répond pas")
    file, at, delays = waiting(), timezone.now(), []
    for _ in range(examination.ATTEMPTS - 1):
        with time_machine.travel(at, tick=False):
            assert examination.sweep() == 0
            assert now(file).scan_status == ScanStatus.PENDING
            assert not now(file).is_released
            delays.append((now(file).scan_next_at - timezone.now()).total_seconds())
            at = now(file).scan_next_at + timedelta(milliseconds=1)
    assert delays[:4] == pytest.approx([30, 60, 120, 240])
    assert max(delays) == 3600
    with time_machine.travel(at, tick=False):
        examination.sweep()
    assert now(file).scan_status == ScanStatus.FAILED
    assert "clamd ne répond pas" in now(file).scan_detail
    with refused(NotReleased, Code.SCAN_FAILED):
        storage.release(now(file))


def test_one_outage_costs_one_file_an_attempt(scanner: Stub) -> None:
    scanner.answer = scanning.ScannerUnavailable("x")
    first = waiting()
    second = add_file(DispenseFactory(), "", "b.pdf")
    Justificatif.objects.filter(pk=second.pk).update(scan_status=ScanStatus.PENDING)
    examination.sweep()
    assert (now(first).scan_attempts, now(second).scan_attempts) == (1, 0)


def test_over_a_limit_is_said_at_once_and_tried_again_at_night(scanner: Stub) -> None:
    scanner.answer = scanning.NotScanned("taille maximale de l’antivirus dépassée")
    file = waiting()
    examination.examine(file.pk)
    assert now(file).scan_status == ScanStatus.FAILED
    assert not now(file).is_released
    scanner.answer = ""
    night = timezone.now() + timedelta(hours=21)
    examination.rescan(timezone.now())
    assert now(file).scan_status == ScanStatus.FAILED
    with time_machine.travel(night, tick=False):
        examination.rescan(night)
        examination.sweep()
    assert now(file).scan_status == ScanStatus.CLEAN


def test_bytes_that_are_missing_are_not_clean(scanner: Stub) -> None:
    file = waiting()
    file.file.storage.delete(file.file.name)
    examination.examine(file.pk)
    assert now(file).scan_status == ScanStatus.FAILED


def test_each_night_a_recent_clean_file_is_scanned_again(scanner: Stub) -> None:
    file = add_pictures(waiting())
    examination.examine(file.pk)
    assert now(file).has_preview
    scanner.answer = "Nouveau-Virus"
    night = timezone.now() + timedelta(hours=21)
    Justificatif.objects.exclude(pk=file.pk).delete()
    assert examination.rescan(timezone.now()) == 0
    assert examination.rescan(night) == 1
    assert now(file).is_infected
    assert not now(file).has_preview
    assert OutgoingEmail.objects.filter(kind="justificatif_infected").count() == 1


def test_an_outage_at_night_closes_nothing(scanner: Stub) -> None:
    file = waiting()
    examination.examine(file.pk)
    night = timezone.now() + timedelta(hours=21)
    for trouble in (scanning.ScannerUnavailable("x"), scanning.NotScanned("x")):
        scanner.answer = trouble
        assert examination.rescan(night) == 0
        assert now(file).is_released


def test_an_old_file_is_left_alone(scanner: Stub) -> None:
    file = waiting()
    examination.examine(file.pk)
    Justificatif.objects.update(received_at=timezone.now() - timedelta(days=31))
    before = scanner.scanned
    assert examination.rescan(timezone.now() + timedelta(hours=21)) == 0
    assert scanner.scanned == before


def test_pictures_of_an_infected_file_are_deleted(scanner: Stub, django_capture_on_commit_callbacks: Any) -> None:
    file = add_pictures(waiting())
    key = storage.picture_key(file, 1)
    scanner.answer = "Eicar"
    with django_capture_on_commit_callbacks(execute=True):
        examination.examine(file.pk)
    assert not file.file.storage.exists(key)
    assert file.file.storage.exists(file.file.name)


def test_a_silent_storage_refuses_the_upload_in_french(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*args: object) -> str:
        raise OSError

    dispense = DispenseFactory()
    before = dispense.justificatifs.count()
    monkeypatch.setattr(type(storage.justificatif_storage()), "_save", silent)
    with refused(JustificatifRefused, Code.STORAGE_DOWN, words="Joignez-le à nouveau dans quelques minutes"):
        joining.add_justificatif(dispense=dispense, piece="", upload=SimpleUploadedFile("a.pdf", pdf_bytes()))
    assert dispense.justificatifs.count() == before


@pytest.fixture
def real_clamd(tmp_path: Path, settings: Any) -> Iterator[Any]:
    with start_clamd(tmp_path / "clamd") as clamd:
        settings.PORTAL_CLAMD = clamd.address
        settings.PORTAL_CLAMD_SECONDS = 1
        yield clamd


@pytest.mark.clamd
def test_the_whole_way_with_a_real_clamd(real_clamd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Down, hung, back: the file waits and is then found clean; EICAR in a PDF is set aside."""
    monkeypatch.setattr(examination, "_draw", lambda pk: None)
    file = waiting()
    at = timezone.now()
    real_clamd.stop()
    examination.sweep()
    real_clamd.start()
    real_clamd.pause()
    with time_machine.travel(at + timedelta(minutes=2), tick=False):
        examination.sweep()
    assert now(file).scan_status == ScanStatus.PENDING
    assert now(file).scan_attempts == 2
    real_clamd.resume()
    with time_machine.travel(at + timedelta(minutes=10), tick=False):
        examination.sweep()
    assert now(file).scan_status == ScanStatus.CLEAN

    bad = waiting()
    bad.file.storage.delete(bad.file.name)
    bad.file.storage.save(bad.file.name, io.BytesIO(pdf_bytes() + EICAR))
    examination.examine(bad.pk)
    assert now(bad).is_infected
    assert now(bad).scan_detail.startswith("Eicar.Essai")


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_workers_write_one_verdict(scanner: Stub) -> None:
    """The slow one had read « pending »; the row says otherwise when it writes."""
    from threading import Thread

    rows, results = Justificatif.objects.filter(scan_status=ScanStatus.PENDING), []
    held = leases.take(rows, waiting().pk, lease=examination.LEASE, field="scan_next_at")
    assert held is not None

    def settle(status: ScanStatus) -> None:
        try:
            examination._settle_scan(copy(held), status, "Eicar" if status is ScanStatus.INFECTED else "")
            results.append(True)
        except leases.LeaseLost:
            results.append(False)
        connection.close()

    threads = [Thread(target=settle, args=[status]) for status in (ScanStatus.CLEAN, ScanStatus.INFECTED) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 5 + [True]


def test_a_preview_is_not_drawn_before_the_verdict(settings: Any) -> None:
    settings.PORTAL_CLAMD = "unix:///nulle/part"
    file = waiting()
    examination.examine(file.pk)
    assert now(file).scan_status == ScanStatus.PENDING
    assert now(file).preview_status == PreviewStatus.PENDING
    assert now(file).preview_attempts == 0


def sent_by_two(scanner: Stub) -> tuple[list[Justificatif], Justificatif, list[int]]:
    """Forty files of one person, over two requests, then one of another; and the list in which they are scanned."""
    now_ = timezone.now()
    first = DispenseFactory(withdrawn=True)
    second = DispenseFactory(employee=first.employee)
    other = DispenseFactory()
    Justificatif.objects.all().delete()
    many = [add_file([first, second][number % 2], "", f"{number}.pdf") for number in range(40)]
    one = add_file(other, "", "seule.pdf")
    for rank, file in enumerate([*many, one]):
        at = now_ - timedelta(seconds=100 - rank)
        Justificatif.objects.filter(pk=file.pk).update(
            received_at=at, scan_status=ScanStatus.PENDING, scan_next_at=at, preview_status=PreviewStatus.READY
        )
    order: list[int] = []
    scanner.meanwhile = lambda: order.append(
        Justificatif.objects.order_by("-examined_at").values_list("pk", flat=True).exclude(examined_at=None)[0]
    )
    return many, one, order


def test_whoever_sends_forty_files_does_not_delay_the_next_person(scanner: Stub) -> None:
    """In the sweep, and with a hint for each file: these say that something is due, not what."""
    many, one, order = sent_by_two(scanner)
    assert examination.sweep() == 41
    assert sorted(order) == sorted([*(file.pk for file in many), one.pk])
    assert order.index(one.pk) <= 1
    assert [pk for pk in order if pk != one.pk] == [file.pk for file in many]


@pytest.fixture
def hinted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the tasks that were hinted at, which nobody does: in tests a task is done at once."""
    names: list[str] = []
    monkeypatch.setattr(examination, "hint", lambda task, *arguments: names.append(task.name))
    return names


def test_files_whose_hint_was_lost_do_not_make_the_next_one_wait_for_a_sweep(scanner: Stub, hinted: list[str]) -> None:
    """One hint is enough for all that is due: each turn hints at the next, the last one at nothing."""
    sent_by_two(scanner)
    turns = 0
    while not turns or len(hinted) == turns:
        assert examination.examine_next()
        turns += 1
    assert (turns, len(hinted)) == (41, 40)
    assert set(hinted) == {"dispenses.tasks.examine_next"}


def test_an_antivirus_that_is_down_is_not_asked_again_at_once(scanner: Stub, hinted: list[str]) -> None:
    sent_by_two(scanner)
    scanner.answer = scanning.ScannerUnavailable("clamd ne répond pas")
    assert examination.examine_next() is False
    assert hinted == []


def test_hints_follow_the_turns_too(scanner: Stub, hinted: list[str]) -> None:
    many, one, order = sent_by_two(scanner)
    for _ in range(3):
        assert examination.examine_next()
    assert order == [many[0].pk, one.pk, many[1].pk]
    latest = add_file(one.dispense, "", "encore.pdf")
    Justificatif.objects.filter(pk=latest.pk).update(scan_status=ScanStatus.PENDING, preview_status=PreviewStatus.READY)
    newcomer = add_file(DispenseFactory(), "", "autre.pdf")
    Justificatif.objects.filter(dispense=newcomer.dispense).exclude(pk=newcomer.pk).delete()
    Justificatif.objects.filter(pk=newcomer.pk).update(
        scan_status=ScanStatus.PENDING, preview_status=PreviewStatus.READY
    )
    for _ in range(3):
        assert examination.examine_next()
    assert order[3:] == [newcomer.pk, latest.pk, many[2].pk]  # never served first, then who was the longest ago


def test_a_turn_is_one_worker_s(scanner: Stub, monkeypatch: pytest.MonkeyPatch, hinted: list[str]) -> None:
    """Two workers that look at the same instant do not both go for the same file."""
    many, one, order = sent_by_two(scanner)
    real = examination._waiting
    seen: list[int] = []

    def crowded(among: Any) -> Any:
        rows = real(among)
        if not seen:  # between the look and the taking, another worker takes the turn
            seen.append(rows.first().pk)
            Justificatif.objects.filter(pk=seen[0]).update(examined_at=timezone.now() + timedelta(milliseconds=1))
            return _Seen(seen[0])
        return rows

    monkeypatch.setattr(examination, "_waiting", crowded)
    assert examination.examine_next()
    assert order == [one.pk]
    assert seen == [many[0].pk]


class _Seen:
    """What a worker read before another one wrote."""

    def __init__(self, pk: int) -> None:
        self.pk = pk

    def values_list(self, *fields: str) -> "_Seen":
        return self

    def first(self) -> tuple[int, None]:
        return self.pk, None


def test_nothing_due_is_nothing_done(scanner: Stub) -> None:
    assert examination.examine_next() is None
