"""Two runs of the tests on one machine, by one person or two, do not meet: what each writes is its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection

from tests.servers import postgresql

WAITING = """
import os, time
from pathlib import Path
def test_it_waits(tmp_path):
    seen = Path(os.environ["SEEN"])
    seen.with_suffix(".new").write_text(str(tmp_path))
    seen.with_suffix(".new").rename(seen)
    time.sleep(300)
"""


def test_files_go_to_a_folder_of_this_run(tmp_path: Path) -> None:
    run = Path(tempfile.gettempdir())
    assert run.name.startswith("portail-tests-")
    assert os.environ["TMPDIR"] == str(run)
    assert run.stat().st_uid == os.getuid()
    assert run.stat().st_mode & 0o077 == 0
    assert tmp_path.is_relative_to(run)


@pytest.mark.parametrize("alias", sorted(set(settings.STORAGES) - {"staticfiles"}))
def test_each_storage_is_in_the_folder_of_the_test(alias: str, tmp_path: Path) -> None:
    storages[alias].save("cle", ContentFile(b"bulletin"))
    assert [path.read_bytes() for path in tmp_path.rglob("cle")] == [b"bulletin"]


@pytest.mark.postgresql
@pytest.mark.django_db
def test_the_database_is_that_of_this_run() -> None:
    assert connection.settings_dict["NAME"].endswith(Path(tempfile.gettempdir()).name.removeprefix("portail-tests-"))


@pytest.mark.postgresql
def test_databases_left_by_a_run_are_dropped() -> None:
    url = os.environ["DATABASE_URL"]
    name = f"test_reste_{os.getpid()}"
    with postgresql.connected(url) as cursor:
        cursor.execute(f"CREATE DATABASE {name}_abc")
        cursor.execute(f"CREATE DATABASE {name}")
    postgresql.drop_databases(url, f"{os.getpid()}_abc")
    with postgresql.connected(url) as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{name}%"])
        assert cursor.fetchall() == [(name,)]
        cursor.execute(f"DROP DATABASE {name}")


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(end: signal.Signals, tmp_path: Path) -> None:
    seen, temporary = tmp_path / "seen", tmp_path / "tmp"
    temporary.mkdir()
    (tmp_path / "test_waiting.py").write_text(WAITING, encoding="utf-8")
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-n", "1", "--ds", "portal.settings.test", "-c", "pyproject.toml",
         "--rootdir", settings.BASE_DIR, "--confcutdir", settings.BASE_DIR, "-p", "tests.conftest",
         str(tmp_path / "test_waiting.py")],
        cwd=settings.BASE_DIR, env=os.environ | {"TMPDIR": str(temporary), "SEEN": str(seen)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background ignores it
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not seen.exists() and run.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert Path(seen.read_text(encoding="utf-8")).is_relative_to(temporary)
    run.send_signal(end)
    assert run.wait(120) != 0
    assert list(temporary.iterdir()) == []
