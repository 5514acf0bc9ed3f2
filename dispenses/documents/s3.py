"""S3 storage of django-storages, whose failures are OSError as a folder's are, with signed addresses for downloads."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from s3transfer.exceptions import RetriesExceededError
from storages.backends import s3

from dispenses.documents.pieces import JoiningLost

P = ParamSpec("P")
R = TypeVar("R")
JOINING_SECONDS = 60  # that the server may take for one copy


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
    def size(self, name: str) -> int:
        return int(super().size(name))

    @_translated
    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        folders, files = super().listdir(name)
        return folders, files

    @_translated
    def get_modified_time(self, name: str) -> Any:
        return super().get_modified_time(name)

    # Pieces put end to end (documents.pieces.Joins): the server copies them, nothing is downloaded

    @cached_property
    def _client(self) -> Any:
        """Nobody waits in front of a page for these: a server takes its time to copy, and to put together."""
        patient = self.client_config.merge(Config(read_timeout=JOINING_SECONDS))
        return self._create_session().client(
            "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, config=patient
        )

    def _place(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(name)}

    @_translated
    def start_joining(self, name: str) -> str:
        begun = self._client.create_multipart_upload(**self._place(name), **self._get_write_parameters(name))
        return str(begun["UploadId"])

    @_translated
    def join(self, name: str, token: str, *, number: int, at: int, piece: str) -> None:
        try:
            self._client.upload_part_copy(
                **self._place(name), UploadId=token, PartNumber=number + 1, CopySource=self._place(piece)
            )
        except self._client.exceptions.NoSuchUpload as error:
            raise JoiningLost(f"{name}\xa0: assemblage disparu") from error

    @_translated
    def finish_joining(self, name: str, token: str, *, pieces: int, size: int) -> None:
        try:
            parts = self._parts(name, token)
            if len(parts) != pieces or sum(part["Size"] for part in parts) != size:
                raise JoiningLost(f"{name}\xa0: assemblage incomplet")
            named = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
            self._client.complete_multipart_upload(
                **self._place(name), UploadId=token, MultipartUpload={"Parts": named}
            )
        except (self._client.exceptions.NoSuchUpload, self._client.exceptions.NoSuchKey) as error:  # the latter of Ceph
            if self.exists(name) and self.size(name) == size:
                return  # named by a worker that died before saying so, or that had no answer
            raise JoiningLost(f"{name}\xa0: assemblage disparu") from error

    def _parts(self, name: str, token: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("list_parts").paginate(**self._place(name), UploadId=token)
        return [part for page in pages for part in page.get("Parts", [])]

    @_translated
    def stop_joining(self, name: str) -> None:
        place = self._place(name)
        pages = self._client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=place["Bucket"], Prefix=place["Key"]):
            for upload in page.get("Uploads", []):
                if upload["Key"] == place["Key"]:
                    self._client.abort_multipart_upload(**place, UploadId=upload["UploadId"])

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
        for client in ("_public_client", "_client"):
            state.pop(client, None)
        return state
