"""A real Redis server that keeps nothing on disk: killed, it comes back empty."""

import subprocess
from pathlib import Path

from tests.servers.ports import free_port


class Broker:
    """A Redis server of the test's own, started at once."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self) -> None:
        """As a crash does: SIGKILL."""
        self.process.kill()
        self.process.wait()
