"""How the bytes of an upload come in: within limits, to a file without a name, so that nothing can stay behind."""

import contextlib
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from dispenses.documents import limits
from dispenses.documents.folder import incoming
from dispenses.exceptions import Code, JustificatifRefused, StorageUnavailable, UploadTooLarge
from portal.lib.reception import NO_ROOM

CHUNK = 256 * 1024  # bytes held in memory at once
FORM_BYTES = 1_000_000  # of a page besides its files


def max_body(*, one_file: bool = False) -> int:
    """Largest body, in bytes, of a page with all its files; or of the sending of one file."""
    return limits.max_bytes() * (1 if one_file else limits.max_files()) + FORM_BYTES


def too_large(name: str) -> UploadTooLarge:
    """The refusal of a file over the limit."""
    return UploadTooLarge(
        f"«\xa0{name}\xa0» dépasse {limits.max_bytes() // 1_000_000}\xa0Mo. Réduisez-le ou choisissez un autre fichier."
    )


def refusals(request: HttpRequest) -> dict[str, list[JustificatifRefused]]:
    """What was wrong with files that were not kept while they came in, each of them, by name of input."""
    _ = request.FILES  # reads the request, if nobody did
    return getattr(request, "refused_uploads", {})


def close_unfinished(request: HttpRequest) -> None:
    """Close the file that was coming in when the connection broke: nothing else does before memory is swept."""
    for handler in getattr(request, "_upload_handlers", ()):
        handler.upload_interrupted()


class UnnamedFileHandler(FileUploadHandler):
    """Django's upload handler (FILE_UPLOAD_HANDLERS): disk only, cut at the limit, the rest read and dropped.

    The rest must be read: a browser that is still sending when the connection closes shows no answer at all.
    """

    chunk_size = CHUNK
    file: IO[bytes]  # only while it comes in: Django closes what has this name

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.received = 0
        self.hopeless = False
        self.has_no_room = False

    def handle_raw_input(
        self, input_data: Any, META: dict[str, Any], content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        """Know from the announced length that the one file of a script's sending cannot fit, or that none came in."""
        self.has_no_room = bool(META.get(NO_ROOM))
        one_file = META.get("HTTP_X_REQUESTED_WITH") == "fetch"
        self.hopeless = one_file and content_length > max_body(one_file=True)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open the file, unless there is no use."""
        super().new_file(*args, **kwargs)
        self.received = 0
        if self.hopeless:
            self._skip(too_large(self._shown()))
        if self.has_no_room:
            self._skip(self._full())
        try:
            self.file = incoming()
        except OSError as error:
            self._skip(self._full(), error)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write, up to the limit and while there is room."""
        self.received += len(raw_data)
        if self.received > limits.max_bytes():
            self._skip(too_large(self._shown()))
        try:
            self.file.write(raw_data)
        except OSError as error:
            self._skip(self._full(), error)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes] | None":
        """The file, rewound."""
        file = self.file
        try:
            file.seek(0)  # writes what is still in memory
        except OSError:
            self._close()
            self._remember(self._full())
            return None
        del self.file
        return UploadedFile(file, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra)

    def upload_interrupted(self) -> None:
        """Free the room at once."""
        self._close()

    def _shown(self) -> str:
        return (self.file_name or "document")[: limits.NAME_LENGTH]

    def _full(self) -> StorageUnavailable:
        return StorageUnavailable(
            f"«\xa0{self._shown()}\xa0» n’a pas pu être reçu\xa0: la place manque chez nous pour le moment. "
            "Vos réponses et vos autres fichiers sont conservés. Joignez-le à nouveau dans quelques minutes.",
            code=Code.NO_ROOM,
        )

    def _skip(self, refusal: JustificatifRefused, cause: OSError | None = None) -> None:
        self._close()
        self._remember(refusal)
        raise SkipFile from cause

    def _remember(self, refusal: JustificatifRefused) -> None:
        refused: dict[str, list[JustificatifRefused]] = vars(self.request).setdefault("refused_uploads", {})
        refused.setdefault(self.field_name or "", []).append(refusal)

    def _close(self) -> None:
        if hasattr(self, "file"):
            with contextlib.suppress(OSError):  # a full disk refuses the last bytes once more
                self.file.close()
            del self.file
