"""Fresh Python processes, many of them: forked from one that has imported libraries, and nothing of the portal's."""

import atexit
import json
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

from tests import clock

ROOT = Path(__file__).resolve().parents[2]
SERVER = """
import celery.app.base, celery.signals, cryptography.fernet, dj_database_url, django.core.management, django.db.models
import django.db.backends.sqlite3.base, kombu.transport, pikepdf, PIL.Image, pydantic
import json, os, runpy, sys, traceback
from django.conf import settings

assert not settings.configured
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        for number, name in ((0, os.devnull), (1, asked["stdout"]), (2, asked["stderr"])):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), number)
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = asked["arguments"]
        try:
            if sys.argv[0] == "-c":
                exec(compile(sys.argv[1], "<string>", "exec"), {"__name__": "__main__"})
            else:
                runpy.run_path(sys.argv[0], run_name="__main__")
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@lru_cache(maxsize=1)
def _server() -> "subprocess.Popen[str]":
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        cwd=ROOT,
        env=clock.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.communicate)  # the end of what it reads is its end
    return server


def python(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """As `subprocess.run` of this interpreter with `-c`, or a file of the portal, in that environment alone."""
    server = _server()
    assert server.stdin
    assert server.stdout
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: str(Path(folder, name)) for name in ("stdout", "stderr")}
        server.stdin.write(json.dumps({"arguments": arguments, "environment": environment, **paths}) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        said = {name: Path(path).read_text(encoding="utf-8") for name, path in paths.items()}
    return subprocess.CompletedProcess(arguments, code, **said)
