"""Rules of every test: strict templates, motifs and groups in the database, files of its own."""

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import clock, tables
from tests.deploy import hosts
from tests.folders import storages_in
from tests.servers import ceph, clamd, postgresql, prometheus, proxies

clock.start()
# A slow machine is no fault of what is tested.
hypothesis_settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("portal")

STRICT = os.environ.get("PORTAL_TEST_STRICT") == "1"
CHROMIUM = os.environ.get("PORTAL_CHROMIUM", "/usr/bin/chromium")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A temporary folder of this run alone, for its tests, its workers and the processes that they start."""
    if hasattr(config, "workerinput"):
        return
    folder = tempfile.mkdtemp(prefix="portail-tests-")
    config.add_cleanup(lambda: _leave_nothing(folder))
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    if config.option.basetemp is None:
        config.option.basetemp = str(Path(folder) / "t")
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # under nohup it is ignored, and stays so
            signal.signal(number, _stop)


def _stop(number: int, _: object) -> None:
    """As Ctrl-C: what was begun is put away; asked again, goes on with that."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _run_name() -> str:
    """What tells this run from the others on the machine: the same in all its processes."""
    return Path(tempfile.gettempdir()).name.removeprefix("portail-tests-")


def _leave_nothing(folder: str) -> None:
    if "postgres" in os.environ.get("DATABASE_URL", ""):
        postgresql.drop_databases(os.environ["DATABASE_URL"], f"_{_run_name()}")
    shutil.rmtree(folder, ignore_errors=True)


def pytest_sessionstart(session: pytest.Session) -> None:
    """How to have the same order again, which `-q` hides."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    seed = session.config.getoption("randomly_seed", None)
    if reporter and seed is not None:
        reporter.write_line(f"Ordre des tests : --randomly-seed={seed}")


NO_DATABASE = pytest.StashKey[int]()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what another pass runs since it reaches no database."""
    for item in items:
        elsewhere = any(item.get_closest_marker(name) for name in ("browser", "s3", "hosts", "every_day"))
        if item.get_closest_marker("no_database") and not elsewhere:
            stash = item.config.stash
            stash[NO_DATABASE] = stash.get(NO_DATABASE, 0) + 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["no_database"] = session.config.stash.get(NO_DATABASE, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    node.config.stash[NO_DATABASE] = getattr(node, "workeroutput", {}).get("no_database", 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if "not no_database" in config.option.markexpr:
        terminalreporter.write_line(
            f"Sans base de données, donc sur SQLite seulement : {config.stash.get(NO_DATABASE, 0)} tests"
        )


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was read of the tests stays to the end: the collector does not go through it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Copies of one database; on a server that others use too, databases of this run alone."""
    if connection.vendor == "postgresql":
        test = connection.settings_dict["TEST"]
        test["NAME"] = f"{test['NAME'] or 'test_' + connection.settings_dict['NAME']}_{_run_name()}"
    tables.use_copies(_run_name())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """What a machine cannot run is deselected aloud; in strict mode it stays, and fails. The longest come first."""
    for item in items:
        if not _has_a_database(item):
            item.add_marker("no_database")
    on_postgresql = "postgres" in os.environ.get("DATABASE_URL", "")
    kept, left_out = [], []
    for item in items:
        wants_postgresql = item.get_closest_marker("postgresql") is not None
        lacks_redis = item.get_closest_marker("redis") is not None and not shutil.which("redis-server")
        lacks_browser = item.get_closest_marker("browser") is not None and not Path(CHROMIUM).exists()
        lacks_clamd = item.get_closest_marker("clamd") is not None and not clamd.installed()
        lacks_s3 = item.get_closest_marker("s3") is not None and not ceph.installed()
        lacks_proxies = item.get_closest_marker("proxies") is not None and not proxies.installed()
        lacks_prometheus = item.get_closest_marker("prometheus") is not None and not prometheus.installed()
        lacks_hosts = item.get_closest_marker("hosts") is not None and not (os.geteuid() == 0 and hosts.installed())
        lacks = (lacks_redis, lacks_browser, lacks_clamd, lacks_s3, lacks_proxies, lacks_prometheus, lacks_hosts)
        absent = any(lacks) and not STRICT
        (left_out if (wants_postgresql and not on_postgresql) or absent else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
    yield
    items.sort(key=_rank)  # others in the order drawn


def _rank(item: pytest.Item) -> int:
    """Begun late, a test of minutes would keep a worker alone while the others have nothing left."""
    slow = item.get_closest_marker("slow")
    return 2 if slow is None else 1 - len(slow.args)


def _has_a_database(item: pytest.Item) -> bool:
    """To any other test pytest-django refuses the database: it says the same whichever is there."""
    asked = set(getattr(item, "fixturenames", ())) & {"db", "django_db_setup", "live_server", "on_postgresql"}
    return bool(asked or item.get_closest_marker("django_db") or item.get_closest_marker("postgresql"))


class Undefined(str):
    """A variable that a template reads and nobody gave: a failure, in our templates."""

    def __contains__(self, key: object) -> bool:
        return key == "%s"

    def __mod__(self, name: object) -> str:  # type: ignore[override]
        raise AssertionError(f"Variable de gabarit inconnue : {name}")


@pytest.fixture(autouse=True)
def _one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock.watch_sessions(monkeypatch)


@pytest.fixture(autouse=True)
def _strict_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.template import engines
    from django.template.base import Template

    engine = engines["django"].engine
    original = Template.render

    def render(self: Template, context: Any) -> Any:
        origin = str(getattr(self.origin, "name", ""))
        ours = origin.startswith(str(django_settings.BASE_DIR / "templates"))
        before = engine.string_if_invalid
        engine.string_if_invalid = Undefined("%s") if ours else ""
        try:
            return original(self, context)
        finally:
            engine.string_if_invalid = before

    monkeypatch.setattr(Template, "render", render)


@pytest.fixture(autouse=True)
def _nothing_kept_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.lib import hints, kept, shared

    monkeypatch.setattr(hints._Quiet, "until", 0.0)
    monkeypatch.setattr(shared._Quiet, "until", 0.0)
    for name in django_settings.CACHES:
        caches[name].clear()
    monkeypatch.setattr(kept, "clock", lambda: 0.0)  # nothing is read again because a test is slow
    kept.forget_all()


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: Any) -> Iterator[None]:
    with storages_in(tmp_path):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The test database holds motifs and groups from the start, as a portal that was prepared, and between tests."""
    with django_db_blocker.unblock():
        tables.keep_rows()


@pytest.fixture
def second_factor(settings: Any) -> None:
    """The second factor asked of staff and correspondents, as in production; see tests/second_factor.py."""
    settings.PORTAL_SECOND_FACTOR = "tous"


@pytest.fixture
def on_postgresql() -> bool:
    return connection.vendor == "postgresql"
