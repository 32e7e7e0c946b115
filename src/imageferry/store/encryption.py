"""AesGcmBox: secrets encrypted with AES-GCM. Loaded only once there is a secret."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from imageferry.ports.keeping import StoreError

_NONCE_SIZE: Final = 12
_ID_SIZE: Final = 16
_FORMAT: Final = b"\x01"


class AesGcmBox:
    """Encrypts with keys derived from one key of 32 bytes.

    The nonce is derived from the content by a key of its own: it repeats only where the content
    does, and then so does the ciphertext, in the one row that both share.
    """

    def __init__(self, key: bytes) -> None:
        self._id_key = _derive(key, b"id")
        self._nonce_key = _derive(key, b"nonce")
        self._cipher = AESGCM(_derive(key, b"encryption"))
        self.fingerprint: str = _derive(key, b"fingerprint").hex()[:16]

    def name(self, stack_id: str, content: bytes) -> str:
        """The id of a content: equal contents of a stack have one, and it tells nothing."""
        return _digest(self._id_key, stack_id, content).hex()[: 2 * _ID_SIZE]

    def seal(self, stack_id: str, secret_id: str, content: bytes) -> bytes:
        """The ciphertext, bound to its stack and id."""
        nonce = _digest(self._nonce_key, f"{stack_id}\0{secret_id}", content)[:_NONCE_SIZE]
        bound_to = _bound_to(stack_id, secret_id)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, content, bound_to)

    def open(self, stack_id: str, secret_id: str, ciphertext: bytes) -> bytes:
        """What `seal` was given; raises StoreError where the key is another one."""
        nonce = ciphertext[1 : 1 + _NONCE_SIZE]
        bound_to = _bound_to(stack_id, secret_id)
        try:
            if ciphertext[:1] != _FORMAT:
                raise InvalidTag
            return self._cipher.decrypt(nonce, ciphertext[1 + _NONCE_SIZE :], bound_to)
        except InvalidTag as failure:
            raise StoreError(
                f'the NoEcho values of stack "{stack_id}" were encrypted with another key; '
                "restore the key file of the home, or set IMAGEFERRY_SECRET_KEY to that key"
            ) from failure


def _derive(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, b"imageferry " + purpose, hashlib.sha256).digest()


def _digest(key: bytes, scope: str, content: bytes) -> bytes:
    # The hash of the scope has one length, so that no scope runs into a content.
    message = hashlib.sha256(scope.encode()).digest() + content
    return hmac.new(key, message, hashlib.sha256).digest()


def _bound_to(stack_id: str, secret_id: str) -> bytes:
    return f"{stack_id}\0{secret_id}".encode()
