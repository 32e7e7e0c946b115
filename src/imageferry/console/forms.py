"""form_of: what was sent with a form, bounded, as texts and files."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message, Receive

from imageferry.console.visits import Form, PageRefused

_MOST_FIELDS: Final = 2_000
_MOST_FILES: Final = 4
_LONGEST_NAME: Final = 255
"""Characters of the name of an uploaded file that are kept."""


async def form_of(request: Request, most: int) -> Form:
    """The form of a request whose body has at most so many bytes; raises PageRefused.

    A template may be a field as well as a file, so that either may fill the whole body.
    """
    bounded = Request(request.scope, _bounded(request, most))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    match kind:
        case "application/x-www-form-urlencoded":
            form = Form(_pairs(await bounded.body()))
        case "multipart/form-data":
            form = await _parts(bounded, most)
        case _:
            raise PageRefused(415, "that is not what a form sends", "send it from the page")
    if any("\0" in name or "\0" in value for name, value in form.fields):
        raise PageRefused(
            400, "there is a character in the form that no text has", "take out the zero character"
        )
    return form


def _pairs(body: bytes) -> tuple[tuple[str, str], ...]:
    # The parser of multipart forms reads these as well, but however many there are.
    if body.count(b"&") >= _MOST_FIELDS:
        raise PageRefused(413, f"a form has {_MOST_FIELDS:,} fields at most", "send fewer of them")
    found = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
    return tuple((name, _plain(value)) for name, value in found)


async def _parts(request: Request, most: int) -> Form:
    fields: list[tuple[str, str]] = []
    files: dict[str, tuple[str, bytes]] = {}
    reading = request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=most)
    async with reading as found:
        for name, value in found.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                if value.filename or content:
                    files[name] = ((value.filename or "")[:_LONGEST_NAME], content)
            else:
                fields.append((name, _plain(value)))
    return Form(tuple(fields), files)


def _plain(text: str) -> str:
    """A text as it was typed: browsers send its line breaks as two characters."""
    return text.replace("\r\n", "\n")


def _bounded(request: Request, most: int) -> Receive:
    length = 0

    async def receive() -> Message:
        nonlocal length
        message = await request.receive()
        length += len(message.get("body", b""))
        if length > most:
            raise PageRefused(
                413, f"what was sent is larger than {most:,} bytes", "send a smaller template"
            )
        return message

    return receive
