"""Several hosts on this machine: a network namespace each, on one bridge, whose wires are cut at will.

Debian: `apt-get install iproute2`, and root.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

NOWHERE = "02:00:00:00:00:00"  # nobody's: what is sent there is lost without a word
NETWORK = "198.18"  # set apart for trials (RFC 2544): no real machine has an address in it


def sudo() -> list[str] | None:
    """What goes before a command so that root runs it: nothing, or sudo that asks no password; None when neither."""
    if os.geteuid() == 0:
        return []
    words = ["sudo", "--non-interactive", "--preserve-env"]
    asked = [*words, "true"]
    able = shutil.which("sudo") and not subprocess.run(asked, check=False, capture_output=True).returncode
    return words if able else None


def _ip(*lines: str, host: str = "") -> None:
    """Run these lines of `ip`, on this machine or in a host's namespace."""
    words = ["ip", *(["-n", host] if host else []), "-batch", "-"]
    done = subprocess.run(words, input="\n".join(lines), capture_output=True, text=True, check=False)
    assert done.returncode == 0, (lines, done.stderr)


@dataclass
class Host:
    """A machine: its name on this one, its place in the network."""

    name: str
    place: int
    network: "Network"

    @property
    def address(self) -> str:
        return f"{self.network.prefix}.{self.place}"

    @property
    def hardware(self) -> str:
        return f"02:00:00:00:01:{self.place:02x}"

    @property
    def space(self) -> str:
        """The name of its namespace."""
        return f"{self.network.name}-{self.name}"

    @property
    def wire(self) -> str:
        """The end of its wire in the bridge."""
        return f"{self.network.name}.{self.place}"

    @property
    def inside(self) -> list[str]:
        """What goes before a command that this host runs."""
        return ["ip", "netns", "exec", self.space]

    def silence(self) -> None:
        """Nothing leaves nor comes in any more, and nobody is told."""
        subprocess.run(["bridge", "link", "set", "dev", self.wire, "state", "disabled"], check=True)

    def heal(self) -> None:
        subprocess.run(["bridge", "link", "set", "dev", self.wire, "state", "forwarding"], check=True)


@dataclass
class Network:
    """A bridge, of which this machine has the first address, and its hosts."""

    name: str
    prefix: str
    hosts: dict[str, Host] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    def _make(self, names: list[str]) -> None:
        bridge = f"{self.name}.0"
        _ip(f"link add {bridge} type bridge", f"addr add {self.prefix}.1/24 dev {bridge}", f"link set {bridge} up")
        for place, name in enumerate(names, 2):
            host = self.hosts[name] = Host(name, place, self)
            _ip(
                f"netns add {host.space}",
                f"link add {host.wire} type veth peer name eth0 address {host.hardware} netns {host.space}",
                f"link set {host.wire} master {bridge} up",
            )
            _ip(f"addr add {host.address}/24 dev eth0", "link set eth0 up", "link set lo up", host=host.space)
        for host in self.hosts.values():
            others = [other for other in self.hosts.values() if other is not host]
            _ip(*(self._way(other, other.hardware) for other in others), host=host.space)

    @staticmethod
    def _way(to: Host, hardware: str) -> str:
        """As behind a router: a host that is silent is never said to be absent."""
        return f"neigh replace {to.address} lladdr {hardware} dev eth0 nud permanent"

    @contextmanager
    def cut(self, one: str, other: str) -> Iterator[None]:
        """Between these two nothing passes, in silence."""
        pairs = [(self[one], self[other]), (self[other], self[one])]
        for here, there in pairs:
            _ip(self._way(there, NOWHERE), host=here.space)
        try:
            yield
        finally:
            for here, there in pairs:
                _ip(self._way(there, there.hardware), host=here.space)

    def _remove(self) -> None:
        for host in self.hosts.values():
            subprocess.run(["ip", "netns", "del", host.space], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", f"{self.name}.0"], check=False, capture_output=True)


@contextmanager
def start_network(*names: str) -> Iterator[Network]:
    """Hosts of these names; removed at the end, whatever runs there was stopped before."""
    run = os.getpid()
    network = Network(f"pd{run:x}"[:10], f"{NETWORK}.{run % 256}")
    try:
        network._make(list(names))
        yield network
    finally:
        network._remove()
