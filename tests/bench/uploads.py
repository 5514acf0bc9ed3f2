"""Uploads: speed of 10 MB beside a bare view that reads and drops the same file; peak memory at 10 and at 100 MB."""

import http.client
import io
import os
import random
import time
from pathlib import Path
from statistics import median

import pikepdf

from tests.bench.figures import Figure, compare

Target = tuple[str, str]
BOUNDARY = "limite-du-banc"
BARE, RAW = "/bench/jeter/", "/bench/jeter-brut/"
ROUNDS = 15
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


def speed(port: int, targets: list[Target], server: str) -> Figure:
    """MB per second of one person, ours and the bare view in turn; in the detail, what reading the raw body allows."""
    content = scanned_pdf(9_800_000)
    megabytes = len(content) / 1e6
    ours: list[float] = []
    plain: list[float] = []
    raw: list[float] = []
    for turn in range(ROUNDS + 2):
        path, cookie = targets[turn % len(targets)]
        sendings = [(ours, path), (plain, BARE), (raw, RAW)]
        for slot, asked in sendings if turn % 2 else reversed(sendings):
            slot.append(megabytes / post(port, (asked, cookie), content))
    detail = f"PDF numérisé de {megabytes:.1f} Mo, {server} ; corps brut lu et jeté\xa0: {median(raw[2:]):.0f} Mo/s"
    return compare("envoi / lu et jeté", ours[2:], plain[2:], goal=0.5, unit="Mo/s", detail=detail)


def peak(port: int, parent: int, target: Target, size: int) -> int:
    """Peak memory in bytes of the web processes, the largest, after three sendings of `size` bytes."""
    content = scanned_pdf(size)
    for _ in range(3):
        post(port, target, content)
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return max(_high_water(int(child)) for child in children)


def _high_water(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def memory(small: int, large: int) -> Figure:
    """Peak at 100 MB beside the peak at 10 MB."""
    detail = f"{large / 1e6:.0f} Mo de mémoire contre {small / 1e6:.0f} (VmHWM du processus web)"
    return Figure("mémoire, envoi de 100 Mo / 10 Mo", round(large / small, 3), 1.2, "lower", detail)


def with_limits(environment: dict[str, str]) -> dict[str, str]:
    """The environment with limits that let the bench send what it wants."""
    return os.environ | environment | LIMITS
