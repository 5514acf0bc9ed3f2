"""`make test`: the suite on SQLite, the browser tests, then the suite again on PostgreSQL when it answers.

Whatever the machine lacks is said loudly; with PORTAL_TEST_STRICT=1 it is a failure.
"""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.servers import ceph, clamd  # noqa: E402 – after the path

STRICT = os.environ.get("PORTAL_TEST_STRICT") == "1"
POSTGRESQL = os.environ.get("PORTAL_TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
CHROMIUM = os.environ.get("PORTAL_CHROMIUM", "/usr/bin/chromium")


DAY = os.environ.get("PORTAL_TEST_DAY", "")
DROPPED = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PORTAL_TEST_DAY"}


def pytest(title: str, *arguments: str, **environment: str) -> int:
    print(f"\n=== {title}", flush=True)
    clean = {key: value for key, value in os.environ.items() if key not in DROPPED}
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**clean, **environment}, check=False).returncode


def listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432), timeout=2):
            return True
    except OSError:
        return False


def main() -> int:
    extra = sys.argv[1:]
    left_out: list[str] = []
    then = {"PORTAL_TEST_DAY": DAY} if DAY else {}
    codes = [pytest(f"SQLite {DAY}".strip(), "-n", "2", "-m", "not browser and not s3", *extra, **then)]
    if DAY:
        print(f"\n*** PORTAL_TEST_DAY={DAY} ne vaut que pour ce passage : les suivants sont à la date d’aujourd’hui.")
    if Path(CHROMIUM).exists():
        codes.append(pytest("Navigateur", "-n", "2", "--dist", "loadfile", "-m", "browser", *extra))
    else:
        left_out.append(f"les tests de navigateur : {CHROMIUM} est absent (PORTAL_CHROMIUM pour un autre chemin)")
    if ceph.installed():
        codes.append(pytest("S3", "-m", "s3", *extra))
    else:
        left_out.append("les tests du stockage S3 : Ceph est absent (radosgw, ceph-mon, ceph-osd, ceph-common)")
    if not clamd.installed():
        left_out.append("les tests de l’antivirus : clamd est absent (clamav-daemon)")
    if listens(POSTGRESQL):
        codes.append(pytest("PostgreSQL", "-n", "2", "-m", "not browser and not s3", *extra, DATABASE_URL=POSTGRESQL))
    else:
        left_out.append("le passage sur PostgreSQL : aucun serveur ne répond (PORTAL_TEST_DATABASE_URL)")
    if not shutil.which("redis-server"):
        left_out.append("les tests du broker Redis : redis-server est absent")
    for item in left_out:
        print(f"\n*** NON TESTÉ ICI : {item}", flush=True)
    if left_out and STRICT:
        print("\nPORTAL_TEST_STRICT=1 : rien ne doit être laissé de côté.")
        return 1
    return max(codes)


if __name__ == "__main__":
    raise SystemExit(main())
