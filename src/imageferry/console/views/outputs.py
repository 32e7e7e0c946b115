"""The outputs of a stack: values, what they are for, and under which names others may import them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from imageferry.console.rendering import json_text, value_text
from imageferry.console.views.frames import frame
from imageferry.console.visits import Visit
from imageferry.model.command_lines import stack_line
from imageferry.model.values import Value, holds_secret


@dataclass(frozen=True, slots=True)
class OutputRow:
    """One output. `text` is its value, secrets as `****`; `is_long` where it takes many lines."""

    name: str
    text: str
    is_long: bool
    is_secret: bool
    description: str
    label: str
    export: str


async def outputs(visit: Visit) -> Mapping[str, object]:
    """The values of the page."""
    stack = await visit.stack()
    reading = await visit.desk.shelf.reading(visit.core, stack)
    template = None if reading is None else reading.template
    exports = {export.output: export.name for export in stack.exports}
    declared = {} if template is None else template.outputs
    rows = []
    for name, value in stack.outputs.items():
        said = declared.get(name)
        rows.append(
            OutputRow(
                name,
                _text(value),
                isinstance(value, Mapping | list | tuple),
                holds_secret(value),
                "" if said is None else said.description,
                "" if said is None else said.label,
                exports.get(name, ""),
            )
        )
    missing = [name for name in declared if name not in stack.outputs]
    return {
        **await frame(visit, "outputs", stack),
        "rows": rows,
        "missing": missing,
        "commands": [stack_line("outputs", stack)],
    }


def _text(value: Value) -> str:
    return json_text(value) if isinstance(value, Mapping | list | tuple) else value_text(value)
