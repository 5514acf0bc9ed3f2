"""The API against its own OpenAPI document: whatever is sent, the answer is one that it tells, never a 500."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode

from dispenses.api.operations import api
from tests.dispenses.api.conftest import CAMILLE, software
from tests.factories import DispenseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

EXAMPLES = 50  # of each operation, good and bad each
PATIENT: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}
CASES = [
    (path, method, mode)
    for path, methods in api.get_openapi_schema()["paths"].items()
    for method, operation in methods.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or operation.get("parameters")  # nothing wrong can be sent where nothing is
]


@contextmanager
def kept_connection() -> Iterator[None]:
    """A request served by the real handler would close the connection that the test's transaction needs."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize(("path", "method", "mode"), CASES, ids=str)
def test_answers_are_those_of_the_document(settings: Any, path: str, method: str, mode: GenerationMode) -> None:
    settings.PORTAL_API_RATE = 10**6
    sirh = software()
    sirh.push(CAMILLE)
    DispenseFactory(employee__employer=sirh.employer, accepted=True)
    with kept_connection():
        document = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    if mode is GenerationMode.NEGATIVE:  # a request "without its token" would be sent with it all the same
        for operation in document.raw_schema["paths"].values():
            for described in operation.values():
                described.pop("security", None)
    seen = fuzzed(document[path][method.upper()], mode, {"Authorization": f"Bearer {sirh.secret}"})

    assert seen
    if mode is GenerationMode.POSITIVE and path != "/api/v1/employees/{employee_id}":
        assert 200 in seen


def fuzzed(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> set[int]:
    """Send examples made from the document, check each answer against it. Returns the status codes seen."""
    seen: set[int] = set()

    # Derandomized: an added parameter whose value is written as nothing would now and then be a false alarm.
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(mode))
    def fuzz(case: Case) -> None:
        answer = case.call(headers=headers)
        seen.add(answer.status_code)
        case.validate_response(answer, headers=headers)

    with kept_connection():
        fuzz()
    return seen
