"""Where documents are drawn: folders of ours, each held by the process that draws in it, swept once nobody holds it."""

import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)

OLDEST = 15 * 60  # seconds: longer than any drawing, whoever still holds the folder


@contextmanager
def drawing_folder() -> Iterator[Path]:
    """An empty folder, gone after the block. Were this process killed, `sweep` would see that nobody holds it."""
    with _locked(_parent(), fcntl.LOCK_SH):  # nobody sweeps between its making and its lock
        folder = Path(tempfile.mkdtemp(prefix="apercu-", dir=_parent()))
        held = _lock(folder, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def sweep() -> int:
    """Delete what killed processes left. Returns how many folders."""
    done = 0
    with contextlib.suppress(BlockingIOError), _locked(_parent(), fcntl.LOCK_EX | fcntl.LOCK_NB):
        now = _dated(_parent())
        for folder in _parent().iterdir():
            if _is_left(folder, now):
                shutil.rmtree(folder, ignore_errors=True)
                done += 1
    if done:
        logger.warning("%d dossiers de dessin laissés par un processus tué sont supprimés", done)
    return done


def _dated(parent: Path) -> float:
    """Now, by the clock that dates the folders: a disk of the network has its own."""
    os.utime(parent)
    return parent.stat().st_mtime


def _is_left(folder: Path, now: float) -> bool:
    try:
        if folder.stat().st_mtime < now - OLDEST:
            return True
        os.close(_lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB))
    except FileNotFoundError:  # its process has just ended
        return False
    except BlockingIOError:
        return False
    return True


def _parent() -> Path:
    """The folder of all of them, this user's alone. Raises OSError for one that somebody else made."""
    parent = Path(tempfile.gettempdir()) / f"portail-apercus-{os.getuid()}"
    parent.mkdir(mode=0o700, exist_ok=True)
    if parent.is_symlink() or parent.stat().st_uid != os.getuid():
        raise PermissionError(f"{parent} n’est pas à nous")
    return parent


def _lock(folder: Path, how: int) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    descriptor = _lock(folder, how)
    try:
        yield
    finally:
        os.close(descriptor)
