"""Replies in XML, as the older protocol has them where a request does not ask for JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from imageferry.wire.http import HttpRequest

XML_TYPE = "text/xml;charset=utf-8"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
# XML 1.0 has no way to write these at all.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def wants_xml(request: HttpRequest) -> bool:
    """Whether a request is to be answered in XML.

    Signed in the query it is so unless it asks for JSON, which all clients do; signed in a header
    it is JSON unless it asks for XML.
    """
    said, in_query = "", False
    for name, value in (*request.query, *request.form):
        if name == "Format":
            said = value.upper()
        elif name == "Signature":
            in_query = True
    return said == "XML" or (in_query and not said)


def encode_reply(root: str, reply: Mapping[str, Any]) -> bytes:
    """A reply as a document: a list becomes its member's element, once for each of its values."""
    return (_HEAD + "".join(_element(root, reply))).encode()


def _element(name: str, value: object) -> Iterator[str]:
    match value:
        case list():
            for one in value:
                yield from _element(name, one)
        case Mapping():
            yield f"<{name}>"
            for inner, part in value.items():
                yield from _element(inner, part)
            yield f"</{name}>"
        case None:
            yield f"<{name}></{name}>"
        case bool():
            yield f"<{name}>{'true' if value else 'false'}</{name}>"
        case _:
            yield f"<{name}>{_text(str(value))}</{name}>"


def _text(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text).translate(_ESCAPES)
