"""The S3 storage against Ceph's radosgw, which checks signatures."""

import io
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from storages.backends import s3 as django_storages

from dispenses.documents import examination, reconciliation, storage
from dispenses.documents.s3 import S3Storage, StorageUnavailable
from dispenses.exceptions import Code, JustificatifRefused, NotReleased
from dispenses.models import Dispense, Justificatif
from dispenses.request import joining
from portal.settings.s3 import s3_options
from tests.dispenses.member.test_wizard import signed_in
from tests.factories import DispenseFactory, StaffFactory, add_file
from tests.files import pdf_bytes
from tests.refusals import refused
from tests.servers.ceph import ACCESS_KEY, SECRET_KEY, Ceph, start_ceph

pytestmark = [pytest.mark.django_db, pytest.mark.s3, pytest.mark.slow]

BUCKET = "justificatifs"


@pytest.fixture(scope="module")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    with start_ceph(tmp_path_factory.mktemp("ceph")) as running:
        client(running).create_bucket(Bucket=BUCKET)
        yield running


def client(ceph: Ceph) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=ceph.url,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name="us-east-1",
        config=Config(retries={"mode": "standard"}),
    )


def options(ceph: Ceph, **changes: str) -> dict[str, Any]:
    values = {
        "bucket": BUCKET,
        "endpoint": ceph.url,
        "public_endpoint": "",
        "region": "us-east-1",
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "prefix": "portail",
        "addressing": "path",
        "encryption": "",
        "kms_key": "",
    }
    return s3_options(**{**values, **changes})


@pytest.fixture
def s3(ceph: Ceph, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Storage]:
    if "radosgw" not in ceph.processes:
        ceph.start_gateway()
    yield use(S3Storage(**options(ceph)), monkeypatch)
    if "radosgw" not in ceph.processes:
        ceph.start_gateway()
    for key in keys(ceph):
        client(ceph).delete_object(Bucket=BUCKET, Key=key)


def use(backend: S3Storage, monkeypatch: pytest.MonkeyPatch) -> S3Storage:
    monkeypatch.setitem(storages._storages, "justificatifs", backend)
    monkeypatch.setattr(Justificatif._meta.get_field("file"), "storage", backend)
    return backend


def keys(ceph: Ceph) -> list[str]:
    return [entry["Key"] for entry in client(ceph).list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture
def draft(s3: S3Storage, ceph: Ceph) -> Dispense:
    dispense = DispenseFactory()
    for file in dispense.justificatifs.all():
        storage.forget(file)
    dispense.justificatifs.all().delete()
    assert keys(ceph) == []
    return dispense


def join(dispense: Dispense, content: bytes = b"") -> Justificatif:
    upload = SimpleUploadedFile("Attestation d’été.pdf", content or pdf_bytes())
    return joining.add_justificatif(dispense=dispense, piece="", upload=upload)


def fetch(url: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {}, error.read()


def test_the_whole_way(draft: Dispense, ceph: Ceph) -> None:
    """Joined, drawn, downloaded by a signed address, removed: nothing stays."""
    file = join(draft)
    assert keys(ceph) == [f"portail/{file.file.name}"]
    examination.examine(file.pk)
    file = Justificatif.objects.get(pk=file.pk)
    assert len(keys(ceph)) == 3
    assert storage.preview(file, 1).content.startswith(b"\x89PNG")
    owner = signed_in(draft)
    answer = owner.get(reverse("justificatif", args=[draft.number, file.pk]))
    assert answer.status_code == 302
    assert answer["Cache-Control"] == "no-store"
    status, headers, content = fetch(answer["Location"])
    assert (status, content) == (200, pdf_bytes())
    assert headers["Content-Disposition"] == "attachment; filename*=utf-8''Attestation%20d%E2%80%99%C3%A9t%C3%A9.pdf"
    assert headers["Content-Type"] == "application/pdf"
    assert "no-store" in headers["Cache-Control"]
    storage.forget(file)
    assert keys(ceph) == []


def test_an_address_is_dead_after_its_seconds_and_good_for_one_object(draft: Dispense, settings: Any) -> None:
    settings.PORTAL_S3_SIGNED_SECONDS = 2
    file, other = join(draft), join(draft, pdf_bytes(pages=2))
    url = storage.release(file)["Location"]
    assert fetch(url)[0] == 200
    assert fetch(url.replace(file.file.name, other.file.name))[0] == 403
    assert fetch(url.partition("?")[0])[0] == 403
    assert fetch(url.replace("attachment", "inline"))[0] == 403
    time.sleep(3)
    assert fetch(url)[0] == 403


def test_streamed_through_the_portal_when_browsers_cannot_reach_the_server(draft: Dispense, settings: Any) -> None:
    settings.PORTAL_S3_DOWNLOADS = "streamed"
    with closing(storage.release(join(draft))) as answer:
        assert b"".join(answer.streaming_content) == pdf_bytes()  # type: ignore[attr-defined]
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_an_address_for_browsers_is_signed_for_the_outer_host(ceph: Ceph, draft: Dispense, monkeypatch: Any) -> None:
    file = join(draft)
    use(S3Storage(**options(ceph, public_endpoint=f"http://localhost:{ceph.port}")), monkeypatch)
    url = storage.release(file)["Location"]
    assert url.startswith(f"http://localhost:{ceph.port}/")
    assert fetch(url)[0] == 200


def test_an_infected_object_has_no_address(draft: Dispense) -> None:
    file = join(draft)
    Justificatif.objects.filter(pk=file.pk).update(
        scan_status="infected", scan_detail="Eicar", scanned_at=timezone.now()
    )
    with refused(NotReleased, Code.INFECTED):
        storage.release(Justificatif.objects.get(pk=file.pk))
    answer = signed_in(draft).get(reverse("justificatif", args=[draft.number, file.pk]))
    assert "Amz" not in answer["Location"]


@pytest.mark.parametrize(
    "changes", [{"secret_key": "faux" * 5}, {"access_key": "inconnu"}, {"bucket": "absent-du-tout"}]
)
def test_wrong_keys_read_and_write_nothing(
    ceph: Ceph, draft: Dispense, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str]
) -> None:
    file = join(draft)
    before = keys(ceph)
    use(S3Storage(**options(ceph, **changes)), monkeypatch)
    with refused(JustificatifRefused, Code.STORAGE_DOWN):
        join(draft, pdf_bytes(pages=2))
    with pytest.raises(OSError), storage.opened(file):
        pass
    with pytest.raises(OSError):
        storage.release(file)
    assert keys(ceph) == before
    assert draft.justificatifs.count() == 1


def test_server_side_encryption_is_asked_for(ceph: Ceph, draft: Dispense, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    backend = use(S3Storage(**options(ceph, encryption="AES256")), monkeypatch)
    backend.connection.meta.client.meta.events.register(
        "before-send.s3",
        lambda request, **_: asked.append(str(request.headers.get("x-amz-server-side-encryption"))),
    )
    file = join(draft)
    assert any("AES256" in header for header in asked)
    with storage.opened(file) as stored:
        assert stored.read() == pdf_bytes()


# Faults


def test_server_gone(ceph: Ceph, draft: Dispense) -> None:
    file = join(draft)
    owner = signed_in(draft)
    ceph.stop_gateway()
    began = time.monotonic()
    answer = owner.post(
        reverse("justificatif_ajouter", args=[draft.number]),
        {"fichier_autre": SimpleUploadedFile("b.pdf", pdf_bytes(pages=2))},
        headers={"X-Requested-With": "fetch"},
    )
    assert time.monotonic() - began < 5
    assert answer.status_code == 503
    assert "Joignez-le à nouveau dans quelques minutes" in answer.content.decode()
    assert draft.justificatifs.get().pk == file.pk
    assert owner.get(reverse("justificatif_page", args=[draft.number, file.pk, 1])).status_code == 404
    assert examination.examine(file.pk) is False
    ceph.start_gateway()
    join(draft, pdf_bytes(pages=2))
    assert draft.justificatifs.count() == 2


def test_server_frozen(ceph: Ceph, draft: Dispense, settings: Any) -> None:
    settings.PORTAL_S3_DOWNLOADS = "streamed"
    file = join(draft)
    owner = signed_in(draft)
    ceph.pause_gateway()
    try:
        for call in (
            lambda: owner.get(reverse("justificatif", args=[draft.number, file.pk]), follow=True).content.decode(),
            lambda: _refusal(draft),
        ):
            began = time.monotonic()
            assert "dans quelques minutes" in call()
            assert time.monotonic() - began < 6
    finally:
        ceph.resume_gateway()
    assert draft.justificatifs.count() == 1


def _refusal(draft: Dispense) -> str:
    with pytest.raises(JustificatifRefused) as caught:
        join(draft, pdf_bytes(pages=2))
    return str(caught.value)


def test_server_gone_in_mid_upload(ceph: Ceph, draft: Dispense, monkeypatch: pytest.MonkeyPatch) -> None:
    """No row, no object, a French answer; the same file goes through once the server is back."""
    content = pdf_bytes() + b"%" * 6_000_000

    class Cut(django_storages.ReadBytesWrapper):  # type: ignore[misc]
        """Kills the server when half of the bytes are read."""

        def read(self, *args: Any, **kwargs: Any) -> bytes:
            if self.file.tell() > 3_000_000 and "radosgw" in ceph.processes:
                ceph.stop_gateway()
            return super().read(*args, **kwargs)  # type: ignore[no-any-return]

    monkeypatch.setattr(django_storages, "ReadBytesWrapper", Cut)
    with refused(JustificatifRefused, Code.STORAGE_DOWN):
        join(draft, content)
    assert "radosgw" not in ceph.processes
    assert not draft.justificatifs.exists()
    ceph.start_gateway()
    assert keys(ceph) == []
    monkeypatch.setattr(django_storages, "ReadBytesWrapper", Cut.__base__)
    file = join(draft, content)
    assert client(ceph).head_object(Bucket=BUCKET, Key=f"portail/{file.file.name}")["ContentLength"] == len(content)


def test_the_desk_says_when_the_server_is_gone(ceph: Ceph, s3: S3Storage, settings: Any) -> None:
    settings.PORTAL_S3_DOWNLOADS = "streamed"
    dispense = DispenseFactory(in_progress=True)
    desk = Client()
    desk.force_login(StaffFactory())
    url = reverse("admin:dispenses_dispense_original", args=[dispense.number, dispense.justificatifs.first().pk])
    why = {"raison": "Vérification"}
    ceph.stop_gateway()
    assert "n’est pas disponible pour l’instant" in desk.post(url, why, follow=True).content.decode()
    ceph.start_gateway()
    assert b"".join(desk.post(url, why).streaming_content) == pdf_bytes()


def test_rows_and_objects_are_compared(ceph: Ceph, s3: S3Storage) -> None:
    dispense = DispenseFactory()
    for number in range(3):
        add_file(dispense, "", f"{number}.pdf")
    lost = dispense.justificatifs.first()
    s3.delete(lost.file.name)
    orphan = s3.save("ab/" + "c" * 32, ContentFile(b"x"))
    folders = sorted({"ab", *(file.file.name[:2] for file in dispense.justificatifs.all())})
    assert reconciliation.reconcile(timezone.now(), folders=folders).missing == [lost.pk]
    assert s3.exists(orphan)
    add_file(dispense, "", "depuis.pdf")
    Justificatif.objects.filter(name="depuis.pdf").update(received_at=timezone.now() + timedelta(days=1))
    reconciliation.reconcile(timezone.now() + timedelta(days=2), folders=folders)
    assert s3.exists(orphan)
    reconciliation.reconcile(timezone.now() + timedelta(days=16), folders=folders)
    assert not s3.exists(orphan)
    assert Justificatif.objects.get(pk=lost.pk).missing_since is not None
    assert len(keys(ceph)) == dispense.justificatifs.count() - 1


def test_a_comparison_cut_short_deletes_nothing(ceph: Ceph, s3: S3Storage) -> None:
    orphan = s3.save("ab/" + "c" * 32, ContentFile(b"x"))
    ceph.stop_gateway()
    with pytest.raises(OSError):
        reconciliation.reconcile(timezone.now() + timedelta(days=2))
    ceph.start_gateway()
    assert s3.exists(orphan)


def test_eight_at_once(s3: S3Storage) -> None:
    """One backend object serves every thread of the web server."""
    problems: list[object] = []

    def work(number: int) -> None:
        try:
            content = bytes([number]) * 100_000
            key = s3.save(f"{number:02x}/{number:032x}", ContentFile(content))
            with s3.open(key) as file:
                assert file.read() == content
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_reading_needs_no_name(s3: S3Storage) -> None:
    with pytest.raises(FileNotFoundError), s3.open("aa/absent"):
        pass
    assert isinstance(StorageUnavailable("x"), OSError)
    assert s3.save("aa/vide", io.BytesIO(b"x")) == "aa/vide"
