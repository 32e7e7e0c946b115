"""What a template says of itself, without a stack: for those who ask before they create one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from imageferry.control.desk import Desk
from imageferry.control.surroundings import pseudo_parameters
from imageferry.control.templates import read_template
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.templates import Template
from imageferry.model.values import Value


class TemplateSummary(NamedTuple):
    """A template that was read, its loops run over the parameters that were given, and warnings."""

    template: Template
    warnings: tuple[Diagnostic, ...]


def summarise(
    desk: Desk,
    source: bytes,
    region: str,
    parameters: Mapping[str, Value] | None = None,
    *,
    name: str = "template",
    is_strict: bool = True,
) -> TemplateSummary:
    """Read a template as for a stack in `region`; raises TemplateError with every fault.

    A long one is a matter of seconds: `summarised` lets others go on meanwhile.
    """
    surroundings = pseudo_parameters(replace(desk.place, region=region), "", "")
    for word in ("stack_id", "stack_name"):
        del surroundings[word]
    template, warnings = read_template(
        source, name, parameters, None, surroundings, is_strict=is_strict
    )
    return TemplateSummary(template, warnings)


async def summarised(
    desk: Desk,
    source: bytes,
    region: str,
    parameters: Mapping[str, Value] | None = None,
    *,
    name: str = "template",
    is_strict: bool = True,
) -> TemplateSummary:
    """What `summarise` gives; a long template is read beside the event loop."""

    def work() -> TemplateSummary:
        return summarise(desk, source, region, parameters, name=name, is_strict=is_strict)

    return await desk.asides(source, work)
