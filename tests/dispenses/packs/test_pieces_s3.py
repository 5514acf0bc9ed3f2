"""The pieces of a pack on a real S3 server (Ceph's radosgw), which puts them together itself."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from dispenses.documents.pieces import SMALLEST, JoiningLost
from dispenses.documents.s3 import S3Storage, StorageUnavailable
from dispenses.enums import PackStatus
from dispenses.models import EvidencePack
from dispenses.packs import preparation
from tests.dispenses.documents.test_s3 import BUCKET, client, keys, options
from tests.dispenses.packs.packs import asked, content, from_the_start, many
from tests.factories import ActeFactory, CorrespondentFactory
from tests.servers.ceph import Ceph, start_ceph

pytestmark = [pytest.mark.django_db, pytest.mark.s3, pytest.mark.slow]
EMPLOYEES = 4


@pytest.fixture(scope="module")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    with start_ceph(tmp_path_factory.mktemp("ceph")) as running:
        client(running).create_bucket(Bucket=BUCKET)
        yield running


@pytest.fixture
def s3(ceph: Ceph, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Storage]:
    """Packs on the server, in a place of their own; documents stay in a folder."""
    backend = S3Storage(**options(ceph, prefix="preuves"))
    monkeypatch.setitem(storages._storages, "preuves", backend)  # type: ignore[attr-defined]
    yield backend
    for key in keys(ceph):
        client(ceph).delete_object(Bucket=BUCKET, Key=key)


def uploads(ceph: Ceph) -> list[Any]:
    return list(client(ceph).list_multipart_uploads(Bucket=BUCKET).get("Uploads", []))


@pytest.fixture
def pack(monkeypatch: pytest.MonkeyPatch) -> EvidencePack:
    monkeypatch.setattr(preparation, "hint", lambda *args: None)
    monkeypatch.setattr(preparation, "PIECE_BYTES", SMALLEST)
    role = CorrespondentFactory()
    ActeFactory(employer=role.employer, employer_keeps_justificatifs=True)
    many(role.employer, EMPLOYEES, size=SMALLEST)
    return asked(role.employer, role.user)


def worked(pack: EvidencePack, seconds: float = preparation.STEP_SECONDS) -> bool:
    preparation.prepare(pack.pk, seconds=seconds)
    EvidencePack.objects.filter(pk=pack.pk).update(due_at=timezone.now())
    pack.refresh_from_db()
    return pack.status == PackStatus.READY


def broken(name: str, *, after: bool) -> Callable[..., Any]:
    """The storage's function, of which one call fails: before it is done, or `after`, when its answer is lost."""
    real, calls = getattr(S3Storage, name), itertools.count(1)
    fatal = {"save": 5, "join": 3}.get(name, 1)

    def call(*args: Any, **kwargs: Any) -> Any:
        fails = next(calls) == fatal
        answer = None if fails and not after else real(*args, **kwargs)
        if fails:
            raise StorageUnavailable("silence")
        return answer

    return call


def test_the_server_goes_away_at_each_step_and_the_pack_is_the_same(
    pack: EvidencePack, s3: S3Storage, ceph: Ceph, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert worked(pack)
    made = content(pack)
    assert (pack.parts, pack.size, pack.sha256) == (EMPLOYEES, len(made), hashlib.sha256(made).hexdigest())
    assert (keys(ceph), uploads(ceph)) == ([f"preuves/{pack.object_name}"], [])
    for name in ("save", "start_joining", "join", "finish_joining"):
        for after in (False, True):
            from_the_start(pack)
            with monkeypatch.context() as cut:
                cut.setattr(S3Storage, name, broken(name, after=after))
                assert not worked(pack), name
                assert worked(pack), name
            assert content(pack) == made, (name, after)
            assert (keys(ceph), uploads(ceph)) == ([f"preuves/{pack.object_name}"], []), (name, after)


def test_an_upload_that_the_server_forgot_begins_again(pack: EvidencePack, s3: S3Storage, ceph: Ceph) -> None:
    while pack.joined < 2:
        worked(pack, seconds=-1)
    s3.stop_joining(pack.object_name)
    with pytest.raises(JoiningLost):
        s3.join(pack.object_name, pack.joining, number=2, at=0, piece=pack.part_name(2))
    assert not worked(pack)
    assert worked(pack)
    assert hashlib.sha256(content(pack)).hexdigest() == pack.sha256


def test_a_pack_given_up_leaves_neither_pieces_nor_uploads(pack: EvidencePack, s3: S3Storage, ceph: Ceph) -> None:
    s3.delete(pack.object_name)
    while pack.joined < 2:
        worked(pack, seconds=-1)
    assert len(uploads(ceph)) == 1
    EvidencePack.objects.filter(pk=pack.pk).update(status=PackStatus.FAILED)
    preparation.sweep(timezone.now())
    assert (keys(ceph), uploads(ceph)) == ([], [])


def test_what_is_not_whole_is_not_named(s3: S3Storage, ceph: Ceph) -> None:
    s3.save("aa/un", ContentFile(b"1" * SMALLEST))
    token = s3.start_joining("aa/tout")
    s3.join("aa/tout", token, number=0, at=0, piece="aa/un")
    with pytest.raises(JoiningLost):
        s3.finish_joining("aa/tout", token, pieces=2, size=2 * SMALLEST)
    assert not s3.exists("aa/tout")
    s3.stop_joining("aa/tout")
    s3.delete("aa/un")
