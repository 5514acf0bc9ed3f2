"""The README's two commands on a machine like no other: C locale, closed umask, far time zone, spaces and accents."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.deploy.environment import ROOT
from tests.servers import postgresql
from tests.servers.ports import free_port

FINDER = ROOT / ".ci" / "python"
PATIENCE = 600  # seconds, on a busy machine
OLD = "#!/bin/sh\nexit 1\n"
RECENT = '#!/bin/sh\ncase "$2" in *ensurepip*) exit {code};; esac\necho python3.13\n'


def program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def found(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the search for a Python says when it has the programs of this folder alone."""
    environment |= {"PATH": str(folder), "LANG": "C"}
    return subprocess.run(["/bin/sh", str(FINDER)], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["python3.11", "python3.12", "python3.13", "python3.14", "python3"])
def test_a_python_that_will_do_is_found_under_whatever_name(name: str, tmp_path: Path) -> None:
    for other in ("python3", "python3.12"):
        program(tmp_path / other, OLD)
    program(tmp_path / name, RECENT.format(code=0))
    done = found(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{name}\n", "")


def test_the_python_asked_for_comes_before_any_other(tmp_path: Path) -> None:
    program(tmp_path / "python3.11", RECENT.format(code=0))
    program(tmp_path / "un autre" / "python", RECENT.format(code=0))
    asked = str(tmp_path / "un autre" / "python")
    assert found(tmp_path, PYTHON=asked).stdout == f"{asked}\n"


@pytest.mark.parametrize(
    ("programs", "asked", "said"),
    [
        ({}, "", "Il faut Python 3.11 ou plus récent : installez python3 et python3-venv"),
        ({"python3": OLD}, "", "Il faut Python 3.11 ou plus récent"),
        ({"python3": RECENT.format(code=1)}, "", "apt install python3.13-venv"),
        ({"python3.11": RECENT.format(code=0), "python3.9": OLD}, "python3.9", "PYTHON=python3.9 n’est pas"),
    ],
    ids=["none", "old", "without venv", "asked for an old one"],
)
def test_what_to_install_is_said_in_one_line(programs: dict[str, str], asked: str, said: str, tmp_path: Path) -> None:
    for name, text in programs.items():
        program(tmp_path / name, text)
    done = found(tmp_path, PYTHON=asked)
    assert done.returncode != 0
    assert done.stdout == ""
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@contextmanager
def make(folder: Path, *words: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`make` as a person of another country starts it; what it says goes to `folder`/said. Nothing outlives it."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": os.environ["TMPDIR"]}
    kept |= {"LANG": "C", "LC_ALL": "C", "TZ": "America/New_York"}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            ["make", *words], cwd=folder, env=kept | environment, umask=0o077, start_new_session=True,
            stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE)


def said(folder: Path) -> str:
    return (folder / "said").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git keeps, in a folder with spaces and accents; `make` makes its environment, libraries are borrowed."""
    folder = tmp_path_factory.mktemp("copie") / "Été à côté"
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in names.split("\0"):
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    with make(folder, ".venv/bin/python", PYTHON=sys.executable) as made:
        assert made.wait(PATIENCE) == 0, said(folder)
    packages = next((folder / ".venv" / "lib").glob("python*/site-packages"))
    (packages / "emprunt.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    for stamp in (".run", ".dev"):
        (folder / ".venv" / stamp).touch()
    return folder


def answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/connexion/", timeout=5) as page:
                return b"Mot de passe" in page.read()
        except OSError:
            time.sleep(0.2)
    return False


@pytest.mark.slow
def test_make_run(elsewhere: Path) -> None:
    port = free_port()
    with make(elsewhere, "run", PORT=str(port)) as process:
        assert answers(port, process), said(elsewhere)
    assert "Portail arrêté." in said(elsewhere)
    assert "virginie.durand@exemple.fr" in said(elsewhere)


@pytest.mark.slow
def test_make_test(elsewhere: Path, tmp_path: Path) -> None:
    """One file of it, on SQLite and on PostgreSQL, in a given order; nothing is left in the temporary folder."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    words = "tests/accounts/test_groups.py -n 0 --randomly-seed=19"
    elsewhere_too = {"PORTAL_CHROMIUM": "/nulle/part", "TMPDIR": str(temporary)}
    with make(elsewhere, "test", f"ARGS={words}", **elsewhere_too) as process:
        assert process.wait(PATIENCE) == 0, said(elsewhere)
    passes = ["SQLite", *(["PostgreSQL 18"] if postgresql.installed() else [])]
    assert all(f"=== {name}" in said(elsewhere) and f"--- {name}" in said(elsewhere) for name in passes)
    assert said(elsewhere).count("--randomly-seed=19") >= len(passes)
    assert said(elsewhere).count("slowest 10 durations") == len(passes)
    assert "*** NON TESTÉ ICI : les tests de navigateur" in said(elsewhere)
    assert list(temporary.iterdir()) == []
