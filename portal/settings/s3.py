"""Options of the S3 storage: short time limits, so that a person gets an answer whatever the server does."""

from typing import Any

from botocore.config import Config

CONNECT_SECONDS = 2
READ_SECONDS = 3.5


def s3_options(
    *,
    bucket: str,
    endpoint: str,
    public_endpoint: str,
    region: str,
    access_key: str,
    secret_key: str,
    prefix: str,
    addressing: str,
    encryption: str,
    kms_key: str,
) -> dict[str, Any]:
    """OPTIONS of dispenses.documents.s3.S3Storage. `encryption`: "", "AES256" or "aws:kms", then with `kms_key` or not.

    The checksums that botocore adds since 1.36 are left to the servers that require them: older ones refuse them.
    """
    write: dict[str, str] = {}
    if encryption:
        write["ServerSideEncryption"] = encryption
    if kms_key:
        write["SSEKMSKeyId"] = kms_key
    return {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "public_endpoint": public_endpoint or None,
        "region_name": region or None,
        "access_key": access_key,
        "secret_key": secret_key,
        "location": prefix,
        "default_acl": None,
        "file_overwrite": True,  # keys are random: no question asked before each writing
        "querystring_auth": True,
        "object_parameters": write,
        "client_config": Config(
            s3={"addressing_style": addressing},
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
