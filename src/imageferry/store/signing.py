"""ReceiptKey: signs receipts with a key that belongs to a home, and tells whether one was altered."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from imageferry.model.values import Json

ALGORITHM: Final = "Ed25519"
_SIGNATURE: Final = "signature"


class ReceiptKey:
    """Signs with a key derived from the home's: whoever shares that key signs alike."""

    def __init__(self, key: bytes) -> None:
        seed = hmac.new(key, b"imageferry receipts", hashlib.sha256).digest()
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public_key: str = b64encode(public).decode()

    def sign(self, document: Mapping[str, Json]) -> dict[str, Json]:
        """The document with its signature, over everything else that stands in it."""
        signature = b64encode(self._private.sign(_canonical(document))).decode()
        signed_by = {"algorithm": ALGORITHM, "public_key": self.public_key, "value": signature}
        return {**document, _SIGNATURE: signed_by}


def signer_of(document: Mapping[str, Json]) -> str | None:
    """The public key that has signed a document; None where it is altered or not signed at all."""
    signature = document.get(_SIGNATURE)
    if not isinstance(signature, Mapping) or signature.get("algorithm") != ALGORITHM:
        return None
    public, value = signature.get("public_key"), signature.get("value")
    if not isinstance(public, str) or not isinstance(value, str):
        return None
    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(public, validate=True))
        key.verify(b64decode(value, validate=True), _canonical(document))
    except (InvalidSignature, NotBase64, ValueError):
        return None
    return public


def _canonical(document: Mapping[str, Json]) -> bytes:
    """One spelling of a document, whatever the order and the blanks it was written with."""
    content = {name: value for name, value in document.items() if name != _SIGNATURE}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
