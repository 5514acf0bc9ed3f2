"""Secrets of the activation links and codes: minted, hashed, compared here and nowhere else."""

import hashlib
import hmac
import secrets

from django.conf import settings

CODE_DIGITS = 6


def mint_token() -> str:
    """New link secret: 256 random bits, 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """SHA-256 of a link secret, 64 hexadecimal characters. Its entropy makes a salt useless."""
    return hashlib.sha256(token.encode()).hexdigest()


def mint_code() -> str:
    """New six-digit confirmation code, leading zeros kept."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def hash_code(code: str, *, invitation_id: int) -> str:
    """Keyed hash of a code, bound to its invitation: six digits alone would be found by trying them all."""
    message = f"activation-code:{invitation_id}:{code}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Constant-time comparison of two hashes."""
    return hmac.compare_digest(left, right)
