"""A database that holds the former wording of the motifs gets their new editions; nothing that was signed changes."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from dispenses.law import renewal
from dispenses.law.catalogue import BY_CODE
from dispenses.models import Motif
from tests.factories import DispenseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-12-01T12:00:00+01:00")]
TODAY = date(2026, 12, 1)


@pytest.fixture
def former(monkeypatch: pytest.MonkeyPatch) -> Motif:
    """« Employeur conjoint » as it was shipped before: other words, fewer questions."""
    motif = Motif.objects.get(code="conjoint")
    motif.declaration, motif.extra_fields = "je suis couvert(e) par mon conjoint", ["assureur", "titulaire"]
    motif.save()
    monkeypatch.setattr(renewal, "FORMER", {"conjoint": renewal.fingerprint(motif)})
    return motif


def test_what_was_shipped_before_gets_a_new_edition(former: Motif) -> None:
    signed, draft = DispenseFactory(in_progress=True), DispenseFactory()
    words = signed.declarations.get().text
    assert renewal.renew(TODAY) == renewal.Renewed(editions=1, drafts=1)
    edition = Motif.objects.get(code="conjoint", in_force_from=TODAY)
    former.refresh_from_db()
    assert former.in_force_until == TODAY - timedelta(days=1)
    assert renewal.fingerprint(edition) == renewal.fingerprint(BY_CODE["conjoint"])
    assert [piece.code for piece in edition.required_justificatifs.all()] == ["attestation_conjoint", "carte_mutuelle"]
    for dispense in (signed, draft):
        dispense.refresh_from_db()
    assert (signed.motif, draft.motif) == (former, edition)
    assert signed.declarations.get().text == words
    assert renewal.renew(TODAY) == renewal.Renewed(0, 0)


def test_what_an_administrator_worded_stays(former: Motif) -> None:
    former.label = "Mon conjoint"
    former.save()
    assert renewal.renew(TODAY) == renewal.Renewed(0, 0)


def test_an_edition_of_the_day_waits_for_the_morrow(former: Motif) -> None:
    Motif.objects.filter(pk=former.pk).update(in_force_from=TODAY)
    assert renewal.renew(TODAY) == renewal.Renewed(0, 0)
    assert renewal.renew(TODAY + timedelta(days=1)) == renewal.Renewed(editions=1, drafts=0)


def test_the_present_catalogue_is_not_the_former_one() -> None:
    assert {code for code, digest in renewal.FORMER.items() if renewal.fingerprint(BY_CODE[code]) == digest} == set()
    assert set(renewal.FORMER) <= set(BY_CODE)


def test_preparing_a_database_twice_changes_nothing() -> None:
    before = list(Motif.objects.order_by("pk").values_list("pk", "declaration", "in_force_until"))
    call_command("prepare")
    assert list(Motif.objects.order_by("pk").values_list("pk", "declaration", "in_force_until")) == before
