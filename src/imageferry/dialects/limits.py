"""The owner's limits on a template, as warnings, and the one that is ours."""

from __future__ import annotations

from typing import Final

from imageferry.dialects.desk import Desk
from imageferry.model.diagnostics import Span
from imageferry.model.templates import Template

MAX_RESOURCES: Final = 20_000
"""More definitions are refused."""

LIMIT_CODES: Final = frozenset(("IF190", "IF191", "IF192", "IF193"))
"""Warnings that the owner of the language answers with a refusal; its APIs do the same."""


def check_limits(desk: Desk, template: Template, size: int, start: Span) -> None:
    """Note what passes a limit of the language's owner, or ours."""
    limits = desk.dialect.limits
    passed = next(((most, words) for most, words in limits.body_bytes if size > most), None)
    if passed is not None:
        desk.warning(
            "IF190",
            f"the template has {size:,} bytes",
            start,
            why=f"{desk.dialect.title} accepts at most {passed[1]}; it is read here",
            remedy="shorten it if it is also used there",
        )
    counted = (
        ("parameters", len(template.parameters), limits.parameters),
        ("resources", len(template.resources), limits.resources),
        ("outputs", len(template.outputs), limits.outputs),
        ("mappings", len(template.mappings), limits.mappings),
    )
    for word, number, most in counted:
        if most is not None and number > most:
            desk.warning(
                "IF191",
                f"the template has {number:,} {word}",
                start,
                why=f"{desk.dialect.title} accepts {most:,} at most; they are read here",
                remedy="split the template if it is also used there",
            )
    most = limits.description_bytes
    if most is not None and len(template.description.encode()) > most:
        desk.warning(
            "IF193",
            f"'Description' has more than {most:,} bytes",
            start,
            why=f"{desk.dialect.title} refuses that",
            remedy="shorten it",
        )
    if len(template.resources) > MAX_RESOURCES:
        desk.error(
            "IF194",
            f"the template has {len(template.resources):,} resources",
            start,
            why=f"more than {MAX_RESOURCES:,} are never run as one stack",
            remedy="split it into several stacks",
        )
