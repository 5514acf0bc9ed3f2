"""What comes in: within limits, on disk without a name, counted by the hour; what fails leaves nothing."""

import errno
import io
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from dispenses.documents import receiving, storage
from dispenses.exceptions import TooManyUploads
from dispenses.models import Dispense, Justificatif, ReceivedUpload
from dispenses.request import joining
from portal.middleware import BodyLimitMiddleware
from tests.dispenses.member.test_upload import PIECE, post
from tests.dispenses.member.test_wizard import signed_in, text, url
from tests.dispenses.request.test_races import together
from tests.factories import DispenseFactory
from tests.files import pdf_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def empty() -> Dispense:
    dispense = DispenseFactory(answers={})
    dispense.justificatifs.all().delete()
    return dispense


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes no byte more."""

    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(receiving, "incoming", Full)


def test_a_file_is_never_held_in_memory_nor_under_a_name(
    empty: Dispense, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for path in tmp_path.rglob("*"):
        path.unlink() if path.is_file() else None
    seen: list[Any] = []
    add = joining.add_justificatif

    def files() -> list[Path]:
        return [path for path in tmp_path.rglob("*") if path.is_file()]

    def watched(**given: Any) -> Justificatif:
        seen.append((given["upload"].file.fileno(), files()))
        return add(**given)

    monkeypatch.setattr(joining, "add_justificatif", watched)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert post(signed_in(empty), empty, "a.pdf", pdf_bytes()).status_code == 200
    assert seen[0][0] > 0
    assert seen[0][1] == []
    assert [path.read_bytes() for path in files()] == [pdf_bytes()]


def test_a_file_over_the_limit_is_cut_and_said(empty: Dispense, settings: Any) -> None:
    settings.PORTAL_UPLOAD_MAX_BYTES = 1_000_000
    answer = post(signed_in(empty), empty, "gros.pdf", b"%PDF-1.4" + b"0" * 1_000_000)
    assert answer.status_code == 413
    assert "«\xa0gros.pdf\xa0» dépasse 1\xa0Mo" in text(answer)
    assert not empty.justificatifs.exists()
    assert not ReceivedUpload.objects.exists()


def test_the_other_answers_and_files_of_the_page_stay(empty: Dispense, settings: Any) -> None:
    settings.PORTAL_UPLOAD_MAX_BYTES = 1_000_000
    data = {
        f"fichier_{PIECE}": SimpleUploadedFile("gros.pdf", b"0" * 1_100_000),
        "fichier_autre": SimpleUploadedFile("bon.pdf", pdf_bytes()),
        "assureur": "Lac",
        "joindre": PIECE,
    }
    page = text(signed_in(empty).post(url("justificatifs", empty), data))
    assert "dépasse 1\xa0Mo" in page
    assert 'value="Lac"' in page
    assert empty.justificatifs.get().name == "bon.pdf"


@pytest.mark.parametrize("announced", [200_000_000, 10**18])
def test_a_body_too_long_is_refused_from_its_announced_length(empty: Dispense, announced: int) -> None:
    answer = signed_in(empty).post(
        reverse("justificatif_ajouter", args=[empty.number]), b"x", "multipart/form-data", CONTENT_LENGTH=str(announced)
    )
    assert answer.status_code == 413
    assert "10\xa0Mo au plus" in text(answer)


def test_a_full_disk_is_said_and_forgotten(
    empty: Dispense, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(empty)
    with monkeypatch.context():
        request.getfixturevalue("full_disk")
        answer = post(client, empty, "a.pdf", pdf_bytes())
    assert answer.status_code == 503
    assert "la place manque" in text(answer)
    assert not empty.justificatifs.exists()


def test_a_storage_that_fills_up_keeps_no_beginning(empty: Dispense, monkeypatch: pytest.MonkeyPatch) -> None:
    client, kept = signed_in(empty), storage._storage()
    before = set(Path(kept.location).rglob("*/*"))

    def half(name: str, content: Any) -> str:
        path = Path(kept.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read(100))
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(kept, "_save", half)
        answer = post(client, empty, "a.pdf", pdf_bytes())
    assert answer.status_code == 503
    assert "espace de stockage" in text(answer)
    assert set(Path(kept.location).rglob("*/*")) == before
    assert not Justificatif.objects.exists()
    assert post(client, empty, "a.pdf", pdf_bytes()).status_code == 200


def test_an_upload_cut_by_a_reset_leaves_no_open_file(empty: Dispense, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    incoming = receiving.incoming
    monkeypatch.setattr(receiving, "incoming", lambda: opened.append(incoming()) or opened[-1])
    page = RequestFactory().post("/", {"a": SimpleUploadedFile("a.pdf", pdf_bytes() + bytes(1_000_000))})
    body = page.read()

    class Reset(io.BytesIO):
        """The connection breaks in the middle of the file."""

        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 600_000:
                raise ConnectionResetError
            return super().read(size)

    page._stream, page._read_started = Reset(body), False  # type: ignore[attr-defined]

    def view(request: HttpRequest) -> HttpResponse:
        with pytest.raises(UnreadablePostError):
            _ = request.POST
        return HttpResponse()

    BodyLimitMiddleware(view)(page)
    assert [file.closed for file in opened] == [True]


# By the hour


def test_the_hour_s_files_are_counted_refused_ones_too(empty: Dispense, settings: Any) -> None:
    settings.PORTAL_UPLOAD_HOURLY_FILES = 2
    client = signed_in(empty)
    post(client, empty, "virus.exe", b"MZ" + b"\0" * 100)
    assert post(client, empty, "a.pdf", pdf_bytes()).status_code == 200
    first = ReceivedUpload.objects.earliest("at")
    ReceivedUpload.objects.filter(pk=first.pk).update(at=timezone.now() - timedelta(minutes=50))
    answer = post(client, empty, "b.pdf", pdf_bytes())
    assert answer.status_code == 429
    assert 590 <= int(answer["Retry-After"]) <= 601
    when = timezone.localtime(timezone.now() + timedelta(minutes=11))
    assert f"à partir de {when:%H}\xa0h\xa0{when:%M}" in text(answer)
    assert empty.justificatifs.get().name == "a.pdf"
    ReceivedUpload.objects.filter(pk=first.pk).update(at=timezone.now() - timedelta(hours=1))
    assert post(client, empty, "b.pdf", pdf_bytes()).status_code == 200


def test_the_hour_s_bytes_are_counted(empty: Dispense, settings: Any) -> None:
    settings.PORTAL_UPLOAD_HOURLY_BYTES = int(len(pdf_bytes()) * 2.5)
    client = signed_in(empty)
    codes = [post(client, empty, "a.pdf", pdf_bytes()).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_each_person_has_an_hour_of_their_own(empty: Dispense, settings: Any) -> None:
    settings.PORTAL_UPLOAD_HOURLY_FILES = 1
    assert post(signed_in(empty), empty, "a.pdf", pdf_bytes()).status_code == 200
    other = DispenseFactory(answers={})
    other.justificatifs.all().delete()
    assert post(signed_in(other), other, "a.pdf", pdf_bytes()).status_code == 200


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_at_once_take_one_last_place(settings: Any) -> None:
    settings.PORTAL_UPLOAD_HOURLY_FILES = 1
    dispense = DispenseFactory(answers={})

    def send() -> object:
        fresh = Dispense.objects.select_related("employee__user").get(pk=dispense.pk)
        return joining.add_justificatif(dispense=fresh, piece="", upload=SimpleUploadedFile("a.pdf", pdf_bytes()))

    results = together(*[send] * 4)
    assert sum(isinstance(result, Justificatif) for result in results) == 1, results
    assert sum(isinstance(result, TooManyUploads) for result in results) == 3, results
