"""A real clamd with one hand-made signature, EICAR's, on its own socket. Debian: `apt-get install clamav-daemon`."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Eicar.Essai"
START_SECONDS = 60
CONFIGURATION = """\
Foreground true
LogFile {folder}/clamd.log
DatabaseDirectory {folder}/signatures
{listen}
StreamMaxLength {stream_max}
AlertExceedsMax true
MaxFileSize {file_max}
MaxScanSize {file_max}
MaxThreads 4
ReadTimeout 60
SelfCheck 0
"""


def installed() -> bool:
    """Whether clamd is on this machine (Debian keeps it out of an ordinary user's PATH)."""
    return program() is not None


def program() -> str | None:
    return shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@dataclass
class RunningClamd:
    """`address` is a value of PORTAL_CLAMD."""

    folder: Path
    address: str
    inside: Sequence[str] = ()
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Start clamd and wait until it answers PING."""
        command = [*self.inside, program() or "clamd", "--config-file", str(self.folder / "clamd.conf")]
        with (self.folder / "clamd.out").open("ab") as output:
            self.processes.append(
                subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.processes[-1].poll() is None:
            if self.answers():
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "clamd.out").read_text()[-3000:])

    def answers(self) -> bool:
        """Whether clamd answers PING within a second."""
        try:
            with self._connect() as link:
                link.sendall(b"zPING\0")
                return link.recv(16) == b"PONG\0"
        except OSError:
            return False

    def _connect(self) -> socket.socket:
        if self.address.startswith("tcp://"):
            host, _, port = self.address.removeprefix("tcp://").partition(":")
            return socket.create_connection((host, int(port)), timeout=1)
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(1)
        try:
            link.connect(self.address.removeprefix("unix://"))
        except OSError:
            link.close()
            raise
        return link

    def stop(self) -> None:
        """Kill clamd, as a restart of its machine would."""
        while self.processes:
            process = self.processes.pop()
            process.kill()
            process.wait()

    def pause(self) -> None:
        """Freeze clamd: it accepts connections and says nothing."""
        os.kill(self.processes[-1].pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.processes[-1].pid, signal.SIGCONT)


@contextmanager
def start_clamd(
    folder: Path,
    *,
    stream_max: int = 100_000_000,
    file_max: int = 100_000_000,
    tcp_port: int = 0,
    host: str = "127.0.0.1",
    inside: Sequence[str] = (),
) -> Iterator[RunningClamd]:
    """A clamd that knows one virus, killed at the end. Limits in bytes; a unix socket unless a port is given.

    `host`: its address; `inside`: what goes before its command, for another host of tests/servers/network.py.
    """
    (folder / "signatures").mkdir(parents=True)
    (folder / "signatures" / "essai.ndb").write_text(f"{SIGNATURE}:0:*:{EICAR.hex()}\n")
    listen = f"TCPSocket {tcp_port}\nTCPAddr {host}" if tcp_port else f"LocalSocket {folder}/s\nFixStaleSocket true"
    (folder / "clamd.conf").write_text(
        CONFIGURATION.format(folder=folder, listen=listen, stream_max=stream_max, file_max=file_max)
    )
    clamd = RunningClamd(folder, f"tcp://{host}:{tcp_port}" if tcp_port else f"unix://{folder}/s", inside)
    try:
        clamd.start()
        yield clamd
    finally:
        clamd.stop()
