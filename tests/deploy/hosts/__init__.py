"""The portal on several hosts of one machine (docs/adr/0099-several-hosts-on-one-machine.md)."""

from tests.servers import ceph, clamd, network, proxies

PARTS = ("ip", "bridge", "nginx", "pgbouncer", "redis-server", "openssl", "setpriv")
"""What its parts are made of, besides clamd, Ceph and the wheel of PostgreSQL."""


def installed() -> bool:
    """Whether all that is there, and root, or sudo."""
    return ceph.installed() and clamd.installed() and all(map(proxies.program, PARTS)) and network.sudo() is not None
