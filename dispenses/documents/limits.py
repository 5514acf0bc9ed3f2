"""What an upload may be. Sizes in bytes, sides in pixels."""

from django.conf import settings

MAX_PIXELS = 60_000_000
MAX_SIDE = 20_000
MAX_PDF_PAGES = 50
NAME_LENGTH = 150

PDF = "application/pdf"
JPEG = "image/jpeg"
PNG = "image/png"
HEIC = "image/heic"

EXTENSIONS: dict[str, frozenset[str]] = {
    PDF: frozenset({"pdf"}),
    JPEG: frozenset({"jpg", "jpeg", "jpe", "jfif"}),
    PNG: frozenset({"png"}),
    HEIC: frozenset({"heic", "heif", "hif"}),
}
EXTENSION: dict[str, str] = {PDF: "pdf", JPEG: "jpg", PNG: "png", HEIC: "heic"}  # that a name gets when it has none
REPLACED_EXTENSIONS = frozenset[str]().union(*EXTENSIONS.values())  # of another accepted kind: replaced, not followed
# libmagic names several flavours of one container.
MAGIC_TYPES: dict[str, str] = {PDF: PDF, JPEG: JPEG, PNG: PNG, HEIC: HEIC} | dict.fromkeys(
    ("image/heif", "image/heic-sequence", "image/heif-sequence"), HEIC
)
PILLOW_FORMATS: dict[str, str] = {JPEG: "JPEG", PNG: "PNG", HEIC: "HEIF"}
ACCEPT_ATTRIBUTE = ".pdf,.jpg,.jpeg,.jfif,.png,.heic,.heif"


def max_bytes() -> int:
    """Largest file accepted, in bytes (10 Mo by default)."""
    return int(settings.PORTAL_UPLOAD_MAX_BYTES)


def max_files() -> int:
    """Most files in one sending of a request; the pictures of one document count together as one."""
    return int(settings.PORTAL_UPLOAD_MAX_FILES)


def max_pictures() -> int:
    """Most pictures of one document: the pages of a contract that somebody photographs."""
    return int(settings.PORTAL_UPLOAD_MAX_PICTURES)
