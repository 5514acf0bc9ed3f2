"""A passkey made of code (WebAuthn Level 3): it signs what it is asked, and whatever a test wants it to say."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # flags of the authenticator's data

ORIGIN, PARTY = "https://portail.example", "portail.example"


@dataclass
class SoftwareKey:
    """One key. Its attributes may be changed between two answers: a copy, another site, a finger that was not asked."""

    origin: str = ORIGIN
    party: str = PARTY
    verified: bool = True
    count: int = 0
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    raw_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def create(self, options: str, **changed: Any) -> str:
        """Its answer to what is offered to make it; `changed`: other values of the client's data."""
        numbers = self.private.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.raw_id).to_bytes(2, "big") + self.raw_id + public
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        client = self._client("webauthn.create", options, changed)
        return self._answer(clientDataJSON=client, attestationObject=cbor2.dumps(statement))

    def get(self, options: str, **changed: Any) -> str:
        """Its answer to what is offered to use it."""
        data, client = self._data(), self._client("webauthn.get", options, changed)
        signed = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signed)

    def _data(self, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        return hashlib.sha256(self.party.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: str, changed: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": json.loads(options)["challenge"], "origin": self.origin} | changed
        return json.dumps(said).encode()

    def _answer(self, **response: bytes) -> str:
        name = bytes_to_base64url(self.raw_id)
        sent = {key: bytes_to_base64url(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": sent})
