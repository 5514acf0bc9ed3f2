"""Pictures of documents: upright, without metadata, within limits, after the verdict."""

import io
import os
import resource
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone
from PIL import Image

from dispenses.documents import drawing_folders, examination, hints, limits, previews, rendering, storage
from dispenses.enums import PreviewStatus, ScanStatus
from dispenses.models import Justificatif
from tests.factories import DispenseFactory, add_file
from tests.files import encoded, heic_bytes, jpeg_bytes, letter, pdf_bytes, png_bytes, scanned, text_pdf_bytes
from tests.producers import form, page_of_text, saved

RED, BLUE = (220, 20, 20), (20, 20, 220)


def two_tone(orientation: int) -> bytes:
    """A landscape JPEG, red on its left half, with an EXIF orientation, a place and an author."""
    image = Image.new("RGB", (800, 400), BLUE)
    image.paste(RED, (0, 0, 400, 400))
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = orientation, "Virginie Durand"
    exif.get_ifd(0x8825)[1] = "N"
    return encoded(image, "JPEG", exif=exif, quality=95)


def picture(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
    return image


def is_red(pixel: Any) -> bool:
    return bool(pixel[0] > 180 and pixel[2] < 80)


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (800, 400), (10, 200)),
        (3, (800, 400), (790, 200)),
        (6, (400, 800), (200, 10)),
        (8, (400, 800), (200, 790)),
        (2, (800, 400), (790, 200)),
    ],
)
def test_a_photo_is_shown_upright_and_bare(orientation: int, size: tuple[int, int], red_at: tuple[int, int]) -> None:
    with previews.drawn(io.BytesIO(two_tone(orientation)), limits.JPEG) as drawn:
        image = picture(drawn.pages[0])
        assert image.size == size
        assert is_red(image.convert("RGB").getpixel(red_at))
        assert image.info == {}
        assert not image.getexif()
        assert b"Virginie" not in drawn.pages[0].read_bytes()
        assert max(picture(drawn.thumbnail).size) == rendering.THUMBNAIL_SIDE


@pytest.mark.parametrize(
    ("content", "content_type"),
    [(jpeg_bytes(), limits.JPEG), (png_bytes(), limits.PNG), (heic_bytes(), limits.HEIC), (pdf_bytes(), limits.PDF)],
)
def test_every_accepted_type_has_a_picture(content: bytes, content_type: str) -> None:
    with previews.drawn(io.BytesIO(content), content_type) as drawn:
        assert picture(drawn.pages[0]).format == "PNG"
        folder = drawn.thumbnail.parent
    assert not folder.exists()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixel(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    content = encoded(Image.new(mode, (50, 40)), kind)
    with previews.drawn(io.BytesIO(content), limits.JPEG if kind == "JPEG" else limits.PNG) as drawn:
        assert picture(drawn.pages[0]).size == (50, 40)


def test_what_is_transparent_is_white() -> None:
    content = encoded(Image.new("RGBA", (4000, 4000), (0, 0, 0, 0)), "PNG")
    with previews.drawn(io.BytesIO(content), limits.PNG) as drawn:
        assert min(picture(drawn.pages[0]).convert("RGB").getpixel((500, 500))) > 250


def test_a_pdf_has_all_its_pages_turned_as_it_says() -> None:
    pdf = pikepdf.open(io.BytesIO(pdf_bytes(pages=3)))
    pdf.pages[1].rotate(90, relative=False)
    pdf.pages[2].MediaBox = [0, 0, 14400, 200]  # type: ignore[assignment]
    buffer = io.BytesIO()
    pdf.save(buffer)
    buffer.seek(0)
    with previews.drawn(buffer, limits.PDF) as drawn:
        sizes = [picture(page).size for page in drawn.pages]
    assert len(sizes) == 3
    assert sizes[0][0] < sizes[0][1]
    assert sizes[1][0] > sizes[1][1]
    assert all(max(size) <= rendering.PAGE_SIDE + 1 for size in sizes[:2])
    assert max(sizes[2]) <= rendering.LONG_SIDE + 1


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\nabc", jpeg_bytes()[:300], b"\0" * 1000])
@pytest.mark.parametrize("content_type", [limits.PDF, limits.JPEG])
def test_what_cannot_be_drawn_is_said(content: bytes, content_type: str) -> None:
    with pytest.raises(previews.CannotDraw), previews.drawn(io.BytesIO(content), content_type):
        pass


def test_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "SECONDS", 0.01)
    with pytest.raises(previews.CannotDraw, match="temps"), previews.drawn(io.BytesIO(pdf_bytes()), limits.PDF):
        pass


def test_memory_is_bounded(tmp_path: Path) -> None:
    """A picture that needs more than allowed ends its own process, not the worker."""
    (tmp_path / "original").write_bytes(encoded(Image.new("RGBA", (15_000, 15_000)), "PNG", compress_level=1))
    done = subprocess.run(
        [sys.executable, "-I", rendering.__file__, str(tmp_path / "original"), limits.PNG, str(tmp_path)],
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0
    assert b"MemoryError" in done.stderr
    assert not (tmp_path / "lecture.json").exists()


PEAK = """
import re, runpy, sys
program = sys.argv.pop(1)
runpy.run_path(program, run_name="__main__")
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="la mesure est celle de Linux")
@pytest.mark.parametrize(
    ("kind", "content_type", "quickly"),
    [
        ("JPEG", limits.JPEG, {}),
        ("HEIF", limits.HEIC, {"enc_params": {"preset": "ultrafast"}}),
        ("PNG", limits.PNG, {"compress_level": 1}),
    ],
)
def test_48_megapixels_stay_under_512_megabytes(
    kind: str, content_type: str, quickly: dict[str, Any], tmp_path: Path
) -> None:
    image = letter("Attestation de mutuelle", width=8064, height=6048)
    image = image.convert("RGBA") if kind == "PNG" else image
    (tmp_path / "original").write_bytes(encoded(image, kind, **quickly))
    command = [
        sys.executable,
        "-I",
        "-c",
        PEAK,
        rendering.__file__,
        str(tmp_path / "original"),
        content_type,
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < 512_000_000
    assert max(picture(tmp_path / "1.png").size) == rendering.PAGE_SIDE


def test_the_child_has_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_S3_SECRET_KEY", "très-secret")
    seen: dict[str, Any] = {}

    def run(command: list[str], **options: Any) -> Any:
        seen.update(options)
        return subprocess.CompletedProcess(command, 1, b"", b"")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(previews.CannotDraw), previews.drawn(io.BytesIO(b"x"), limits.PDF):
        pass
    assert "très-secret" not in str(seen["env"])


# Reading help


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ATTESTATION – Mme DURAND Virginie", True),
        ("durand virginié, assurée", True),
        ("Virginie LEROY", False),
        ("DURAND-LEROY Paul", False),
        ("Durandal Virginie", False),
    ],
)
def test_a_name_is_recognised_without_accents_nor_order(text: str, found: bool) -> None:
    assert hints.has_name(text, "Virginie Anne", "Durand") is found


def test_a_compound_name_needs_all_its_parts() -> None:
    assert hints.has_name("Jean-Marc D’Été-Rey", "Jean Marc", "d'Été Rey")
    assert not hints.has_name("Jean-Marc Rey", "Jean Marc", "d'Été Rey")


@pytest.mark.parametrize(
    ("text", "last_names"),
    [
        ("Mme Lætitia LEBŒUF", ["Leboeuf"]),
        ("Mme Laetitia LEBOEUF", ["Lebœuf"]),
        ("Mme Laetitia NGUYEN", ["N’Guyen"]),
        ("Mme Laetitia N'GUYEN", ["Nguyen"]),
        ("Mme Laetitia MARTIN", ["Durand", "Martin"]),
        ("Mme Laetitia DURAND", ["Durand", ""]),
    ],
)
def test_a_name_is_compared_as_the_search_compares(text: str, last_names: list[str]) -> None:
    assert hints.has_name(text, "Laetitia", *last_names)
    assert hints.has_name(text, "", *last_names)
    assert not hints.has_name(text, "Paul", *last_names)
    assert not hints.has_name(text, "Laetitia", "", "Autre")


def form_without_the_name() -> bytes:
    """A filled form whose page asks, and whose field alone answers."""
    words = "Certificat de couverture de la personne dont le nom est indiqué dans la case ci-dessous"
    return saved(lambda pdf: page_of_text(pdf, words), form, producer="Adobe Acrobat Pro 24")


@pytest.mark.django_db
def test_what_a_field_of_a_form_shows_is_read(joined: Any) -> None:
    file = joined(form_without_the_name(), limits.PDF)
    assert file.hints["readable"] is True
    assert file.hints["name"] is True


def test_dates_are_read_as_people_write_them() -> None:
    text = "Le 5 septembre 2018, du 01/01/2026 au 31.12.2026, 2027-02-30, 1er août 2020, 99/99/2020, 3 février 2020"
    assert [f"{day:%d/%m/%Y}" for day in hints.dates(text)] == [
        "05/09/2018", "01/01/2026", "31/12/2026", "01/08/2020", "03/02/2020",
    ]  # fmt: skip


def test_too_little_text_says_nothing() -> None:
    assert hints.of_text("  12 ", "Virginie", "Durand") == {"readable": False}


def test_a_blurred_photo_is_told_from_a_sharp_one() -> None:
    from PIL import ImageFilter

    sharp = letter("Attestation de mutuelle de VIRGINIE DURAND")
    for image, blurred in ((sharp, False), (sharp.filter(ImageFilter.GaussianBlur(9)), True)):
        with previews.drawn(io.BytesIO(encoded(image, "JPEG")), limits.JPEG) as drawn:
            assert hints.of_picture(drawn.short_side, drawn.sharpness) == {"small": False, "blurred": blurred}
    assert hints.of_picture(400, 1000)["small"]
    assert not hints.of_picture(0, 1000)["small"]


@pytest.fixture
def joined(db: None) -> Any:
    def join(content: bytes, content_type: str) -> Justificatif:
        dispense = DispenseFactory(employee__first_name="Virginie", employee__last_name="Durand")
        dispense.justificatifs.all().delete()
        file = add_file(dispense, "", "document")
        file.file.save("document", ContentFile(content), save=False)
        file.content_type = content_type
        file.save()
        examination.examine(file.pk)
        return Justificatif.objects.get(pk=file.pk)

    return join


@pytest.mark.django_db
def test_a_drawn_document_has_its_pictures_stored_and_its_hints(joined: Any) -> None:
    file = joined(
        text_pdf_bytes("Attestation de la mutuelle pour Virginie DURAND, couverte depuis le 05/09/2018"), limits.PDF
    )
    assert (file.preview_status, file.preview_pages) == (PreviewStatus.READY, 1)
    assert file.hints == {"readable": True, "name": True, "dates": ["05/09/2018"]}
    for page in (0, 1):
        assert file.file.storage.exists(storage.picture_key(file, page))
    storage.forget(file)
    for page in (0, 1):
        assert not file.file.storage.exists(storage.picture_key(file, page))


@pytest.mark.django_db
def test_another_name_is_advice(joined: Any) -> None:
    file = joined(text_pdf_bytes("Attestation de la mutuelle pour Paul LEROY, sans période de couverture"), limits.PDF)
    assert file.hints == {"readable": True, "name": False, "dates": []}


@pytest.mark.django_db
def test_a_scan_is_read_by_tesseract_where_there_is_one(joined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        hints, "ocr", lambda pages: "Attestation pour Virginie Durand, mutuelle du Lac, le 5 septembre 2018"
    )
    file = joined(encoded(letter("Virginie Durand"), "PDF"), limits.PDF)
    assert file.hints["name"] is True
    assert file.hints["dates"] == ["05/09/2018"]
    monkeypatch.setattr(hints, "ocr", lambda pages: "")
    assert joined(encoded(letter("Virginie Durand"), "JPEG"), limits.JPEG).hints["readable"] is False


@pytest.mark.skipif(not __import__("shutil").which("tesseract"), reason="tesseract est absent : lecture facultative")
def test_tesseract_reads_a_scan(tmp_path: Path) -> None:
    letter("Attestation de VIRGINIE DURAND le 05/09/2018").save(tmp_path / "1.png")
    text = hints.ocr([tmp_path / "1.png"])
    assert hints.has_name(text, "Virginie", "Durand")
    assert hints.dates(text)


@pytest.mark.django_db
def test_a_document_that_cannot_be_drawn_is_given_up(joined: Any) -> None:
    file = joined(b"%PDF-1.7 abc", limits.PDF)
    assert (file.preview_status, file.preview_attempts) == (PreviewStatus.FAILED, 1)
    assert file.is_unreadable
    assert not file.has_preview
    assert file.is_released


@pytest.mark.django_db
def test_a_machine_that_cannot_draw_says_nothing_of_the_document(joined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run, machine = previews._run, {"short of memory": True}

    def drawing(*args: Any) -> None:
        if machine["short of memory"]:
            raise previews.CannotDrawNow("code -9")
        run(*args)

    monkeypatch.setattr(previews, "_run", drawing)
    file = joined(pdf_bytes(), limits.PDF)
    for attempts in range(1, examination.ATTEMPTS - 1):
        assert (file.preview_status, file.preview_attempts) == (PreviewStatus.PENDING, attempts)
        Justificatif.objects.filter(pk=file.pk).update(preview_next_at=timezone.now())
        examination.sweep()
        file = Justificatif.objects.get(pk=file.pk)
    machine["short of memory"] = False
    Justificatif.objects.filter(pk=file.pk).update(preview_next_at=timezone.now())
    examination.sweep()
    assert Justificatif.objects.get(pk=file.pk).has_preview


@pytest.mark.parametrize(("kind", "code"), [("killed", -9), ("no room", rendering.OURS), ("no Python", 1)])
def test_what_ends_a_drawing_by_our_fault_is_tried_again(kind: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, code, b"", b""))
    with pytest.raises(previews.CannotDrawNow), previews.drawn(io.BytesIO(b"x"), limits.PDF):
        pass


def drawn_often(times: int) -> bytes:
    """A PDF whose one picture is drawn again and again."""
    pdf = pikepdf.open(io.BytesIO(scanned(1, 4960, 7016)))
    pdf.pages[0].obj.Contents = pikepdf.Stream(
        pdf, b"".join(b"q 595 0 0 842 %d 0 cm /Im Do Q\n" % (number % 7) for number in range(times))
    )
    buffer = io.BytesIO()
    pdf.save(buffer)
    return buffer.getvalue()


def nested(depth: int) -> bytes:
    """A PDF whose form draws a transparent form, ten times each, and so on: memory and time grow with each."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(14_400, 14_400))
    group = pikepdf.Dictionary(S=pikepdf.Name.Transparency, I=True)
    state = pikepdf.Dictionary(G=pikepdf.Dictionary(ca=0.5, BM=pikepdf.Name.Multiply))
    inner = pikepdf.Stream(pdf, b"1 0 0 rg 0 0 14400 14400 re f")
    for _ in range(depth):
        inner.Type, inner.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        inner.BBox, inner.Group = [0, 0, 14_400, 14_400], group
        outer = pikepdf.Stream(pdf, b"/G gs " + b"/Fm Do " * 10)
        outer.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Fm=inner), ExtGState=state)
        inner = outer
    page = pdf.pages[0].obj
    page.Contents, page.Resources = inner, inner.Resources
    buffer = io.BytesIO()
    pdf.save(buffer)
    return buffer.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["one picture 4,000 times", "forms in forms"])
def test_a_file_that_never_ends_is_left_and_said_unreadable(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = drawn_often(4000) if kind.startswith("one") else nested(30)
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(previews.CannotDraw) as caught, previews.drawn(io.BytesIO(content), limits.PDF):
        pass
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert not isinstance(caught.value, previews.CannotDrawNow)
    assert ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime < rendering.PAGE_SECONDS + 3


def test_a_long_screenshot_stays_legible() -> None:
    with previews.drawn(io.BytesIO(png_bytes(width=1080, height=7200)), limits.PNG) as drawn:
        assert picture(drawn.pages[0]).size == (1080, 7200)
    with previews.drawn(io.BytesIO(jpeg_bytes(width=3240, height=16_000)), limits.JPEG) as drawn:
        assert picture(drawn.pages[0]).width == rendering.PAGE_WIDTH


@pytest.mark.parametrize("kind", ["PNG", "PDF"])
def test_greys_have_256_steps(kind: str) -> None:
    content = encoded(Image.linear_gradient("L").resize((1000, 1400)), kind)
    with previews.drawn(io.BytesIO(content), limits.PNG if kind == "PNG" else limits.PDF) as drawn:
        assert len(picture(drawn.pages[0]).convert("L").getcolors(256) or []) > 250


# What a killed worker leaves


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"portail-apercus-{os.getuid()}"


def test_documents_being_drawn_stand_in_a_folder_of_ours(parent: Path) -> None:
    with drawing_folders.drawing_folder() as folder:
        assert folder.parent == parent
        assert parent.stat().st_mode & 0o777 == 0o700
        assert drawing_folders.sweep() == 0
        assert folder.exists()
    assert list(parent.iterdir()) == []


def test_a_killed_worker_leaves_no_document(parent: Path) -> None:
    program = (
        "import os, signal; from dispenses.documents.drawing_folders import drawing_folder\n"
        "with drawing_folder() as folder:\n"
        "    (folder / 'original').write_bytes(b'x'); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "TMPDIR": str(parent.parent)}
    subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert [folder.name for folder in parent.glob("*/*")] == ["original"]
    examination.sweep_drawing_folders()
    assert list(parent.iterdir()) == []


def test_what_somebody_holds_too_long_is_swept_by_age(parent: Path) -> None:
    with drawing_folders.drawing_folder() as folder:
        past = folder.stat().st_mtime - drawing_folders.OLDEST - 1
        os.utime(folder, (past, past))
        assert drawing_folders.sweep() == 1


def test_another_person_s_folder_is_not_ours(parent: Path, tmp_path: Path) -> None:
    (tmp_path / "autre").mkdir()
    parent.symlink_to(tmp_path / "autre")
    with pytest.raises(PermissionError), drawing_folders.drawing_folder():
        pass


@pytest.mark.django_db
def test_a_file_set_aside_while_it_is_drawn_keeps_no_picture(joined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = storage.store_pictures
    keys: list[str] = []

    def infected_meanwhile(file: Justificatif, drawn: Any) -> None:
        stored(file, drawn)
        keys.append(storage.picture_key(file, 1))
        Justificatif.objects.filter(pk=file.pk).update(
            scan_status=ScanStatus.INFECTED, scan_detail="Eicar", scanned_at=timezone.now()
        )

    monkeypatch.setattr(storage, "store_pictures", infected_meanwhile)
    file = joined(pdf_bytes(), limits.PDF)
    assert file.preview_status == PreviewStatus.PENDING
    assert not file.file.storage.exists(keys[0])


@pytest.mark.django_db
def test_pictures_made_twice_are_stored_once(joined: Any) -> None:
    file = joined(pdf_bytes(), limits.PDF)
    Justificatif.objects.filter(pk=file.pk).update(preview_status=PreviewStatus.PENDING, preview_next_at=timezone.now())
    examination.examine(file.pk)
    folder = Path(file.file.path).parent
    assert len(list(folder.iterdir())) == 3


@pytest.mark.django_db
@pytest.mark.parametrize("state", [PreviewStatus.PENDING, PreviewStatus.READY])
def test_pictures_drawn_too_late_spoil_nothing(joined: Any, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    """Another worker has taken the drawing over, or has even finished it: its pictures have the same keys."""
    stored = storage.store_pictures
    theirs = timezone.now() + 2 * examination.LEASE
    keys: list[str] = []

    def late(file: Justificatif, drawn: Any) -> None:
        stored(file, drawn)
        keys.append(storage.picture_key(file, 1))
        Justificatif.objects.filter(pk=file.pk).update(
            preview_next_at=theirs, preview_status=state, preview_pages=int(state == PreviewStatus.READY)
        )

    monkeypatch.setattr(storage, "store_pictures", late)
    file = joined(pdf_bytes(), limits.PDF)
    assert (file.preview_status, file.preview_next_at) == (state, theirs)
    assert file.file.storage.exists(keys[0])


@pytest.mark.django_db
def test_a_drawing_that_fails_too_late_gives_nothing_up(joined: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = timezone.now() + 2 * examination.LEASE

    def late(file: Justificatif, drawn: Any) -> None:
        Justificatif.objects.filter(pk=file.pk).update(preview_next_at=theirs)
        raise previews.CannotDraw("trop tard")

    monkeypatch.setattr(storage, "store_pictures", late)
    file = joined(pdf_bytes(), limits.PDF)
    assert (file.preview_status, file.preview_next_at) == (PreviewStatus.PENDING, theirs)


@pytest.mark.django_db
def test_what_was_given_up_before_is_drawn_again(joined: Any) -> None:
    migration = import_module("dispenses.migrations.0020_draw_again")
    file = joined(pdf_bytes(), limits.PDF)
    other = joined(pdf_bytes(), limits.PDF)
    Justificatif.objects.update(preview_status=PreviewStatus.FAILED, preview_attempts=3)
    Justificatif.objects.filter(pk=other.pk).update(
        scan_status=ScanStatus.INFECTED, scan_detail="Eicar", scanned_at=timezone.now()
    )
    migration.draw_again(apps, connection.schema_editor())
    assert Justificatif.objects.get(pk=file.pk).preview_status == PreviewStatus.PENDING
    assert Justificatif.objects.get(pk=other.pk).preview_status == PreviewStatus.FAILED
