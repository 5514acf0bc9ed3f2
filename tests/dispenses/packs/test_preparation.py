"""A pack from its asking to its deletion: what it holds, what happens when a worker or the storage dies."""

import csv
import io
import json
import resource
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import Correspondent
from dispenses.documents import storage
from dispenses.enums import Lack, PackStatus, ScanStatus
from dispenses.exceptions import Code, PackRefused
from dispenses.models import (
    ActeText,
    Complement,
    Declaration,
    EvidencePack,
    Justificatif,
    LegalHold,
    Motif,
    PackReading,
    pack_storage,
)
from dispenses.packs import preparation, verification
from dispenses.packs.report_rows import Line, Lists
from notifications.models import OutgoingEmail
from tests.dispenses.packs.packs import SIGNING_KEY, asked, content, from_the_start, granted, many, opened
from tests.factories import ActeFactory, ActeTextFactory, CorrespondentFactory, EmployeeFactory, StaffFactory, add_file
from tests.refusals import refused

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def role() -> Correspondent:
    role = CorrespondentFactory()
    ActeFactory(employer=role.employer, employer_keeps_justificatifs=True)
    return role


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is prepared by itself: the test is the worker."""
    monkeypatch.setattr(preparation, "hint", lambda *args: None)


def made(role: Correspondent, **kwargs: Any) -> EvidencePack:
    pack = asked(role.employer, role.user, **kwargs)
    preparation.prepare(pack.pk)
    pack.refresh_from_db()
    assert pack.status == PackStatus.READY, pack.failure
    return pack


def rows(archive: zipfile.ZipFile, name: str) -> list[list[str]]:
    text = archive.read(name).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))[1:]


def text_of(archive: zipfile.ZipFile) -> str:
    """Everything that one may read in a pack, its PDF included."""
    found = []
    for name in archive.namelist():
        content = archive.read(name)
        pages = PdfReader(io.BytesIO(content)).pages if name.endswith(".pdf") else []
        found += [page.extract_text() for page in pages] or [content.decode("utf-8", "replace")]
    return " ".join(" ".join(found).split())


def test_a_pack_holds_the_texts_of_the_actes(role: Correspondent, tmp_path: Path) -> None:
    acte = role.employer.actes.get()
    former = ActeTextFactory(acte=acte, replaced_at=timezone.now())
    now, gone = ActeTextFactory(acte=acte, name="DUE: finale.pdf"), ActeTextFactory()
    altered = ActeTextFactory(acte=acte, name="autre.pdf", replaced_at=timezone.now())
    ActeText.objects.filter(pk=altered.pk).update(sha256="0" * 64)
    pack = made(role)
    archive = opened(pack)
    names = [f"actes/2020-01-01-{former.pk}-acte.pdf", f"actes/2020-01-01-{now.pk}-DUE finale.pdf"]
    assert [name for name in archive.namelist() if name.startswith("actes/")] == names
    assert gone.sha256 == now.sha256
    listed = {line["nom"]: line["sha256"] for line in json.loads(archive.read("manifest.json"))["fichiers"]}
    assert [listed[name] for name in names] == [former.sha256, now.sha256]
    told = rows(archive, "actes.csv")[0][-1]
    assert all(name in told for name in names)
    assert "autre.pdf\xa0: son empreinte n’est plus celle de sa réception" in told
    path = tmp_path / "pack.zip"
    path.write_bytes(content(pack))
    assert verification.verify(path).sound


@pytest.mark.parametrize("option", ["at_signing", "since", "never"])
def test_an_acte_may_keep_c2s_from_the_employer_s_pack(role: Correspondent, tmp_path: Path, option: str) -> None:
    day = TODAY() - timedelta(days=60)
    former = role.employer.actes.get()
    former.withholds_c2s = option == "at_signing"
    former.in_force_until = TODAY() - timedelta(days=31)
    former.save()
    since = TODAY() - timedelta(days=30)
    ActeFactory(employer=role.employer, in_force_from=since, withholds_c2s=option == "since")
    answers = {"couverture_depuis": "1/1/2020", "couverture_jusquau": f"1/1/{TODAY().year + 1}"}
    secret = granted(role.employer, day, motif=Motif.objects.get(code="c2s"), answers=answers)
    Declaration.objects.filter(dispense=secret).update(text="Je bénéficie de la Complémentaire santé solidaire.")
    other = granted(role.employer, day)
    pack = made(role)
    archive, said = opened(pack), text_of(opened(pack))
    assert [name for name in archive.namelist() if name.startswith(f"dispenses/{other.number}/justificatifs/")]
    row = next(row for row in rows(archive, "index.csv") if row[0] == str(secret.number))
    held = [name for name in archive.namelist() if name.startswith(f"dispenses/{secret.number}/")]
    if option == "never":
        assert row[4] == "Complémentaire santé solidaire"
        assert "Je bénéficie de la Complémentaire santé solidaire." in said
    else:
        assert row[4:6] == [
            "Motif de droit, pièce conservée par l’assureur",
            "Code de la sécurité sociale, art. D911-2",
        ]
        assert held == [f"dispenses/{secret.number}/declaration-1.pdf"]
        assert "solidaire" not in said.casefold()
        assert "c2s" not in said.casefold()
        assert "qui les présente à l’inspecteur" in said
    path = tmp_path / "pack.zip"
    path.write_bytes(content(pack))
    assert verification.verify(path).sound


def test_a_pack_holds_what_proves_each_dispense(
    role: Correspondent, tmp_path: Path, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.PORTAL_PACK_SIGNING_KEY = SIGNING_KEY
    day = TODAY() - timedelta(days=60)
    dispense = granted(role.employer, day)
    granted(CorrespondentFactory().employer, day)
    with django_capture_on_commit_callbacks(execute=True):
        pack = asked(role.employer, role.user, contribution=Decimal("40"))  # tasks run at once in the tests
    pack.refresh_from_db()
    assert (pack.status, pack.dispenses, pack.lacks) == (PackStatus.READY, 1, 0)
    archive = opened(pack)
    folder = f"dispenses/{dispense.number}"
    documents = [f"{folder}/justificatifs/{file.pk}-{file.name}" for file in dispense.justificatifs.all()]
    lists = ["index.html", "index.csv", "manquants.csv", "exposition.csv", "actes.csv", "LISEZMOI.txt"]
    expected = [f"{folder}/declaration-1.pdf", *documents, *lists, "manifest.json", "sceau.json"]
    assert archive.namelist() == expected
    for name, file in zip(documents, dispense.justificatifs.all(), strict=True):
        with storage.opened(file) as original:
            assert archive.read(name) == original.read()
    assert rows(archive, "index.csv")[0][0] == str(dispense.number)
    assert role.employer.siret in archive.read("index.html").decode()
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["siret"] == role.employer.siret
    path = tmp_path / "dossier.zip"
    path.write_bytes(content(pack))
    report = verification.verify(path)
    assert report.faults == []
    assert report.files == len(expected) - 2
    mail = OutgoingEmail.objects.get(dedup_key=f"pack-ready:{pack.pk}")
    assert mail.to == role.user.email
    assert f"/employeur/preuves/?employeur={role.employer_id}" in mail.text_body
    assert dispense.employee.last_name not in mail.text_body


def test_the_declaration_is_there_word_for_word(role: Correspondent, quiet: None) -> None:
    dispense = granted(role.employer, TODAY() - timedelta(days=60))
    signed = dispense.declarations.get()
    reader = PdfReader(io.BytesIO(opened(made(role)).read(f"dispenses/{dispense.number}/declaration-1.pdf")))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for words in (
        " ".join(signed.text.split()),
        signed.motif_label,
        signed.legal_basis,
        signed.signed_by.full_name,
        "Mutuelle du Lac",
        "DUE",
        *(event.label for event in dispense.events.all()),
    ):
        assert words in text.replace("- ", "-") or words in text, words
    assert dispense.history_seal in "".join(text.split())
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]  # tagged


def test_the_lists_of_a_pack_sort_as_a_french_reader_expects() -> None:
    lists = Lists(io.BytesIO())
    for number, name in enumerate(("Zola", "Étienne", "de Broglie", "Eluard")):
        lists.take(Line("index", [number, f"M{number}", name, "Ana"]))
    assert [cells[2] for cells in lists.rows("index")] == ["de Broglie", "Eluard", "Étienne", "Zola"]


def test_messages_between_the_employee_and_the_centre_stay_out(role: Correspondent, quiet: None) -> None:
    dispense = granted(role.employer, TODAY() - timedelta(days=60))
    Complement.objects.create(dispense=dispense, message="secret-medical", asked_by=StaffFactory())
    archive = opened(made(role))
    pdf = PdfReader(io.BytesIO(archive.read(f"dispenses/{dispense.number}/declaration-1.pdf")))
    assert all("secret-medical" not in page.extract_text() for page in pdf.pages)


def test_documents_stay_with_the_centre_unless_the_acte_of_the_day_says_otherwise(quiet: None) -> None:
    role = CorrespondentFactory()
    today = TODAY()
    ActeFactory(
        employer=role.employer, in_force_from=today - timedelta(days=900), in_force_until=today - timedelta(days=100)
    )
    ActeFactory(employer=role.employer, in_force_from=today - timedelta(days=99), employer_keeps_justificatifs=True)
    before = granted(role.employer, today - timedelta(days=200))
    after = granted(role.employer, today - timedelta(days=50))
    names = opened(made(role)).namelist()
    assert not [name for name in names if name.startswith(f"dispenses/{before.number}/justificatifs/")]
    assert [name for name in names if name.startswith(f"dispenses/{after.number}/justificatifs/")]


def test_only_what_the_antivirus_released_and_what_is_still_itself(
    role: Correspondent, quiet: None, settings: Any
) -> None:
    settings.PORTAL_CLAMD = "tcp://127.0.0.1:1"
    dispense = granted(role.employer, TODAY() - timedelta(days=50))
    now = timezone.now()
    files = [add_file(dispense, "attestation_mutuelle", f"{n}.pdf") for n in range(6)]
    Justificatif.objects.filter(dispense=dispense).update(sent_at=now, scan_status=ScanStatus.CLEAN, scanned_at=now)
    for file, changes in zip(
        files,
        (
            {"scan_status": ScanStatus.INFECTED, "scan_detail": "Eicar"},
            {"scan_status": ScanStatus.PENDING},
            {"scan_status": ScanStatus.FAILED},
            {"missing_since": now},
            {"sha256": "0" * 64},
            {},
        ),
        strict=True,
    ):
        Justificatif.objects.filter(pk=file.pk).update(**changes)
    pack = made(role)
    archive = opened(pack)
    kept = [name for name in archive.namelist() if "/justificatifs/" in name]
    assert sum(f"/{file.pk}-" in name for name in kept for file in files[:5]) == 0
    assert any(f"/{files[5].pk}-" in name for name in kept)
    said = [row[4] for row in rows(archive, "manquants.csv")]
    assert sorted(said) == sorted(
        [
            Lack.FILE_INFECTED.label,
            Lack.FILE_NOT_SCANNED.label,
            Lack.FILE_NOT_SCANNED.label,
            Lack.FILE_LOST.label,
            Lack.FILE_LOST.label,
        ]
    )
    assert pack.lacks == 5


def test_a_document_lost_since_is_said(role: Correspondent, quiet: None) -> None:
    dispense = granted(role.employer, TODAY() - timedelta(days=50))
    lost = dispense.justificatifs.first()
    lost.file.storage.delete(lost.file.name)
    assert [row[5] for row in rows(opened(made(role)), "manquants.csv")] == [f"Document n°{lost.pk}\xa0: introuvable."]


def test_the_hold_and_the_date_of_keeping_are_in_the_index(role: Correspondent, quiet: None) -> None:
    day = TODAY() - timedelta(days=60)
    held, free = granted(role.employer, day), granted(role.employer, day)
    for dispense in (held, free):
        type(dispense).objects.filter(pk=dispense.pk).update(ends_on=day + timedelta(days=200))
    LegalHold.objects.create(employer=role.employer, dispense=held, reason="Contrôle", placed_by=StaffFactory())
    kept = {row[0]: row[11] for row in rows(opened(made(role)), "index.csv")}
    end = day + timedelta(days=200)
    until = max(date(end.year + 3, 12, 31), day.replace(year=day.year + 6))
    assert kept[str(free.number)] == f"jusqu’au {until:%d/%m/%Y}"
    assert kept[str(held.number)].startswith("sans date")


def test_the_same_pack_is_the_same_bytes(role: Correspondent, quiet: None) -> None:
    for days in (10, 200, 500):
        granted(role.employer, TODAY() - timedelta(days=days))
    pack = made(role, contribution=Decimal("12.50"))
    first = content(pack)
    from_the_start(pack)
    preparation.prepare(pack.pk)
    assert content(pack) == first


def test_names_that_a_spreadsheet_or_a_disk_would_obey(role: Correspondent, quiet: None) -> None:
    employee = EmployeeFactory(
        activated=True, employer=role.employer, first_name="<b>", last_name="=cmd|' /C calc'!A0", matricule="@x"
    )
    dispense = granted(role.employer, TODAY() - timedelta(days=50), employee=employee)
    Justificatif.objects.filter(dispense=dispense).update(name="../../etc/<x>:é.pdf")
    archive = opened(made(role))
    assert rows(archive, "index.csv")[0][1:4] == ["'@x", "'=cmd|' /C calc'!A0", "<b>"]
    page = archive.read("index.html").decode()
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    documents = [name.split("/", 3)[3] for name in archive.namelist() if "/justificatifs/" in name]
    assert all(name.endswith("é.pdf") and "/" not in name and ":" not in name for name in documents)


def test_300_dispenses_in_bounded_memory(role: Correspondent, quiet: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker is killed again and again; each time another takes the pack up where it stood."""
    many(role.employer, 300, size=300_000)
    monkeypatch.setattr(preparation, "PIECE_BYTES", 20_000_000)
    pack = asked(role.employer, role.user)
    real, stores = preparation._store, []

    def dies_after(name: str, file: Any) -> None:
        real(name, file)
        stores.append(name)
        if len(stores) in (3, 8):
            raise KeyboardInterrupt  # the process is gone: nothing is caught, nothing is given back

    monkeypatch.setattr(preparation, "_store", dies_after)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            preparation.prepare(pack.pk)
        preparation.sweep(timezone.now())  # the lease still runs: nobody takes it
        pack.refresh_from_db()
        assert pack.status == PackStatus.PREPARING
        EvidencePack.objects.filter(pk=pack.pk).update(due_at=timezone.now())
    preparation.sweep(timezone.now())
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    pack.refresh_from_db()
    assert (pack.status, pack.done, pack.dispenses) == (PackStatus.READY, 300, 300)
    assert pack.size > 90_000_000
    assert grown < 40_000_000, grown
    archive = opened(pack)
    assert len([name for name in archive.namelist() if name.endswith("declaration-1.pdf")]) == 300
    assert len(set(archive.namelist())) == len(archive.namelist())
    assert archive.testzip() is None
    folder = pack_storage().listdir(pack.key[:2])[1]
    assert folder == [pack.key]  # no part is left


def test_a_worker_that_comes_back_late_writes_nothing(
    role: Correspondent, quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted(role.employer, TODAY() - timedelta(days=50))
    pack = asked(role.employer, role.user)
    real = preparation._fill

    def slow(*args: Any) -> bool:
        EvidencePack.objects.filter(pk=pack.pk).update(due_at=timezone.now() + timedelta(minutes=1))  # taken by another
        return real(*args)

    monkeypatch.setattr(preparation, "_fill", slow)
    preparation.prepare(pack.pk)
    pack.refresh_from_db()
    assert (pack.status, pack.done, pack.parts) == (PackStatus.PREPARING, 0, 0)
    assert not pack_storage().exists(pack.part_name(0))  # where the other's part may be by now
    monkeypatch.setattr(preparation, "_fill", real)
    EvidencePack.objects.filter(pk=pack.pk).update(due_at=timezone.now())
    preparation.prepare(pack.pk)
    pack.refresh_from_db()
    assert pack.status == PackStatus.READY
    assert OutgoingEmail.objects.filter(dedup_key=f"pack-ready:{pack.pk}").count() == 1


def test_a_long_pack_is_shared_out_and_shows_how_far_it_is(
    role: Correspondent, quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days in (10, 20, 30):
        granted(role.employer, TODAY() - timedelta(days=days))
    monkeypatch.setattr(preparation, "PIECE_BYTES", 1)
    pack = asked(role.employer, role.user)
    for percent in (33, 66, 99, 99, 99, 99, 99, 99):  # three pieces, nobody left, the end, three pieces joined
        preparation.prepare(pack.pk, seconds=-1)
        pack.refresh_from_db()
        assert (pack.status, pack.percent) == (PackStatus.PREPARING, percent)
    preparation.prepare(pack.pk, seconds=-1)
    pack.refresh_from_db()
    assert pack.status == PackStatus.READY


def test_a_storage_that_is_gone_is_waited_for_then_given_up(
    role: Correspondent, quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted(role.employer, TODAY() - timedelta(days=50))
    pack = asked(role.employer, role.user)

    def refused(*args: Any) -> None:
        raise OSError("disque plein")

    with monkeypatch.context() as broken:
        broken.setattr(type(pack_storage()), "save", refused)
        preparation.prepare(pack.pk)
        pack.refresh_from_db()
        assert (pack.status, pack.attempts) == (PackStatus.PREPARING, 1)
        assert pack.due_at > timezone.now()
        EvidencePack.objects.filter(pk=pack.pk).update(attempts=preparation.ATTEMPTS, due_at=timezone.now())
        preparation.prepare(pack.pk)
    pack.refresh_from_db()
    assert pack.status == PackStatus.FAILED
    assert "n’a pas abouti" in pack.failure
    again = made(role)  # another may be asked for
    assert again.pk != pack.pk


def test_one_at_a_time_for_an_employer(role: Correspondent, quiet: None) -> None:
    asked(role.employer, role.user)
    with refused(PackRefused, Code.PACK_IN_PREPARATION):
        asked(role.employer, role.user)
    other = CorrespondentFactory()
    asked(other.employer, other.user)


def test_it_is_deleted_after_its_days_and_the_log_stays(role: Correspondent, quiet: None, settings: Any) -> None:
    settings.PORTAL_PACK_DAYS = 3
    pack = made(role)
    preparation.read(pack, role.user)
    preparation.sweep(timezone.now() + timedelta(days=2, hours=23))
    pack.refresh_from_db()
    assert pack.status == PackStatus.READY
    preparation.sweep(timezone.now() + timedelta(days=3, seconds=1))
    pack.refresh_from_db()
    assert pack.status == PackStatus.EXPIRED
    assert not pack_storage().exists(pack.object_name)
    with refused(PackRefused, Code.PACK_GONE):
        preparation.read(pack, role.user)
    reading = PackReading.objects.get(pack=pack)
    for change in (reading.save, reading.delete):
        with pytest.raises(TypeError):
            change()


def test_past_its_hour_it_is_not_taken_even_before_the_sweep(role: Correspondent, quiet: None) -> None:
    pack = made(role)
    EvidencePack.objects.filter(pk=pack.pk).update(expires_at=timezone.now())
    pack.refresh_from_db()
    with refused(PackRefused, Code.PACK_GONE):
        preparation.read(pack, role.user)


def test_nobody_is_let_off_a_pack_without_dispenses(role: Correspondent, quiet: None) -> None:
    pack = made(role, last=TODAY() - timedelta(days=800))
    assert (pack.dispenses, pack.lacks) == (0, 0)
    assert rows(opened(pack), "index.csv") == []
