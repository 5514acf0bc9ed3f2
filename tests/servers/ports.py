"""Ports that nobody uses: no test has one of its own, so that runs side by side keep apart."""

import socket


def free_ports(count: int) -> list[int]:
    """As many free TCP ports of 127.0.0.1 as asked for."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def free_port() -> int:
    """A free TCP port of 127.0.0.1."""
    return free_ports(1)[0]
