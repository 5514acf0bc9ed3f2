"""« Preuves URSSAF »: the period, what is said, who may ask and take, and what staff may see."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Correspondent
from dispenses.employer import evidence
from dispenses.enums import PackStatus
from dispenses.models import EvidencePack, LegalHold, Motif, PackReading, pack_storage
from dispenses.packs import preparation
from tests.dispenses.member.test_wizard import text
from tests.dispenses.packs.packs import granted, ready_pack
from tests.factories import (
    ActeFactory,
    AdministratorFactory,
    CorrespondentFactory,
    DispenseFactory,
    LeadFactory,
    StaffFactory,
    answers_to,
)

pytestmark = pytest.mark.django_db
PAGE = "/employeur/preuves/"
PERIOD = {"du_0": "1", "du_1": "1", "du_2": "2024", "au_0": "31", "au_1": "12", "au_2": "2024"}


@pytest.fixture
def role() -> Correspondent:
    role = CorrespondentFactory()
    ActeFactory(employer=role.employer)
    return role


@pytest.fixture
def client(role: Correspondent) -> Client:
    client = Client()
    client.force_login(role.user)
    return client


def days_ago(days: int) -> Any:
    return timezone.localdate() - timedelta(days=days)


def test_the_page_says_what_is_exposed_and_missing(client: Client, role: Correspondent) -> None:
    complete = granted(role.employer, days_ago(30))
    bare = granted(role.employer, days_ago(30))
    bare.justificatifs.update(missing_since=timezone.now())
    page = text(client.get(PAGE, {"employeur": role.employer_id}))
    assert "Justificatif demandé absent" in page
    assert bare.employee.full_name in page
    assert complete.employee.full_name not in page
    assert "indiquez la cotisation patronale" in page
    for motif in ("conjoint", "Mutuelle du Lac"):  # the pages never tell the motif
        assert motif not in page
    parameters = {**page_fields(), "cotisation": "40"}
    page = text(client.get(PAGE, parameters))
    months = len({(days_ago(back).year, days_ago(back).month) for back in range(31)})
    assert f"{60 * months},00\xa0€" in page  # 40 € × 1.5 × months
    assert "L133-4-8" in page


def page_fields() -> dict[str, str]:
    today = timezone.localdate()
    first = date(today.year - 3, 1, 1)
    return {
        "du_0": str(first.day), "du_1": str(first.month), "du_2": str(first.year),
        "au_0": str(today.day), "au_1": str(today.month), "au_2": str(today.year),
    }  # fmt: skip


def test_a_motif_that_the_acte_does_not_open_counts_three_times(client: Client, role: Correspondent) -> None:
    role.employer.actes.update(opened_motifs=["acte_d_c2s"])
    answers = answers_to("acte_d_c2s")
    dispense = granted(role.employer, days_ago(5), motif=Motif.objects.get(code="acte_d_c2s"), answers=answers)
    role.employer.actes.update(opened_motifs=[])
    page = text(client.get(PAGE, {**page_fields(), "cotisation": "10,50"}))
    assert "Motif que l’acte n’ouvre pas" in page
    assert f"N°{dispense.number}" in page
    months = len({(days_ago(back).year, days_ago(back).month) for back in range(6)})
    assert f"{31.5 * months:.2f}".replace(".", ",") in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"au_2": "2023"}, "La fin de la période précède son début"),
        ({"du_2": "2012"}, "ne peut pas dépasser"),
        ({"du_0": "31", "du_1": "2"}, "n’existe pas"),
        ({"cotisation": "beaucoup"}, "Écrivez un montant en euros"),
        ({"cotisation": "-1"}, "Écrivez un montant en euros"),
        ({"cotisation": "99999"}, "Le montant doit être compris"),
        ({"au_2": "9" * 30}, "Erreur"),
    ],
)
def test_a_bad_period_is_explained_and_nothing_is_lost(
    client: Client, role: Correspondent, changes: dict[str, str], words: str
) -> None:
    page = text(client.get(PAGE, {**PERIOD, "cotisation": "38,50", **changes}))
    assert words in page
    assert f'value="{changes.get("cotisation", "38,50")}"' in page
    answer = client.post(f"/employeur/{role.employer_id}/preuves/demander/", {**PERIOD, **changes})
    assert words in text(answer)
    assert not EvidencePack.objects.exists()


def test_ask_then_take(client: Client, role: Correspondent, django_capture_on_commit_callbacks: Any) -> None:
    granted(role.employer, days_ago(30))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"/employeur/{role.employer_id}/preuves/demander/", page_fields())
    assert answer.url.startswith(f"{PAGE}?employeur={role.employer_id}&du_0=1&")
    pack = EvidencePack.objects.get()
    assert pack.status == PackStatus.READY
    assert "Prêt" in text(client.get(PAGE))
    answer = client.get(f"/employeur/preuves/{pack.pk}/telecharger/")
    content = b"".join(answer.streaming_content)
    assert len(content) == pack.size
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith('attachment; filename="preuves-ateliers-du-levant')
    assert answer["Cache-Control"] == "no-store"
    assert [(reading.user, reading.pack) for reading in PackReading.objects.all()] == [(role.user, pack)]
    assert f"{role.user} <span" in text(client.get(PAGE))


def test_twice_is_said(client: Client, role: Correspondent) -> None:
    for _ in range(2):
        answer = client.post(f"/employeur/{role.employer_id}/preuves/demander/", PERIOD, follow=True)
    assert "Un dossier est déjà en préparation" in text(answer)
    assert "En attente" in text(answer)
    assert EvidencePack.objects.count() == 1


def test_another_employer_sees_and_takes_nothing(client: Client, role: Correspondent) -> None:
    other = CorrespondentFactory()
    pack = ready_pack(other.employer, other.user)
    assert client.get(f"/employeur/preuves/{pack.pk}/telecharger/").status_code == 404
    assert client.get(f"/employeur/preuves/{'9' * 40}/telecharger/").status_code == 404
    assert client.get(PAGE, {"employeur": other.employer_id}).status_code == 404
    assert client.post(f"/employeur/{other.employer_id}/preuves/demander/", PERIOD).status_code == 404
    assert "Aucun dossier" in text(client.get(PAGE))
    assert not PackReading.objects.exists()
    other.delete()  # a right withdrawn is withdrawn at once
    former = Client()
    former.force_login(other.user)
    assert former.get(f"/employeur/preuves/{pack.pk}/telecharger/").status_code == 404


def test_each_state_is_said(client: Client, role: Correspondent) -> None:
    for status, words in (
        (PackStatus.QUEUED, "En attente"),
        (PackStatus.FAILED, "Échec"),
        (PackStatus.EXPIRED, "Effacé"),
    ):
        pack = ready_pack(role.employer, role.user)
        failure = "La préparation n’a pas abouti." if status is PackStatus.FAILED else ""
        EvidencePack.objects.filter(pk=pack.pk).update(status=status, failure=failure)
        assert words in text(client.get(PAGE))
        answer = client.get(f"/employeur/preuves/{pack.pk}/telecharger/", follow=True)
        assert "Ce dossier n’est plus disponible" in text(answer)
    assert not PackReading.objects.exists()


def test_a_pack_whose_bytes_are_gone_is_not_a_reading(client: Client, role: Correspondent) -> None:
    pack = ready_pack(role.employer, role.user)
    pack_storage().delete(pack.object_name)
    answer = client.get(f"/employeur/preuves/{pack.pk}/telecharger/", follow=True)
    assert "n’est pas disponible pour l’instant" in text(answer)
    assert not PackReading.objects.exists()


def test_a_big_company_is_not_examined_while_one_waits(
    client: Client, role: Correspondent, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(evidence, "MAX_LIVE", 1)
    for _ in range(2):
        granted(role.employer, days_ago(30))
    client.get(PAGE)
    with django_assert_max_num_queries(9):
        page = text(client.get(PAGE))
    assert "trop pour les examiner" in page
    assert "Préparer le dossier" in page


def test_the_number_of_queries_does_not_depend_on_the_dispenses(
    client: Client, role: Correspondent, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        granted(role.employer, days_ago(30))
    client.get(PAGE)
    with django_assert_max_num_queries(16):
        client.get(PAGE)


def test_what_was_not_granted_is_not_in_it(role: Correspondent, client: Client) -> None:
    for trait in ("in_progress", "awaiting_complement", "refused", "withdrawn"):
        DispenseFactory(employee__employer=role.employer, **{trait: True})
    assert "Aucune dispense accordée ne couvre cette période" in text(client.get(PAGE))


# The centre


def staff(factory: Any) -> Client:
    client = Client()
    client.force_login(factory())
    return client


def test_staff_take_a_pack_only_with_the_right(role: Correspondent) -> None:
    pack = ready_pack(role.employer, role.user)
    address = f"/gestion/dispenses/evidencepack/{pack.pk}/telecharger/"
    for factory in (StaffFactory, AdministratorFactory):
        assert staff(factory).get(address).status_code == 403
    assert not PackReading.objects.exists()
    answer = staff(LeadFactory).get(address)
    assert b"".join(answer.streaming_content) == b"PK"
    assert PackReading.objects.count() == 1
    assert "Gestion" in text(staff(LeadFactory).get(f"/gestion/dispenses/evidencepack/{pack.pk}/change/"))


def test_a_hold_is_placed_then_lifted_and_never_rewritten(role: Correspondent) -> None:
    client = staff(AdministratorFactory)
    dispense, other = granted(role.employer, days_ago(30)), DispenseFactory(accepted=True)
    form = {"employer": role.employer_id, "reason": "Contrôle URSSAF 2026-17", "number": other.number}
    answer = client.post("/gestion/dispenses/legalhold/add/", form)
    assert "n’a pas de demande de ce numéro" in text(answer)
    client.post("/gestion/dispenses/legalhold/add/", {**form, "number": dispense.number})
    hold = LegalHold.objects.get()
    assert (hold.dispense, hold.lifted_at, hold.placed_by.first_name) == (dispense, None, "Alix")
    address = f"/gestion/dispenses/legalhold/{hold.pk}/change/"
    assert client.post(address, {"reason": "autre"}).status_code == 200
    client.post(address, {"lift": "on", "reason": "autre"})
    hold.refresh_from_db()
    assert hold.lifted_at is not None
    assert hold.reason == "Contrôle URSSAF 2026-17"
    assert client.post(address, {"lift": "on"}).status_code == 403
    assert not LegalHold.current(role.employer_id).exists()


def test_the_public_key_is_shown(client: Client, role: Correspondent, settings: Any) -> None:
    assert "sans signature" in text(client.get(PAGE))
    settings.PORTAL_PACK_SIGNING_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert preparation.signing_key()
    assert "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=" in text(client.get(PAGE))
