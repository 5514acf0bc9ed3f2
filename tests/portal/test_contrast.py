"""The pairs that are checked at the start are those of the style sheets; a pale one stops every kind of process."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from portal import contrast
from portal.lib.colours import HEX, Colour, read
from tests.deploy.environment import production

ROOT = Path(settings.BASE_DIR)
SHEETS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "static").glob("*.css"))}
BASE = read(SHEETS["variables.css"])
# What Django's admin calls its variables, by ours.
ADMIN = dict(re.findall(r"--([\w-]+):var\(--([\w-]+)\)", SHEETS["gestion.css"]))
PALE = {"PORTAL_BRAND_COLOUR": "#ff8a00"}


def rules() -> list[tuple[str, dict[str, str]]]:
    """Each rule of the style sheets with the variables of its text and of its background."""
    found = []
    for name, sheet in SHEETS.items():
        for body in re.findall(r"{([^{}]*)}", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)):
            used = dict(re.findall(r"(?:^|;)\s*(color|background(?:-color)?):var\(--([\w-]+)\)", body))
            found.append((f"{name} {body[:60]}", {key[:5]: ADMIN.get(value, value) for key, value in used.items()}))
    return found


def test_a_text_and_its_background_are_a_pair_that_is_checked() -> None:
    seen = 0
    for rule, used in rules():
        if "color" in used and "backg" in used:
            seen += 1
            assert used["backg"] in contrast.PAIRS[used["color"]], rule
    assert seen > 30


def test_every_text_and_every_background_is_checked() -> None:
    grounds = {ground for grounds in contrast.PAIRS.values() for ground in grounds}
    assert {used["color"] for _, used in rules() if "color" in used} <= contrast.PAIRS.keys()
    decoration = {"line", "veil"}  # nothing is written on them
    assert {used["backg"] for _, used in rules() if "backg" in used} - decoration <= grounds
    assert contrast.PAIRS.keys() | grounds == contrast.NAMES.keys() <= BASE.keys()


def test_no_other_style_sheet_writes_a_colour() -> None:
    for name, sheet in SHEETS.items():
        if name != "variables.css":
            assert not re.search(r":[^;{}]*(#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\()", sheet), name


def test_no_template_nor_module_writes_a_colour() -> None:
    """Black and white aside: a code to photograph, the mixing of shades."""
    written = []
    for path in [*ROOT.glob("templates/**/*"), *(p for app in ("dispenses", "accounts", "notifications", "portal")
                 for pattern in ("**/*.py", "**/*.typ") for p in (ROOT / app).glob(pattern))]:  # fmt: skip
        if path.is_file() and "migrations" not in path.parts and path != ROOT / "portal/settings/brand.py":
            colours = set(HEX.findall(path.read_text(encoding="utf-8"))) - {"#000000", "#ffffff"}
            written += [(path.name, colour) for colour in colours]
    assert written == []


def test_the_dark_theme_is_written_once() -> None:
    assert sum(sheet.count("prefers-color-scheme:dark") for sheet in SHEETS.values()) == 1
    assert sum(len(re.findall(r"--dark:initial", sheet)) for sheet in SHEETS.values()) == 2


def test_the_portals_own_colours_are_readable() -> None:
    assert contrast.problems(BASE) == []


def test_a_pale_colour_is_told_with_the_figure() -> None:
    pale = BASE | {"brand": Colour("#ff8a00", BASE["brand"].dark)}
    (told,) = contrast.problems(pale)
    assert told.startswith("Contraste insuffisant, thème clair : « texte des boutons » (#ffffff) sur ")
    assert told.endswith(" sur « couleur principale » (#ff8a00) fait 2,36:1, il faut 4,5:1 au moins.")


def test_a_ratio_just_too_low_is_not_rounded_up() -> None:
    nearly = BASE | {"brand": Colour("#777777", "#12687a")}
    assert "fait 4,47:1" in contrast.problems(nearly)[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["manage.py", "prepare"],
        ["manage.py", "run"],
        ["-m", "gunicorn", "portal.wsgi", "--bind", "127.0.0.1:0", "--config", "portal/gunicorn.py"],
        ["-m", "celery", "-A", "portal", "worker", "-P", "solo"],
        ["-m", "celery", "-A", "portal", "beat", "--schedule", "var/beat-jamais-ecrit", "--pidfile="],
    ],
    ids=["check", "prepare", "run", "gunicorn", "worker", "beat"],
)
def test_a_pale_colour_stops_the_start(command: list[str], tmp_path: Path) -> None:
    environment = production(tmp_path) | PALE
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode != 0
    assert "#ff8a00" in done.stderr + done.stdout
    assert "2,36:1, il faut 4,5:1 au moins" in done.stderr + done.stdout
