"""The owner's limits on a template, as warnings, and the one that is ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from imageferry.dialects.desk import Desk
from imageferry.dialects.syntax.nodes import note
from imageferry.model.diagnostics import Diagnostic, Span, error, warning
from imageferry.model.templates import Template

MAX_RESOURCES: Final = 20_000
"""More definitions are refused."""

LIMIT_CODES: Final = frozenset(("IF190", "IF191", "IF192", "IF193"))
"""Warnings that the owner of the language answers with a refusal; its APIs do the same."""

BY_ONE_WAY: Final = "by one way"
"""The name in a warning of a limit that counts for templates which come in one way, not in others:
whoever has got the template knows in which it came."""


def check_limits(
    desk: Desk, template: Template, size: int, start: Span, places: Mapping[str, Span]
) -> None:
    """Note what passes a limit of the language's owner, or ours; `places` has that of each section."""
    limits = desk.dialect.limits
    passed = next(((most, words) for most, words in limits.body_bytes if size > most), None)
    if passed is not None:
        found = warning(
            "IF190",
            f"the template has {size:,} bytes",
            why=f"{desk.dialect.title} accepts at most {passed[1]}; it is read here",
            remedy="shorten it if it is also used there",
            span=start,
        )
        by_all_ways = passed == limits.body_bytes[0]
        note(desk.found, found if by_all_ways else replace(found, names=(BY_ONE_WAY,)))
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
                places.get(word.capitalize(), start),
                why=f"{desk.dialect.title} accepts {most:,} at most; they are read here",
                remedy="split the template if it is also used there",
            )
    _check_descriptions(desk, template, places.get("Description", start))
    _check_mappings(desk, template, start)
    if len(template.resources) > MAX_RESOURCES:
        place = places.get("Resources", start)
        note(desk.found, too_many_resources(len(template.resources), place))


def too_many_resources(number: int, span: Span) -> Diagnostic:
    """The error for more resources than are ever run as one stack."""
    return error(
        "IF194",
        f"the template has {number:,} resources",
        why=f"{MAX_RESOURCES:,} are the most that are run as one stack",
        remedy="split it into several stacks",
        span=span,
    )


def _check_descriptions(desk: Desk, template: Template, place: Span) -> None:
    limits = desk.dialect.limits
    described = [("'Description'", template.description, limits.description_bytes, place)]
    described += [
        (
            f"the description of parameter '{one.name}'",
            one.description,
            limits.parameter_words,
            one.span,
        )
        for one in template.parameters.values()
    ]
    described += [
        (
            f"the description of output '{one.name}'",
            one.description,
            limits.description_bytes,
            one.span,
        )
        for one in template.outputs.values()
    ]
    for what, words, most, span in described:
        if most is not None and len(words) * 4 > most and len(words.encode()) > most:
            desk.warning(
                "IF193",
                f"{what} has more than {most:,} bytes",
                span,
                why=f"{desk.dialect.title} refuses that",
                remedy="shorten it",
            )


def _check_mappings(desk: Desk, template: Template, start: Span) -> None:
    most = desk.dialect.limits.mapping_keys
    if most is None:
        return
    for name, rows in template.mappings.items():
        largest = max((len(rows), *map(len, rows.values())))
        if largest > most:
            desk.warning(
                "IF191",
                f"the mapping '{name[:80]}' has {largest:,} keys on one level",
                template.mapping_spans.get(name, start),
                why=f"{desk.dialect.title} accepts {most:,} at most; they are read here",
                remedy="divide it into several mappings if it is also used there",
            )
