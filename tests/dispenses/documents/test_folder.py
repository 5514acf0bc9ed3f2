"""The folder of justificatifs: an upload is written there once and kept by naming it; everything else is copied."""

import errno
import os
import tempfile
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages

from dispenses.documents.folder import FolderStorage, incoming


@pytest.fixture
def kept() -> FolderStorage:
    """The one of the test alone."""
    return cast("FolderStorage", storages["justificatifs"])


def files(storage: FolderStorage) -> list[Path]:
    return [path for path in Path(storage.location).rglob("*") if path.is_file()]


def test_an_upload_is_kept_by_naming_it_without_a_second_copy(kept: FolderStorage) -> None:
    with incoming() as upload:
        upload.write(b"bulletin")
        upload.seek(0)
        assert files(kept) == []
        assert kept.save("ab/cle", File(upload)) == "ab/cle"
        assert os.fstat(upload.fileno()).st_ino == Path(kept.path("ab/cle")).stat().st_ino
    assert Path(kept.path("ab/cle")).read_bytes() == b"bulletin"


def test_an_upload_that_is_not_kept_leaves_nothing(kept: FolderStorage) -> None:
    with incoming() as upload:
        upload.write(b"abandon")
    assert files(kept) == []


def test_a_kept_upload_has_the_permissions_asked_for(tmp_path: Path) -> None:
    kept = FolderStorage(location=tmp_path, file_permissions_mode=0o640)
    with kept.incoming() as upload:
        kept.save("cle", File(upload))
    assert Path(kept.path("cle")).stat().st_mode & 0o777 == 0o640


def test_a_taken_name_is_never_written_over(kept: FolderStorage) -> None:
    first = kept.save("cle", ContentFile(b"premier"))
    with incoming() as upload:
        upload.write(b"second")
        upload.seek(0)
        second = kept.save("cle", File(upload))
    assert first != second
    assert Path(kept.path(first)).read_bytes() == b"premier"
    assert Path(kept.path(second)).read_bytes() == b"second"


@pytest.mark.parametrize("source", ["memory", "temporary", "named"])
def test_any_other_file_is_copied(kept: FolderStorage, source: str, tmp_path: Path) -> None:
    if source == "memory":
        content: File[Any] = ContentFile(b"octets")
    else:
        content = File(tempfile.TemporaryFile() if source == "temporary" else (tmp_path / "x").open("w+b"))  # noqa: SIM115
        content.write(b"octets")
        content.seek(0)
    name = kept.save("cle", content)
    content.close()
    assert Path(kept.path(name)).read_bytes() == b"octets"


def test_a_disk_without_unnamed_files_falls_back_on_temporary_ones(
    kept: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: FolderStorage) -> Any:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(FolderStorage, "incoming", refused)
    with incoming() as upload:
        upload.write(b"copie")
        upload.seek(0)
        name = kept.save("cle", File(upload))
    assert Path(kept.path(name)).read_bytes() == b"copie"
