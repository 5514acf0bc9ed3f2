"""A folder as storage: an upload is written there once, without a name, and given its name when it is kept."""

import contextlib
import os
import shutil
import tempfile
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, storages

from dispenses.documents.pieces import JoiningLost

CHUNK = 1024 * 1024
JOINING = "-assemblage"  # after the name of an object whose pieces are put end to end


class FolderStorage(FileSystemStorage):
    """Django's folder storage; a file of `incoming` is kept by naming it, any other is copied."""

    def incoming(self) -> IO[bytes]:
        """A file without a name in this folder (Linux, O_TMPFILE): gone with its process unless it is kept."""
        os.makedirs(self.location, exist_ok=True)
        descriptor = os.open(self.location, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        return os.fdopen(descriptor, "w+b")

    def _save(self, name: str, content: "File[Any]") -> str:
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            self._name(content.fileno(), path)
        except (OSError, AttributeError):  # not a file of `incoming`, or the name is taken
            return str(super()._save(name, content))  # type: ignore[misc]  # unknown to the stubs
        return name

    def _name(self, descriptor: int, path: str) -> None:
        """Raises OSError for a file that has or had a name, or that is on another disk."""
        root = os.open("/", os.O_PATH)  # os.link follows the link of /proc only when it is given a folder
        try:
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=root, follow_symlinks=True)
        finally:
            os.close(root)
        if self.file_permissions_mode is not None:
            os.chmod(path, self.file_permissions_mode)

    # Pieces put end to end (documents.pieces.Joins)

    def start_joining(self, name: str) -> str:
        path = self.path(name) + JOINING
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb"):
            return "fichier"

    def join(self, name: str, token: str, *, number: int, at: int, piece: str) -> None:
        with open(self.path(piece), "rb") as source, self._joined(name) as target:
            if os.fstat(target.fileno()).st_size < at:
                raise JoiningLost(f"{name}\xa0: assemblage incomplet")
            target.seek(at)
            shutil.copyfileobj(source, target, CHUNK)
            target.flush()
            os.fsync(target.fileno())

    def _joined(self, name: str) -> IO[bytes]:
        try:
            return open(self.path(name) + JOINING, "r+b")
        except FileNotFoundError as error:
            raise JoiningLost(f"{name}\xa0: assemblage disparu") from error

    def finish_joining(self, name: str, token: str, *, pieces: int, size: int) -> None:
        path = self.path(name)
        if not os.path.exists(path + JOINING) and os.path.exists(path) and os.path.getsize(path) == size:
            return  # named by a worker that died before saying so
        with self._joined(name) as target:
            if os.fstat(target.fileno()).st_size != size:
                raise JoiningLost(f"{name}\xa0: assemblage incomplet")
        if self.file_permissions_mode is not None:
            os.chmod(path + JOINING, self.file_permissions_mode)
        os.replace(path + JOINING, path)

    def stop_joining(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.path(name) + JOINING)


def incoming() -> IO[bytes]:
    """A file without a name for an upload: where justificatifs are kept if that can be, else among temporary files.

    Raises OSError when there is no room.
    """
    storage = storages["justificatifs"]
    if isinstance(storage, FolderStorage):
        with contextlib.suppress(AttributeError, OSError):  # another system, another kind of disk
            return storage.incoming()
    return tempfile.TemporaryFile()
