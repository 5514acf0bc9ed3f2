"""From where a request comes: what trusted proxies wrote, never what the client did."""

import pytest
from django.test import RequestFactory

from portal.lib.client import client_network

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "network"),
    [
        # No proxy: the connection alone counts.
        (0, None, PROXY),
        (0, "198.51.100.7", PROXY),
        # One proxy, that sets the header or adds to it.
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.9,203.0.113.8,  198.51.100.7 ", "198.51.100.7"),
        (1, "pirate\t, 198.51.100.7", "198.51.100.7"),
        # Two in a row: the outer one saw the client, the inner one saw the outer.
        (2, "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        # Too short: around the outer proxy, or no header at all.
        (2, "198.51.100.7", "198.51.100.7"),
        (1, None, PROXY),
        (1, "", PROXY),
        (3, "", PROXY),
        (1, ",,,", PROXY),
        # No address where one is due: the word of the next proxy.
        (1, "unknown", PROXY),
        (1, "198.51.100.7, inconnu", PROXY),
        (1, "198.51.100.7,", PROXY),
        (2, "_hidden, 10.0.0.2", "10.0.0.2"),
        (2, "203.0.113.9, <script>, 10.0.0.2", "10.0.0.2"),
        (1, "198.51.100.007", PROXY),
        (1, "198.51.100.7.1", PROXY),
        (1, "999.1.1.1", PROXY),
        (1, "١٩٨.51.100.7", PROXY),
        (1, "1" * 10_000, PROXY),
        # Ports, brackets, quotes, zones.
        (1, "198.51.100.7:49152", "198.51.100.7"),
        (1, '"198.51.100.7:49152"', "198.51.100.7"),
        (1, "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::/64"),
        (1, "[2001:db8:1:2::1]", "2001:db8:1:2::/64"),
        (1, "fe80::1%eth0", "fe80::/64"),
        (1, "[2001:db8::1", PROXY),
        (1, "198.51.100.7:port", PROXY),
        # One /64 is one place; an IPv4 address written in IPv6 is itself.
        (1, "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        (1, "2001:DB8:1:2:0:0:0:9", "2001:db8:1:2::/64"),
        (1, "2001:db8:1:3::1", "2001:db8:1:3::/64"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
        (1, "[::ffff:198.51.100.7]:80", "198.51.100.7"),
    ],
)
def test_the_client_is_who_the_trusted_proxies_saw(settings, proxies, forwarded, network):
    settings.PORTAL_PROXY_COUNT = proxies
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    assert client_network(RequestFactory().get("/", REMOTE_ADDR=PROXY, **headers)) == network


@pytest.mark.parametrize(("forwarded", "network"), [("198.51.100.7", "198.51.100.7"), ("", ""), ("?", "")])
def test_a_socket_without_an_address(settings, forwarded, network):
    settings.PORTAL_PROXY_COUNT = 1
    request = RequestFactory().get("/", REMOTE_ADDR="", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_network(request) == network


def test_a_connection_in_ipv6(settings):
    settings.PORTAL_PROXY_COUNT = 0
    assert client_network(RequestFactory().get("/", REMOTE_ADDR="2001:db8:1:2::9")) == "2001:db8:1:2::/64"
