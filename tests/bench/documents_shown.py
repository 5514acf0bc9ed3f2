"""Seconds from the choice of a file to its preview and of its drawing alone, in turns; memory. Prints JSON.

The whole portal of `make run` with a real clamd when there is one, a browser that uploads, and three documents: a HEIC
photo of 12 megapixels, a JPEG of 48, a scanned PDF of 30 pages. Arguments: an empty folder, number of turns.
"""

import contextlib
import io
import json
import os
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import django
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.test")
django.setup()

from dispenses.documents import previews  # noqa: E402 – after the settings
from portal.dev.demo import PASSWORD  # noqa: E402
from tests.bench.turns import Ways, pairs_in_turns  # noqa: E402
from tests.bench.uploads import LIMITS  # noqa: E402
from tests.browser.conftest import CHROMIUM, RunningPortal, sign_in, start_portal  # noqa: E402
from tests.files import encoded  # noqa: E402
from tests.servers import clamd  # noqa: E402

WORDS = ["Attestation", "VIRGINIE", "DURAND", "05/09/2018", "mutuelle", "couverture", "obligatoire"]
MOST_SECONDS = 180
TYPES = {".heic": "image/heic", ".jpg": "image/jpeg", ".pdf": "application/pdf"}


def scan(width: int, height: int, seed: int = 0) -> Image.Image:
    """A page as a telephone or a scanner gives it: grain, and lines of words."""
    grain = Image.effect_noise((width // 8, height // 8), 10).resize((width, height))
    image = Image.merge("RGB", [grain.point(lambda value: min(255, value + 105))] * 3)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=max(12, height // 70))
    picked = random.Random(seed)
    for top in range(height // 12, height - height // 12, height // 45):
        draw.text((width // 10, top), " ".join(picked.choices(WORDS, k=8)), fill=(20, 20, 30), font=font)
    return image


def documents(folder: Path, turns: int) -> dict[str, list[Path]]:
    """The three documents, each within the 10 MB accepted; at each turn others, since a document is joined once."""
    heic, jpeg = scan(4032, 3024), scan(8064, 6048)
    pages = [Image.open(io.BytesIO(encoded(scan(1654, 2339, seed), "JPEG", quality=12))) for seed in range(30)]
    made: dict[str, list[Path]] = {"HEIC 12 Mpx": [], "JPEG 48 Mpx": [], "PDF numérisé 30 p.": []}
    for turn in range(turns):
        others = pages[turn + 1 :] + pages[:turn]
        contents = {
            f"photo-{turn}.heic": encoded(heic, "HEIF", quality=60 - 5 * turn),
            f"photo-{turn}.jpg": encoded(jpeg, "JPEG", quality=75 - 5 * turn),
            f"scan-{turn}.pdf": encoded(pages[turn], "PDF", save_all=True, append_images=others, quality=12),
        }
        for label, (name, content) in zip(made, contents.items(), strict=True):
            (folder / name).write_bytes(content)
            made[label].append(folder / name)
    return made


def memory_of_worker(portal: RunningPortal) -> int:
    """Bytes now held by the worker and what it started."""
    parents, commands, sizes = {}, {}, {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            parents[int(entry.name)] = int(fields[1])
            sizes[int(entry.name)] = int(fields[21]) * 4096
            commands[int(entry.name)] = (entry / "cmdline").read_text()
    worker = next((pid for pid in parents if parents[pid] == portal.process.pid and "documents@" in commands[pid]), 0)
    family, before = {worker}, set()
    while family != before:
        before, family = family, family | {pid for pid, parent in parents.items() if parent in family}
    return sum(sizes.get(pid, 0) for pid in family)


def kept(var: Path, name: str, column: str) -> str:
    """What the portal keeps of a document, "" before it has it."""
    with contextlib.closing(sqlite3.connect(f"file:{var / 'portal.sqlite3'}?mode=ro", uri=True)) as base:
        query = f"SELECT {column} FROM dispenses_justificatif WHERE name = ?"
        return (base.execute(query, [name]).fetchone() or ("",))[0]


def until_preview(page: Page, portal: RunningPortal, path: Path, peaks: list[float]) -> float:
    """Seconds until the preview is there; the worker's peak in MB joins `peaks`.

    Then its words are read (Tesseract), apart: the next document, drawn alone or not, would wait for them.
    """
    peak, began = 0, time.monotonic()
    page.locator("input[type=file]").last.set_input_files(path)
    while (state := kept(portal.var, path.name, "preview_status")) not in {"ready", "failed"}:
        assert time.monotonic() - began < MOST_SECONDS, (path.name, state)
        peak = max(peak, memory_of_worker(portal))
        time.sleep(0.05)
    seconds = time.monotonic() - began
    assert state == "ready", path.name
    page.get_by_text(path.name, exact=True).first.wait_for()
    while kept(portal.var, path.name, "hints") in {"", "{}"}:
        assert time.monotonic() - began < MOST_SECONDS, path.name
        peak = max(peak, memory_of_worker(portal))
        time.sleep(0.05)
    peaks.append(peak / 1e6)
    return seconds


def drawn_alone(path: Path) -> float:
    """Seconds of the program that draws, and of nothing else."""
    began = time.monotonic()
    with path.open("rb") as original, previews.drawn(original, TYPES[path.suffix]):
        return time.monotonic() - began


def ways(page: Page, portal: RunningPortal, paths: list[Path], peaks: list[float]) -> Ways:
    """Both ways of one kind of document, each with the next file at each turn."""
    joined, drawn = iter(paths), iter(paths)
    whole: Callable[[], float] = lambda: until_preview(page, portal, next(joined), peaks)  # noqa: E731
    return {"ours": whole, "theirs": lambda: drawn_alone(next(drawn))}


@contextlib.contextmanager
def antivirus(folder: Path) -> Iterator[str]:
    """Value of PORTAL_CLAMD."""
    if not clamd.installed():
        yield "aucun"
        return
    with clamd.start_clamd(folder) as running:
        yield running.address


def main() -> None:
    folder, turns = Path(sys.argv[1]), int(sys.argv[2])
    (folder / "var").mkdir()
    made, peaks = documents(folder, turns), list[float]()
    with (
        sync_playwright() as playwright,
        antivirus(folder / "clamd") as address,
        start_portal(folder / "var", PORTAL_CLAMD=address, **LIMITS) as portal,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(locale="fr-FR").new_page()
        open_documents(page, portal)
        found = pairs_in_turns({label: ways(page, portal, paths, peaks) for label, paths in made.items()}, turns)
        browser.close()
    print(json.dumps(found | {"memory": peaks}))


def open_documents(page: Page, portal: RunningPortal) -> None:
    """The page of documents of a new request."""
    sign_in(page, portal, "virginie.durand@exemple.fr", PASSWORD)
    page.locator("main").get_by_role("button", name="dispense").first.click()
    page.get_by_role("button", name="Continuer").click()
    page.locator("[name=famille][value=couvert_par_ailleurs]").check()
    page.get_by_label("Autre employeur du salarié").check()
    page.get_by_role("button", name="Continuer").click()


if __name__ == "__main__":
    main()
