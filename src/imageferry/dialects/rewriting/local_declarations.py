"""ROS Locals as they are declared: their types and fields, and what each may mention."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from imageferry.dialects.desk import Desk, is_absent, map_of, text_of
from imageferry.dialects.names import check_name
from imageferry.dialects.syntax.nodes import ListNode, MapNode, Node, Scalar, descend, function_in
from imageferry.model.diagnostics import Span

_QUERY: Final = "DATASOURCE::"
_FIELDS: Final = ("Type", "Value", "Properties")
_KINDS: Final = ("Macro", "Eval")
_SUBSTITUTED: Final = re.compile(r"\$\{\s*([^!{}.\s][^{}.]*?)\s*[.}]")


class Local(NamedTuple):
    """One local; `value` is None for a query, and for one that could not be read."""

    name: str
    span: Span
    value: Node | None
    is_query: bool = False


def read_local(desk: Desk, section: MapNode, name: str) -> Local:
    """The local of that name; what is wrong with it is noted."""
    span = section.key_spans[name]
    check_name(desk, name, span, "local")
    nothing = Local(name, span, None)
    fields = map_of(desk, section.entries[name], f"the local '{name[:80]}'")
    if fields is None:
        return nothing
    for word, place in fields.key_spans.items():
        if word not in _FIELDS:
            desk.error(
                "IF143",
                f"a local has no field '{word[:80]}'",
                place,
                why=f"it stands in the local '{name[:80]}'; the fields are "
                + ", ".join(f"'{known}'" for known in _FIELDS),
                remedy=desk.did_you_mean(word, _FIELDS, "remove it"),
            )
    written = fields.entries.get("Type")
    kind: str | None = "Macro"
    if written is not None and not is_absent(written):
        kind = text_of(desk, written, f"'Type' of the local '{name[:80]}'")
    if kind is None:
        return nothing
    if kind.startswith(_QUERY):
        return _query(desk, name, kind, fields, span)
    if kind not in _KINDS:
        desk.error(
            "IF157",
            f"'{kind[:80]}' is no type of a local",
            span if written is None else written.span,
            why="it may be 'Macro', 'Eval', or that of a data source",
            remedy=desk.did_you_mean(kind, _KINDS, "use 'Macro'"),
        )
        return nothing
    return _valued(desk, name, kind, fields, span)


def _query(desk: Desk, name: str, kind: str, fields: MapNode, span: Span) -> Local:
    if "Value" in fields.entries:
        _misused(desk, name, "Value", "a data source has none", fields.key_spans["Value"])
    desk.error(
        "IF180",
        f"the local '{name[:80]}' is a query of '{kind[:80]}', which is not made here",
        span,
        why="locals are settled before there is any cloud to ask",
        remedy="declare the data source in 'Resources', or give the value by a parameter",
    )
    _check_query(desk, name, fields.entries.get("Properties"))
    return Local(name, span, None, is_query=True)


def _check_query(desk: Desk, name: str, properties: Node | None) -> None:
    """Note what the properties of a query mention and what is not there before resources are."""
    if properties is None:
        return
    why = "a query is made before there are resources"
    _check_resources(desk, name, properties, why, "use a parameter")
    for mentioned, span in _mentioned(properties):
        known = (desk.parameters, desk.locals, desk.resources, desk.dialect.pseudo)
        if not any(mentioned in names for names in known):
            desk.error(
                "IF201",
                f"nothing is called '{mentioned[:80]}'",
                span,
                why=f"the local '{name[:80]}' sees parameters and other locals",
                remedy=desk.did_you_mean(
                    mentioned, [*desk.parameters, *desk.locals], "declare it as a parameter"
                ),
            )


def _valued(desk: Desk, name: str, kind: str, fields: MapNode, span: Span) -> Local:
    if "Properties" in fields.entries:
        place = fields.key_spans["Properties"]
        _misused(desk, name, "Properties", "only a data source has properties", place)
    value = fields.entries.get("Value")
    if value is None:
        desk.error(
            "IF144",
            f"the local '{name[:80]}' has no 'Value'",
            span,
            remedy="add 'Value'",
        )
    local = Local(name, span, value)
    if kind == "Eval" and value is not None:
        _check_resources(
            desk,
            name,
            value,
            "a local of the type 'Eval' is evaluated before there are resources",
            "make it a 'Macro', which is evaluated where it is named",
        )
    return local


def _misused(desk: Desk, name: str, word: str, why: str, span: Span) -> None:
    desk.error(
        "IF157",
        f"the local '{name[:80]}' cannot have '{word}'",
        span,
        why=why,
        remedy="remove it, or change 'Type'",
    )


def _check_resources(desk: Desk, name: str, value: Node, why: str, remedy: str) -> None:
    """Note the resources that are mentioned before there are any."""
    for mentioned, span in _mentioned(value):
        if mentioned in desk.resources:
            desk.error(
                "IF157",
                f"the local '{name[:80]}' mentions the resource '{mentioned[:80]}'",
                span,
                why=why,
                remedy=remedy,
            )


def _mentioned(value: Node) -> Iterator[tuple[str, Span]]:
    for _, node in descend(value):
        match function_in(node):
            case ("Ref", Scalar(text=text)):
                yield text, node.span
            case ("Fn::GetAtt", ListNode(items=(Scalar(text=text), *_))):
                yield text, node.span
            case ("Fn::GetAtt", Scalar(text=text)):
                yield text.rpartition(".")[0], node.span
            case ("Fn::Sub", Scalar(text=text) | ListNode(items=(Scalar(text=text), *_))):
                for name in _SUBSTITUTED.findall(text):
                    yield name, node.span
            case _:
                pass
