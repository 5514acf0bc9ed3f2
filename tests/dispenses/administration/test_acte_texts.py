"""The text of an acte: checked, stored with its day and SHA-256, replaced with a reason, read by whom it concerns."""

import hashlib
import io
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import Acte, Employer, JournalEntry
from dispenses.documents import acte_texts, scanning, storage
from dispenses.enums import ScanStatus
from dispenses.models import ActeText, Declaration, acte_storage
from dispenses.workflow import Status
from tests.dispenses.administration.test_employers import change, typed, version
from tests.factories import (
    ActeFactory,
    ActeTextFactory,
    AdministratorFactory,
    CorrespondentFactory,
    DispenseFactory,
    EmployeeFactory,
    StaffFactory,
    advance,
)
from tests.files import pdf_bytes
from tests.pages import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(AdministratorFactory())
    return client


def pdf(content: bytes | None = None, name: str = "DUE 2020.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pdf_bytes() if content is None else content, "application/pdf")


def sent(admin: Client, employer: Employer, upload: Any, *versions: dict[str, Any], **more: Any) -> tuple[int, str]:
    """Status and text of the answer to a text sent with the first version on the page."""
    data = typed(employer, *versions) | {"actes-0-text": upload} | more
    answer = admin.post(change(employer), data)
    return answer.status_code, answer.content.decode()


def received(answer: Any) -> tuple[int, bytes]:
    """Status and bytes of an answer, read to the end."""
    return answer.status_code, b"".join(answer.streaming_content) if answer.streaming else answer.content


class Scanner:
    def __init__(self, verdict: str | Exception = "") -> None:
        self.verdict = verdict

    def scan(self, file: Any) -> str:
        assert file.read(5) == b"%PDF-"
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict


def answering(monkeypatch: pytest.MonkeyPatch, settings: Any, verdict: str | Exception) -> None:
    settings.PORTAL_CLAMD = "tcp://127.0.0.1:1"
    monkeypatch.setattr(scanning, "scanner", lambda: Scanner(verdict))


def test_a_text_comes_with_a_version_and_the_journal_says_which(admin: Client) -> None:
    acte, content = ActeFactory(), pdf_bytes()
    before = timezone.now()
    assert sent(admin, acte.employer, pdf(content))[0] == 302
    text = ActeText.objects.get()
    digest = hashlib.sha256(content).hexdigest()
    assert (text.acte, text.name, text.size, text.sha256) == (acte, "DUE 2020.pdf", len(content), digest)
    assert text.received_at >= before
    with storage.opened(text) as file:
        assert file.read() == content
    assert f"Texte de cette version (PDF)\xa0: — → DUE 2020.pdf, SHA-256 {digest}" in JournalEntry.objects.get().detail
    assert digest in admin.get(change(acte.employer)).content.decode()


def test_a_new_version_is_stored_with_its_text(admin: Client) -> None:
    employer = ActeFactory(in_force_until=date(2023, 12, 31)).employer
    data = {"actes-1-text": pdf(), "actes-0-text": ""}
    assert admin.post(change(employer), typed(employer, version("01/01/2024")) | data).status_code == 302
    assert ActeText.objects.get().acte.in_force_from == date(2024, 1, 1)


def picture() -> SimpleUploadedFile:
    drawn = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(drawn, "PNG")
    return SimpleUploadedFile("acte.png", drawn.getvalue(), "image/png")


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (picture, "doit être un PDF"),
        (lambda: pdf(b"%PDF-1.7 rien"), "ne peut pas être lu"),
        (lambda: pdf(b""), "vide"),
        (lambda: pdf(b"bonjour"), "doit être un PDF"),
    ],
)
def test_what_is_no_pdf_is_refused_in_words_and_nothing_is_kept(admin: Client, upload: Any, said: str) -> None:
    status, page = sent(admin, ActeFactory().employer, upload())
    assert status == 200
    assert said in page
    assert not ActeText.objects.exists()


def test_a_text_over_the_limit_is_told(admin: Client, settings: Any) -> None:
    settings.PORTAL_UPLOAD_MAX_BYTES = 1000
    status, page = sent(admin, ActeFactory().employer, pdf(pdf_bytes() + b" " * 2000))
    assert status == 200
    assert "dépasse" in page
    assert not ActeText.objects.exists()


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("Eicar", "contient un virus"),
        (scanning.ScannerUnavailable("muet"), "Réessayez dans quelques minutes"),
        (scanning.NotScanned("trop grand"), "Réessayez dans quelques minutes"),
    ],
)
def test_without_a_clean_verdict_nothing_is_kept(
    admin: Client, monkeypatch: pytest.MonkeyPatch, settings: Any, verdict: str | Exception, said: str
) -> None:
    answering(monkeypatch, settings, verdict)
    status, page = sent(admin, ActeFactory().employer, pdf())
    assert status == 200
    assert said in page
    assert not ActeText.objects.exists()


def test_a_silent_storage_changes_nothing_and_says_so(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*args: Any) -> str:
        raise OSError

    acte = ActeFactory()
    monkeypatch.setattr(type(acte_storage()), "_save", silent)
    data = typed(acte.employer, name="Autre nom") | {"actes-0-text": pdf()}
    page = admin.post(change(acte.employer), data, follow=True).content.decode()
    assert "notre espace de stockage ne répond pas. Rien n’a été modifié." in page
    acte.employer.refresh_from_db()
    assert acte.employer.name != "Autre nom"


def test_a_text_is_replaced_for_a_reason_and_stays(admin: Client) -> None:
    former = ActeTextFactory()
    employer = former.acte.employer
    status, page = sent(admin, employer, pdf())
    assert status == 200
    assert "Cette version a déjà un texte" in page
    status, page = sent(admin, employer, "", **{"actes-0-text_reason": "Page 3 manquante"})
    assert status == 200
    assert "Choisissez le texte qui remplace" in page
    assert sent(admin, employer, pdf(), **{"actes-0-text_reason": "Page 3 manquante"})[0] == 302
    former.refresh_from_db()
    now = acte_texts.current(former.acte)
    assert former.replaced_at is not None
    assert now is not None
    assert now.reason == "Page 3 manquante"
    assert "Page 3 manquante" in JournalEntry.objects.get().detail
    page = admin.get(change(employer)).content.decode()
    assert former.sha256 in page
    assert now.sha256 in page
    with pytest.raises(IntegrityError), transaction.atomic():
        ActeTextFactory(acte=former.acte)
    with pytest.raises(ValueError, match="reason"):
        acte_texts.keep(former.acte, acte_texts.receive(pdf()), by=AdministratorFactory())


def test_those_whom_it_concerns_read_it_and_no_other() -> None:
    text = ActeTextFactory()
    employer = text.acte.employer
    readers = {
        EmployeeFactory(activated=True, employer=employer).user: 200,
        CorrespondentFactory(employer=employer).user: 200,
        EmployeeFactory(activated=True).user: 404,
        CorrespondentFactory().user: 404,
        StaffFactory(): 404,
    }
    for user, status in readers.items():
        client = Client()
        client.force_login(user)
        assert received(client.get(reverse("acte_texte", args=[text.pk])))[0] == status
        assert client.head(reverse("acte_texte", args=[text.pk])).status_code == status
    centre = Client()
    centre.force_login(StaffFactory())
    answer = centre.get(reverse("admin:accounts_employer_texte", args=[employer.pk, text.pk]))
    assert hashlib.sha256(received(answer)[1]).hexdigest() == text.sha256
    assert answer["Content-Disposition"].startswith("attachment")
    other = reverse("admin:accounts_employer_texte", args=[CorrespondentFactory().employer.pk, text.pk])
    assert centre.get(other).status_code == 404


def test_the_correspondent_finds_it_beside_the_packs(client: Client) -> None:
    former, text = ActeTextFactory(replaced_at=timezone.now()), ActeTextFactory()
    client.force_login(CorrespondentFactory(employer=text.acte.employer).user)
    page = page_of(client.get(reverse("preuves")))
    assert f'href="{reverse("acte_texte", args=[text.pk])}"' in page
    assert reverse("acte_texte", args=[former.pk]) not in page


def test_a_text_that_is_no_longer_the_one_received_is_closed() -> None:
    text = ActeTextFactory()
    ActeText.objects.update(sha256="0" * 64)
    client = Client()
    client.force_login(EmployeeFactory(activated=True, employer=text.acte.employer).user)
    page = page_of(client.get(reverse("acte_texte", args=[text.pk]), follow=True))
    assert "n’est plus celui qui a été reçu" in page


@pytest.mark.parametrize(
    ("verdict", "status"), [("", ScanStatus.CLEAN), ("Eicar", ScanStatus.INFECTED), (OSError(), ScanStatus.DISABLED)]
)
def test_a_text_kept_without_antivirus_is_scanned_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch, settings: Any, verdict: str | Exception, status: ScanStatus
) -> None:
    text = ActeTextFactory()
    answering(monkeypatch, settings, scanning.ScannerUnavailable() if isinstance(verdict, OSError) else verdict)
    client = Client()
    client.force_login(EmployeeFactory(activated=True, employer=text.acte.employer).user)
    answer = client.get(reverse("acte_texte", args=[text.pk]))
    assert received(answer)[0] == (200 if status is ScanStatus.CLEAN else 302)
    text.refresh_from_db()
    assert text.scan_status == status


def test_the_employee_reads_it_before_signing_and_signs_which() -> None:
    draft = DispenseFactory()
    client = Client()
    client.force_login(draft.employee.user)
    page = reverse("demande_verification", args=[draft.number])
    acte = ActeFactory(employer=draft.employee.employer)
    assert "Lire l’acte de mon entreprise" not in page_of(client.get(page))
    text = ActeTextFactory(acte=acte)
    shown = page_of(client.get(page))
    assert f'<a href="{reverse("acte_texte", args=[text.pk])}">Lire l’acte de mon entreprise</a>' in shown
    assert shown.index("Lire l’acte") < shown.index("Envoyer</button>")
    advance(draft, Status.IN_PROGRESS)
    answers = dict(Declaration.objects.get().answers)
    assert text.sha256 in answers["Acte présenté"]


def test_the_centre_reads_what_a_version_says(client: Client) -> None:
    acte = ActeTextFactory(
        acte__yearly_policies=["conjoint:nothing"], acte__recommended_pieces=["conjoint:carte_mutuelle"]
    ).acte
    client.force_login(StaffFactory())
    page = page_of(client.get(change(acte.employer)))
    assert "Employeur conjoint\xa0: Rien" in page
    assert "Employeur conjoint\xa0: Copie de votre carte mutuelle" in page
    assert "art. R242-1-6, 2° a" in page
    assert 'type="file"' not in page
    assert Acte.objects.get().texts.get().sha256 in page  # type: ignore[attr-defined]
