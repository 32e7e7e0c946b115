"""Replies: from values to XML, by the shape of what an operation gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, assert_never

from imageferry.api.cfn.model import (
    NAMESPACE,
    Boolean,
    Listing,
    Mapped,
    Model,
    Moment,
    Number,
    Shape,
    Structure,
    Text,
)
from imageferry.wire.http import HttpResponse

_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# XML 1.0 has no way to write these at all.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def encode_reply(
    model: Model, operation: str, reply: Mapping[str, Any], request_id: str
) -> HttpResponse:
    """A reply of 200. What is None is left out; an empty map or list is an empty element.

    Raises KeyError for a name that the operation's result does not have.
    """
    gives = model.operations[operation].gives
    result = ""
    if gives is not None:
        inner = "".join(_content(model, model.shapes[gives], reply))
        result = f"<{operation}Result>{inner}</{operation}Result>"
    body = (
        f'<{operation}Response xmlns="{NAMESPACE}">{result}<ResponseMetadata><RequestId>'
        f"{_text(request_id)}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return _response(200, body, request_id)


def encode_error(status: int, code: str, message: str, request_id: str) -> HttpResponse:
    """A refusal; who is to blame follows from the status."""
    blamed = "Sender" if status < 500 else "Receiver"
    body = (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>{blamed}</Type><Code>{_text(code)}</Code>'
        f"<Message>{_text(message)}</Message></Error>"
        f"<RequestId>{_text(request_id)}</RequestId></ErrorResponse>"
    )
    return _response(status, body, request_id)


def _response(status: int, body: str, request_id: str) -> HttpResponse:
    headers = {"content-type": "text/xml", "x-amzn-requestid": request_id}
    return HttpResponse(status, headers, body.encode())


def _content(model: Model, shape: Shape, value: Any) -> Iterator[str]:
    """What stands inside the element of a value."""
    match shape:
        case Structure():
            for name, one in value.items():
                inner = shape.members[name]
                if one is not None:
                    yield from _element(model, name, inner, one)
        case Listing():
            for one in value:
                yield from _element(model, "member", shape.member, one)
        case Mapped():
            for key, one in value.items():
                yield f"<entry><key>{_text(key)}</key>"
                yield from _element(model, "value", shape.value, one)
                yield "</entry>"
        case Boolean():
            yield "true" if value else "false"
        case Moment():
            yield written_moment(value)
        case Number():
            yield str(value)
        case Text():
            yield _text(value)
        case _:
            assert_never(shape)


def _element(model: Model, name: str, shape_name: str, value: Any) -> Iterator[str]:
    yield f"<{name}>"
    yield from _content(model, model.shapes[shape_name], value)
    yield f"</{name}>"


def _text(value: str) -> str:
    return _UNWRITABLE.sub("\ufffd", value).translate(_ESCAPES)


def written_moment(seconds: float) -> str:
    """Seconds since 1970 as `2026-01-02T03:04:05.678Z`."""
    moment = datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
