"""A program of its own: decode one document after the other, each in a process that holds nothing and may die.

`python -I inspector.py` reads requests on its standard input, one JSON object a line (`path`, `content_type`, limits),
and writes one JSON object a line. It has one thread and its decoders loaded, so that a fork costs milliseconds and is
safe. Nothing of the portal is imported: no settings, no secret, no database. Limits in bytes, seconds and pixels.
"""

import contextlib
import json
import mmap
import os
import re
import resource
import select
import signal
import sys
import time
import warnings
import zlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pikepdf
import pillow_heif
import pypdfium2
from PIL import Image

sys.path.append(str(Path(__file__).parents[2]))  # a program of its own, that has one more file

from dispenses.documents.acting import Refused, check, filters, name_of

GROWTH = 420 * 1024 * 1024  # address space a document may add to that of the loaded libraries
CPU_SECONDS = 10
WALL_SECONDS = 30  # against what hangs alone: on a busy machine an honest document waits for its share of processor
STREAM_BYTES = 200 * 1024 * 1024  # inflated content of one PDF, all streams together, pictures apart
PICTURE_PIXELS = 200_000_000  # of one picture in a PDF, drawn line by line: A4 at 1200 dots per inch has 139 million
ALL_PIXELS = 2_500_000_000  # of all of them: 50 pages of A4 at 600 dots per inch have 1.7 billion
FLATE_RATIO = 1100  # zlib never inflates more (RFC 1951): one layer of Flate alone may be bounded by it
REPLY = 4096
SIDES = ("/Width", "/Height")

# What ends a process that decodes hostile bytes, by their fault: its processor time is used up, or its decoder fell.
OWN_DEATHS = {
    *(signal.SIGXCPU, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS),
    *(signal.SIGFPE, signal.SIGILL, signal.SIGTRAP),
}


def decode_image(path: str, pillow_format: str, max_side: int, max_pixels: int) -> int:
    """Decode every pixel; a JPEG at an eighth of its size, which still reads all of its data. Answers one page."""
    with Image.open(path, formats=[pillow_format]) as image:
        width, height = image.size
        if max(width, height) > max_side or width * height > max_pixels:
            raise Refused("too_large_image")
        if pillow_format == "HEIF":
            pictures = pillow_heif.open_heif(path)
            len(pictures[pictures.primary_index].data)  # decodes; read by Pillow, the pixels would be in memory twice
        else:
            image.draft("RGB", (width // 8 or 1, height // 8 or 1))
            image.load()
    return 1


def values(item: Any) -> Iterator[Any]:
    """The containers held directly by a PDF object, at any depth; indirect ones come by themselves."""
    waiting = [(item, 0)]
    while waiting:
        held, depth = waiting.pop()
        if not isinstance(held, (pikepdf.Dictionary, pikepdf.Array, pikepdf.Stream)):
            continue
        if depth and held.is_indirect:
            continue
        if depth > 60:
            raise Refused("too_complex")
        yield held
        children = held if isinstance(held, pikepdf.Array) else [value for _, value in held.items()]
        waiting.extend((child, depth + 1) for child in children)


def inflated(stream: Any) -> int:
    """Bytes a stream may inflate to; nested compression is not something a scanner or a printer makes."""
    names = filters(stream)
    packed = [name for name in names if name in {"/FlateDecode", "/Fl", "/LZWDecode", "/LZW"}]
    if len(packed) > 1 or len(names) > 3:
        raise Refused("too_complex")
    if not packed:
        return 0
    raw = len(stream.read_raw_bytes())
    return raw if raw * FLATE_RATIO < 1_000_000 else measured(stream)


def measured(stream: Any) -> int:
    """Inflate a large stream piece by piece and count, keeping nothing."""
    names = filters(stream)
    raw = stream.read_raw_bytes()
    if names != ["/FlateDecode"]:
        return len(raw) * 20
    unpacker, total = zlib.decompressobj(), 0
    try:
        while raw and total <= STREAM_BYTES:
            total += len(unpacker.decompress(raw, 1024 * 1024))
            raw = unpacker.unconsumed_tail
    except zlib.error:
        return total  # readers mend a torn stream; what came out was counted
    return total


def picture_pixels(stream: Any) -> int:
    """Pixels that a picture says it has, 0 for another stream."""
    if name_of(stream, "/Subtype") != "/Image":
        return 0
    width, height = (int(found) if isinstance(found := stream.get(key), (int, Decimal)) else 0 for key in SIDES)
    if width < 0 or height < 0:
        raise Refused("damaged")
    return width * height


def is_drawn_by_line(stream: Any) -> bool:
    """A picture of which pdfium inflates the lines that it needs, as many as the picture says: no bomb."""
    return picture_pixels(stream) > 0 and filters(stream) in (["/FlateDecode"], ["/Fl"])


def is_cut(path: str) -> bool:
    """Whether the end of a PDF is missing: nothing after its last object says where the objects are (7.5.5)."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        last = max(content.rfind(b"endobj"), content.rfind(b" 0 obj"))
        return max(content.rfind(b"startxref"), content.rfind(b"trailer")) < last


def check_ends(path: str) -> None:
    """See that the library that draws can read the first page and the last. Raises PdfiumError.

    By an open file: a file without a name has no path that pdfium follows. The pages between are read when drawn.
    """
    with open(path, "rb") as file:
        document = pypdfium2.PdfDocument(file)
        for number in {0, len(document) - 1}:
            document[number].close()
        document.close()


def decode_pdf(path: str, max_pages: int) -> int:
    """Walk every object of a PDF, those in object streams included. Answers its number of pages."""
    if is_cut(path):
        raise Refused("cut")
    try:
        pdf = pikepdf.open(path)
    except pikepdf.PasswordError:
        raise Refused("password") from None
    with pdf:
        if pdf.is_encrypted and not pdf.user_password_matched:  # the owner's is empty, but readers ask for the user's
            raise Refused("password")
        pages = len(pdf.pages)
        if not 1 <= pages <= max_pages:
            raise Refused("pages")
        check_objects(pdf)
    check_ends(path)
    return pages


def check_objects(pdf: pikepdf.Pdf) -> None:
    """Refuse what acts, carries a file or inflates too much."""
    total = pixels = 0
    for item in [pdf.trailer, *pdf.objects]:
        for held in values(item):
            check(held)
        if isinstance(item, pikepdf.Stream):
            drawn = picture_pixels(item)
            pixels += drawn
            if drawn > PICTURE_PIXELS or pixels > ALL_PIXELS:
                raise Refused("too_fine")
            total += 0 if is_drawn_by_line(item) else inflated(item)
            if total > STREAM_BYTES:
                raise Refused("too_complex")


def limit_resources() -> None:
    """What one document may cost at most; beyond, its process alone ends."""
    with open("/proc/self/statm") as statm:
        memory = int(statm.read().split()[0]) * resource.getpagesize() + GROWTH
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 2))  # the first tells why, the second kills
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def examine(request: dict[str, Any]) -> dict[str, Any]:
    """Decode one document. Answers its number of pages, or the word for why it is refused."""
    try:
        limit_resources()
        os.stat(request["path"])
        with open(request["path"], "rb"):
            pass
    except OSError:
        return {"failure": "unreadable"}  # ours, not the document's
    try:
        if request["content_type"] == "application/pdf":
            return {"pages": decode_pdf(request["path"], request["max_pages"])}
        return {"pages": decode_image(request["path"], request["format"], request["max_side"], request["max_pixels"])}
    except Refused as refused:
        return {"refused": str(refused)}
    except (MemoryError, RecursionError):
        return {"refused": "too_complex"}
    except Exception as error:  # decoders raise anything on hostile bytes
        memory = re.search("memory|bad_alloc", str(error), re.IGNORECASE)
        return {"refused": "too_complex" if memory else "damaged"}


class Child:
    """A process forked ahead, that waits for one document: the fork costs more than most documents."""

    def __init__(self) -> None:
        asked, self.asking = os.pipe()
        self.reading, answered = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._serve(asked, answered)
        os.close(asked)
        os.close(answered)

    def _serve(self, asked: int, answered: int) -> NoReturn:
        for descriptor in (self.asking, self.reading, 0, 1):  # so that each side sees the other's end
            os.close(descriptor)
        with os.fdopen(asked, "rb") as requests:
            line = requests.readline()
        if line:
            found = examine(json.loads(line))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            os.write(answered, json.dumps({**found, "peak": peak}).encode())
        os._exit(0)

    def answer(self, line: bytes) -> dict[str, Any]:
        """What it says of the document, or how it ended. `peak`: its memory at most, in bytes."""
        with contextlib.suppress(BrokenPipeError):  # something has killed it
            os.write(self.asking, line)
        os.close(self.asking)
        ready, _, _ = select.select([self.reading], [], [], WALL_SECONDS)
        said = os.read(self.reading, REPLY) if ready else b""
        os.close(self.reading)
        if said:
            return dict(json.loads(said))
        if not ready:
            os.kill(self.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self.pid, 0)
        self.pid = 0
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in OWN_DEATHS:
            return {"refused": "too_complex", "peak": usage.ru_maxrss * 1024}
        return {"failure": "killed" if ready else "late"}  # the machine lacks memory or time: not the document's fault

    def end(self) -> None:
        """Wait for a process that has answered: its memory takes a while to be given back."""
        if self.pid:
            os.waitpid(self.pid, 0)


def main() -> None:
    pillow_heif.register_heif_opener()
    Image.init()
    Image.MAX_IMAGE_PIXELS = None  # bounded above
    warnings.simplefilter("ignore")
    child = Child()
    for line in sys.stdin.buffer:
        began = time.monotonic()
        found = child.answer(line)
        sys.stdout.write(json.dumps({**found, "seconds": round(time.monotonic() - began, 4)}) + "\n")
        sys.stdout.flush()
        child.end()
        child = Child()


if __name__ == "__main__":
    main()
