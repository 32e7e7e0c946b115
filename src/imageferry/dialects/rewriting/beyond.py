"""What a CloudFormation template asks of others: macros, directives, dynamic references; marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from imageferry.dialects.desk import Desk
from imageferry.dialects.dynamic_references import BEGINNING, note_references
from imageferry.dialects.syntax.nodes import (
    ListNode,
    MapNode,
    Node,
    Scalar,
    function_in,
    long_name,
    unresolved,
)
from imageferry.model.diagnostics import Span

_MACRO: Final = "Fn::Transform"
_DIRECTIVES: Final = ("Fn::Rain::", "Rain::")
_CONSTANTS: Final = ("${Rain::", "${Const::")
_MODULE: Final = "LocalModule"
_PARTS_OF_MODULES: Final = ("Overrides", "Source", "Map")
_TEXTS: Final = ("Description", "Transform", "AWSTemplateFormatVersion", "Metadata")
_TOOL_SECTIONS: Final = ("Rain", "Modules", "Packages", "Constants", "Inputs")

SIGNS: Final = ("Transform", "Rain", BEGINNING, _MODULE, "Modules", "Packages", "Const", "Inputs")
"""Without any of these words in its source a template holds nothing of the kind."""


class Marked(NamedTuple):
    """The template with its marks, and what they mean for names.

    `left_out` are the resources that are made otherwise than they are written, `makes_names` is
    True where names may be made that do not stand there.
    """

    root: MapNode
    left_out: frozenset[str] = frozenset()
    makes_names: bool = False


@dataclass(slots=True)
class _Marking:
    desk: Desk
    left_out: set[str] = field(default_factory=set)
    makes_names: bool = False


def mark_beyond(desk: Desk, root: MapNode) -> Marked:
    """Note everything of the kind at its line, and mark it as having no value here."""
    marking = _Marking(desk)
    entries: dict[str, Node] = {}
    for word, node in root.entries.items():
        span = root.key_spans[word]
        if word == _MACRO or _is_directive(word):
            marking.makes_names = True
            _note(marking, word, span, node)
        elif word in _TOOL_SECTIONS:
            _note_tool(desk, f"the section '{word}'", span)
            marking.makes_names = True
        elif word in _TEXTS or not isinstance(node, MapNode):
            entries[word] = node
        elif word == "Resources":
            entries[word] = _resources(marking, node)
        elif word == "Parameters":
            entries[word] = _parameters(marking, node)
        else:
            entries[word] = _section(marking, node)
    spans = {word: root.key_spans[word] for word in entries}
    marked = MapNode(entries, spans, root.span, root.tag)
    return Marked(marked, frozenset(marking.left_out), marking.makes_names)


def _section(marking: _Marking, section: MapNode) -> MapNode:
    """A section whose entries may be made by macros."""
    if _note_macros(marking, section):
        marking.makes_names = True
        section = _without_macros(section)
    return _inside(marking, section)


def _parameters(marking: _Marking, section: MapNode) -> MapNode:
    """The parameters as they are: a default that is looked up elsewhere is only noted."""
    if _note_macros(marking, section):
        marking.makes_names = True
        section = _without_macros(section)
    for fields in section.entries.values():
        default = fields.entries.get("Default") if isinstance(fields, MapNode) else None
        if isinstance(default, Scalar) and BEGINNING in default.text:
            note_references(marking.desk, default)
    return section


def _resources(marking: _Marking, section: MapNode) -> MapNode:
    if section.tag:
        return section
    if _note_macros(marking, section):
        marking.makes_names = True
        section = _without_macros(section)
    entries: dict[str, Node] = {}
    for name, node in section.entries.items():
        if isinstance(node, MapNode) and not node.tag:
            entries[name] = _definition(marking, name, node)
        else:
            entries[name] = _walk(marking, node)
    return replace(section, entries=entries)


def _definition(marking: _Marking, name: str, definition: MapNode) -> MapNode:
    if _note_macros(marking, definition):
        marking.left_out.add(name)
        definition = _without_macros(definition)
    type_node = definition.entries.get("Type")
    is_module = type_node is not None and _directive_of(type_node) is not None
    if isinstance(type_node, Scalar) and not type_node.tag and type_node.text == _MODULE:
        is_module = True
        _note_tool(marking.desk, f"the module '{name[:80]}'", type_node.span)
        definition = replace(
            definition, entries={**definition.entries, "Type": unresolved(type_node)}
        )
    properties = definition.entries.get("Properties")
    if isinstance(properties, MapNode) and not properties.tag and _note_macros(marking, properties):
        marking.left_out.add(name)
        properties = _without_macros(properties)
        definition = replace(definition, entries={**definition.entries, "Properties": properties})
    if is_module:
        marking.left_out.add(name)
        marking.makes_names = True
        # A module may be told to change anything in what it makes.
        kept = {
            word: node for word, node in definition.entries.items() if word not in _PARTS_OF_MODULES
        }
        definition = replace(definition, entries=kept)
    return _inside(marking, definition)


def _inside(marking: _Marking, node: MapNode) -> MapNode:
    if node.tag:
        return node
    changed = _entries(marking, node.entries)
    return node if changed is None else replace(node, entries=changed)


def _walk(marking: _Marking, node: Node) -> Node:
    """The node with its marks."""
    name = _beyond(node)
    if name is not None:
        _note(marking, name, node.span, node)
        return unresolved(_inside_of(marking, node))
    call = function_in(node)
    if call is not None and call[0] == "Fn::Sub":
        return _substitution(marking, node, call[1])
    match node:
        case Scalar(text=text):
            if BEGINNING in text:
                note_references(marking.desk, node)
                return unresolved(node)
            return node
        case ListNode(items=items):
            changed = tuple(_walk(marking, entry) for entry in items)
            same = all(new is old for new, old in zip(changed, items, strict=True))
            return node if same else replace(node, items=changed)
        case MapNode(entries=entries):
            if not node.tag and len(entries) > 1 and _note_macros(marking, node):
                rest = _without_macros(node)
                return unresolved(_inside(marking, rest))
            new_entries = _entries(marking, entries)
            return node if new_entries is None else replace(node, entries=new_entries)


def _inside_of(marking: _Marking, node: Node) -> Node:
    """What a macro or a directive is given, for the names in it."""
    call = function_in(node)
    if call is not None:
        return _walk(marking, call[1])
    entries = node.entries if isinstance(node, MapNode) else {}
    return next((_walk(marking, entry) for entry in entries.values()), node)


def _entries(marking: _Marking, entries: Mapping[str, Node]) -> dict[str, Node] | None:
    """The entries with their marks; None where nothing is marked."""
    changed = {name: _walk(marking, entry) for name, entry in entries.items()}
    return changed if any(changed[name] is not entries[name] for name in changed) else None


def _substitution(marking: _Marking, node: Node, argument: Node) -> Node:
    """A Sub: where its text holds a dynamic reference, the whole has no value, but its names."""
    text = argument.items[0] if isinstance(argument, ListNode) and argument.items else argument
    if isinstance(text, Scalar) and BEGINNING in text.text:
        note_references(marking.desk, text)
        return unresolved(node)
    if isinstance(text, Scalar):
        for mark in _CONSTANTS:
            if mark in text.text:
                marking.makes_names = True
                _note_tool(marking.desk, f"a constant '{mark}…}}'", text.span)
    if _beyond(text) is not None:
        _walk(marking, text)
        return unresolved(Scalar(None, "", node.span))
    match node:
        case ListNode(items=items):
            return replace(node, items=tuple(_walk(marking, entry) for entry in items))
        case MapNode(entries=entries) if not node.tag:
            return replace(
                node, entries={name: _walk(marking, entry) for name, entry in entries.items()}
            )
        case _:
            return node


def _beyond(node: Node) -> str | None:
    """The macro or directive that a node is as a whole."""
    call = function_in(node)
    if call is not None and call[0] == _MACRO:
        return _MACRO
    return _directive_of(node)


def _directive_of(node: Node) -> str | None:
    if node.tag:
        name = long_name(node.tag)
        return name if _is_directive(name) else None
    if isinstance(node, MapNode) and len(node.entries) == 1:
        name = next(iter(node.entries))
        return name if _is_directive(name) else None
    return None


def _is_directive(name: str) -> bool:
    return name.startswith(_DIRECTIVES)


def _is_macro(name: str) -> bool:
    return name == _MACRO or _is_directive(name)


def _note_macros(marking: _Marking, node: MapNode) -> bool:
    """Note the macros that stand beside other keys; True where there is one."""
    found = False
    for name in node.entries:
        if _is_macro(name):
            _note(marking, name, node.key_spans[name], node.entries[name])
            found = True
    return found


def _without_macros(node: MapNode) -> MapNode:
    kept = {name: entry for name, entry in node.entries.items() if not _is_macro(name)}
    return replace(node, entries=kept)


def _note(marking: _Marking, name: str, span: Span, node: Node) -> None:
    if _is_directive(name):
        # A file for this tool may itself be a module, whose names others give.
        marking.makes_names = True
        _note_tool(marking.desk, f"'{(node.tag or name)[:80]}'", span)
        return
    macro = _macro_name(node)
    marking.desk.error(
        "IF178",
        f"'{_MACRO}' of '{macro[:80]}' is not carried out here"
        if macro
        else f"'{_MACRO}' is not carried out here",
        span,
        why="it puts a file from a bucket into the template"
        if macro == "AWS::Include"
        else "it calls a macro of the account, which rewrites this part of the template",
        remedy="write out what it would produce",
    )


def _note_tool(desk: Desk, what: str, span: Span) -> None:
    is_rain = "Rain" in what
    desk.error(
        "IF181",
        f"{what} belongs to {'the tool Rain' if is_rain else 'a tool that packages templates'} "
        "and is not carried out here",
        span,
        why="the tool puts files and modules in its place before it hands the template on",
        remedy="give the template that "
        + ("'rain pkg' produces" if is_rain else "'aws cloudformation package' produces"),
    )


def _macro_name(node: Node) -> str:
    """The name of the macro that `Fn::Transform` calls, where it stands there as text."""
    match node:
        case MapNode(entries={"Fn::Transform": inner}):
            return _macro_name(inner)
        case MapNode(entries={"Name": Scalar(tag="", text=text)}):
            return text
        case ListNode(items=(inner,)):
            return _macro_name(inner)
        case _:
            return ""
