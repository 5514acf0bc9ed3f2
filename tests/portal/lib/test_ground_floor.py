"""The ground floor imports no app, and nobody imports the rest of portal: import-linter says so of all there is."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_every_module_of_portal_has_its_layer() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contract = next(found for found in settings["contracts"] if found["name"] == "One arrow between the rooms")
    wiring, *rooms = contract["layers"]
    assert rooms == ["dispenses", "accounts", "notifications", "portal.lib"]
    assert contract["ignore_imports"] == []
    modules = {path.stem for path in (ROOT / "portal").glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in (ROOT / "portal").glob("*/__init__.py")} - {"lib"}
    assert set(wiring.split(" : ")) == {f"portal.{name}" for name in modules | packages}
