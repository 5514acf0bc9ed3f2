"""Signatures of the webhooks, as the Standard Webhooks specification 1.0 lays down.

HMAC-SHA256 over « id.timestamp.body », in base64 after « v1, »; several, separated by spaces, while two secrets count.
"""

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
SECRET_BYTES = 32


def mint_secret() -> str:
    """New secret: « whsec_ » and 256 random bits in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, *, event_id: str, timestamp: int, body: bytes) -> str:
    """One signature, « v1,… ». `timestamp`: seconds since 1970, of this try."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((event_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
