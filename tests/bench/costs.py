"""What a request of each page of an employee costs a web process: queries, CPU, memory asked for; its profile.

`python -m tests.bench.costs` prints the table of docs/performance.md; followed by the name of a page, the functions
that its time goes to. One process, without a server or a socket: what the page itself costs, on a machine that may do
something else (CPU of this process only).
"""

import argparse
import cProfile
import json
import pstats
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.databases import prepared
from tests.bench.processes import ROOT, answer_of

ROUNDS, TIMES, WARM_UP = 15, 20, 30
SHOWN = 60  # lines of each of its two lists


def asked(path: str, cookie: str) -> dict[str, Any]:
    """The environment of a GET, as a server behind a proxy gives it."""
    return {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "HTTP_HOST": "127.0.0.1", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_COOKIE": cookie, "HTTP_ACCEPT": "text/html", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(),
        "wsgi.errors": sys.stderr, "wsgi.multithread": True,
    }  # fmt: skip


def main() -> None:
    import django

    django.setup()

    from django.conf import settings
    from django.db import connection

    from portal.wsgi import application

    settings.DATABASES["default"]["CONN_MAX_AGE"] = None
    pages: dict[str, list[tuple[str, str]]] = json.loads(sys.argv[1])
    profiled = sys.argv[2] if len(sys.argv) > 2 else ""

    def page_of(name: str) -> Callable[[], int]:
        path, cookie = pages[name][0]

        def ask() -> int:
            told: list[str] = []
            answer = application(asked(path, cookie), lambda status, headers, *rest: told.append(status))
            length = sum(map(len, answer))
            answer.close()
            assert told == ["200 OK"], (path, told)
            return length

        return ask

    ways = {name: page_of(name) for name in pages}
    for ask in ways.values():
        for _ in range(WARM_UP):
            ask()
    if profiled:
        profile = cProfile.Profile(time.process_time)
        profile.enable()
        for _ in range(10 * TIMES):
            ways[profiled]()
        profile.disable()
        pstats.Stats(profile, stream=sys.stdout).sort_stats("cumulative").print_stats(SHOWN)
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(SHOWN)
        return
    queries: list[str] = []

    def counting(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, ask in ways.items():
            begun = time.process_time()
            for _ in range(TIMES):
                ask()
            spent[name].append((time.process_time() - begun) * 1000 / TIMES)
    print("| page | requêtes SQL | CPU (ms) | mémoire demandée au plus (Ko) | octets |\n|---|--:|--:|--:|--:|")
    for name, ask in ways.items():
        queries.clear()
        with connection.execute_wrapper(counting):
            length = ask()
        tracemalloc.start()
        ask()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        ask()
        peak = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        print(f"| {name} | {len(queries)} | {median(spent[name]):.2f} | {peak // 1000} | {length} |")


def run() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.costs")
    parser.add_argument("page", nargs="?", default="", help="celle dont on veut le profil")
    page = parser.parse_args().page
    with tempfile.TemporaryDirectory(prefix="couts-") as folder, prepared(Path(folder)) as base:
        pages = answer_of("tests.bench.data", base.environment)
        del pages["ajouter"]  # takes no GET
        if page and page not in pages:
            parser.error(f"pages : {', '.join(pages)}")
        code = "from tests.bench.costs import main; main()"
        command = [sys.executable, "-c", code, json.dumps(pages), *([page] if page else [])]
        subprocess.run(command, cwd=ROOT, env=base.environment, check=True)


if __name__ == "__main__":
    run()
