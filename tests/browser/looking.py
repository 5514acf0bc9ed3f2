"""Look at one page in Chromium, which asks this very process for it: no server between, nothing of another host.

`faults` says what is wrong with a page, one line each, « check (width): where ». The checks: one h1 and a title, axe
with its targets of 24 px, focus that shows at every stop, a sideways scroll at 200 % and on a telephone, text spacing
(WCAG 1.4.12), motion, forced colours, what the security policy or the console complains of, calls to another host.
"""

from contextvars import copy_context
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.http import HttpResponseBase
from django.test import Client
from playwright.sync_api import BrowserContext, Page, Request, Route

HOST = "http://localhost"
SCRIPT = Path(__file__).with_name("looking.js").read_text(encoding="utf-8")
WIDE, ZOOMED, NARROW, NARROWEST = 1280, 640, 390, 320  # 640: 1280 px at 200 %


@lru_cache(maxsize=256)
def _static(path: str) -> tuple[bytes, str]:
    found = finders.find(path)
    assert isinstance(found, str), f"{path} : fichier statique inconnu"
    kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
    return Path(found).read_bytes(), kinds.get(Path(found).suffix, "application/octet-stream")


def _whole(response: HttpResponseBase) -> bytes:
    return b"".join(response) if response.streaming else response.content  # type: ignore[arg-type,attr-defined]


class Window:
    """A page of Chromium whose addresses are answered by the portal, as `client` asks for them.

    `also`: style sheets and other files that are not the portal's, by path.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.also: dict[str, tuple[bytes, str]] = {}
        self.complaints: list[str] = []
        self.abroad: list[str] = []
        self._shown: tuple[HttpResponseBase, Client] | None = None
        self._context = copy_context()
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        context.route("**/*", self._answer)

    def goto(self, path: str, response: HttpResponseBase, client: Client) -> None:
        """Show that answer under its address."""
        self._shown = (response, client)
        self._context = copy_context()  # with the connection of the test, which the loop of Playwright does not see
        self.complaints.clear()
        self.abroad.clear()
        self.page.goto(f"{HOST}{path}")

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and "status of 4" not in text:  # the page itself, of a link that is dead
            self.complaints.append(text)

    def _answer(self, route: Route, request: Request) -> None:
        assert self._shown is not None
        response, client = self._shown
        asked = urlsplit(request.url)
        if f"{asked.scheme}://{asked.netloc}" != HOST:
            self.abroad.append(request.url)
            route.abort()
        elif asked.path in self.also:
            body, kind = self.also[asked.path]
            route.fulfill(body=body, content_type=kind)
        elif asked.path.startswith("/static/"):
            body, kind = _static(asked.path.removeprefix("/static/"))
            route.fulfill(body=body, content_type=kind)
        elif request.method != "GET":
            route.fulfill(status=204)
        elif request.is_navigation_request():
            _fulfill(route, response)
        else:
            try:
                answer = self._context.run(client.get, asked.path + (f"?{asked.query}" if asked.query else ""))
            except Exception as error:  # said with the page’s other faults; a request left without answer stops all
                self.complaints.append(f"{asked.path} : {error!r}")
                route.fulfill(status=500)
            else:
                _fulfill(route, answer)


def _fulfill(route: Route, response: HttpResponseBase) -> None:
    headers = {name: value for name, value in response.items() if name.lower() != "content-length"}
    route.fulfill(status=response.status_code, headers=headers, body=_whole(response))


def faults(window: Window, *, narrowest: bool = True) -> list[str]:
    """What is wrong with the page that the window shows. `narrowest`: also at 320 px, as every page but the desk's."""
    page, found = window.page, list[str]()

    def note(check: str, where: list[Any]) -> None:
        found.extend(f"{check} : {one}" for one in where)

    page.set_viewport_size({"width": WIDE, "height": 900})
    page.evaluate(f"{Axe().axe_script};{SCRIPT}")
    note("h1", page.evaluate("look.headings()"))
    note("title", [] if page.title().strip() else ["aucun"])
    note("mouvement", page.evaluate("look.moves()"))
    note(f"axe ({WIDE})", page.evaluate("look.audit()"))
    page.keyboard.press("Tab")  # from then on a focus shows, as for who uses the keyboard
    page.wait_for_function("document.activeElement !== null")
    note("focus", page.evaluate("look.focus(false)"))
    page.set_viewport_size({"width": ZOOMED, "height": 900})
    note(f"défilement ({ZOOMED})", page.evaluate("look.scrolls()"))
    page.set_viewport_size({"width": NARROW, "height": 900})
    note(f"défilement ({NARROW})", page.evaluate("look.scrolls()"))
    note(f"axe ({NARROW})", page.evaluate("look.audit()"))
    note(f"espacement ({NARROW})", page.evaluate("look.spaced()"))
    page.emulate_media(forced_colors="active")
    note("couleurs forcées", page.evaluate("look.edgeless()"))
    note("focus en couleurs forcées", page.evaluate("look.focus(true)"))
    page.emulate_media(forced_colors="none")
    if narrowest:
        page.set_viewport_size({"width": NARROWEST, "height": 900})
        note(f"défilement ({NARROWEST})", page.evaluate("look.scrolls()"))
    note("console", window.complaints)
    note("autre hôte", window.abroad)
    return found
