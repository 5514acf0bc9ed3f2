"""Settings of `make run`, read by a process of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.environment import ROOT
from tests.prepared import environment_of

SAY = "from django.conf import settings; print(settings.PORTAL_BASE_URL)"


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"PORT": "8123"}, "http://127.0.0.1:8123"),
        ({"PORT": "8123", "PORTAL_BASE_URL": "https://essai.exemple/"}, "https://essai.exemple"),
    ],
)
def test_mails_lead_to_the_port_that_is_served(given: dict[str, str], address: str, tmp_path: Path) -> None:
    environment = {
        name: value for name, value in environment_of(tmp_path).items() if name not in ("PORT", "PORTAL_BASE_URL")
    }
    environment |= {"DJANGO_SETTINGS_MODULE": "portal.settings.dev", **given}
    said = subprocess.run([sys.executable, "-c", SAY], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert said.stdout.decode().strip() == address
