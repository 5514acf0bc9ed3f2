"""What people do in a morning, as browsers do it: each page asked for, its form filled in and sent, times noted."""

import itertools
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from tests.bench.uploads import another, scanned_pdf

OK, TAKEN = 200, 409
PASSWORD = "un-escabeau-violet-pour-le-banc"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
INPUT = re.compile(r'type="file" [^>]*name="fichier_([\w-]+)"')
REQUEST = re.compile(r"/gestion/dispenses/dispense/(\d+)/change/")
SEEN = re.compile(r'name="accept-seen" value="([^"]+)"')
EMPLOYEE = re.compile(r'name="employee"\s+value="(\d+)"')
KILOBYTES = 400  # of a photograph or a scan of two pages


@dataclass
class Told:
    """Milliseconds of each page, and what went wrong, by the name of the page."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, milliseconds: float) -> None:
        with self.lock:
            self.times[name].append(milliseconds)

    def fail(self, name: str, why: str) -> None:
        with self.lock:
            self.errors.append(f"{name} : {why}")


class Unexpected(Exception):
    """An answer that is not the page that comes next."""


class TakenByAnother(Exception):
    """A colleague decided it meanwhile, and the page says so: 409, which is no error."""


class Browser:
    """One person's: cookies, the page in front of them."""

    def __init__(self, port: int, told: Told, session: str = "") -> None:
        self.told, self.page, self.at = told, "", f"http://127.0.0.1:{port}/"
        self.web = requests.Session()
        if session:
            self.web.cookies.set("session", session)

    def get(self, name: str, path: str) -> str:
        """The page. Raises Unexpected for any answer but 200."""
        return self._ask(name, "GET", path)

    def send(
        self, name: str, path: str, data: dict[str, str], *, to: str, file: tuple[str, bytes] | None = None
    ) -> str:
        """Send a form of the page in front, follow. Raises Unexpected unless it leads to an address with `to` in it."""
        token = TOKEN.search(self.page)
        data = data | {"csrfmiddlewaretoken": token[1] if token else ""}
        files = {file[0]: ("scan.pdf", file[1], "application/pdf")} if file else None
        page = self._ask(name, "POST", path, data=data, files=files)
        if to not in urlsplit(self.at).path:
            raise Unexpected(f"{name} mène à {urlsplit(self.at).path}, pas à {to}")
        return page

    def _ask(self, name: str, method: str, path: str, **sent: Any) -> str:
        begun = time.perf_counter()
        status, page, at = self.answer(method, urljoin(self.at, path), **sent)
        self.told.note(name, (time.perf_counter() - begun) * 1000)
        if status == TAKEN:
            raise TakenByAnother
        if status != OK:
            raise Unexpected(f"{name} : {status}")
        self.page, self.at = page, at
        return page

    def answer(self, method: str, address: str, **sent: Any) -> tuple[int, str, str]:
        """Status, page and address where it ends, redirects followed. `sent`: `data`, `files`, as requests has them."""
        answer = self.web.request(method, address, timeout=60, **sent)
        return answer.status_code, answer.text, answer.url


def activate(browser: Browser, secret: str) -> None:
    """From the mail to one's own first page."""
    link = f"/activation/{secret}/"
    browser.get("invitation", link)
    browser.send("inscription", link, {"has_personal_email": "non"}, to="/compte/")
    account = urlsplit(browser.at).path
    browser.send("mot de passe choisi", account, {"password": PASSWORD}, to="/terminee/")
    browser.get("accueil", "/")


def file(browser: Browser, scan: bytes, answers: dict[str, str]) -> None:
    """A request, from its first step to its acknowledgement, with each document that it asks for."""
    employee = EMPLOYEE.search(browser.page)
    if employee is None:
        raise Unexpected("accueil sans demande à commencer")
    browser.send("demande commencée", "/demandes/nouvelle/", {"employee": employee[1]}, to="/situation/")
    here = urlsplit(browser.at).path
    hired = {"hired_on_0": "3", "hired_on_1": "9", "hired_on_2": "2018"}
    browser.send("situation", here, {"matricule": "L-9", **hired}, to="/motif/")
    browser.send("motif", urlsplit(browser.at).path, {"motif": "conjoint"}, to="/justificatifs/")
    here = urlsplit(browser.at).path
    for piece in INPUT.findall(browser.page)[:2]:
        sent = (f"fichier_{piece}", another(scan))
        browser.send("document", here, {**answers, "joindre": piece}, to="/justificatifs/", file=sent)
    browser.send("justificatifs", here, answers, to="/verification/")
    browser.send("envoi", urlsplit(browser.at).path, {"honour": "on"}, to="/accuse/")
    browser.get("suivi", "/demandes/")


def review(browser: Browser, rank: int = 0) -> bool:
    """Take a request of the queue, each colleague another one, and grant it. Whether there was one."""
    browser.get("file de la gestion", "/gestion/dispenses/dispense/")
    numbers = REQUEST.findall(browser.page)
    if not numbers:
        return False
    number = numbers[rank % len(numbers)]
    browser.get("demande, à la gestion", f"/gestion/dispenses/dispense/{number}/change/")
    seen = SEEN.search(browser.page)
    if seen is None:  # a colleague was faster
        return True
    address = f"/gestion/dispenses/dispense/{number}/decision/accept/"
    browser.send("décision", address, {"accept-seen": seen[1]}, to="/gestion/")
    return True


@dataclass(frozen=True)
class Morning:
    """How many come each second, of whom one in `filing` files a request; how long, in seconds."""

    arriving: float
    seconds: float
    filing: int = 5
    pause: float = 8.0  # seconds of a reviewer between two requests


def play(port: int, morning: Morning, invited: list[str], reviewers: list[str], answers: dict[str, str]) -> Told:
    """Play it. Nobody waits for another: who comes while pages are slow makes them slower."""
    told, over, scan = Told(), threading.Event(), scanned_pdf(KILOBYTES * 1000, 2)
    ranks = itertools.count(1)

    def come(secret: str) -> None:
        browser, rank = Browser(port, told), next(ranks)
        try:
            activate(browser, secret)
            if rank % morning.filing == 0:
                file(browser, scan, answers)
        except (Unexpected, requests.RequestException) as error:
            told.fail("salarié", str(error))

    def work(rank: int, session: str) -> None:
        browser = Browser(port, told, session)
        while not over.wait(morning.pause):
            try:
                review(browser, rank)
            except TakenByAnother:
                pass
            except (Unexpected, requests.RequestException) as error:
                told.fail("gestion", str(error))

    colleagues = [threading.Thread(target=work, args=one) for one in enumerate(reviewers)]
    for one in colleagues:
        one.start()
    begun, people = time.monotonic(), list[threading.Thread]()
    for rank, secret in enumerate(invited[: int(morning.arriving * morning.seconds)]):
        time.sleep(max(0.0, begun + rank / morning.arriving - time.monotonic()))
        people.append(threading.Thread(target=come, args=(secret,)))
        people[-1].start()
    for one in people:
        one.join()
    over.set()
    for one in colleagues:
        one.join()
    return told
