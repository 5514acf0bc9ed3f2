"""The small programs of deploy/, run as compose and systemd run them."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import yaml
from django.conf import settings

from portal import gunicorn
from tests.deploy.environment import ROOT
from tests.servers.ports import free_port
from tests.servers.proxies import program
from tests.servers.waiting import until

DEPLOY = ROOT / "deploy"
SYSTEMD = DEPLOY / "systemd"
PATH = {"PATH": os.environ["PATH"]}


def run(*words: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words], env=PATH | variables, capture_output=True, text=True, check=False, timeout=60
    )


# or-restart


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def check(tmp_path: Path, pid: int, *command: str) -> int:
    variables = {"OR_RESTART_STATE": str(tmp_path / "state"), "OR_RESTART_PID": str(pid)}
    return run(DEPLOY / "or-restart", 3, *command, **variables).returncode


def test_a_part_that_fails_in_a_row_is_ended(tmp_path: Path, sleeper: "subprocess.Popen[bytes]") -> None:
    assert [check(tmp_path, sleeper.pid, "false") for _ in range(2)] == [1, 1]
    assert sleeper.poll() is None
    assert check(tmp_path, sleeper.pid, "false") == 1
    assert sleeper.wait(60) == -signal.SIGTERM


def test_a_part_that_recovers_is_left_alone(tmp_path: Path, sleeper: "subprocess.Popen[bytes]") -> None:
    words = ["false", "false", "true", "false", "false"]
    assert [check(tmp_path, sleeper.pid, word) for word in words] == [1, 1, 0, 1, 1]
    assert sleeper.poll() is None


# The broker and the S3 server


@pytest.mark.redis
@pytest.mark.parametrize("from_a_file", [False, True], ids=["environment", "file"])
def test_the_broker_asks_for_its_password_and_shows_it_nowhere(from_a_file: bool, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("motdepasse-du-test\n")
    given = (
        {"REDIS_PASSWORD_FILE": str(tmp_path / "secret")} if from_a_file else {"REDIS_PASSWORD": "motdepasse-du-test"}
    )
    port = free_port()
    variables = PATH | given | {"REDIS_DIR": str(tmp_path), "REDIS_PORT": str(port)}
    server = subprocess.Popen(["sh", DEPLOY / "compose" / "broker.sh"], env=variables, stdout=subprocess.DEVNULL)
    try:
        healthy = ["sh", DEPLOY / "compose" / "broker-check.sh"]
        assert until(lambda: subprocess.run(healthy, env=variables, check=False).returncode == 0, 60)
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()
        link = redis.Redis(port=port, password="motdepasse-du-test")
        assert link.config_get("maxmemory*") == {
            **link.config_get("maxmemory*"), "maxmemory-policy": "noeviction", "maxmemory": str(384 * 1024 * 1024),
        }  # fmt: skip
        assert link.config_get("appendonly") == {"appendonly": "yes"}
        assert b"motdepasse" not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
    finally:
        server.terminate()
        server.wait(60)


def test_the_broker_does_not_start_without_a_password() -> None:
    done = run("sh", DEPLOY / "compose" / "broker.sh")
    assert done.returncode == 1
    assert "REDIS_PASSWORD" in done.stderr


def s3(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    given = {"PORTAL_S3_ACCESS_KEY": "portail", "PORTAL_S3_SECRET_KEY": "clef", "PORTAL_S3_BUCKET": "justificatifs"}
    words = ["sh", DEPLOY / "compose" / "s3.sh", "echo", "weed", "s3"]
    return run(*words, **given | {"S3_CONFIG": str(tmp_path / "s3.json")} | variables)


def test_the_s3_server_has_one_key_for_one_bucket(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("clef-du-fichier\n")
    done = s3(tmp_path, PORTAL_S3_SECRET_KEY="", PORTAL_S3_SECRET_KEY_FILE=str(tmp_path / "secret"))
    assert done.stdout == f"weed s3 -config={tmp_path / 's3.json'}\n"
    assert json.loads((tmp_path / "s3.json").read_text()) == {
        "identities": [
            {
                "name": "portail",
                "credentials": [{"accessKey": "portail", "secretKey": "clef-du-fichier"}],
                "actions": ["Read:justificatifs", "Write:justificatifs", "List:justificatifs"],
            }
        ]
    }
    assert (tmp_path / "s3.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("value", ["", 'clef", "actions": ["Admin"], "x": "', "deux mots"])
def test_a_key_that_is_missing_or_would_say_more_stops_the_s3_server(value: str, tmp_path: Path) -> None:
    done = s3(tmp_path, PORTAL_S3_SECRET_KEY=value)
    assert done.returncode == 1
    assert "PORTAL_S3_SECRET_KEY" in done.stderr
    assert value not in done.stderr or not value


# clamd


@pytest.mark.clamd
def test_the_settings_of_clamd_are_understood_and_arrive(tmp_path: Path) -> None:
    """By clamav's own reader; compose gives the file whole, since variables reach some images only."""
    shutil.copy(DEPLOY / "clamav" / "clamd.conf", tmp_path)
    done = run(program("clamconf") or "clamconf", "--config-dir", tmp_path)
    ours = done.stdout.split("Config file: freshclam.conf")[0]
    said = dict(re.findall(r'^(\w+)(?: =|) "?([^"\n]*)"?$', ours, flags=re.MULTILINE))
    assert int(said["StreamMaxLength"]) > 40_000_000
    assert int(said["MaxFileSize"]) >= int(said["StreamMaxLength"])
    assert said["AlertExceedsMax"] == "yes"
    assert "ERROR" not in done.stdout + done.stderr
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["antivirus"]
    assert "./deploy/clamav/clamd.conf:/etc/clamav/clamd.conf:ro" in compose["volumes"]
    assert "environment" not in compose


# systemd

UNITS = sorted(path.name for path in SYSTEMD.iterdir())


def directives(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (SYSTEMD / name).read_text(encoding="utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """As they stand, but for the programs that they start, which are not on this machine."""
    verify = program("systemd-analyze")
    if verify is None:
        pytest.skip("systemd n'est pas installé")
    for name in UNITS:
        text = (SYSTEMD / name).read_text(encoding="utf-8").replace("/opt/portail/.venv/bin/", "/bin/echo ")
        (tmp_path / name).write_text(text.replace("/opt/portail", "/"))
    for name in UNITS:
        unit = name.replace("@", "@courrier")
        done = run(verify, "verify", "--man=no", tmp_path / unit, SYSTEMD_UNIT_PATH=f"{tmp_path}:")
        ours = [line for line in (done.stdout + done.stderr).splitlines() if "portail" in line]
        assert ours == [], name


def test_the_units_run_what_the_documentation_says() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    for name in ("portail-web.service", "portail-beat.service"):
        (command,) = directives(name)["ExecStart"]
        assert command.removeprefix("/opt/portail/").split(" --pidfile")[0] in text
    wanted = {word for line in directives("portail.target")["Wants"] for word in line.split()}
    workers = {f"portail-worker@{queue}.service" for queue in settings.PORTAL_QUEUES}
    assert wanted == workers | {"portail-web.service", "portail-beat.service"}


def test_systemd_waits_longer_than_a_part_takes_to_stop() -> None:
    assert int(directives("portail-web.service")["TimeoutStopSec"][0]) > gunicorn.graceful_timeout
    assert int(directives("portail-worker@.service")["TimeoutStopSec"][0]) > settings.CELERY_TASK_TIME_LIMIT
    for name in ("portail-web.service", "portail-worker@.service", "portail-beat.service"):
        found = directives(name)
        assert found["User"] == ["portail"]
        assert found["Restart"] == ["always"]
        assert "time-sync.target" in found["After"][0]
        variables = dict(word.split("=") for word in found["Environment"][0].split())
        assert variables["PORTAL_VAR_DIR"] == f"/var/lib/{found['StateDirectory'][0]}"
