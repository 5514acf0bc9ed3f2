"""The lock is that of the versions that are tested, with a hash for each; the licences are those of the lock."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.licences import locked, table

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def needed(requirements: list[str], extras: frozenset[str] = frozenset({""})) -> set[str]:
    """The names of these libraries and of all that they need here, themselves included."""
    found, waiting = set(), [(Requirement(text), extras) for text in requirements]
    seen = set()
    while waiting:
        requirement, of = waiting.pop()
        wanted = requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in of)
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if wanted and key not in seen:
            seen.add(key)
            found.add(key[0])
            its = frozenset({"", *requirement.extras})
            waiting += [(Requirement(text), its) for text in requires(requirement.name) or []]
    return found


def test_the_lock_has_all_that_production_needs_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = needed(project["dependencies"])
    assert ours <= set(locked())
    elsewhere = set(re.findall(r"^([a-z0-9.-]+)==\S+ ;", LOCK, flags=re.MULTILINE))
    assert set(locked()) - ours <= elsewhere  # on another system, or another Python


def test_the_lock_of_the_options_is_the_same_with_what_they_need() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    whole = locked("requirements-extras.lock")
    assert locked().items() <= whole.items()
    more = needed([*options["sentry"], *options["otel"]])
    assert whole.keys() - locked().keys() <= more <= whole.keys()
    assert set(options["sentry"] + options["otel"]) <= set(options["dev"])


def test_its_versions_are_those_that_are_tested() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    tested = {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", constraints, flags=re.M)
    }
    for name, version in locked("requirements-extras.lock").items():
        try:
            distribution(name)
        except PackageNotFoundError:
            continue
        assert tested[name] == version


def test_each_library_has_a_hash_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-extras.lock"):
        lock = (ROOT / name).read_text(encoding="utf-8")
        libraries = re.split(r"\n(?=\S)", lock.strip())
        assert len(libraries) == len(locked(name))
        assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", library) for library in libraries)
        assert "://" not in lock


def test_what_installs_production_asks_for_the_hashes() -> None:
    for path in ("Dockerfile", "docs/deployment.md"):
        assert "--require-hashes -r requirements.lock" in (ROOT / path).read_text(encoding="utf-8"), path


def test_the_licences_are_those_of_the_lock() -> None:
    assert (ROOT / "docs" / "licences.md").read_text(encoding="utf-8") == table()
    assert "| ? |" not in table()
