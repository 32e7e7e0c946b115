"""Large texts as they are kept: compressed, and a template with secrets beside it encrypted.

A template may hold the default of a NoEcho parameter in clear. So the template of a stack with
any secret among its parameters is kept as a secret itself.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

from imageferry.model.values import Value, holds_secret
from imageferry.store.secrets import Vault

# Half the time of the usual 6, for a few percent more bytes.
_LEVEL: Final = 3

_CLEAR: Final = b"\x00"
_SEALED: Final = b"\x01"
_ERASED: Final = b"\x02"


def pack(text: str) -> bytes:
    """A JSON text, compressed."""
    return zlib.compress(text.encode("ascii"), _LEVEL)


def unpack(body: bytes) -> bytes:
    """The text that `pack` compressed."""
    return zlib.decompress(body)


def pack_template(vault: Vault | None, template: bytes, parameters: Mapping[str, Value]) -> bytes:
    """A template's source; without a vault nothing that may be secret is kept."""
    compressed = zlib.compress(template, _LEVEL)
    if not holds_secret(parameters):
        return _CLEAR + compressed
    if vault is None:
        return _ERASED
    return _SEALED + vault.seal_bytes(compressed).encode("ascii")


def unpack_template(vault: Vault, body: bytes) -> bytes:
    """The source that `pack_template` was given; empty where it was erased."""
    match body[:1]:
        case b"\x00":
            return zlib.decompress(body[1:])
        case b"\x01":
            compressed = vault.open_bytes(body[1:].decode("ascii"))
            return b"" if compressed is None else zlib.decompress(compressed)
        case _:
            return b""
