"""The text of Sub: what stands between `${` and `}`."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.dialects.desk import Desk
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Attribute, Expression, Literal, Pseudo, Reference

_OWNERS = ("ALIYUN::", "AWS::")


def name_of(desk: Desk, name: str, span: Span) -> Expression:
    """What a name stands for: a pseudo parameter, or a parameter or resource."""
    pseudo = desk.dialect.pseudo.get(name)
    if pseudo is not None:
        return Pseudo(pseudo, span)
    if name.startswith(_OWNERS) and name not in desk.resources:
        own = desk.dialect.pseudo_prefix + name.partition("::")[2]
        desk.error(
            "IF174",
            f"{desk.dialect.title} has no pseudo parameter '{name[:80]}'",
            span,
            why=f"it has {', '.join(desk.dialect.pseudo)}",
            remedy=desk.did_you_mean(own, desk.dialect.pseudo, "use one of these, or a parameter"),
        )
        return Literal(None, span)
    return Reference(name, span)


def parts_of(
    desk: Desk, text: str, span: Span, variables: Mapping[str, Expression], used: set[str]
) -> tuple[Expression, ...]:
    """The parts of a Sub text, in order.

    `variables` are the names of its map; those that the text names are added to `used`.
    """
    parts: list[Expression] = []
    written = ""
    offset = 0
    while (start := text.find("${", offset)) >= 0:
        end = text.find("}", start)
        if end < 0:
            desk.error(
                "IF172",
                f"'{text[start : start + 40]}' is not closed",
                span,
                why="in the text of Sub, '${' begins a name and '}' ends it",
                remedy="add the '}', or write '${!' for a '${' that stays",
            )
            return ()
        name = text[start + 2 : end]
        written += text[offset:start]
        offset = end + 1
        if name.startswith("!"):
            kept = name[1:].strip() if desk.dialect.manners.trims_names else name[1:]
            written += "${" + kept + "}"
            continue
        if written:
            parts.append(Literal(written, span))
            written = ""
        if desk.dialect.manners.trims_names:
            name = name.strip()
        if name in variables:
            used.add(name)
            parts.append(variables[name])
        else:
            parts.append(_part(desk, name, span))
    written += text[offset:]
    if written or not parts:
        parts.append(Literal(written, span))
    return tuple(parts)


def _part(desk: Desk, name: str, span: Span) -> Expression:
    if not desk.dialect.substituted_name.match(name):
        desk.error(
            "IF172",
            f"'${{{name[:40]}}}' holds no name",
            span,
            why="between '${' and '}' stands a parameter, a pseudo parameter, a resource or "
            "'resource.attribute'",
            remedy=f"write '${{!{name[:40]}}}' for text that stays as it is",
        )
        return Literal("", span)
    if "." in name and name not in desk.resources:
        halves = desk.dialect.split_attribute(name)
        if halves is not None:
            return Attribute(Literal(halves[0], span), Literal(halves[1], span), span)
    return name_of(desk, name, span)
