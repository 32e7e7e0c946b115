"""Receipts: signed with the key of a home, and checked without any home."""

from __future__ import annotations

import os
from collections.abc import Mapping

from imageferry.model.values import Json
from imageferry.settings import Settings
from imageferry.store.keys import KEY_FILE, key_from_text, read_or_make_key


def sign_receipt(settings: Settings, document: Mapping[str, Json]) -> dict[str, Json]:
    """The document with a signature by the home's key, made on first use; raises StoreError."""
    from imageferry.store.signing import ReceiptKey

    return ReceiptKey(_home_key(settings)).sign(document)


def signer_of_receipt(document: Mapping[str, Json]) -> str | None:
    """The public key that has signed a receipt; None where it was altered, or never signed."""
    from imageferry.store.signing import signer_of

    return signer_of(document)


def own_public_key(settings: Settings) -> str | None:
    """The public key that receipts of this home are signed with; None where it has no key yet.

    Raises StoreError where the key cannot be read.
    """
    from imageferry.store.signing import ReceiptKey

    if not settings.secret_key and not (settings.home / KEY_FILE).exists():
        return None
    return ReceiptKey(_home_key(settings)).public_key


def _home_key(settings: Settings) -> bytes:
    if settings.secret_key:
        return key_from_text(settings.secret_key, "IMAGEFERRY_SECRET_KEY")
    return read_or_make_key(settings.home, lambda: os.urandom(32))
