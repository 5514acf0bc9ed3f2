"""`python -m tests.bench.documents`: seconds from the choice of a file to its preview, and memory of the worker.

The whole portal of `make run` with a real clamd when there is one, a browser that uploads, and three documents: a HEIC
photo of 12 megapixels, a JPEG of 48, a scanned PDF of 30 pages.
"""

import contextlib
import io
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.test")
django.setup()

from portal.dev.demo import PASSWORD  # noqa: E402 – after the settings
from tests.browser.conftest import CHROMIUM, RunningPortal, sign_in, start_portal  # noqa: E402
from tests.files import encoded  # noqa: E402
from tests.servers import clamd  # noqa: E402

WORDS = ["Attestation", "VIRGINIE", "DURAND", "05/09/2018", "mutuelle", "couverture", "obligatoire"]
MOST_SECONDS = 90


def scan(width: int, height: int, seed: int = 0) -> Image.Image:
    """A page as a telephone or a scanner gives it: grain, and lines of words."""
    grain = Image.effect_noise((width // 8, height // 8), 10).resize((width, height))
    image = Image.merge("RGB", [grain.point(lambda value: min(255, value + 105))] * 3)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=max(12, height // 70))
    picked = random.Random(seed)
    for top in range(height // 12, height - height // 12, height // 45):
        draw.text((width // 10, top), " ".join(picked.choices(WORDS, k=8)), fill=(20, 20, 30), font=font)
    return image


def documents(folder: Path) -> dict[str, Path]:
    """The three documents, each within the 10 MB accepted."""
    pages = [Image.open(io.BytesIO(encoded(scan(1654, 2339, seed), "JPEG", quality=12))) for seed in range(30)]
    made = {
        "HEIC 12 Mpx": ("photo.heic", encoded(scan(4032, 3024), "HEIF", quality=60)),
        "JPEG 48 Mpx": ("photo.jpg", encoded(scan(8064, 6048), "JPEG", quality=75)),
        "PDF numérisé 30 p.": (
            "scan.pdf",
            encoded(pages[0], "PDF", save_all=True, append_images=pages[1:], quality=12),
        ),
    }
    for name, content in made.values():
        (folder / name).write_bytes(content)
    return {label: folder / name for label, (name, _) in made.items()}


def memory_of_worker(portal: RunningPortal) -> int:
    """Bytes now held by the worker and what it started."""
    parents, commands, sizes = {}, {}, {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
            sizes[int(entry.name)] = int(fields[21]) * 4096
            commands[int(entry.name)] = (entry / "cmdline").read_text()
    worker = next((pid for pid in parents if parents[pid] == portal.process.pid and "worker" in commands[pid]), 0)
    family, before = {worker}, set()
    while family != before:
        before, family = family, family | {pid for pid, parent in parents.items() if parent in family}
    return sum(sizes.get(pid, 0) for pid in family)


def preview(var: Path, name: str) -> Any:
    with contextlib.closing(sqlite3.connect(f"file:{var / 'portal.sqlite3'}?mode=ro", uri=True)) as base:
        query = "SELECT preview_status, preview_pages, scan_status FROM dispenses_justificatif WHERE name = ?"
        return base.execute(query, [name]).fetchone() or ("", 0, "")


def measure(page: Page, portal: RunningPortal, label: str, path: Path) -> str:
    """One line of the table: seconds until joined, until the preview, and the worker's peak."""
    peak, joined, began = 0, 0.0, time.monotonic()
    page.locator("input[type=file]").last.set_input_files(path)
    while time.monotonic() - began < MOST_SECONDS:
        status, pages, scanned = preview(portal.var, path.name)
        joined = joined or (time.monotonic() - began if scanned else 0.0)
        if status in {"ready", "failed"}:
            break
        peak = max(peak, memory_of_worker(portal))
        time.sleep(0.05)
    total = time.monotonic() - began
    page.get_by_text(path.name, exact=True).first.wait_for()
    size = path.stat().st_size / 1e6
    return (
        f"{label:<20} {size:5.1f} Mo  joint {joined:5.2f} s  aperçu {total:5.2f} s ({pages} p., {status}, {scanned})"
        f"  mémoire du worker {peak / 1e6:4.0f} Mo"
    )


@contextlib.contextmanager
def antivirus(folder: Path) -> Iterator[str]:
    """Value of PORTAL_CLAMD."""
    if not clamd.installed():
        print("*** clamd est absent : mesures sans antivirus.", flush=True)
        yield "aucun"
        return
    with clamd.start_clamd(folder) as running:
        yield running.address


def main() -> None:
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        (folder / "var").mkdir()
        made = documents(folder)
        with antivirus(folder / "clamd") as address, start_portal(folder / "var", PORTAL_CLAMD=address) as portal:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_context(locale="fr-FR").new_page()
            sign_in(page, portal, "virginie.durand@exemple.fr", PASSWORD)
            page.locator("main").get_by_role("button", name="dispense").first.click()
            page.get_by_role("button", name="Continuer").click()
            page.locator("[name=famille][value=couvert_par_ailleurs]").check()
            page.get_by_label("Autre employeur du salarié").check()
            page.get_by_role("button", name="Continuer").click()
            for label, path in made.items():
                print(measure(page, portal, label, path), flush=True)
            browser.close()


if __name__ == "__main__":
    main()
