"""What nobody sees rot: tasks of the schedule, unused templates, unexplained libraries, broken links in the docs."""

import ast
import re
import subprocess
import tomllib
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models
from django.template.loader import get_template
from django.urls import URLPattern, URLResolver, get_resolver

from notifications.messages import declared

ROOT = Path(settings.BASE_DIR)
ROOMS = ("portal", "dispenses", "accounts", "notifications")
TEMPLATES = sorted(str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.*"))
CALLED_BY_DJANGO = re.compile(r"^(400|403|404|413|500|503)\.html$|^(django|admin|registration)/")


def sources() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]


def strings() -> set[str]:
    """Every string in the code of the rooms."""
    return {
        node.value
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_an_employer_is_locked_beside_what_is_written_of_it() -> None:
    """A lock of the whole row stops each insertion that names the employer: two who wait for each other die of it."""
    whole = re.compile(r"Employer\.objects\.select_for_update\((?!no_key=True)")
    assert [path.name for path in sources() if whole.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("name", sorted(settings.CELERY_BEAT_SCHEDULE))
def test_what_the_schedule_calls_is_a_registered_task(name: str) -> None:
    task = settings.CELERY_BEAT_SCHEDULE[name]["task"]
    import_module(task.rpartition(".")[0])
    assert task in current_app.tasks


def test_a_task_is_gathered_under_its_name() -> None:
    for app in ROOMS[1:]:
        import_module(f"{app}.tasks")
    named = [(name, task) for name, task in current_app.tasks.items() if name.startswith(ROOMS)]
    assert named
    for name, task in named:
        module, _, attribute = name.rpartition(".")
        assert getattr(import_module(module), attribute) == task, name


def test_every_template_is_used() -> None:
    used = strings()
    for name in TEMPLATES:
        text = (ROOT / "templates" / name).read_text(encoding="utf-8")
        used |= set(re.findall(r"""{%\s*(?:include|extends|fragment)\s+["']([^"']+)["']""", text))
    mails = {f"{message.template}.{suffix}" for message in declared() for suffix in ("html", "txt")}
    pages = {f"pages/{word}.html" for word in used if word.isidentifier()}
    unused = [name for name in TEMPLATES if name not in used | mails | pages and not CALLED_BY_DJANGO.match(name)]
    assert unused == []


def test_no_line_of_a_page_is_longer_than_160_characters() -> None:
    """A text mail is left as its reader gets it: its paragraphs are not cut."""
    pages = {
        name: (ROOT / "templates" / name).read_text(encoding="utf-8") for name in TEMPLATES if name.endswith("html")
    }
    long = [(name, line[:40]) for name, text in pages.items() for line in text.splitlines() if len(line) > 160]
    assert long == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_compiles(name: str) -> None:
    if name.endswith((".html", ".txt")):
        get_template(name)


def test_templates_named_in_the_code_exist() -> None:
    wanted = {word for word in strings() if re.fullmatch(r"[\w/-]+/[\w/-]+\.(html|txt)", word)}
    assert wanted
    for name in wanted:
        get_template(name)


def test_no_style_nor_script_inside_a_page() -> None:
    for name in TEMPLATES:
        text = (ROOT / "templates" / name).read_text(encoding="utf-8")
        if name.endswith(".html") and not name.startswith("emails/"):
            assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text), name


def test_french_punctuation_has_its_no_break_space() -> None:
    """A plain space before « ; : ? ! » may end a line with the sign alone on the next."""
    wrong = []
    for name in TEMPLATES:
        text = (ROOT / "templates" / name).read_text(encoding="utf-8")
        shown = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>|{#.*?#}", "", text, flags=re.DOTALL)
        wrong += [f"{name} : {found}" for found in re.findall(r"\w+ [;:?!](?=\s|$)|« \w+|\w+ »", shown)]
    assert wrong == []


def test_a_new_foreign_key_says_what_a_deletion_does() -> None:
    """Evidence is protected: only what has no life of its own goes with its owner."""
    cascades = {
        f"{model._meta.label}.{field.name}"
        for room in ROOMS
        for model in (apps.get_app_config(room).get_models() if apps.is_installed(room) else ())
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE
    }
    evidence = ("Declaration", "TimelineEvent", "Justificatif", "Complement", "Dispense.")
    assert [name for name in cascades if any(f".{word}" in name for word in evidence)] == []


def test_every_url_has_a_name() -> None:
    def names(resolver: URLResolver) -> list[str | None]:
        return [
            name
            for entry in resolver.url_patterns
            for name in (
                [entry.name] if isinstance(entry, URLPattern) else [] if entry.app_name == "admin" else names(entry)
            )
        ]

    assert None not in names(get_resolver())


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_nothing_imports_the_composition_root() -> None:
    for path in sources():
        if path.relative_to(ROOT).parts[0] != "portal":
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"^\s*(from|import) portal\b(?!\.lib\b)", text, re.MULTILINE), path


def test_nothing_reads_the_environment_but_the_settings_and_programs() -> None:
    allowed = {"env.py", "celery.py", "wsgi.py", "gunicorn.py", "http_worker.py", "healthcheck.py", "run.py"}
    readers = {path.name for path in sources() if "os.environ" in path.read_text(encoding="utf-8")}
    assert readers <= allowed


def test_each_dependency_is_explained_and_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([\w-]+(?:\[[\w-]+\])?) \| ([^|]+) \|", text, flags=re.MULTILINE))
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }
    for requirement in wanted:
        name, lower, upper = re.fullmatch(r"([\w-]+(?:\[[\w-]+\])?)>=([\d.]+),<([\d.]+)(?:;.*)?", requirement).groups()  # type: ignore[union-attr]
        assert rows.pop(name) in {f"≥ {lower}, < {upper}", f"{lower} LTS"}, name
        assert name.partition("[")[0].lower().replace("_", "-") in pinned, name
    assert rows.keys() == {"library"}


def test_constraints_hold_versions_alone() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_links_of_the_documentation_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (page.parent / target).exists(), f"{page.name} : {target}"


def test_what_the_documentation_names_exists() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        named = re.findall(r"`((?:portal|dispenses|accounts|notifications|templates|static|tests)/[\w/.-]+)`", text)
        assert named or page.name != "architecture.md"
        assert [name for name in named if not (ROOT / name).exists()] == [], page.name


def test_nothing_ignored_is_committed() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("pas un dépôt git")
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
