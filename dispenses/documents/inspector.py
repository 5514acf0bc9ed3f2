"""A program of its own: decode one document after the other, each in a process that holds nothing and may die.

`python -I inspector.py` reads requests on its standard input, one JSON object a line (`path`, `content_type`, limits),
and writes one JSON object a line. It has one thread and its decoders loaded, so that a fork costs milliseconds and is
safe. Nothing of the portal is imported: no settings, no secret, no database. Limits in bytes, seconds and pixels.
"""

import contextlib
import json
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
from typing import Any, NoReturn

import pikepdf
import pillow_heif
from PIL import Image

GROWTH = 420 * 1024 * 1024  # address space a document may add to that of the loaded libraries
CPU_SECONDS = 7
WALL_SECONDS = 8
STREAM_BYTES = 200 * 1024 * 1024  # inflated content of one PDF, all streams together
FLATE_RATIO = 1100  # zlib never inflates more (RFC 1951): one layer of Flate alone may be bounded by it
REPLY = 4096

SCRIPT_ACTIONS = {"/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/Rendition", "/Movie"}
ACTIVE_ANNOTATIONS = {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
ACTIVE_KEYS = {"/JS", "/JavaScript", "/XFA", "/RichMediaContent"}
ATTACHMENT_KEYS = {"/EmbeddedFiles", "/EF", "/Collection"}


class Refused(Exception):
    """Why a document is not taken: one of the words that inspection.py turns into French."""


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


def check_active(held: Any) -> None:
    """Refuse a dictionary that acts or carries a file (ISO 32000-2, 7.11.4, 12.5.6, 12.6.4)."""
    if isinstance(held, pikepdf.Array):
        return
    keys = set(held.keys())
    if keys & ACTIVE_KEYS or str(held.get("/S", "")) in SCRIPT_ACTIONS:
        raise Refused("active")
    if keys & ATTACHMENT_KEYS or str(held.get("/Type", "")) == "/EmbeddedFile":
        raise Refused("attachment")
    if str(held.get("/Subtype", "")) in ACTIVE_ANNOTATIONS:
        raise Refused("active")


def filters(stream: Any) -> list[str]:
    found = stream.get("/Filter")
    if found is None:
        return []
    return [str(name) for name in found] if isinstance(found, pikepdf.Array) else [str(found)]


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
    if str(stream.get("/Subtype", "")) != "/Image":
        return 0
    width, height = int(stream.get("/Width", 0)), int(stream.get("/Height", 0))
    if width < 0 or height < 0:
        raise Refused("damaged")
    return width * height


def decode_pdf(path: str, max_pages: int, max_pixels: int) -> int:
    """Walk every object of a PDF, those in object streams included. Answers its number of pages."""
    try:
        pdf = pikepdf.open(path)
    except pikepdf.PasswordError:
        raise Refused("password") from None
    with pdf:
        pages = len(pdf.pages)
        if not 1 <= pages <= max_pages:
            raise Refused("pages")
        total = 0
        for item in [pdf.trailer, *pdf.objects]:
            for held in values(item):
                check_active(held)
            if isinstance(item, pikepdf.Stream):
                if picture_pixels(item) > max_pixels:
                    raise Refused("too_complex")
                total += inflated(item)
                if total > STREAM_BYTES:
                    raise Refused("too_complex")
    return pages


def limit_resources() -> None:
    """What one document may cost at most; beyond, its process alone ends."""
    with open("/proc/self/statm") as statm:
        memory = int(statm.read().split()[0]) * resource.getpagesize() + GROWTH
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
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
            return {"pages": decode_pdf(request["path"], request["max_pages"], request["max_pixels"])}
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
        """What it says of the document; killed when it is late. `peak`: its memory at most, in bytes."""
        with contextlib.suppress(BrokenPipeError):  # something has killed it
            os.write(self.asking, line)
        os.close(self.asking)
        ready, _, _ = select.select([self.reading], [], [], WALL_SECONDS)
        said = os.read(self.reading, REPLY) if ready else b""
        os.close(self.reading)
        if said:
            return dict(json.loads(said))
        os.kill(self.pid, signal.SIGKILL)
        _, _, usage = os.wait4(self.pid, 0)
        self.pid = 0
        return {"refused": "too_complex", "peak": usage.ru_maxrss * 1024}

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
