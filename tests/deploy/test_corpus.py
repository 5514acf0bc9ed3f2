"""Every odd file sent to a running portal over HTTP: the answer expected, no 500, none over 10 s."""

import http.client
import re
import time
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from portal.dev.demo import PASSWORD
from tests.browser.conftest import start_portal
from tests.corpus import TAKEN, Odd, corpus

pytestmark = pytest.mark.slow
BOUNDARY = "----limite-du-corpus"
MOST_SECONDS = 10

KEPT_SECONDS = 1  # as a browser does with a connection that the server may be closing


class Member:
    """A person's browser, as bytes on a socket: it sends names that no browser would."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self.cookies: dict[str, str] = {}
        self.answered_at = 0.0

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str, str]:
        """Status, text and Location of the answer."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if time.monotonic() - self.answered_at > KEPT_SECONDS:
            self.connection.close()
        self.connection.request(method, path, body, {"Cookie": cookie, **headers})
        answer = self.connection.getresponse()
        text = unescape(answer.read().decode())
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.answered_at = time.monotonic()
        return answer.status, text, answer.headers.get("Location", "")

    def post(self, path: str, fields: dict[str, str], *, page: str) -> tuple[int, str, str]:
        """Send the form of `page`."""
        data = urlencode({**fields, "csrfmiddlewaretoken": self.token(page)})
        return self.ask("POST", path, data.encode(), **{"Content-Type": "application/x-www-form-urlencoded"})

    def token(self, page: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.ask("GET", page)[1])
        assert found, page
        return found.group(1)

    def join(self, path: str, odd: Odd, token: str) -> tuple[int, str, str]:
        """Send one file as the page's script does; the name raw, but for what would end the header."""
        name = odd.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode("utf-8", "surrogatepass")
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
        head += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="fichier_autre"; filename="'
        middle = b'"\r\nContent-Type: application/octet-stream\r\n\r\n'
        body = head.encode() + name + middle + odd.content + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self.ask("POST", path, body, **{"Content-Type": kind, "X-Requested-With": "fetch"})


def said(page: str) -> str:
    """The error shown, "" when there is none."""
    errors = re.findall(r'class="ea-error"[^>]*>(.*?)</p>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", " ".join(errors)).split())


def test_each_odd_file_has_its_answer(tmp_path: Path) -> None:
    with start_portal(tmp_path, PORTAL_UPLOAD_HOURLY_FILES="1000", PORTAL_UPLOAD_HOURLY_BYTES="2000000000") as portal:
        member = Member(portal.url)
        status, _, _ = member.post(
            "/connexion/", {"username": "virginie.durand@exemple.fr", "password": PASSWORD}, page="/connexion/"
        )
        assert status == 302
        employee = re.search(r'name="employee"\s+value="(\d+)"', member.ask("GET", "/")[1])
        assert employee
        _, _, place = member.post("/demandes/nouvelle/", {"employee": employee.group(1)}, page="/")
        base = place.removesuffix("situation/")
        _, page, _ = member.ask("GET", f"{base}motif/")
        member.post(f"{base}motif/", {"famille": "couvert_par_ailleurs", "motif": "conjoint"}, page=f"{base}motif/")
        _, page, _ = member.ask("GET", f"{base}justificatifs/")
        address = re.search(r'data-url="([^"]+)"', page)
        assert address, page[:2000]
        token = member.token(f"{base}justificatifs/")

        wrong: list[str] = []
        slowest = 0.0
        for odd in corpus():
            start = time.monotonic()
            status, page, _ = member.join(address.group(1), odd, token)
            slowest = max(slowest, time.monotonic() - start)
            error = said(page)
            if status not in {200, 413, 422} or not matches(odd, error):
                wrong.append(f"{odd.label} : {status} « {error} », attendu « {odd.expected} »")
            for pk in re.findall(r'name="retirer"\s+value="(\d+)"', page):
                member.post(f"{base}justificatifs/", {"retirer": pk}, page=f"{base}justificatifs/")
        member.connection.close()
        assert not wrong, "\n".join(wrong)
        assert slowest < MOST_SECONDS
        log = (tmp_path / "run.log").read_text()
        assert "Internal Server Error" not in log
        assert "Traceback" not in log


def matches(odd: Odd, error: str) -> bool:
    if odd.expected == TAKEN:
        return error == ""
    return re.search(odd.expected, error) is not None
