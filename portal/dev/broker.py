"""Broker of the embedded mode: kombu's filesystem transport, made atomic.

The stock transport writes in place, messages and the table of an exchange's queues alike, so that a reader may take
half of one, and stops on a file that it cannot parse. Here each file is written under a temporary name, flushed to
disk, then renamed; a message that nobody can read is set aside, a table that nobody can read is made anew.
"""

import fcntl
import logging
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
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

    def get_table(self, exchange: str) -> list[filesystem.exchange_queue_t]:  # type: ignore[override]
        """The queues bound to an exchange, the last bound first; none when its file is missing or unreadable."""
        try:
            rows = loads(bytes_to_str(self._table_file(exchange).read_bytes()))
            return [filesystem.exchange_queue_t(*row) for row in rows]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError):
            logger.error("Table illisible, refaite : %s", exchange)
            return []

    def _queue_bind(self, exchange: str, routing_key: str | None, pattern: str | None, queue: str) -> None:
        bound = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._table_held(exchange):
            table = self.get_table(exchange)
            if bound not in table:
                _write_whole(self._table_file(exchange), [bound, *table])

    def _delete(self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any) -> None:
        self._purge(queue)
        gone = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._table_held(exchange):
            table = self.get_table(exchange)
            if gone in table:
                _write_whole(self._table_file(exchange), [row for row in table if row != gone])

    def _table_file(self, exchange: str) -> Path:
        return Path(self.control_folder) / f"{exchange}.exchange"

    @contextmanager
    def _table_held(self, exchange: str) -> Iterator[None]:
        """While it lasts, no other process changes the table; whoever dies lets go of it."""
        with self._table_file(exchange).with_name(f"{exchange}.lock").open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}{SUFFIX}"
        _write_whole(Path(self.data_folder_out) / name, payload)

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


def _write_whole(path: Path, content: Any) -> None:
    """Put `content` at `path` as JSON: who reads meets the former file or this one, never a part."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    with os.fdopen(handle, "wb") as file:
        file.write(str_to_bytes(dumps(content)))
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).rename(path)


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
        "polling_interval": 0.2,
    }
