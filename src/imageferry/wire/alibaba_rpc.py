"""Alibaba Cloud RPC parameters and error replies, in both directions.

Lists and structures travel as flat names counted from one: `Tag.1.Key=a`, `ResourceId.2=m-x`,
`SystemDisk.Size=40`. Every value is text: booleans are `true` and `false`, integers decimal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from imageferry.wire.alibaba_signing import pe
from imageferry.wire.http import Pairs

__all__ = [
    "ErrorReply",
    "Parameter",
    "decode_boolean",
    "decode_error",
    "decode_list",
    "decode_tags",
    "encode_error",
    "flatten",
    "nest",
    "pe",
]

Parameter: TypeAlias = "str | list[Parameter] | dict[str, Parameter]"
"""A received parameter: text, a list, or a structure."""

_MAX_DEPTH = 8
"""Deeper names than any documented action has are taken as plain names."""


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """The flat object of an error answer; all five members are text, as the Go client demands."""

    code: str
    message: str
    request_id: str = ""
    host_id: str = ""
    recommend: str = ""


def flatten(parameters: Mapping[str, object]) -> Pairs:
    """Nested parameters to decoded pairs; None is left out, and so are empty lists and structures.

    Leaves may be str, bool, int or float; anything else raises TypeError.
    """
    pairs: list[tuple[str, str]] = []
    _gather("", parameters, pairs)
    return tuple(pairs)


def _gather(prefix: str, value: object, pairs: list[tuple[str, str]]) -> None:
    # One list for all and the commonest kinds first: this is done for every call to the cloud.
    match value:
        case str():
            pairs.append((prefix, value))
        case None:
            return
        case bool():
            pairs.append((prefix, "true" if value else "false"))
        case int() | float():
            pairs.append((prefix, str(value)))
        case dict() | Mapping():
            for name, inner in value.items():
                if inner is not None:
                    _gather(f"{prefix}.{name}" if prefix else str(name), inner, pairs)
        case list() | Sequence() if not isinstance(value, bytes | bytearray):
            for index, inner in enumerate(value, start=1):
                _gather(f"{prefix}.{index}", inner, pairs)
        case _:
            raise TypeError(
                f'parameter "{prefix}" is a {type(value).__name__}; '
                "text, numbers, booleans, lists and mappings can be sent"
            )


def nest(pairs: Pairs) -> dict[str, Parameter]:
    """Decoded pairs to nested parameters; of one name given twice the last value counts.

    Lists are built from the indices that occur, in their order, so that a huge index costs nothing.
    A plain value under a name that also has parts is dropped.
    """
    tree: dict[str, Parameter] = {}
    for name, value in pairs:
        if "." not in name:
            if not isinstance(tree.get(name), dict):
                tree[name] = value
            continue
        parts = name.split(".")
        if len(parts) > _MAX_DEPTH or "" in parts:
            tree[name] = value
            continue
        _plant(tree, parts, value)
    return {
        name: _listed(value) if isinstance(value, dict) else value for name, value in tree.items()
    }


def _plant(tree: dict[str, Parameter], parts: list[str], value: str) -> None:
    branch = tree
    for part in parts[:-1]:
        inner = branch.get(part)
        if not isinstance(inner, dict):
            inner = {}
            branch[part] = inner
        branch = inner
    if not isinstance(branch.get(parts[-1]), dict):
        branch[parts[-1]] = value


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _listed(branch: dict[str, Parameter]) -> Parameter:
    inner = {
        name: _listed(value) if isinstance(value, dict) else value for name, value in branch.items()
    }
    if all(map(_is_index, inner)):
        # Compared as text of equal rank: by length, then digits, for int() refuses huge numbers.
        ranks = sorted(inner, key=lambda name: (len(name.lstrip("0")), name.lstrip("0")))
        return [inner[name] for name in ranks]
    return inner


_BOOLEANS = {"true": True, "false": False}


def decode_boolean(text: str) -> bool | None:
    """`true` and `false` in any case; None for anything else."""
    return _BOOLEANS.get(text.lower())


def decode_list(parameter: Parameter | None) -> tuple[str, ...]:
    """The texts of `X.1`, `X.2`, ...; a plain `X` counts as one; structures are passed over."""
    match parameter:
        case None:
            return ()
        case str():
            return (parameter,)
        case list():
            return tuple(value for value in parameter if isinstance(value, str))
        case dict():
            return ()


def decode_tags(parameter: Parameter | None) -> tuple[tuple[str | None, str], ...]:
    """Key and value of each `Tag.N`; no Value is an empty one, no Key is None.

    `Tag.N.key` and `Tag.N.value` are an older spelling that DescribeImages accepted.
    """
    if not isinstance(parameter, list):
        return ()
    pairs: list[tuple[str | None, str]] = []
    for tag in parameter:
        if isinstance(tag, dict):
            key, value = tag.get("Key", tag.get("key")), tag.get("Value", tag.get("value", ""))
            pairs.append(
                (key if isinstance(key, str) else None, value if isinstance(value, str) else "")
            )
    return tuple(pairs)


def encode_error(error: ErrorReply) -> bytes:
    """The JSON text of an error answer."""
    return json.dumps(
        {
            "RequestId": error.request_id,
            "HostId": error.host_id,
            "Code": error.code,
            "Message": error.message,
            "Recommend": error.recommend,
        },
        ensure_ascii=False,
    ).encode()


def decode_error(body: bytes) -> ErrorReply | None:
    """Read an error answer; None if it is no JSON object with a code, as a proxy's page is.

    Some gateways spell the members with a small first letter; both are read.
    """
    try:
        reply = json.loads(body)
    except ValueError:
        return None
    if not isinstance(reply, dict):
        return None

    def member(name: str) -> str:
        value = reply.get(name, reply.get(name[0].lower() + name[1:], ""))
        return value if isinstance(value, str) else ""

    if not member("Code"):
        return None
    return ErrorReply(
        code=member("Code"),
        message=member("Message"),
        request_id=member("RequestId"),
        host_id=member("HostId"),
        recommend=member("Recommend"),
    )
