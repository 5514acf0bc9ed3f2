"""Uploads: speed of 10 MB beside a bare view that reads and drops the same file; peak memory at 10 and at 100 MB."""

import http.client
import io
import itertools
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import pikepdf

from tests.bench.databases import prepared
from tests.bench.figures import Figure, compare
from tests.bench.processes import answer_of, gunicorn, high_water
from tests.bench.sizes import sized
from tests.bench.turns import in_turns

SENDINGS = itertools.count()
Target = tuple[str, str]
BOUNDARY = "limite-du-banc"
BARE, RAW = "/bench/jeter/", "/bench/jeter-brut/"
ROUNDS, WARM_UP, MEMORY_ROUNDS = sized(15, 2), sized(2, 0), 1
SMALL, LARGE = 9_800_000, sized(98_000_000, 20_000_000)
GOAL, MEMORY_GOAL = 0.5, 1.2
LIMITS = {
    "PORTAL_UPLOAD_MAX_BYTES": "120000000",
    "PORTAL_UPLOAD_MAX_FILES": "50",
    "PORTAL_UPLOAD_HOURLY_FILES": "1000",
    "PORTAL_UPLOAD_HOURLY_BYTES": "100000000000",
}


def scanned_pdf(size: int, pages: int = 20) -> bytes:
    """A PDF of `size` bytes or a little more, whose pages each hold one picture that hardly compresses, as scans do."""
    pdf, grain = pikepdf.new(), random.Random(1)
    side = int((size / pages) ** 0.5)
    for _ in range(pages):
        picture = pdf.make_stream(grain.randbytes(side * side))
        picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        picture.Width = picture.Height = side
        picture.BitsPerComponent, picture.ColorSpace = 8, pikepdf.Name.DeviceGray
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=picture))
        page.Contents = pdf.make_stream(b"595 0 0 842 0 0 cm /Scan Do")
    buffer = io.BytesIO()
    pdf.save(buffer, compress_streams=False)
    return buffer.getvalue()


def another(content: bytes) -> bytes:
    """The same document in other bytes: a file that stands in its place already is not kept twice."""
    return content + b"%%%d\n" % next(SENDINGS)


def post(port: int, target: Target, content: bytes) -> float:
    """Seconds of one sending, as the page's script does it. Raises AssertionError for any answer but 200."""
    path, cookie = target
    token = cookie.rpartition("csrf=")[2]
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    head = f'{part}csrfmiddlewaretoken"\r\n\r\n{token}\r\n{part}fichier_autre"; filename="scan.pdf"\r\n'
    body = f"{head}Content-Type: application/pdf\r\n\r\n".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {
        "Host": "127.0.0.1",
        "Cookie": cookie,
        "X-Requested-With": "fetch",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    began = time.perf_counter()
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    answer.read()
    seconds = time.perf_counter() - began
    connection.close()
    assert answer.status == 200, answer.status
    return seconds


def figures(folder: Path) -> Iterator[Figure]:
    """Speed of one person's uploads, then the memory that two sizes take."""
    with prepared(folder) as base:
        targets: list[Target] = [
            (path, cookie) for path, cookie in answer_of("tests.bench.data", base.environment)["ajouter"]
        ]
        environment = base.environment | LIMITS
        with gunicorn(environment) as (port, _):
            yield speed(port, targets, base.server)
        yield memory(environment, targets)


def speed(port: int, targets: list[Target], server: str) -> Figure:
    """MB per second, ours and the bare view in turn; in the detail, what reading the raw body allows."""
    content = scanned_pdf(SMALL)
    megabytes = len(content) / 1e6
    people = [targets[turn % len(targets)] for turn in range(WARM_UP + ROUNDS)]

    def sending(way: str) -> Callable[[], float]:
        asked = iter([(path if way == "ours" else BARE if way == "theirs" else RAW, cookie) for path, cookie in people])
        return lambda: megabytes / post(port, next(asked), another(content))

    found = in_turns({way: sending(way) for way in ("ours", "theirs", "raw")}, ROUNDS, warm_up=WARM_UP)
    raw = f"{median(found['raw']):.0f} Mo/s"
    detail = f"PDF numérisé de {megabytes:.1f} Mo, {server} ; corps brut lu et jeté : {raw}"
    return compare("envoi / lu et jeté", found["ours"], found["theirs"], goal=GOAL, unit="Mo/s", detail=detail)


def memory(environment: dict[str, str], targets: list[Target]) -> Figure:
    """Peak of large sendings beside the peak of small ones, each on a server just started."""
    contents = {size: scanned_pdf(size) for size in (LARGE, SMALL)}
    target = itertools.cycle(targets)

    def peak(size: int) -> float:
        with gunicorn(environment) as (port, pid):
            return _peak(port, pid, next(target), contents[size]) / 1e6

    found = in_turns({"ours": partial(peak, LARGE), "theirs": partial(peak, SMALL)}, MEMORY_ROUNDS)
    name = f"mémoire, envoi de {LARGE / 1e6:.0f} Mo / {SMALL / 1e6:.0f} Mo"
    said = {"unit": "Mo", "detail": "VmHWM du plus gros processus web"}
    return compare(name, found["ours"], found["theirs"], goal=MEMORY_GOAL, better="lower", **said)


def _peak(port: int, parent: int, target: Target, content: bytes) -> int:
    """Peak memory in bytes of the web processes, the largest, after three sendings."""
    for _ in range(3):
        post(port, target, another(content))
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return max(high_water(int(child)) for child in children)
