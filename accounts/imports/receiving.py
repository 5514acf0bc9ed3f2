"""How a company's file comes in: to a temporary file, cut at the limit; the rest is read and dropped."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler


class CompanyFileHandler(TemporaryFileUploadHandler):
    """Django's handler on disk with a limit of PORTAL_IMPORT_MAX_BYTES; `too_large` tells that it was reached."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write, up to the limit."""
        if start + len(raw_data) > settings.PORTAL_IMPORT_MAX_BYTES:
            self.too_large = True
            self.file.close()
            raise SkipFile
        super().receive_data_chunk(raw_data, start)
