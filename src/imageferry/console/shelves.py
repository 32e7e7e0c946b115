"""TemplateShelf: templates of stacks as they were read, kept so that long ones are read only once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from imageferry.control.desk import Desk
from imageferry.control.examination import examine
from imageferry.control.summaries import summarise
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.reports import ordered
from imageferry.model.stacks import Stack
from imageferry.model.templates import Template

_MOST: Final = 8 * 1024 * 1024
"""Bytes of templates whose readings are kept; the last one whatever it has."""

_LONG: Final = 48 * 1024
"""Bytes beyond which nobody waits for a reading: it is made beside the page, for the next look."""


class TemplateReading(NamedTuple):
    """What a template says. `template` is None where it can no longer be read."""

    template: Template | None
    diagnostics: tuple[Diagnostic, ...]


_Key = tuple[str, float, int]


@dataclass(slots=True)
class TemplateShelf:
    """The readings asked for last, the oldest forgotten first."""

    _held: dict[_Key, TemplateReading] = field(default_factory=dict)

    async def reading(self, desk: Desk, stack: Stack) -> TemplateReading | None:
        """The reading of a stack's template; None where it is long and not made yet.

        A stack without a template has one that says nothing.
        """
        if not stack.template:
            return TemplateReading(None, ())
        # What a stack is brought to changes with its time alone.
        key = (stack.stack_id, stack.updated_at, len(stack.template))
        held = self._held.pop(key, None)
        if held is not None:
            self._held[key] = held
            return held
        if len(stack.template) > _LONG:
            name = f"console reads {stack.stack_id}"
            desk.errands.begin_once(name, lambda: self._read(desk, stack, key))
            return None
        await self._read(desk, stack, key)
        return self._held.get(key)

    async def _read(self, desk: Desk, stack: Stack, key: _Key) -> None:
        name = stack.template_name or "template"

        def work() -> TemplateReading:
            try:
                read = summarise(
                    desk,
                    stack.template,
                    stack.place.region,
                    stack.parameters,
                    name=name,
                    is_strict=False,
                )
            except TemplateError as unreadable:
                return TemplateReading(None, unreadable.diagnostics)
            said = examine(stack.template, name, desk.catalog, region=stack.place.region)
            found = dict.fromkeys((*read.warnings, *said.diagnostics))
            return TemplateReading(read.template, ordered(found))

        self._held[key] = await desk.asides(stack.template, work)
        while len(self._held) > 1 and sum(size for _, _, size in self._held) > _MOST:
            del self._held[next(iter(self._held))]
