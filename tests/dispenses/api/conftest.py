"""A company, its token, and a client that carries it."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.enums import ApiScope
from accounts.models import Employer
from tests.factories import CorrespondentFactory

BOTH = [ApiScope.READ.value, ApiScope.WRITE.value]
CAMILLE = {
    "matricule": "L-1",
    "first_name": "Camille",
    "last_name": "Martin",
    "professional_email": "camille@levant.exemple",
    "hired_on": "2018-09-03",
    "contract_type": "cdi",
}


class Software:
    """The employer's HR software."""

    def __init__(self, employer: Employer, secret: str) -> None:
        self.employer, self.secret = employer, secret
        self.client = Client(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)

    def get(self, path: str = "employees", **parameters: Any) -> HttpResponse:
        return self.client.get(f"/api/v1/{path}", parameters)

    def push(self, *rows: dict[str, Any], key: str = "") -> HttpResponse:
        return self.post(json.dumps({"employees": rows}), key=key)

    def post(self, body: str | bytes, *, key: str = "", content_type: str = "application/json") -> HttpResponse:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self.client.post("/api/v1/employees", body, content_type=content_type, headers=headers)


def software(employer: Employer | None = None, scopes: list[str] | None = None) -> Software:
    """Software with a token of `employer`, a new one unless given."""
    correspondent = CorrespondentFactory(**({"employer": employer} if employer else {}))
    _, secret = services.create_token(
        employer=correspondent.employer,
        by=correspondent.user,
        name=f"SIRH {uuid.uuid4().hex[:8]}",
        scopes=scopes or BOTH,
        last_day=timezone.localdate() + timedelta(days=30),
    )
    return Software(correspondent.employer, secret)


@pytest.fixture
def sirh(db: None) -> Software:
    return software()


def results(response: HttpResponse) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.content.decode()
    return list(response.json()["results"])


def code(response: HttpResponse) -> tuple[int, str]:
    """Status and stable code of a problem, whose form is checked by the way."""
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert {"type", "title", "detail"} <= set(body)
    return response.status_code, body["code"]
