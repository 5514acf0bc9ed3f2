"""Two web processes that share the database alone, as two machines do, count as one: passwords, calls, uploads."""

import contextlib
import http.client
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy import test_upload
from tests.deploy.environment import ROOT
from tests.deploy.test_proxies import EMAIL, OWNER, Entrance
from tests.deploy.test_upload import Site, wait_for
from tests.files import pdf_bytes
from tests.prepared import once
from tests.servers.ports import free_port

pytestmark = pytest.mark.slow
PEOPLE = f"""
import django; django.setup()
from django.utils import timezone
from datetime import timedelta
from accounts import services
from accounts.enums import ApiScope
from accounts.models import Employer
from tests.factories import CorrespondentFactory, UserFactory
UserFactory(email="{EMAIL}")
role = CorrespondentFactory(employer=Employer.objects.get(), user__email="paie@exemple.fr")
last_day = timezone.localdate() + timedelta(days=1)
scopes = [ApiScope.READ.value]
print(services.create_token(employer=role.employer, by=role.user, name="paie", scopes=scopes, last_day=last_day)[1])
"""
FILES = 3


@dataclass
class Webs:
    """Both, each with a folder and a cache of its own; the secret of a token."""

    sites: list[Site]
    secret: str

    def call(self, site: Site) -> str | None:
        """What is left of the token's minute, as the API says."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)) as link:
            link.request("GET", "/api/v1/token", headers={"Authorization": f"Bearer {self.secret}"})
            answer = link.getresponse()
            assert answer.status == 200, answer.read()
            return answer.headers["RateLimit"]


@pytest.fixture
def webs(tmp_path: Path) -> Iterator[Webs]:
    var = tmp_path / "var"
    shutil.copytree(once("uploading", test_upload._prepare), var)
    database = f"sqlite:///{var / 'portal.sqlite3'}"
    given = test_upload.environment(var, tmp_path) | {
        "DATABASE_URL": database,
        "PORTAL_UPLOAD_HOURLY_FILES": str(FILES),
    }
    done = subprocess.run(
        [sys.executable, "-c", PEOPLE], cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True, check=True
    )
    number, session, csrf = (var / "signed-in").read_text().split()[-3:]
    with contextlib.ExitStack() as stack:
        sites = []
        for name in ("un", "deux"):
            port, own = free_port(), tmp_path / name
            shutil.copytree(var / "static", own / "static")
            command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
            server = subprocess.Popen(
                [*command, "--config", "portal/gunicorn.py"],
                cwd=ROOT,
                env=given | {"PORTAL_VAR_DIR": str(own), "WEB_CONCURRENCY": "1"},
            )
            stack.callback(server.wait, timeout=60)
            stack.callback(server.terminate)
            sites.append(Site(port, own, tmp_path, number, f"session={session}; csrf={csrf}", csrf, server))
        for site in sites:
            wait_for(lambda site=site: test_upload._listens(site.port), 120)  # type: ignore[misc]
        yield Webs(sites, done.stdout.split()[-1])


def test_they_count_together(webs: Webs) -> None:
    one, two = webs.sites
    doors = [Entrance(site.port, site.var) for site in (one, two, one, two, one)]
    assert [door.sign_in("faux", source=OWNER) for door in doors] == [200] * 4 + [429]

    while True:  # both calls within one minute of the clock
        minute = time.time() // 60
        left = [webs.call(site) for site in (one, two)]
        if time.time() // 60 == minute:
            break
    assert [str(said).split(";")[1] for said in left] == ["r=119", "r=118"]

    sent = [site.send(pdf_bytes())[0] for site in (one, two, one, two)]
    assert sent[:FILES] == [200] * FILES
    assert sent[FILES] == 429
