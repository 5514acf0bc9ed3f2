"""nginx and Caddy, configured by docs/deployment.md itself but for names, ports and certificates.

Debian: `apt-get install nginx-light caddy`.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers.ports import free_port

DEPLOYMENT = Path(__file__).resolve().parents[2] / "docs" / "deployment.md"
START_SECONDS = 60
NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/errors.log;
events {{ worker_connections 64; }}
http {{
access_log off;
client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi;
{server}
}}
"""
CADDY = """\
{{
admin off
auto_https off
storage file_system {folder}
}}
{site}
"""


def program(name: str) -> str | None:
    """Where the program is; Debian keeps nginx out of an ordinary user's PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def installed() -> bool:
    """Whether both are on this machine."""
    return program("nginx") is not None and program("caddy") is not None


def documented(language: str) -> list[str]:
    """The blocks of that language in the page on deployment, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```", DEPLOYMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def _replaced(text: str, *changes: tuple[str, str]) -> str:
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    return text


def _nginx(folder: Path, port: int, behind: int, *, inner: bool) -> list[str]:
    (block,) = documented("nginx")
    block = re.sub(r"^ *ssl_certificate.*\n", "", block, flags=re.MULTILINE)
    server = _replaced(
        block,
        ("listen 443 ssl", f"listen 127.0.0.1:{port}"),
        ("127.0.0.1:8000", f"127.0.0.1:{behind}"),
    )
    if inner:
        lines = re.findall(r"`(proxy_set_header [^`]+;)`", DEPLOYMENT.read_text(encoding="utf-8"))
        assert len(lines) == 2
        for line in lines:
            name = line.split()[1]
            server, count = re.subn(rf"proxy_set_header {name} [^;]+;", lambda _, line=line: line, server)
            assert count == 1, name
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, server=server))
    return [program("nginx") or "nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors.log")]


def _caddy(folder: Path, port: int, behind: int, *, inner: bool) -> list[str]:
    alone, second = documented("caddy")
    site = _replaced(
        second if inner else alone,
        ("portail.exemple.fr {", f"http://:{port} {{\n    bind 127.0.0.1"),
        ("127.0.0.1:8000", f"127.0.0.1:{behind}"),
    )
    (folder / "Caddyfile").write_text(CADDY.format(folder=folder, site=site))
    return [program("caddy") or "caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


COMMANDS = {"nginx": _nginx, "caddy": _caddy}


@contextmanager
def start_proxy(name: str, folder: Path, *, behind: int, inner: bool = False) -> Iterator[int]:
    """The port of a running proxy, `nginx` or `caddy`, that calls the port `behind`; `inner`: another calls it."""
    folder.mkdir()
    port = free_port()
    command = COMMANDS[name](folder, port, behind, inner=inner)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with (folder / "out").open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + START_SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError((folder / "out").read_text()[-3000:])
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
