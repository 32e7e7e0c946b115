"""request_of, need_readable: the bytes of a request as a HttpRequest, strictly read, or why they are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from imageferry.api.calls import Refusal, Refused
from imageferry.wire.http import HttpRequest, Pairs

FORM: Final = "application/x-www-form-urlencoded"

_CHARSETS: Final = frozenset({"", "utf-8", "utf8"})

_MOST_PAIRS: Final = 20_000
"""Parameters of one request: more than any template's parameters and tags can be."""


def decode_pairs(text: bytes, where: str) -> Pairs:
    """A query or form as decoded pairs; blank values are kept, `+` is a space.

    Raises Refused where it is not UTF-8, or has more pairs than are ever read.
    """
    parts = [part for part in text.split(b"&") if part]
    if len(parts) > _MOST_PAIRS:
        raise Refused(Refusal.TOO_LARGE, f"the {where} has more than {_MOST_PAIRS} parameters")
    pairs = []
    for part in parts:
        name, _, value = part.partition(b"=")
        pairs.append((_decoded(name, where), _decoded(value, where)))
    return tuple(pairs)


def _decoded(text: bytes, where: str) -> str:
    plain = unquote_to_bytes(text.replace(b"+", b" ")) if b"%" in text or b"+" in text else text
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(Refusal.MALFORMED, f"the {where} is not in UTF-8") from None


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lower-case names; of several with one name the values are joined by commas."""
    found: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]},{text}" if key in found else text
    return found


def request_of(
    method: str,
    scheme: str,
    path: str,
    query: bytes,
    headers: Mapping[str, str],
    body: bytes,
) -> HttpRequest:
    """The request as a value; a body is read as a form where it says that it is one.

    Raises Refused where query or form are not in UTF-8.
    """
    return HttpRequest(
        method=method,
        scheme=scheme,
        host=headers.get("host", ""),
        path=path,
        query=decode_pairs(query, "query"),
        headers=headers,
        body=body,
        form=decode_pairs(body, "form") if body and is_form(headers) else (),
    )


def is_form(headers: Mapping[str, str]) -> bool:
    """True where the body is a form by its content type."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == FORM


def need_readable(request: HttpRequest) -> None:
    """Raises Refused for a body that is no form in UTF-8, and a parameter that is given twice."""
    _, _, rest = request.headers.get("content-type", "").partition(";")
    if request.body and not is_form(request.headers):
        said = request.headers.get("content-type", "")[:80] or "no content type"
        raise Refused(
            Refusal.MALFORMED, f'parameters are sent as "{FORM}", not "{said}"', "Content-Type"
        )
    for part in rest.split(";"):
        name, _, value = part.partition("=")
        charset = value.strip().strip('"').lower()
        if name.strip().lower() == "charset" and charset not in _CHARSETS:
            raise Refused(Refusal.MALFORMED, "the charset of a form is utf-8", "Content-Type")
    twice = repeated((*request.query, *request.form))
    if twice:
        raise Refused(Refusal.MALFORMED, f'the parameter "{twice[:80]}" is given twice', twice[:80])


def repeated(pairs: Pairs) -> str:
    """The first name that stands twice, else an empty text."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            return name
        seen.add(name)
    return ""
