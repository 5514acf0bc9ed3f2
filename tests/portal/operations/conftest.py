"""Metrics read in this thread, which sees the rows of the test; the portal's other parts are not asked."""

from typing import Any

import pytest

from portal import readiness
from portal.operations import exposition

TOKEN = "jeton-de-prometheus-des-tests-0123456789"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, settings: Any) -> str:
    """The token that opens /metrics."""
    settings.PORTAL_METRICS_TOKEN = TOKEN
    well = readiness.Answer(readiness.State.READY, {name: "" for names in readiness.PROBES for name in names})
    monkeypatch.setattr(readiness, "look", lambda: well)

    def ask_all(probers: object, *, seconds: float) -> dict[str, Any]:
        return {
            "database": exposition._of_the_database(),
            **{name: exposition._of(part)() for name, part in exposition.OTHERS.items()},
        }

    monkeypatch.setattr(exposition, "ask_all", ask_all)
    return TOKEN
