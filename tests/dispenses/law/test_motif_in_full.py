"""A motif away from its family says what it is about: « moins de 12 mois » of what?"""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import ContractType
from dispenses.keeping import personal
from dispenses.law.codes import MotifCode
from dispenses.models import Dispense, Motif, in_full
from dispenses.request import contents, emails
from portal.lib.typography import NBSP
from tests.dispenses.member.test_wizard import signed_in, text, url
from tests.factories import ActeFactory, DispenseFactory, EmployeeFactory, StaffFactory

pytestmark = pytest.mark.django_db
WORDS = f"CDD ou apprentissage{NBSP}: moins de 12 mois, même sans autre couverture"


def short() -> Motif:
    found: Motif = Motif.objects.get(code=MotifCode.CDD_MOINS_12_MOIS, in_force_until=None)
    return found


def of_a_short_contract(**stage: object) -> Dispense:
    dispense = DispenseFactory(**stage)
    Dispense.objects.filter(pk=dispense.pk).update(motif=short())
    return Dispense.objects.get(pk=dispense.pk)


@pytest.mark.parametrize(
    ("family", "label", "words"),
    [
        ("cdd", "Moins de 12 mois", f"CDD ou apprentissage{NBSP}: moins de 12 mois"),
        ("cdd", "CDD de moins de 12 mois", "CDD de moins de 12 mois"),
        ("individuelle", "Assurance individuelle à l’embauche", "Assurance individuelle à l’embauche"),
    ],
)
def test_only_a_label_that_is_cut_from_its_meaning_follows_its_family(family: str, label: str, words: str) -> None:
    assert in_full(family, label) == words
    assert str(Motif(family=family, label=label)) == words


def test_every_motif_signed_in_full_has_its_place() -> None:
    assert all(len(in_full(family, "x" * 120)) <= 160 for family in Motif.objects.values_list("family", flat=True))


def test_the_employee_reads_it_in_full_everywhere() -> None:
    draft = of_a_short_contract(answers={})
    assert WORDS in text(signed_in(draft).get(url("justificatifs", draft)))
    assert WORDS in text(signed_in(draft).get("/demandes/"))
    sent = of_a_short_contract(in_progress=True)
    client = signed_in(sent)
    for page in ("/demandes/", reverse("demande_accuse", args=[sent.number])):
        assert WORDS in text(client.get(page))
    assert ("Motif", WORDS) in contents.answers_in_words(sent)
    assert personal._request(sent, {})["motif"] == WORDS


def test_the_centre_reads_it_in_full_in_its_queue_its_request_and_its_export() -> None:
    sent = of_a_short_contract(in_progress=True)
    client = Client()
    client.force_login(StaffFactory())
    queue = reverse("admin:dispenses_dispense_changelist")
    for page in (queue, reverse("admin:dispenses_dispense_change", args=[sent.number])):
        assert WORDS in client.get(page).content.decode()
    exported = b"".join(client.get(f"{queue}exporter/csv/").streaming_content).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(exported), delimiter=";")
    assert row[header.index("Motif")] == WORDS


def test_a_mail_that_lists_what_is_open_says_it_in_full() -> None:
    acte = ActeFactory(opened_motifs=[MotifCode.CDD_MOINS_12_MOIS])
    today = timezone.localdate()
    employee = EmployeeFactory(
        activated=True,
        employer=acte.employer,
        hired_on=today,
        contract_type=ContractType.CDD,
        contract_ends_on=today + timedelta(days=180),
    )
    assert WORDS in emails.open_cases(employee)
