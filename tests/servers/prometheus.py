"""A real Prometheus on a free port. Debian: `apt-get install prometheus`, which brings promtool too."""

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.ports import free_port
from tests.servers.waiting import until

CONFIGURATION = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: portail
    authorization: {{credentials: {token}}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def installed() -> bool:
    """Whether the programs are on this machine."""
    return all(shutil.which(name) for name in ("prometheus", "promtool"))


@dataclass
class RunningPrometheus:
    port: int

    def ask(self, path: str, **parameters: str) -> Any:
        """What the API answers, its « data »."""
        address = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            return json.load(answer)["data"]

    def value(self, expression: str) -> float | None:
        """The one value of an expression; None when there is none."""
        found = self.ask("query", query=expression)["result"]
        return float(found[0]["value"][1]) if found else None

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextmanager
def start_prometheus(folder: Path, *, target: int, token: str, rules: Path) -> Iterator[RunningPrometheus]:
    """One that scrapes 127.0.0.1:`target` each second with this token, and evaluates these rules."""
    file, server = folder / "prometheus.yml", RunningPrometheus(free_port())
    file.write_text(CONFIGURATION.format(rules=rules, token=token, port=target))
    command = [
        "prometheus", f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}", "--log.level=warn",
        f"--web.listen-address=127.0.0.1:{server.port}",
    ]  # fmt: skip
    with (folder / "prometheus.out").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
    try:
        assert until(lambda: process.poll() is not None or server.answers())
        assert process.poll() is None, (folder / "prometheus.out").read_text()[-3000:]
        yield server
    finally:
        process.terminate()
        process.wait()
