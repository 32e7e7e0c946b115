"""The parts of a Sub text that is known only when it is evaluated: texts and references."""

from __future__ import annotations

import re
from collections.abc import Mapping

from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.scopes import Manners
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Attribute, Expression, Literal, MapOf, Pseudo, Reference

_PLACEHOLDER = re.compile(r"\$\{([^${}]*)\}")
_NAME = re.compile(r"[\w.:\[\]-]*[A-Za-z][\w.:\[\]-]*\Z")


def parts_of(
    text: str, variables: Mapping[str, Expression], manners: Manners, span: Span | None
) -> tuple[Expression, ...]:
    """The text cut at each `${…}`; raises Refusal for a placeholder that names nothing."""
    parts: list[Expression] = []
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        _add_text(parts, text[end : found.start()], span)
        name = found[1].strip()
        if name.startswith("!"):
            parts.append(Literal("${" + name[1:].strip() + "}", span))
        else:
            parts.append(_named(name, variables, manners, span))
        end = found.end()
    _add_text(parts, text[end:], span)
    return tuple(parts)


def variables_of(expression: Expression) -> Mapping[str, Expression]:
    """The variable map of a Sub; raises Refusal where it is none."""
    match expression:
        case MapOf():
            return expression.entries
        case Literal(value=Mapping() as entries):
            return {name: Literal(entry, expression.span) for name, entry in entries.items()}
        case _:
            raise Refusal("needs a map of variables as its second argument", code="IF302")


def _add_text(parts: list[Expression], text: str, span: Span | None) -> None:
    if "${" in text:
        raise Refusal(
            "has a '${' in its text that is never closed or holds another one",
            code="IF302",
            remedy="write '${!Name}' for a literal '${Name}'",
        )
    if text:
        parts.append(Literal(text, span))


def _named(
    name: str, variables: Mapping[str, Expression], manners: Manners, span: Span | None
) -> Expression:
    if name in variables:
        return variables[name]
    if name in manners.pseudo_names:
        return Pseudo(manners.pseudo_names[name], span)
    if not _NAME.match(name):
        raise Refusal(
            "has a '${…}' in its text that holds no name",
            code="IF302",
            remedy="write '${!Name}' for a literal '${Name}'",
        )
    if "." not in name:
        return Reference(name, span)
    resource, attribute = _cut(name, manners)
    return Attribute(Literal(resource, span), Literal(attribute, span), span)


def _cut(name: str, manners: Manners) -> tuple[str, str]:
    if manners.attribute_after_first_dot:
        resource, _, attribute = name.partition(".")
        return resource, attribute
    resource, _, attribute = name.rpartition(".")
    if resource.endswith(".Outputs"):
        return resource.removesuffix(".Outputs"), f"Outputs.{attribute}"
    return resource, attribute
