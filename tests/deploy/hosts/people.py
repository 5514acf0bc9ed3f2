"""People who go on as long as the world does: an employee after the other files a request, the centre accepts it.

They do as people do: what the portal could not take is sent again, what it said it took is believed, and remembered.
"""

import re
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException

from tests.deploy.hosts.world import World
from tests.factories import TYPED
from tests.files import pdf_bytes

PASSWORD = "motdepasse-solide-1"
COUNT = 300
BOUND = 30.0  # seconds in which each question has an answer, whatever is ill
CLEAR = ('lang="fr"', "dans quelques minutes")  # a page, and what the field of files says
PAUSE = 0.4  # seconds between two persons, and before what was not taken is sent again
BOUNDARY = "limite-du-test"
MAKE = f"""
import django; django.setup()
from django.test import Client
from django.contrib.auth.hashers import make_password
from tests.factories import *
from tests.second_factor import sign_in_fully
password = make_password("{PASSWORD}")
employer = EmployerFactory()
ActeFactory(employer=employer)
for n in range({COUNT}):
    EmployeeFactory(
        employer=employer, activated=True, user__email=f"salarie{{n}}@exemple.fr", user__password=password,
        user__last_name=f"Durand{{n}}",
    )
UserFactory(email="camille@exemple.fr", password=password)
client = sign_in_fully(Client(), StaffFactory(email="centre@exemple.fr"))
print(client.cookies["__Host-session"].value)
"""


class Gone(Exception):
    """The world stops: what was being done is left."""


@dataclass
class Asked:
    """One answer: what was asked, its status, how long it took, the beginning of what was wrong with it."""

    what: str
    status: int
    seconds: float
    wrong: str = ""


class Browser:
    """Somebody's cookies, and how they go on until the portal has taken what they send."""

    def __init__(self, people: "People", cookies: dict[str, str] | None = None) -> None:
        self.people, self.cookies = people, dict(cookies or {})
        self.page, self.address = "", ""

    def ask(
        self, path: str, fields: dict[str, str] | None = None, *, body: bytes | None = None, kind: str = ""
    ) -> tuple[int, str]:
        """One try: the status, where it leads to."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page)
            fields = {**fields, "csrfmiddlewaretoken": token[1] if token else ""}
            body, kind = urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"
        if body is not None:
            headers |= {"Content-Type": kind, "Referer": "https://portail.exemple.fr/", "X-Requested-With": "fetch"}
            if fields is not None:
                del headers["X-Requested-With"]
        status, given, text = self.people.ask(path, "POST" if body is not None else "GET", body, headers)
        for line in given.get("Set-Cookie", "").splitlines():
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        if status == 200:
            self.page, self.address = text, path
        return status, given.get("Location", "")

    def until_taken(self, once: Callable[[], tuple[int, str]]) -> str:
        """Try again until the portal answers with a page or leads elsewhere: where to. Raises Gone."""
        while True:
            status, location = once()
            if status in {200, 302}:
                return location
            self.people.wait()

    def get(self, path: str) -> str:
        """Read a page, or be led elsewhere: where to."""
        return self.until_taken(lambda: self.ask(path))

    def send(self, path: str, fields: dict[str, str]) -> str:
        """Send the form of a page: where it leads to, or "" when the page comes back with what it refuses.

        As somebody does: what was not taken is sent again from the page, read again.
        """

        def once() -> tuple[int, str]:
            status, location = self.ask(path)
            return self.ask(path, fields) if status == 200 else (status, location)

        return self.until_taken(once)


@dataclass
class People:
    """`sent`: the requests that the portal said it has; `joined`: their files; `decided`: what the centre accepted."""

    world: World
    staff: Browser = field(init=False)
    answers: list[Asked] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    joined: dict[int, int] = field(default_factory=dict)
    decided: list[int] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        session = self.world.script(MAKE).split()[-1]
        self.staff = Browser(self, {"__Host-session": session})
        self.thread = threading.Thread(target=self._go_on, daemon=True)

    def ask(
        self, path: str, method: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], str]:
        if self.stopped.is_set():
            raise Gone
        begun = time.monotonic()
        try:
            status, given, text = self.world.ask(path, method=method, body=body, seconds=90, **headers)
            wrong = _wrong(status, text)
        except (OSError, HTTPException) as error:
            status, given, text, wrong = 0, {}, "", repr(error)
        what = f"{method} {re.sub('[0-9]+', 'N', path)}"
        self.answers.append(Asked(what, status, time.monotonic() - begun, wrong))
        return status, given, text

    def wait(self) -> None:
        if self.stopped.wait(PAUSE):
            raise Gone

    def _go_on(self) -> None:
        try:
            for number in range(COUNT):
                self._one(Browser(self), f"salarie{number}@exemple.fr")
                self.wait()
        except Gone:
            pass
        except BaseException as error:
            self.failures.append(error)

    def _one(self, browser: Browser, email: str) -> None:
        browser.send("/connexion/", {"username": email, "password": PASSWORD})
        assert "__Host-session" in browser.cookies, browser.page[:3000]
        browser.get("/")
        employee = re.search(r'name="employee"\s+value="(\d+)"', browser.page)
        assert employee, browser.page[-3000:]
        draft = browser.until_taken(lambda: browser.ask("/demandes/nouvelle/", {"employee": employee[1]}))
        path = draft.rsplit("/", 2)[0]
        number = int(path.rsplit("/", 1)[1])
        hired = {"hired_on_0": "3", "hired_on_1": "9", "hired_on_2": "2018"}
        browser.send(f"{path}/situation/", {"matricule": "L-1"} | hired)
        browser.send(f"{path}/motif/", {"motif": "conjoint"})
        browser.get(f"{path}/justificatifs/")
        names = sorted(set(re.findall(r'name="(fichier_\w+)"', browser.page)) - {"fichier_autre"})
        assert names, browser.page[-3000:]
        for name in names:
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.page)
            body = _multipart(token[1] if token else "", name)
            kind = f"multipart/form-data; boundary={BOUNDARY}"
            page = browser.page
            browser.until_taken(partial(browser.ask, f"{path}/justificatifs/ajouter/", body=body, kind=kind))
            browser.page = page
            self.joined[number] = self.joined.get(number, 0) + 1
        browser.send(f"{path}/justificatifs/", TYPED)
        led = browser.send(f"{path}/verification/", {"honour": "on"})
        assert led.endswith("/accuse/"), (led, browser.page[-3000:])
        self.sent.append(number)
        self._decide(number)

    def _decide(self, number: int) -> None:
        page = f"/gestion/dispenses/dispense/{number}/change/"
        self.staff.get(page)
        seen = re.search(r'name="accept-seen" value="([^"]+)"', self.staff.page)
        assert seen, self.staff.page[-3000:]
        form = {"accept-seen": seen[1].replace("&amp;", "&"), "accept-comment": ""}
        self.staff.until_taken(lambda: self.staff.ask(page.replace("change", "decision/accept"), form))
        self.decided.append(number)


def _wrong(status: int, text: str) -> str:
    """What is wrong with an answer: neither right, nor a refusal in clear French."""
    if status < 400:
        return ""
    if status in {429, 503} and any(words in text for words in CLEAR):
        return ""
    return f"{status} {text[:300]}"


def _multipart(token: str, name: str) -> bytes:
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    head = f'{part}csrfmiddlewaretoken"\r\n\r\n{token}\r\n{part}{name}"; filename="a.pdf"\r\n'
    return f"{head}Content-Type: application/pdf\r\n\r\n".encode() + pdf_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()
