"""The seal of a pack: SHA-256 of its manifest, and an Ed25519 signature (RFC 8032) when the portal has a key.

Nothing here knows Django: the check of a pack runs anywhere.
"""

import base64
import binascii
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MANIFEST = "manifest.json"
SEAL = "sceau.json"
ALGORITHM = "Ed25519"
KEY_BYTES = 32


def private_key(text: str) -> Ed25519PrivateKey:
    """Key from the base64 of its 32 bytes. Raises ValueError for anything else."""
    try:
        seed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("La clé de signature doit être écrite en base64.") from error
    if len(seed) != KEY_BYTES:
        raise ValueError(f"La clé de signature doit compter {KEY_BYTES} octets.")
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_text(key: str) -> str:
    """Public half, in base64, of a private key written in base64; "" for no key."""
    return base64.b64encode(private_key(key).public_key().public_bytes_raw()).decode() if key else ""


def seal(manifest: bytes, key: str) -> bytes:
    """Content of the file of the seal. `key`: private key in base64, "" for none."""
    content: dict[str, Any] = {"sha256": hashlib.sha256(manifest).hexdigest(), "signature": None}
    if key:
        content["signature"] = {
            "algorithme": ALGORITHM,
            "cle_publique": public_text(key),
            "valeur": base64.b64encode(private_key(key).sign(manifest)).decode(),
        }
    return json.dumps(content, indent=2).encode() + b"\n"


def is_signed_by(manifest: bytes, signature: Any, public: str) -> bool:
    """Whether the `signature` of a seal is that of `manifest` under the public key `public` (base64)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature["valeur"], validate=True), manifest)
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return bool(signature.get("algorithme") == ALGORITHM)
