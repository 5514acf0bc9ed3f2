"""How a company's file comes in: to a temporary file, cut at the limit; the rest is read and dropped."""

import logging
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler

from portal.lib.reception import NO_ROOM

logger = logging.getLogger(__name__)


class CompanyFileHandler(TemporaryFileUploadHandler):
    """Django's handler on disk with a limit of PORTAL_IMPORT_MAX_BYTES.

    `too_large` tells that it was reached, `failed` that our disk did not take the bytes: nothing is kept of the file.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = self.failed = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open the temporary file, unless nothing of the file came in."""
        if self.request is not None and self.request.META.get(NO_ROOM):
            self.failed = True
            raise SkipFile
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            self._fail(error)
            raise SkipFile from error

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write, up to the limit."""
        if start + len(raw_data) > settings.PORTAL_IMPORT_MAX_BYTES:
            self.too_large = True
            self._drop()
            raise SkipFile
        try:
            super().receive_data_chunk(raw_data, start)
            self.file.flush()
        except OSError as error:
            self._fail(error)
            raise SkipFile from error

    def _fail(self, error: OSError) -> None:
        self.failed = True
        logger.error("Un fichier déposé n’a pas pu être écrit : %s", error.strerror)
        self._drop()

    def _drop(self) -> None:
        with suppress(AttributeError, OSError):  # not opened; or what it still held cannot be written
            self.file.close()
