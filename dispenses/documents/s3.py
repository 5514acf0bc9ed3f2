"""S3 storage of django-storages, whose failures are OSError as a folder's are, with signed addresses for downloads."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from s3transfer.exceptions import RetriesExceededError
from storages.backends import s3

P = ParamSpec("P")
R = TypeVar("R")


class StorageUnavailable(OSError):
    """The server is gone, silent, or refuses: nothing was read nor written."""


def _translated(function: Callable[P, R]) -> Callable[P, R]:
    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            try:
                return function(*args, **kwargs)
            except ConnectionClosedError:  # a kept connection that the server had left: the next one is new
                return function(*args, **kwargs)
        except (BotoCoreError, ClientError, Boto3Error, RetriesExceededError) as error:
            raise StorageUnavailable(f"S3 : {type(error).__name__}") from error

    return call


class S3Storage(s3.S3Storage):
    """Any S3 server. `public_endpoint`: its address for browsers, when it is not the one the portal uses."""

    def get_default_settings(self) -> dict[str, Any]:
        # One PUT whatever the size accepted: an upload cut short leaves nothing behind, not even parts.
        transfer = TransferConfig(multipart_threshold=64 * 1024 * 1024, use_threads=False, num_download_attempts=1)
        return {**super().get_default_settings(), "public_endpoint": None, "transfer_config": transfer}

    @_translated
    def _open(self, name: str, mode: str = "rb") -> Any:
        file = super()._open(name, mode)
        if "r" in mode:
            file.open()  # downloaded here, where a failure is still an answer
        return file

    @_translated
    def _save(self, name: str, content: Any) -> str:
        return str(super()._save(name, content))

    @_translated
    def delete(self, name: str) -> None:
        super().delete(name)

    @_translated
    def exists(self, name: str) -> bool:
        return bool(super().exists(name))

    @_translated
    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        folders, files = super().listdir(name)
        return folders, files

    @_translated
    def get_modified_time(self, name: str) -> Any:
        return super().get_modified_time(name)

    @cached_property
    def _public_client(self) -> Any:
        return self._create_session().client(
            "s3",
            region_name=self.region_name,
            endpoint_url=self.public_endpoint or self.endpoint_url,
            config=self.client_config,
        )

    def signed_url(self, name: str, *, seconds: int, disposition: str, content_type: str) -> str:
        """Address that gives the object to anyone for `seconds`, as a download. Made without asking the server."""
        url = self._public_client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket_name,
                "Key": self._normalize_name(name),
                "ResponseContentDisposition": disposition,
                "ResponseContentType": content_type,
                "ResponseCacheControl": "private, no-store",
            },
            ExpiresIn=seconds,
        )
        return str(url)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_public_client", None)
        return state
