"""From where a request comes, when proxies stand in front (PORTAL_PROXY_COUNT of them)."""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

SUBSCRIBER_BITS = 64  # of an IPv6 address: whoever has one address has the rest of its /64 too
_BRACKETS_OR_PORT = re.compile(r"\[([^\[\]]+)\](?::\d{1,5})?|([\d.]+):\d{1,5}", re.ASCII)


def client_network(request: HttpRequest) -> str:
    """The client's place on the network, to count by: its IPv4 address, or the /64 network of its IPv6 one.

    Each trusted proxy writes at the right end of X-Forwarded-For who called it; with n of them, the n-th entry from the
    right is the client. What stands further left was sent by the client and is never read. Where that entry is missing
    or is no address, the word goes to the next proxy, and at last to the connection. "" when nothing tells.
    """
    count = settings.PORTAL_PROXY_COUNT
    entries = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    for entry in (*(entries[-count:] if count else ()), request.META.get("REMOTE_ADDR", "")):
        address = _parsed(entry)
        if isinstance(address, IPv6Address):
            return str(IPv6Network((int(address), SUBSCRIBER_BITS), strict=False))
        if address is not None:
            return str(address)
    return ""


def _parsed(entry: str) -> IPv4Address | IPv6Address | None:
    """The address of an entry without its port, brackets and zone; None when it has none."""
    text = entry.strip().strip('"')
    if found := _BRACKETS_OR_PORT.fullmatch(text):
        text = found[1] or found[2]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
