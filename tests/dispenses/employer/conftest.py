import pytest

from notifications import outbox


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages stay in the table, where the tests read them."""
    monkeypatch.setattr(outbox, "wake", lambda: None)
