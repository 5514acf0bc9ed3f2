"""The morning of `make load` in small: what its people do still leads where they think."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dispenses.models import Dispense
from tests.factories import TYPED, ActeFactory, InvitationFactory, StaffFactory
from tests.files import pdf_bytes
from tests.load.people import Browser, Told, activate, file, review


class InProcess(Browser):
    """The same without a server."""

    def __init__(self, told: Told, client: Client) -> None:
        super().__init__(80, told)
        self.client, self.at = client, "http://testserver/"

    def answer(self, method: str, address: str, **sent: Any) -> tuple[int, str, str]:
        data = dict(sent.get("data") or {})
        data |= {name: SimpleUploadedFile(*of) for name, of in (sent.get("files") or {}).items()}
        ask = self.client.post if method == "POST" else self.client.get
        response: Any = ask(address, data, follow=True)
        ends = response.redirect_chain[-1][0] if response.redirect_chain else address
        return response.status_code, response.content.decode(), ends


@pytest.mark.django_db
def test_somebody_activates_files_and_is_answered(client: Client, settings: Any) -> None:
    settings.PORTAL_UNDO_SECONDS, settings.PORTAL_SECOND_FACTOR = 0, "aucun"
    invitation, told = InvitationFactory(), Told()
    ActeFactory(employer=invitation.employee.employer)
    employee = InProcess(told, Client())
    activate(employee, invitation.token)
    file(employee, pdf_bytes(), TYPED)
    client.force_login(StaffFactory())
    assert review(InProcess(told, client))
    assert Dispense.objects.get().status == "accepted"
    assert len(told.times["document"]) == 2
    assert not review(InProcess(told, client))
