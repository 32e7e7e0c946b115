"""form_of: what was sent with a form, bounded, as texts and files."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message, Receive

from imageferry.console.visits import Form, PageRefused

_MOST_FIELDS = 2_000
_MOST_FILES = 4


async def form_of(request: Request, most: int) -> Form:
    """The form of a request whose body has at most so many bytes; raises PageRefused.

    A template may be a field as well as a file, so that either may fill the whole body.
    """
    bounded = Request(request.scope, _bounded(request, most))
    fields: list[tuple[str, str]] = []
    files: dict[str, tuple[str, bytes]] = {}
    reading = bounded.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=most)
    async with reading as found:
        for name, value in found.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                if value.filename or content:
                    files[name] = (value.filename or "", content)
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
