"""A program of its own: draw the pages of one document as PNG, in a process that holds nothing and may die.

`python -I rendering.py ORIGINAL MIME FOLDER` writes `1.png`, `2.png`…, `vignette.png` and `lecture.json` in FOLDER.
Nothing of the portal is imported: no settings, no secret, no database. Sizes in pixels, limits in bytes and seconds.
"""

import contextlib
import errno
import json
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageFilter, ImageStat

MEMORY = 900 * 1024 * 1024  # address space: libraries count for 250 MB of it, a 60-megapixel picture for 500
PDF_MEMORY = 450 * 1024 * 1024  # pdfium reads large pictures line by line: a page of A4 at 1200 dots per inch needs 110
CPU_SECONDS = 60
PAGE_SECONDS = 15  # of processor, for one page
FILE_BYTES = 64 * 1024 * 1024
PAGE_WIDTH, PAGE_SIDE = 1240, 1754  # A4 at 150 dots per inch
LONG_SIDE = 12_000  # of what is longer than a page, a screenshot say: as wide as a page, so that it can be read
GREY = 8  # most that red, green and blue differ by in a picture of greys, out of 255
THUMBNAIL_SIDE = 240
MAX_PAGES = 50
UNREADABLE, OURS = 2, 3  # exit codes: the document cannot be drawn; the machine could not
TEXT_PAGES = 10
TEXT_LENGTH = 20_000  # characters
SHARPNESS_SIDE = 1000

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def limit_resources(memory: int) -> None:
    """What the document may cost at most; beyond, this process alone ends. `memory`: address space, in bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def on_white(image: Image.Image) -> Image.Image:
    """The picture in RGB, its transparent parts white as on paper."""
    if image.mode.startswith("I"):  # 16 bits a pixel
        image = image.point(lambda value: value / 256).convert("L")
    if image.mode in {"RGBA", "LA", "PA", "P"}:
        image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, (255, 255, 255))
        paper.paste(image, mask=image.getchannel("A"))
        return paper
    return image.convert("RGB")


class HeifPixels:
    """The pixels of an HEIC picture as its decoder holds them: read by Pillow, they would be in memory twice."""

    def __init__(self, original: Path) -> None:
        import pillow_heif

        pictures = pillow_heif.open_heif(original)
        picture = pictures[pictures.primary_index]
        self.data, self.mode, self.stride = memoryview(picture.data), picture.mode, picture.stride
        self.size = self.width, self.height = picture.size

    def rows(self, top: int, bottom: int) -> Image.Image:
        held = self.data[top * self.stride : bottom * self.stride]
        return Image.frombytes(self.mode, (self.width, bottom - top), held, "raw", self.mode, self.stride)


class Pixels:
    """The pixels of a picture decoded by Pillow."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.size = self.width, self.height = image.size

    def rows(self, top: int, bottom: int) -> Image.Image:
        return self.image.crop((0, top, self.width, bottom))


def shrunk(pixels: HeifPixels | Pixels, size: tuple[float, float]) -> Image.Image:
    """The picture in RGB at about twice that size, strip by strip: one copy in memory, never two."""
    factor = int(max(pixels.size) / (2 * max(size)))
    if factor < 2:
        return on_white(pixels.rows(0, pixels.height))
    small = Image.new("RGB", (-(-pixels.width // factor), -(-pixels.height // factor)))
    rows = factor * 64
    for top in range(0, pixels.height, rows):
        strip = pixels.rows(top, min(top + rows, pixels.height))
        small.paste(on_white(strip).reduce(factor), (0, top // factor))
    return small


def fitted(width: float, height: float) -> tuple[float, float]:
    """The size of a page for these proportions: as A4, or as wide and longer. Never larger than what is given."""
    short, long = sorted((max(width, 1), max(height, 1)))
    most = PAGE_SIDE if long <= short * 2 else LONG_SIDE
    scale = min(1, PAGE_WIDTH / short if long > short * 2 else PAGE_SIDE / long, most / long)
    return width * scale, height * scale


def orientation(image: Image.Image) -> Image.Transpose | None:
    """How to turn the picture upright, from its EXIF data (CIPA DC-008, tag 0112); None when it is."""
    try:
        return TURNS.get(int(image.getexif().get(0x0112, 1)))
    except Exception:  # malformed EXIF data raises anything, and a picture without it can still be read
        return None


def sharpness(image: Image.Image) -> float:
    """Variance of the Laplacian: under a few tens, no letter has an edge."""
    grey = image.convert("L")
    grey.thumbnail((SHARPNESS_SIDE, SHARPNESS_SIDE))
    edges = grey.filter(ImageFilter.Kernel((3, 3), [0, 1, 0, 1, -4, 1, 0, 1, 0], scale=1, offset=128))
    edges = edges.crop((1, 1, max(2, edges.width - 1), max(2, edges.height - 1)))
    return round(float(ImageStat.Stat(edges).var[0]), 1)


def save(image: Image.Image, path: Path) -> None:
    """Write the pixels alone: no EXIF, no profile, no date. 256 greys, or 256 colours, which letters do not need."""
    small = (
        image.convert("L")
        if is_grey(image)
        else image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    )
    small.info = {}
    small.save(path, "PNG", compress_level=6)


def is_grey(image: Image.Image) -> bool:
    """Whether its three colours are everywhere about the same."""
    red, green, blue = image.convert("RGB").split()
    apart = [ImageChops.difference(red, green), ImageChops.difference(green, blue)]
    return all(int(difference.getextrema()[1]) <= GREY for difference in apart)  # type: ignore[arg-type]


def thumbnail(image: Image.Image, folder: Path) -> None:
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    save(small, folder / "vignette.png")


def draw_picture(original: Path, folder: Path) -> dict[str, Any]:
    """One page, upright. A large JPEG is decoded straight to a smaller size."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None  # bounded when the file was received, and by the limits of this process
    with Image.open(original, formats=["JPEG", "PNG", "HEIF"]) as image:
        width, height = image.size
        turned = orientation(image)
        size = fitted(width, height)
        image.draft("RGB", (int(size[0]), int(size[1])))  # JPEG alone: its decoder divides by 2, 4 or 8 on the way
        page = shrunk(HeifPixels(original) if image.format == "HEIF" else Pixels(image), size)
    page.thumbnail((round(size[0]) or 1, round(size[1]) or 1))
    upright = page.transpose(turned) if turned is not None else page
    save(upright, folder / "1.png")
    thumbnail(upright, folder)
    return {"pages": 1, "text": "", "short_side": min(width, height), "sharpness": sharpness(upright)}


def draw_pdf(original: Path, folder: Path) -> dict[str, Any]:
    """Every page as it prints, filled fields included; scripts are never run (this pdfium has no engine for them)."""
    import pypdfium2

    document = pypdfium2.PdfDocument(original)
    document.init_forms()
    count = min(len(document), MAX_PAGES)
    text: list[str] = []
    first = 0.0
    for number in range(count):
        signal.setitimer(signal.ITIMER_PROF, PAGE_SECONDS)  # what is not done then ends this process (SIGPROF)
        page = document[number]
        width, height = page.get_width(), page.get_height()
        scale = fitted(width * 150 / 72, height * 150 / 72)[0] / max(width, 1)
        image = on_white(page.render(scale=scale, may_draw_forms=True).to_pil())
        save(image, folder / f"{number + 1}.png")
        if number == 0:
            first = sharpness(image)
            thumbnail(image, folder)
        if number < TEXT_PAGES:
            if page.formenv:  # what a field shows becomes text of the page, which is read again
                with contextlib.suppress(pypdfium2.PdfiumError):
                    page.flatten()
                page.close()
                page = document[number]
            textpage = page.get_textpage()
            text.append(textpage.get_text_range(count=min(textpage.count_chars(), TEXT_LENGTH)))
            textpage.close()
        page.close()
    return {"pages": count, "text": "\n".join(text)[:TEXT_LENGTH], "short_side": 0, "sharpness": first}


def main(original: Path, content_type: str, folder: Path) -> int:
    """Draw the document. Returns the exit code."""
    is_pdf = content_type == "application/pdf"
    limit_resources(PDF_MEMORY if is_pdf else MEMORY)
    try:
        drawn = draw_pdf(original, folder) if is_pdf else draw_picture(original, folder)
        (folder / "lecture.json").write_text(json.dumps(drawn), encoding="utf-8")
    except Exception as error:  # decoders raise anything on hostile bytes
        traceback.print_exc()
        system = isinstance(error, OSError) and error.errno not in {None, errno.EFBIG}  # a full disk, not the document
        return OURS if system or isinstance(error, ImportError) else UNREADABLE
    return 0


if __name__ == "__main__":
    if code := main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])):
        sys.exit(code)
