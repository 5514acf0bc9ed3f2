"""Which addresses may be called: https, public, on an allowed port (OWASP, Server-Side Request Forgery Prevention)."""

import ipaddress
import socket
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri

from portal.lib.refusals import Refusal

MAX_URL = 500
SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")  # carries any IPv4 address, a private one too
SPECIAL = ipaddress.IPv4Network("192.0.0.0/24")  # RFC 6890; older versions of Python take part of it for public


class Code(StrEnum):
    """Why an address of a webhook, or what is asked of it, is refused: every code of the webhooks."""

    MALFORMED = "malformed"
    NOT_HTTPS = "not_https"
    PORT = "port"  # not one of PORTAL_WEBHOOK_PORTS
    WITH_SECRET = "with_secret"  # an identifier, a password or a fragment stands in it  # noqa: S105
    UNKNOWN_HOST = "unknown_host"
    PRIVATE = "private"  # it leads to machines that are not on the Internet
    ALREADY_THERE = "already_there"
    TOO_MANY = "too_many"
    PAUSED = "paused"
    TESTS_WAIT = "tests_wait"


class AddressRefused(Refusal):
    """An address that the portal will not call; the message says what to do."""


@dataclass(frozen=True)
class Target:
    """A checked address, in pieces. `path`: with the query."""

    host: str
    port: int
    path: str
    secure: bool


def parse(url: str) -> Target:
    """The pieces of an address. Raises AddressRefused unless it is a plain https one, on an allowed port."""
    if len(url) > MAX_URL or any(not character.isprintable() or character.isspace() for character in url):
        raise AddressRefused(f"Écrivez l’adresse sans espace, en {MAX_URL}\xa0caractères au plus", code=Code.MALFORMED)
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except ValueError as error:
        raise AddressRefused(
            "Cette adresse est mal formée, par exemple https://sirh.exemple.fr/webhooks", code=Code.MALFORMED
        ) from error
    trusted = host in settings.PORTAL_WEBHOOK_TRUSTED_HOSTS
    if parts.scheme != "https" and not (trusted and parts.scheme == "http"):
        raise AddressRefused("L’adresse doit commencer par https://", code=Code.NOT_HTTPS)
    if not host or port == 0:
        raise AddressRefused(
            "Cette adresse est mal formée, par exemple https://sirh.exemple.fr/webhooks", code=Code.MALFORMED
        )
    secure = parts.scheme == "https"
    port = port or (443 if secure else 80)
    if port not in settings.PORTAL_WEBHOOK_PORTS and not trusted:
        raise AddressRefused(_allowed_ports(), code=Code.PORT)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused(
            "Retirez de l’adresse l’identifiant, le mot de passe et ce qui suit «\xa0#\xa0»", code=Code.WITH_SECRET
        )
    path = iri_to_uri(f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
    return Target(host=host, port=port, path=path, secure=secure)


def _allowed_ports() -> str:
    allowed = sorted(settings.PORTAL_WEBHOOK_PORTS)
    if allowed == [443]:
        return "Retirez le port de l’adresse\xa0: seul le 443, celui de https, est permis"
    return f"L’adresse doit employer un port permis\xa0: {', '.join(map(str, allowed))}"


def is_public(address: str) -> bool:
    """Whether an IP address belongs to a machine of the public Internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.is_site_local or ip in SIX_TO_FOUR:
            return False
    elif ip in SPECIAL:
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def resolve(target: Target) -> list[tuple[str, int]]:
    """IP addresses and port of the target's machine, all checked: connect to one of these, and resolve no more.

    Raises AddressRefused when one of them is not public, OSError when the name is unknown.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if target.host not in settings.PORTAL_WEBHOOK_TRUSTED_HOSTS and not all(map(is_public, addresses)):
        raise AddressRefused(
            "Cette adresse mène à un réseau privé\xa0: indiquez une machine joignable sur Internet", code=Code.PRIVATE
        )
    return [(address, target.port) for address in addresses]
