"""Broker of the embedded mode: kombu's filesystem transport, made atomic.

The stock transport writes a message in place, so that a reader may take half of it, and stops on a file that it cannot
parse. Here a message is written under a temporary name, flushed to disk, then renamed; what nobody can read is set
aside.
"""

import logging
import os
import tempfile
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads

SUFFIX = ".msg"

logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """One folder for the messages of every queue; a name sorts by the time at which it was written."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(str_to_bytes(dumps(payload)))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).rename(folder / f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}{SUFFIX}")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for path in self._waiting(queue):
            taken = Path(self.processed_folder) / path.name
            try:
                path.rename(taken)
            except OSError:  # another consumer took it
                continue
            try:
                payload = self._parsed(taken.read_bytes())
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                taken.rename(taken.with_suffix(".illisible"))
                logger.error("Message illisible mis de côté : %s", taken.name)
                continue
            taken.unlink()
            return payload
        raise Empty

    def _parsed(self, content: bytes) -> Any:
        """What was published, once everything that kombu will read of it has been read here without error."""
        payload = loads(bytes_to_str(content))
        properties = payload["properties"]
        self.decode_body(payload["body"], properties.get("body_encoding"))
        for name in ("delivery_tag", "delivery_info"):
            properties[name]
        dict(payload["headers"])
        return payload

    def _waiting(self, queue: str) -> list[Path]:
        names = (entry.name for entry in os.scandir(self.data_folder_in))
        return [Path(self.data_folder_in) / name for name in sorted(names) if name.partition(".")[2] == queue + SUFFIX]

    def _purge(self, queue: str) -> int:
        waiting = self._waiting(queue)
        for path in waiting:
            path.unlink(missing_ok=True)
        return len(waiting)

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))


class Transport(filesystem.Transport):
    Channel = Channel

    def driver_version(self) -> str:
        return "portal"


def transport_options(root: Path) -> dict[str, Any]:
    """Folders of the broker under `root`, made if missing (all on one filesystem: messages are renamed)."""
    folders = {name: root / name for name in ("messages", "processed", "control")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(folders["messages"]),
        "data_folder_out": str(folders["messages"]),
        "processed_folder": str(folders["processed"]),
        "control_folder": str(folders["control"]),
        "polling_interval": 0.7,
    }
