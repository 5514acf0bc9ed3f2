"""Ceph's radosgw, a real S3 server that checks signatures: one monitor, one OSD in memory, one gateway, no network.

Debian: `apt-get install radosgw ceph-mon ceph-osd ceph-common`. Nothing is written outside the folder given.
"""

import base64
import json
import os
import shutil
import signal
import struct
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.ports import free_ports

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "ceph")
ACCESS_KEY = "portail-des-tests"
SECRET_KEY = "secret-du-portail-des-tests"
START_SECONDS = 90

CONFIGURATION = """\
[global]
fsid = {fsid}
run dir = {folder}
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
pid file = {folder}/$name.pid
keyring = {folder}/keyring
mon host = v1:127.0.0.1:{mon_port}
public addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
ms bind msgr2 = false
ms bind ipv6 = false
ms bind port min = {low_port}
ms bind port max = {high_port}
osd objectstore = memstore
memstore device bytes = 1073741824
osd data = {folder}/$name
osd class load list = *
osd class default list = *
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon allow pool delete = true
mon max pg per osd = 1000
mon data = {folder}/$name
mon data avail crit = 1
mon data avail warn = 2
mon warn on pool no redundancy = false
rgw frontends = beast endpoint={address}:{port}
rgw dns name = localhost
rgw crypt default encryption key = {encryption_key}
rgw enable usage log = false
rgw thread pool size = 16
rgw data = {folder}
rgw run sync thread = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw crypt require ssl = false
"""

KEYRING = """\
[{name}]
key = {key}
{caps}
"""
CAPABILITIES = {
    "mon.": 'caps mon = "allow *"',
    "client.admin": 'caps mon = "allow *"\ncaps osd = "allow *"\ncaps mds = "allow *"\ncaps mgr = "allow *"',
    "osd.0": 'caps mon = "allow profile osd"\ncaps osd = "allow *"',
    "client.rgw": 'caps mon = "allow rw"\ncaps osd = "allow rwx"',
}


def _key() -> str:
    """A new cephx secret: AES, made at the epoch, 16 random bytes."""
    return base64.b64encode(struct.pack("<HIIH", 1, 0, 0, 16) + os.urandom(16)).decode()


def installed() -> bool:
    """Whether every program of the cluster is on this machine."""
    return all(shutil.which(program) for program in PROGRAMS)


@dataclass
class Ceph:
    """A running cluster: `url` is its S3 endpoint, `inside` what goes before each of its commands."""

    folder: Path
    url: str
    port: int
    inside: list[str] = field(default_factory=list)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self, *command: str) -> str:
        """Output of one of Ceph's commands, with this cluster's configuration. Raises CalledProcessError."""
        done = subprocess.run(
            [*self.inside, command[0], "-c", str(self.folder / "ceph.conf"), *command[1:]],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [*self.inside, command[0], "-c", str(self.folder / "ceph.conf"), "-f", *command[1:]],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_gateway(self) -> None:
        """Start radosgw and wait until it answers."""
        self.start("radosgw", "radosgw", "--name", "client.rgw")
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.url, timeout=2):
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                if self.processes["radosgw"].poll() is not None:
                    break
                time.sleep(0.1)
        raise AssertionError((self.folder / "radosgw.out").read_text()[-3000:])

    def stop_gateway(self) -> None:
        """Kill radosgw as a power cut would."""
        process = self.processes.pop("radosgw")
        process.kill()
        process.wait()

    def pause_gateway(self) -> None:
        os.kill(self.processes["radosgw"].pid, signal.SIGSTOP)

    def resume_gateway(self) -> None:
        os.kill(self.processes["radosgw"].pid, signal.SIGCONT)

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.kill()
            process.wait()


@contextmanager
def start_ceph(folder: Path, *, address: str = "127.0.0.1", inside: Sequence[str] = ()) -> Iterator[Ceph]:
    """A cluster whose only user holds ACCESS_KEY and SECRET_KEY, killed at the end.

    `address`: of its gateway; `inside`: what goes before each command, for another host of tests/servers/network.py.
    """
    fsid = str(uuid.uuid4())
    port, mon_port, *osd_ports = free_ports(10)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ceph.conf").write_text(
        CONFIGURATION.format(
            fsid=fsid,
            folder=folder,
            address=address,
            port=port,
            encryption_key=base64.b64encode(os.urandom(32)).decode(),
            mon_port=mon_port,
            low_port=min(osd_ports),
            high_port=max(osd_ports) + 200,
        )
    )
    ceph = Ceph(folder=folder, url=f"http://{address}:{port}", port=port, inside=list(inside))
    try:
        _start_monitor(ceph, fsid, mon_port)
        _start_osd(ceph)
        _create_user(ceph)
        ceph.start_gateway()
        yield ceph
    finally:
        ceph.stop()


def _start_monitor(ceph: Ceph, fsid: str, mon_port: int) -> None:
    monmap = ceph.folder / "monmap"
    subprocess.run(
        [
            "monmaptool", "--create", "--clobber", "--fsid", fsid,
            "--addv", "a", f"[v1:127.0.0.1:{mon_port}]", str(monmap),
        ],
        capture_output=True,
        check=True,
    )  # fmt: skip
    keyring = ceph.folder / "keyring"
    keyring.write_text("".join(KEYRING.format(name=name, key=_key(), caps=caps) for name, caps in CAPABILITIES.items()))
    (ceph.folder / "mon.a").mkdir()
    ceph.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", str(monmap), "--keyring", str(keyring))
    ceph.start("ceph-mon", "ceph-mon", "-i", "a")


def _start_osd(ceph: Ceph) -> None:
    data = ceph.folder / "osd.0"
    data.mkdir()
    identity = str(uuid.uuid4())
    ceph.run("ceph", "--connect-timeout", "30", "osd", "new", identity)
    ceph.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", identity)
    ceph.start("ceph-osd", "ceph-osd", "-i", "0")
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        state = json.loads(ceph.run("ceph", "osd", "stat", "--format", "json"))
        if state["num_up_osds"] == 1:
            return
        time.sleep(0.2)
    raise AssertionError((ceph.folder / "ceph-osd.out").read_text()[-3000:])


def _create_user(ceph: Ceph) -> None:
    ceph.run(
        "radosgw-admin", "user", "create", "--uid", "portail", "--display-name", "Portail",
        "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY,
    )  # fmt: skip
