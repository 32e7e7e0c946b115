"""The text of Sub: what stands between `${` and `}`."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.dialects.desk import Desk
from imageferry.dialects.syntax.positions import Trail
from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Attribute, Call, Expression, Literal, Pseudo, Reference

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
        return unresolved_at(span, "Ref")
    if desk.is_open and desk.is_beyond(name):
        return unresolved_at(span, "Ref")
    if "." in name and name not in desk.resources:
        return _of_module(desk, name, span) or Reference(name, span)
    return Reference(name, span)


def attribute_of(desk: Desk, resource: str, attribute: str, span: Span) -> Expression:
    """An attribute of a resource; what modules and transforms make has no value here."""
    if desk.is_open and (desk.is_beyond(resource) or resource in desk.parameters):
        return unresolved_at(span, "Fn::GetAtt")
    if "." in resource and resource not in desk.resources:
        return _of_module(desk, resource, span) or Attribute(
            Literal(resource, span), Literal(attribute, span), span
        )
    return Attribute(Literal(resource, span), Literal(attribute, span), span)


def unresolved_at(span: Span, written: str) -> Call:
    """What is told by a diagnostic and has no value here."""
    return Call("unresolved", Literal(None, span), written, span)


def _of_module(desk: Desk, name: str, span: Span) -> Expression | None:
    """What a module makes is named after it: `Module.Resource`; the module's own attribute here."""
    module, _, inner = name.partition(".")
    if module not in desk.modules:
        return None
    return Attribute(Literal(module, span), Literal(inner, span), span)


def parts_of(
    desk: Desk, text: str, span: Span, variables: Mapping[str, Expression], used: set[str]
) -> tuple[Expression, ...]:
    """The parts of a Sub text, in order.

    `variables` are the names of its map; those that the text names are added to `used`.
    """
    trail = Trail(desk.positions, text, span)
    parts: list[Expression] = []
    written = ""
    offset = 0
    while (start := text.find("${", offset)) >= 0:
        end = text.find("}", start)
        if end < 0:
            is_text = desk.dialect.manners.literal_texts
            note = desk.warning if is_text else desk.error
            note(
                "IF172",
                f"'{text[start : start + 40]}' is not closed",
                trail.find(start, start + 2),
                why="in the text of Sub, '${' begins a name and '}' ends it"
                + ("; this one stays as it is" if is_text else ""),
                remedy="add the '}', or write '${!' for a '${' that stays",
            )
            if is_text:
                break
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
        name = _trimmed(desk, name, span)
        if name in variables:
            used.add(name)
            parts.append(variables[name])
        else:
            parts.append(_part(desk, name, trail.find(start, end + 1)))
    written += text[offset:]
    if written or not parts:
        parts.append(Literal(written, span))
    return tuple(parts)


def _trimmed(desk: Desk, name: str, span: Span) -> str:
    """The name without blanks around it, which CloudFormation does not promise to leave out."""
    bare = name.strip()
    if bare != name and not desk.dialect.manners.trims_names:
        if not desk.dialect.substituted_name.match(bare):
            return name
        desk.warning(
            "IF172",
            f"'${{{name[:40]}}}' has blanks around its name",
            span,
            why=f"it is read as '${{{bare[:40]}}}'; {desk.dialect.title} may refuse it",
            remedy=f"write '${{{bare[:40]}}}'",
        )
    return bare


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
            return attribute_of(desk, halves[0], halves[1], span)
    if name in desk.locals:
        desk.error(
            "IF158",
            f"the local '{name[:80]}' is not seen in the text of Sub",
            span,
            why="only 'Ref' finds locals",
            remedy=f"give Sub a map with '{name[:80]}: {{Ref: {name[:80]}}}'",
        )
        return unresolved_at(span, "Fn::Sub")
    return name_of(desk, name, span)
