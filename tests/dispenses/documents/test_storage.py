"""Stored bytes: what is handed over and how, and rows compared with objects."""

import os
from contextlib import closing
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from dispenses.documents import reconciliation, storage
from dispenses.exceptions import Code, NotReleased
from dispenses.models import Justificatif, UnknownObject
from dispenses.request import joining
from tests.factories import DispenseFactory, add_pictures
from tests.files import pdf_bytes
from tests.refusals import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def file() -> Justificatif:
    return DispenseFactory(in_progress=True).justificatifs.first()  # type: ignore[no-any-return]


def test_bytes_that_changed_are_closed_and_told(file: Justificatif, caplog: pytest.LogCaptureFixture) -> None:
    Path(file.file.path).write_bytes(pdf_bytes() + b"%")
    with refused(NotReleased, Code.ALTERED, words="n’est plus celui qui a été reçu"):
        storage.release(file)
    assert (
        f"Justificatif {file.pk}\xa0: ses octets" in caplog.text
        or f"Justificatif {file.pk} : ses octets" in caplog.text
    )


def test_a_head_hands_nothing_over(file: Justificatif) -> None:
    answer = storage.announce(file)
    assert answer.content == b""
    assert int(answer["Content-Length"]) == file.size
    assert answer["Content-Disposition"].startswith("attachment")


def folder(file: Justificatif) -> Path:
    return Path(file.file.path).parent


def aged(path: Path, hours: float = 25) -> Path:
    past = (timezone.now() - timedelta(hours=hours)).timestamp()
    os.utime(path, (past, past))
    return path


def stored(file: Justificatif, key: str) -> Path:
    """The path of an object without a row, of this instant (the kernel's clock may be on another day)."""
    storage.justificatif_storage().save(key, ContentFile(b"x"))
    return aged(Path(file.file.storage.path(key)), hours=0)


def test_bytes_are_untouched_under_a_random_key(file: Justificatif) -> None:
    assert Path(file.file.path).read_bytes() == pdf_bytes()
    assert file.name not in file.file.name
    assert len(file.file.name) == 35


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("attestation.pdf", 'attachment; filename="attestation.pdf"'),
        ('a"b\\c;.pdf', 'attachment; filename="a\\"b c;.pdf"'),
        ("é 😀.pdf", "attachment; filename*=utf-8''%C3%A9%20%F0%9F%98%80.pdf"),
        ("a\r\nX-Injecte: 1.pdf", 'attachment; filename="aX-Injecte: 1.pdf"'),
        ("../../etc/passwd", 'attachment; filename=".. .. etc passwd"'),
        ("\u202efdp.exe", 'attachment; filename="fdp.exe"'),
        ("\x00", 'attachment; filename="document"'),
    ],
)
def test_a_download_has_its_name_whatever_it_is(file: Justificatif, name: str, header: str) -> None:
    file.name = name
    with closing(storage.release(file)) as answer:
        assert answer["Content-Disposition"] == header
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert b"".join(answer.streaming_content) == pdf_bytes()  # type: ignore[attr-defined]


def a_fortnight_later() -> datetime:
    return timezone.now() + reconciliation.SET_APART


def a_row_after(file: Justificatif) -> None:
    """Time went on: a document was received since."""
    Justificatif.objects.filter(pk=file.pk).update(received_at=timezone.now() + timedelta(days=13))


def test_an_object_without_a_row_is_deleted_a_fortnight_after_it_was_seen(file: Justificatif) -> None:
    add_pictures(file)
    start = file.file.name[:2]
    old, young = stored(file, f"{start}/{'0' * 32}"), stored(file, f"{start}/{'1' * 32}")
    picture = aged(stored(file, f"{start}/{'2' * 32}-1.png"))
    aged(old)
    for path in folder(file).glob(f"{Path(file.file.name).name}*"):
        aged(path)
    a_row_after(file)
    found = reconciliation.reconcile(timezone.now())
    assert (len(found.orphans), found.deleted) == (2, [])
    reconciliation.reconcile(a_fortnight_later() - timedelta(days=1))
    assert old.exists()
    found = reconciliation.reconcile(a_fortnight_later())
    assert len(found.deleted) == 2
    assert not old.exists()
    assert not picture.exists()
    assert young.exists()
    assert Path(file.file.path).exists()
    assert Path(f"{file.file.path}-1.png").exists()


def test_a_row_without_object_is_flagged_until_it_is_back(file: Justificatif) -> None:
    path = Path(file.file.path)
    content = path.read_bytes()
    path.unlink()
    found = reconciliation.reconcile(timezone.now())
    assert found.missing == [file.pk]
    since = Justificatif.objects.get(pk=file.pk).missing_since
    assert since is not None
    reconciliation.reconcile(timezone.now())
    assert Justificatif.objects.get(pk=file.pk).missing_since == since
    path.write_bytes(content)
    assert reconciliation.reconcile(timezone.now()).missing == []
    assert Justificatif.objects.get(pk=file.pk).missing_since is None


def test_pictures_that_are_gone_are_made_again(file: Justificatif) -> None:
    add_pictures(file, pages=2)
    reconciliation.reconcile(timezone.now())
    assert Justificatif.objects.get(pk=file.pk).preview_status == "ready"
    Path(f"{file.file.path}-2.png").unlink()
    reconciliation.reconcile(timezone.now())
    assert Justificatif.objects.get(pk=file.pk).preview_status == "pending"


@pytest.fixture
def unknown(file: Justificatif) -> list[Path]:
    """Thirty objects that no row names, seen a fortnight ago."""
    start = file.file.name[:2]
    others = [aged(stored(file, f"{start}/{number:032d}"), hours=24 * 20) for number in range(30)]
    a_row_after(file)
    reconciliation.reconcile(timezone.now() - reconciliation.SET_APART)
    return others


def test_many_objects_want_an_operator_s_word(unknown: list[Path], caplog: pytest.LogCaptureFixture) -> None:
    assert reconciliation.reconcile(timezone.now()).deleted == []
    assert "base restaurée" in caplog.text
    assert all(path.exists() for path in unknown)
    said = StringIO()
    with pytest.raises(CommandError, match="30 objets sont arrivés à échéance, pas 29"):
        call_command("sweep_storage", delete=29, stdout=said)
    assert all(path.exists() for path in unknown)
    call_command("sweep_storage", stdout=said)
    assert "30 objets sans ligne, dont 30 depuis 14 jours" in said.getvalue()
    call_command("sweep_storage", delete=30, stdout=said)
    assert not any(path.exists() for path in unknown)
    assert UnknownObject.objects.count() == 0


def test_an_older_dump_costs_no_evidence(file: Justificatif, caplog: pytest.LogCaptureFixture) -> None:
    """The restored rows end before this object was written: it is kept, and named again by a newer dump."""
    later = aged(stored(file, f"{file.file.name[:2]}/{'0' * 32}"))
    Justificatif.objects.update(received_at=timezone.now() - timedelta(days=90))
    reconciliation.reconcile(timezone.now())
    assert reconciliation.reconcile(a_fortnight_later()).deleted == []
    assert later.exists()
    assert "une sauvegarde a-t-elle été restaurée" in caplog.text
    Justificatif.objects.filter(pk=file.pk).update(file=f"{file.file.name[:2]}/{'0' * 32}")
    reconciliation.reconcile(a_fortnight_later())
    assert not UnknownObject.objects.filter(key__endswith="0" * 32).exists()


def test_each_folder_is_looked_at_once_a_day() -> None:
    shares = [reconciliation.folders_of(hour) for hour in range(24)]
    assert sorted(name for share in shares for name in share) == reconciliation.FOLDERS
    assert max(len(share) for share in shares) <= 11


def test_an_empty_storage_is_no_trouble() -> None:
    assert reconciliation.reconcile(timezone.now()).orphans == {}


def test_a_removed_file_leaves_nothing(django_capture_on_commit_callbacks: Any) -> None:
    file = add_pictures(DispenseFactory().justificatifs.first(), pages=2)
    path = folder(file)
    with django_capture_on_commit_callbacks(execute=True):
        joining.remove_justificatif(justificatif=file)
    assert list(path.glob(f"{Path(file.file.name).name}*")) == []
