"""A pack whose worker dies, or whose storage fails, at any point: the next one goes on, and the bytes are the same."""

import contextlib
import hashlib
import io
import itertools
import os
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from accounts.models import Correspondent
from dispenses.documents.folder import FolderStorage
from dispenses.enums import PackStatus
from dispenses.models import EvidencePack, pack_storage
from dispenses.packs import contents, preparation
from dispenses.packs.archive import Archive
from dispenses.packs.digest import Digest
from portal.lib.dates import start_of_day
from tests.dispenses.packs.packs import asked, content, from_the_start, granted, many
from tests.factories import ActeFactory, CorrespondentFactory

pytestmark = pytest.mark.django_db
EMPLOYEES = 4
WRITES = ("save", "delete", "start_joining", "join", "finish_joining", "stop_joining")


class Killed(BaseException):
    """The process is gone: nothing is caught, nothing is given back."""


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> Correspondent:
    """An employer whose every employee makes a piece. Nothing is prepared by itself: the test is the worker."""
    monkeypatch.setattr(preparation, "hint", lambda *args: None)
    monkeypatch.setattr(preparation, "PIECE_BYTES", 100_000)
    monkeypatch.setattr(contents, "declaration_pdf", lambda proof, declaration: b"%PDF" + bytes(10_000))
    role = CorrespondentFactory()
    ActeFactory(employer=role.employer, employer_keeps_justificatifs=True)
    many(role.employer, EMPLOYEES, size=120_000)
    return role


class Cut:
    """What the storage of packs is told, counted by name; it breaks at the write number `at`, before or after it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, at: int, after: bool, error: Callable[[], BaseException]):
        self.at, self.after, self.error, self.writes = at, after, error, 0
        self.read: Counter[str] = Counter()
        for name in WRITES:
            monkeypatch.setattr(FolderStorage, name, self._counted(getattr(FolderStorage, name)))
        opens = FolderStorage.open
        monkeypatch.setattr(FolderStorage, "open", lambda *args: (self.read.update([args[1]]), opens(*args))[1])

    def _counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.writes += 1
            broken = self.writes == self.at
            if broken and not self.after:
                raise self.error()
            answer = real(*args, **kwargs)
            if broken:
                raise self.error()
            return answer

        return call

    def of(self, pack: EvidencePack) -> dict[str, int]:
        """How often the pieces of the pack were read, notes left out."""
        names = {pack.part_name(number) for number in range(EMPLOYEES)} | {pack.end_name}
        return {name: times for name, times in self.read.items() if name in names}


def worked(pack: EvidencePack) -> bool:
    """One worker. Returns whether the pack is ready; what a dead worker held is free again."""
    with contextlib.suppress(Killed):
        preparation.prepare(pack.pk)
    EvidencePack.objects.filter(pk=pack.pk).update(due_at=timezone.now())
    pack.refresh_from_db()
    return pack.status == PackStatus.READY


def test_the_bytes_are_those_of_one_zip_written_in_one_go(role: Correspondent) -> None:
    pack = asked(role.employer, role.user)
    assert worked(pack)
    assert pack.parts == EMPLOYEES
    made = content(pack)
    assert (len(made), hashlib.sha256(made).hexdigest()) == (pack.size, pack.sha256)
    single = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as source, Archive(single) as archive:
        for info in source.infolist():
            compressed = info.compress_type == zipfile.ZIP_DEFLATED
            with source.open(info) as entry:
                archive.add(info.filename, entry, size=info.file_size, compressed=compressed)
    assert single.getvalue() == made


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [Killed, lambda: OSError("silence")], ids=["killed", "silent"])
def test_cut_anywhere_it_goes_on(
    role: Correspondent, error: Callable[[], BaseException], after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = asked(role.employer, role.user)
    with monkeypatch.context() as patch:
        whole = Cut(patch, at=0, after=after, error=error)
        assert worked(pack)
    made, sha256 = content(pack), pack.sha256
    documents = sum(name.count("/") == 1 and pack.key not in name for name in whole.read.elements())
    assert whole.of(pack) == {pack.part_name(EMPLOYEES - 1): 1}  # the others are put end to end unread
    assert whole.writes > 4 * EMPLOYEES
    for at in range(1, whole.writes + 1):
        from_the_start(pack)
        with monkeypatch.context() as patch:
            cut = Cut(patch, at=at, after=after, error=error)
            ready = worked(pack)
            assert ready or worked(pack), at
        assert (content(pack) == made, pack.sha256) == (True, sha256), at
        again = sum(name.count("/") == 1 and pack.key not in name for name in cut.read.elements())
        assert again <= documents + documents // EMPLOYEES, at  # one piece more
        assert sum(cut.of(pack).values()) <= 2, at
        preparation.sweep(timezone.now())
        assert pack_storage().listdir(pack.key[:2])[1] == [pack.key], at


def test_cut_at_each_step_it_ends(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every worker dies after one write that counts: nothing is made twice, so there is an end."""
    pack = asked(role.employer, role.user)
    assert worked(pack)
    made = content(pack)
    from_the_start(pack)
    writes = {"save": 0, "join": 0}

    def mortal(name: str) -> Callable[..., Any]:
        real = getattr(preparation, name) if name.startswith("_") else getattr(FolderStorage, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            answer = real(*args, **kwargs)
            writes["join" if name == "join" else "save"] += 1
            return answer

        return call

    monkeypatch.setattr(FolderStorage, "join", mortal("join"))
    advance = preparation._advance

    def once(held: Any) -> bool:
        advance(held)
        raise Killed

    monkeypatch.setattr(preparation, "_advance", once)
    workers = 0
    while not worked(pack):
        workers += 1
        assert workers < 3 * EMPLOYEES
    assert writes["join"] == EMPLOYEES
    assert content(pack) == made


def test_a_piece_half_put_in_its_place_is_put_there_again(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = asked(role.employer, role.user)
    assert worked(pack)
    made = content(pack)
    from_the_start(pack)
    real, calls = shutil.copyfileobj, itertools.count(1)

    def dies(source: Any, target: Any, length: int = 0) -> None:
        if next(calls) == 3:  # the first one begins the end of the pack
            target.write(source.read(50_000))
            target.flush()
            raise Killed
        real(source, target, length)

    with monkeypatch.context() as cut:
        cut.setattr(shutil, "copyfileobj", dies)
        assert not worked(pack)
    assert (pack.step, pack.joined) == ("join", 1)
    assert worked(pack)
    assert content(pack) == made


def test_somebody_granted_meanwhile_does_not_follow_a_piece_that_is_not_full(
    role: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 takes no small piece but the last."""
    monkeypatch.setattr(preparation, "PIECE_BYTES", 10_000_000)
    pack = asked(role.employer, role.user)
    preparation.prepare(pack.pk, seconds=-1)
    granted(role.employer, timezone.localdate() - timedelta(days=10))
    EvidencePack.objects.filter(pk=pack.pk).update(due_at=timezone.now())
    assert worked(pack)
    assert (pack.parts, pack.dispenses) == (1, EMPLOYEES)


@pytest.mark.parametrize("step", ["begun", "half", "whole"])
def test_a_joining_that_disappeared_begins_again(
    role: Correspondent, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server forgot it, or somebody swept the folder: the pieces are still there."""
    pack = asked(role.employer, role.user)
    assert worked(pack)
    made = content(pack)
    from_the_start(pack)
    joined = {"begun": 0, "half": 2, "whole": EMPLOYEES}[step]
    while pack.step != "join" or not pack.joining or pack.joined < joined:
        preparation.prepare(pack.pk, seconds=-1)
        pack.refresh_from_db()
    pack_storage().stop_joining(pack.object_name)  # type: ignore[attr-defined]
    assert not worked(pack)
    assert worked(pack)
    assert content(pack) == made


def test_a_pack_given_up_leaves_nothing(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = asked(role.employer, role.user)
    while pack.joined < 2:
        preparation.prepare(pack.pk, seconds=-1)
        pack.refresh_from_db()
    assert len(pack_storage().listdir(pack.key[:2])[1]) == 2 * EMPLOYEES + 2  # pieces and notes, the end, the joining
    EvidencePack.objects.filter(pk=pack.pk).update(attempts=preparation.ATTEMPTS, due_at=timezone.now())
    with monkeypatch.context() as silent:
        Cut(silent, at=1, after=False, error=lambda: OSError("silence"))
        preparation.prepare(pack.pk)
    pack.refresh_from_db()
    assert pack.status == PackStatus.FAILED
    preparation.sweep(timezone.now())
    assert pack_storage().listdir(pack.key[:2])[1] == []


def test_what_no_pack_claims_goes_once_older_than_any_pack(role: Correspondent, settings: Any) -> None:
    """The piece that a worker stored after another one had ended the work, the pack of a row that is no more."""
    settings.PORTAL_PACK_DAYS = 3
    pack = asked(role.employer, role.user)
    assert worked(pack)
    folder = pack.key[:2]
    late, unknown = f"{pack.object_name}-7", f"{folder}/{'0' * 32}"
    for name in (late, unknown):
        pack_storage().save(name, ContentFile(b"PK"))
        now = timezone.now().timestamp()  # the kernel dates files by its own clock, whatever day the tests are run as
        os.utime(pack_storage().path(name), (now, now))
    turn = start_of_day(timezone.localdate())
    turn += timedelta(minutes=(int(folder, 16) - int(turn.timestamp()) // 60) % 256)  # the minute of this folder
    round_ = timedelta(minutes=256)
    while turn < timezone.now() + timedelta(days=3, hours=18):
        preparation.forget_strangers(turn)
        turn += round_
    assert all(pack_storage().exists(name) for name in (late, unknown))
    EvidencePack.objects.update(expires_at=timezone.now() + timedelta(days=30))
    for _ in range(3):
        preparation.forget_strangers(turn)
        turn += round_
    assert [pack_storage().exists(name) for name in (pack.object_name, unknown)] == [True, False]
    EvidencePack.objects.update(status=PackStatus.EXPIRED)
    preparation.forget_strangers(turn)
    assert pack_storage().listdir(folder)[1] == []


def test_a_pack_begun_before_pieces_begins_again(role: Correspondent) -> None:
    """Its parts were ZIPs of their own: they make no piece, and go with the others."""
    migration = import_module("dispenses.migrations.0022_pieces_and_turns")
    pack = asked(role.employer, role.user)
    for number in range(EMPLOYEES + 3):
        pack_storage().save(pack.part_name(number), ContentFile(b"PK"))
    EvidencePack.objects.filter(pk=pack.pk).update(parts=EMPLOYEES + 3, done=EMPLOYEES, last_employee=10**9)
    migration.begin_again(apps, connection.schema_editor())
    assert worked(pack)
    assert (pack.parts, pack.dispenses) == (EMPLOYEES, EMPLOYEES)
    assert pack_storage().listdir(pack.key[:2])[1] == [pack.key]


def test_a_worker_holds_a_piece_at_most(role: Correspondent, monkeypatch: pytest.MonkeyPatch) -> None:
    """The room taken beside the storage, in the folder of temporary files, does not grow with the pack."""
    sizes: list[int] = []
    real = preparation._store

    def measured(name: str, file: Any) -> None:
        sizes.append(os.fstat(file.fileno()).st_size)
        real(name, file)

    monkeypatch.setattr(preparation, "_store", measured)
    pack = asked(role.employer, role.user)
    assert worked(pack)
    assert pack.size > 3 * max(sizes)


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 100_000])
def test_a_digest_goes_on_elsewhere(size: int) -> None:
    content, at, step = os.urandom(size), 0, max(1, size // 7)
    digest = Digest()
    while at < size:
        digest.update(content[at : at + step])
        at += step
        assert len(digest.state()) == EvidencePack._meta.get_field("digest").max_length
        digest = Digest(digest.state())
        digest.hexdigest()
    assert digest.hexdigest() == hashlib.sha256(content).hexdigest()
