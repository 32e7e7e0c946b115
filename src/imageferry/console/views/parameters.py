"""The parameters of a stack: values, whether given or by default, with the template's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from imageferry.console.parameter_fields import PREFIX, hidden_parameters, parameter_groups
from imageferry.console.rendering import json_text, value_text
from imageferry.console.views.frames import frame
from imageferry.console.visits import Visit
from imageferry.model.command_lines import stack_line
from imageferry.model.stacks import Stack
from imageferry.model.templates import Template
from imageferry.model.values import MASK, Value, holds_secret


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter. `text` is its value, secrets as `****`; `origin` is given, default or empty.

    `default` is the template's own, shown where another value was given.
    """

    name: str
    text: str
    is_long: bool
    is_secret: bool
    origin: str
    default: str = ""
    type_name: str = ""
    label: str = ""
    description: str = ""


async def parameters(visit: Visit) -> Mapping[str, object]:
    """The values of the page."""
    stack = await visit.stack()
    reading = await visit.desk.shelf.reading(visit.core, stack)
    template = None if reading is None else reading.template
    return {
        **await frame(visit, "parameters", stack),
        "groups": _groups(visit, stack, template),
        "is_read": template is not None,
        "is_reading": reading is None,
        "commands": [stack_line("show", stack)],
    }


def _groups(
    visit: Visit, stack: Stack, template: Template | None
) -> list[tuple[str, list[ParameterRow]]]:
    """Every parameter in the groups and order of the template, those that it hides at the end."""
    t = visit.language
    if template is None:
        rows = [_bare(name, value) for name, value in stack.parameters.items()]
        return [("", rows)] if rows else []
    told: dict[str, ParameterRow] = {}
    groups: list[tuple[str, list[ParameterRow]]] = []
    for group in parameter_groups(template, t, {}, stack.parameters, frozenset()):
        rows = []
        for field in group.fields:
            name = field.name.removeprefix(PREFIX)
            told[name] = _row(stack, template, name, field.label, field.hint)
            rows.append(told[name])
        groups.append((group.label, rows))
    hidden = [_row(stack, template, name, "", "") for name in sorted(hidden_parameters(template))]
    if hidden:
        groups.append((t("Hidden by the template"), hidden))
    # What the stack was made with may be declared no longer.
    known = {row.name for _, rows in groups for row in rows}
    rest = [_bare(name, value) for name, value in stack.parameters.items() if name not in known]
    if rest:
        groups.append((t("Other parameters"), rest))
    return groups


def _row(stack: Stack, template: Template, name: str, label: str, hint: str) -> ParameterRow:
    declared = template.parameters[name]
    is_set = name in stack.parameters
    value: Value = stack.parameters.get(name)
    is_secret = declared.no_echo or holds_secret(value)
    is_default = declared.has_default and (not is_set or value == declared.default)
    origin = "" if is_secret or not (is_set or is_default) else "given"
    if is_default and not is_secret:
        origin = "default"
    default = ""
    if declared.has_default and origin == "given":
        default = value_text(declared.default)
    shown = value if is_set else declared.default
    return ParameterRow(
        name,
        MASK if is_secret else _text(shown),
        isinstance(shown, Mapping | list | tuple),
        is_secret,
        origin,
        default,
        declared.type_name,
        "" if label == name else label,
        hint,
    )


def _bare(name: str, value: Value) -> ParameterRow:
    is_long = isinstance(value, Mapping | list | tuple)
    return ParameterRow(name, _text(value), is_long, holds_secret(value), "")


def _text(value: Value) -> str:
    if value is None:
        return ""
    return json_text(value) if isinstance(value, Mapping | list | tuple) else value_text(value)
