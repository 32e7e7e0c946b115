"""The template of a stack: its text as it was given, line by line, with what was found in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from imageferry.console.rendering import file_name
from imageferry.console.views.frames import frame
from imageferry.console.views.stacks import DIALECTS
from imageferry.console.visits import Visit
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.stacks import Stack

_MOST_TOLD: Final = 200
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


async def template(visit: Visit) -> Mapping[str, object] | Response:
    """The values of the page, or with `file` in the query the template as a file."""
    stack = await visit.stack()
    if "file" in visit.query:
        return _file(stack)
    reading = await visit.desk.shelf.reading(visit.core, stack)
    found = () if reading is None else reading.diagnostics[:_MOST_TOLD]
    text = stack.template.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n") if text else []
    return {
        **await frame(visit, "template", stack),
        "dialect": DIALECTS[stack.dialect],
        "lines": lines,
        "size": len(stack.template),
        "remarks": _by_line(found),
        "diagnostics": found,
        "is_reading": reading is None,
    }


def _by_line(found: tuple[Diagnostic, ...]) -> dict[int, list[Diagnostic]]:
    """What is to be said at each line."""
    remarks: dict[int, list[Diagnostic]] = {}
    for one in found:
        if one.span is not None:
            remarks.setdefault(one.span.line, []).append(one)
    return remarks


def _file(stack: Stack) -> Response:
    """The bytes as they were given, never shown as a page of ours."""
    base = file_name(stack.template_name)
    name = "".join(one if one in _LETTERS else "_" for one in base)[:100].lstrip(".")
    headers = {"content-disposition": f'attachment; filename="{name or "template.txt"}"'}
    return Response(stack.template, media_type="text/plain; charset=utf-8", headers=headers)
