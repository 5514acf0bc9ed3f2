"""The variables that the settings read, found in their source; and an environment fit for production."""

import ast
from pathlib import Path

from tests import clock

ROOT = Path(__file__).resolve().parents[2]
READERS = {"text", "flag", "integer", "words", "ports", "secrets"}
BROKER = "redis://127.0.0.1:9/0"  # where nothing listens: no test meets a server that happens to run here
KEY = "clef-de-production-des-tests-" + "0123456789" * 4


def _reads(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        owner = ast.unparse(node.func.value)
        reads = (owner == "env" and node.func.attr in READERS) or (owner == "os.environ" and node.func.attr == "get")
        if reads and isinstance(node.args[0], ast.Constant):
            found.add(str(node.args[0].value))
    return found


def settings_variables() -> set[str]:
    """What portal/settings/ reads."""
    return set().union(*(_reads(path) for path in (ROOT / "portal" / "settings").glob("*.py")))


def program_variables() -> set[str]:
    """What gunicorn's configuration, `make run`, `make test` and the bench read."""
    paths = [
        ROOT / "portal" / "gunicorn.py",
        ROOT / "portal" / "http_worker.py",
        ROOT / "portal" / "management" / "commands" / "run.py",
        ROOT / "tests" / "run.py",
        ROOT / "tests" / "conftest.py",
        ROOT / "tests" / "clock.py",
        *(ROOT / "tests" / "bench").glob("*.py"),
    ]
    return set().union(*(_reads(path) for path in paths if path.exists()))


def production(var: Path) -> dict[str, str]:
    """Every required variable, on SQLite so that the process needs no server to start."""
    return {
        **clock.environment(),
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "portal.settings.production",
        "PORTAL_VAR_DIR": str(var),
        "PORTAL_SECRET_KEY": KEY,
        "PORTAL_ALLOWED_HOSTS": "portail.exemple.fr,autre.exemple.fr",
        "PORTAL_BASE_URL": "https://portail.exemple.fr",
        "DATABASE_URL": f"sqlite:///{var / 'portail.sqlite3'}",
        "CELERY_BROKER_URL": BROKER,
        "EMAIL_HOST": "smtp.exemple.fr",
        "PORTAL_CLAMD": "tcp://127.0.0.1:9",
        "PORTAL_PROXY_COUNT": "1",
        "PORTAL_FROM_EMAIL": "Espace Adhérent <ne-pas-repondre@exemple.fr>",
        "PORTAL_LEGAL_COMPANY": "Mutuelle du Levant, SIREN 784 000 001, 2 quai des Essais, 13002 Marseille",
        "PORTAL_LEGAL_DIRECTOR": "Camille Astier, directrice générale",
        "PORTAL_LEGAL_HOST": "Hébergeur du Levant, 4 rue des Machines, 13003 Marseille, 04 99 00 00 00",
        "PORTAL_LEGAL_MEDIATOR": "Médiateur des essais, 6 rue des Accords, 75009 Paris",
        "PORTAL_LEGAL_DATA_OFFICER": "dpo@exemple.fr",
        "PORTAL_LEGAL_PROCESSORS": "aucun",
    }


def required() -> set[str]:
    """The variables without which production does not start, of those above."""
    return set(production(Path())) - {"PATH", "DJANGO_SETTINGS_MODULE", "PORTAL_VAR_DIR", *clock.environment()}
