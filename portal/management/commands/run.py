import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from portal.dev import demo

STOP_SECONDS = 15
DOCUMENTS = "documents"  # their queue: slow ones keep no mail waiting
WORKER = (
    "celery", "-q", "-A", "portal", "worker", "-P", "threads", "--loglevel", "WARNING", "--without-gossip",
    "--without-mingle",
)  # fmt: skip


class Command(BaseCommand):
    help = "Lance le portail sur cette machine : site, worker et planificateur, avec des données de démonstration."

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = "127.0.0.1", int(os.environ.get("PORT", "8000"))
        self._refuse_busy_port(host, port)
        call_command("prepare", verbosity=0)
        demo.load()
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.stopping = False
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._ask_to_stop)
        self._start("site", "gunicorn", "portal.wsgi", "--bind", f"{host}:{port}", "--config", "portal/gunicorn.py")
        others = ",".join(name for name in settings.PORTAL_QUEUES if name != DOCUMENTS)
        schedule = str(settings.VAR_DIR / "celerybeat-schedule")
        self._start("worker", *WORKER, "-Q", others, "-n", "worker@%h", "-c", "4", "-B", "--schedule", schedule)
        self._start("documents", *WORKER, "-Q", DOCUMENTS, "-n", "documents@%h", "-c", "2")
        self._greet(f"http://{host}:{port}")
        failed = self._watch()
        self._stop()
        if failed:
            raise CommandError(f"Le processus « {failed} » s'est arrêté : tout est arrêté.")
        self.stdout.write("Portail arrêté.")

    def _refuse_busy_port(self, host: str, port: int) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    f"Le port {port} est déjà pris. Arrêtez l'autre programme, ou choisissez-en un : PORT=8001 make run"
                ) from error

    def _start(self, name: str, module: str, *arguments: str) -> None:
        environment = {**os.environ, "WEB_CONCURRENCY": "1"}
        self.children[name] = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            start_new_session=True,
        )

    def _ask_to_stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _greet(self, url: str) -> None:
        self.stdout.write(f"\n  Le portail : {url}\n  Les e-mails envoyés : {url}/dev/boite-envoi/\n")
        self.stdout.write(f"\n  Comptes de démonstration, mot de passe « {demo.PASSWORD} » :")
        widest = max(len(role) for role, _ in demo.ACCOUNTS)
        for role, email in demo.ACCOUNTS:
            self.stdout.write(f"    {role:<{widest}}  {email}")
        self.stdout.write("\n  Ctrl-C pour arrêter.\n")
        self.stdout.flush()

    def _watch(self) -> str:
        """Wait for Ctrl-C ("") or for a child that dies (its name)."""
        while not self.stopping:
            for name, child in self.children.items():
                if child.poll() is not None:
                    return name
            time.sleep(0.2)
        return ""

    def _stop(self) -> None:
        for child in self.children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            try:
                child.wait(timeout=max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            with contextlib.suppress(ProcessLookupError):  # what a killed worker leaves behind: its beat
                os.killpg(child.pid, signal.SIGKILL)
