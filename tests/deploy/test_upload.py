"""Uploads to a real server: cut in the middle, on a full disk, killed; nothing stays, and the next one is joined."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import clock
from tests.conftest import STRICT
from tests.deploy.environment import ROOT
from tests.files import pdf_bytes
from tests.prepared import once, put_portal
from tests.servers.ports import free_port

pytestmark = pytest.mark.slow
BOUNDARY = "limite-du-test"
PREPARE = """
import django; django.setup()
from django.test import Client
from tests.factories import DispenseFactory
dispense = DispenseFactory()
for file in dispense.justificatifs.all(): file.file.delete(save=False); file.delete()
client = Client(); client.force_login(dispense.employee.user)
client.get("/mes-informations/", headers={"host": "127.0.0.1"})
print(dispense.number, client.cookies["session"].value, client.cookies["csrf"].value)
"""


@dataclass
class Site:
    """A gunicorn of two processes, a person signed in, and the folders it may write to."""

    port: int
    var: Path
    temporary: Path
    number: str
    cookie: str
    token: str
    process: "subprocess.Popen[bytes]"

    def body(self, content: bytes) -> bytes:
        part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
        token = f'{part}csrfmiddlewaretoken"\r\n\r\n{self.token}\r\n'
        head = f'{part}fichier_autre"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
        return (token + head).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()

    def headers(self, length: int) -> dict[str, str]:
        return {
            "Host": "127.0.0.1",
            "Cookie": self.cookie,
            "X-Requested-With": "fetch",
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
            "Content-Length": str(length),
        }

    @property
    def path(self) -> str:
        return f"/demandes/{self.number}/justificatifs/ajouter/"

    def send(self, content: bytes) -> tuple[int, str]:
        body = self.body(content)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request("POST", self.path, body, self.headers(len(body)))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def begin(self, content: bytes, share: float = 0.5) -> socket.socket:
        """Send the head and a part of the body, and wait until the server writes it to its disk."""
        connection = self.knock(content, share)
        wait_for(self.open_files)
        return connection

    def knock(self, content: bytes, share: float) -> socket.socket:
        """The same, whether anybody is there to read it or not."""
        body = self.body(content)
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers(len(body)).items())
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(f"POST {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + body[: int(len(body) * share)])
        return connection

    def open_files(self) -> list[str]:
        """Files that the server's processes hold, though they have no name: what they have begun to write."""
        found = []
        for folder in Path("/proc").glob("[0-9]*/fd"):
            with contextlib.suppress(OSError):
                if f"TMPDIR={self.temporary}\0".encode() in (folder.parent / "environ").read_bytes():
                    found += [os.readlink(link) for link in folder.iterdir() if link.stat().st_size]
        return [
            path
            for path in found
            if path.startswith((f"{self.temporary}/#", f"{self.var}/justificatifs/#", f"{self.var}/reception/#"))
        ]

    def left(self) -> list[Path]:
        """Files and rows that a failed upload would have left."""
        with contextlib.closing(sqlite3.connect(self.var / "portal.sqlite3")) as base:
            rows = base.execute("SELECT file FROM dispenses_justificatif").fetchall()
        files = [*self.temporary.rglob("*"), *(self.var / "justificatifs").rglob("*")]
        return [path for path in files if path.is_file()] + [Path(row[0]) for row in rows]


def wait_for(condition: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError("Rien n'est venu à temps.")


def environment(var: Path, temporary: Path) -> dict[str, str]:
    own = {"PORTAL_VAR_DIR": str(var), "TMPDIR": str(temporary), "DJANGO_SETTINGS_MODULE": "tests.bench.settings"}
    names = ("_SECONDS", "WEB_CONCURRENCY", "PORTAL_RECEPTION_MAX_BYTES")
    limits = {name: value for name, value in os.environ.items() if name.endswith(names)}
    return clock.environment() | {"PATH": os.environ["PATH"]} | limits | own


def _prepare(folder: Path) -> None:
    """Static files, a request whose slot is empty, and its employee, signed in."""
    put_portal(folder)
    with (folder / "signed-in").open("w") as said:
        for words in (["manage.py", "collectstatic", "--noinput", "-v0"], ["-c", PREPARE]):
            given = environment(folder, folder)
            subprocess.run([sys.executable, *words], cwd=ROOT, env=given, stdout=said, check=True)


@contextlib.contextmanager
def start(var: Path, temporary: Path) -> Iterator[Site]:
    port = free_port()
    shutil.copytree(once("uploading", _prepare), var, dirs_exist_ok=True)
    number, session, csrf = (var / "signed-in").read_text().split()[-3:]
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen([*command, "--config", "portal/gunicorn.py"], cwd=ROOT, env=environment(var, temporary))
    site = Site(port, var, temporary, number, f"session={session}; csrf={csrf}", csrf, server)
    try:
        wait_for(lambda: _listens(port), 60)
        yield site
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own; only root mounts one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        if STRICT:
            pytest.fail("Un petit disque ne se monte que par root.")
        pytest.skip("un petit disque ne se monte que par root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    var, temporary = tmp_path / "var", tmp_path / "tmp"
    var.mkdir()
    temporary.mkdir()
    return var, temporary


def test_a_cut_in_the_middle_or_a_killed_process_leaves_nothing(folders: tuple[Path, Path]) -> None:
    content = pdf_bytes() + b"0" * 4_000_000
    with start(*folders) as site:
        site.begin(content).close()
        wait_for(lambda: not site.open_files())
        assert site.left() == []
        held = site.begin(content)
        for child in Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        wait_for(lambda: not site.open_files())
        held.close()
        assert site.left() == []
        wait_for(lambda: site.send(pdf_bytes())[0] == 200 if _listens(site.port) else False)
        assert len(site.left()) == 2  # the row and its file


def test_a_file_over_the_limit_gets_an_answer(folders: tuple[Path, Path]) -> None:
    with start(*folders) as site:
        for size in (12_000_000, 60_000_000):
            status, page = site.send(b"0" * size)
            assert status == 413
            assert "10&nbsp;Mo au plus" in page or "10\xa0Mo" in page
        assert site.left() == []
        assert site.send(pdf_bytes())[0] == 200


def test_a_full_disk_gets_an_answer_and_leaves_nothing(folders: tuple[Path, Path]) -> None:
    var, temporary = folders
    full = var / "justificatifs"
    with small_disk(full, 4), start(var, temporary) as site:
        status, page = site.send(pdf_bytes() + b"0" * 6_000_000)
        assert status == 503, page
        assert "dans quelques minutes" in page
        assert site.left() == []
        wait_for(lambda: not site.open_files())
        assert os.statvfs(full).f_bavail * os.statvfs(full).f_frsize > 3_900_000
        assert site.send(pdf_bytes())[0] == 200


def test_a_full_temporary_disk_hinders_nobody(tmp_path: Path) -> None:
    var, temporary = tmp_path / "var", tmp_path / "tmp"
    var.mkdir()
    with small_disk(temporary, 1), start(var, temporary) as site:
        (temporary / "plein").write_bytes(b"0" * 900_000)
        assert site.send(pdf_bytes() + b"0" * 6_000_000)[0] == 200


def test_slow_uploads_do_not_fill_the_disk(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the room a file is refused in words, and comes in once the others have left."""
    monkeypatch.setenv("PORTAL_RECEPTION_MAX_BYTES", "2000000")
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    content = pdf_bytes() + b"0" * 1_500_000
    with start(*folders) as site:
        held = site.begin(content, 0.95)
        status, page = site.send(content)
        assert status == 503, page
        assert "la place manque chez nous" in page
        assert "Vos réponses et vos autres fichiers sont conservés" in page
        assert site.left() == []
        assert site.send(pdf_bytes())[0] == 200
        held.close()
        wait_for(lambda: site.send(content)[0] == 200)


def test_a_full_disk_of_reception_gets_an_answer(folders: tuple[Path, Path]) -> None:
    var, temporary = folders
    with small_disk(var / "reception", 2), start(var, temporary) as site:
        status, page = site.send(pdf_bytes() + b"0" * 6_000_000)
        assert status == 503, page
        assert "la place manque chez nous" in page
        wait_for(lambda: not site.open_files())
        assert site.send(pdf_bytes())[0] == 200
