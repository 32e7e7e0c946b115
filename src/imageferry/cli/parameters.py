"""Parameters from the command line: `-p KEY=VALUE` and `--parameters FILE`, as one map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from imageferry.cli.exits import ExitCode
from imageferry.cli.refusals import CommandRefused
from imageferry.cli.sources import SourceUnreadable, read_source, source_name
from imageferry.dialects.syntax.json_nodes import read_json
from imageferry.dialects.syntax.nodes import (
    ListNode,
    MapNode,
    Node,
    Scalar,
    Unreadable,
    descend,
    plain,
    shape_of,
)
from imageferry.dialects.syntax.source_text import decode
from imageferry.dialects.syntax.yaml_nodes import read_yaml
from imageferry.model.diagnostics import Diagnostic, Severity, error
from imageferry.model.values import Value

_SHAPES: Final = 'a map of names to values, or a list of {"ParameterKey": …, "ParameterValue": …}'
_KEY: Final = "ParameterKey"
_VALUE: Final = "ParameterValue"


def read_parameters(pairs: Sequence[str], path: str | None) -> dict[str, Value]:
    """The parameters of both flags; raises CommandRefused with every fault at once.

    Text stays text: whoever binds it to the template knows the parameter's type.
    """
    faults: list[Diagnostic] = []
    given = _from_file(path, faults) if path is not None else {}
    from_file = frozenset(given)
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            faults.append(_no_pair(pair))
        elif name in given:
            faults.append(_repeated(name, in_file=name in from_file))
        else:
            given[name] = text
    if faults:
        raise CommandRefused(ExitCode.WRONG_USAGE, faults)
    return given


def _no_pair(pair: str) -> Diagnostic:
    # What holds no "=" is shown only where it can be a name: it may be a secret gone astray.
    shown = f' "{pair}"' if pair.isidentifier() and len(pair) <= 64 else ""
    return error(
        "IF802",
        f"-p{shown} has no value" if "=" not in pair else "-p has a value without a name",
        why="a parameter is given as its name, an equals sign, and its value",
        remedy="write -p ImageId=m-golden0000000000001; JSON text where the type is Json",
    )


def _repeated(name: str, *, in_file: bool) -> Diagnostic:
    return error(
        "IF803",
        f'the parameter "{name}" is given twice',
        why="one is in the file of --parameters, the other is -p" if in_file else "both are -p",
        remedy="give it once",
    )


def _from_file(path: str, faults: list[Diagnostic]) -> dict[str, Value]:
    warnings: list[Diagnostic] = []
    try:
        node = _read(read_source(path, "parameter file"), source_name(path), warnings)
    except SourceUnreadable as fault:
        faults.append(fault.diagnostic)
        return {}
    except Unreadable as fault:
        faults.append(_unreadable(fault.diagnostic))
        return {}
    # A key that stands twice is a warning in a template; here nobody can tell which was meant.
    faults += [
        replace(warning, severity=Severity.ERROR) for warning in warnings if warning.code == "IF120"
    ]
    faults += [_function(inner) for _, inner in descend(node) if inner.tag]
    match node:
        case MapNode():
            return {name: _value(entry) for name, entry in node.entries.items()}
        case ListNode():
            return _from_list(node, faults)
        case Scalar():
            faults.append(_no_parameters(node))
            return {}


def _unreadable(found: Diagnostic) -> Diagnostic:
    """What the readers of templates say of a file, said of a file of parameters."""
    if found.code == "IF102":
        return replace(found, message="the parameter file is empty", remedy=f"write {_SHAPES}")
    words = (("the template", "the parameter file"), ("a template", "a parameter file"))
    message, why = found.message, found.why
    for old, new in (*words, ("templates are", "parameter files are")):
        message, why = message.replace(old, new), why.replace(old, new)
    return replace(found, message=message, why=why)


def _read(source: bytes, name: str, warnings: list[Diagnostic]) -> Node:
    text = decode(source, name)
    if name.lower().endswith(".json"):
        return read_json(text, name, warnings)
    if text.lstrip()[:1] in {"{", "["}:
        tried: list[Diagnostic] = []
        try:
            node = read_json(text, name, tried)
        except Unreadable:
            # YAML's own lists and maps in braces.
            return read_yaml(text, name, warnings)[0]
        warnings += tried
        return node
    return read_yaml(text, name, warnings)[0]


def _value(node: Node) -> Value:
    """A value as the template's binding wants it: numbers and booleans exactly as written."""
    match node:
        case Scalar(value=None):
            return None
        case Scalar(value=str() as text):
            return text
        case Scalar(text=text):
            return text
        case ListNode() | MapNode():
            return plain(node)


def _from_list(node: ListNode, faults: list[Diagnostic]) -> dict[str, Value]:
    given: dict[str, Value] = {}
    for entry in node.items:
        pair = entry.entries if isinstance(entry, MapNode) else {}
        key = pair.get(_KEY)
        if not isinstance(key, Scalar) or not isinstance(key.value, str) or _VALUE not in pair:
            faults.append(_no_entry(entry, pair))
        elif key.value in given:
            faults.append(replace(_repeated(key.value, in_file=True), why="", span=key.span))
        else:
            given[key.value] = _value(pair[_VALUE])
    return given


def _no_entry(entry: Node, pair: Mapping[str, Node]) -> Diagnostic:
    previous = "UsePreviousValue" in pair
    return error(
        "IF808",
        "this entry keeps a previous value" if previous else "this entry is no parameter",
        why=f'an entry has "{_KEY}" and "{_VALUE}", and the first is text',
        remedy="write the value itself" if previous else f"write {_SHAPES}",
        span=entry.span,
    )


def _no_parameters(node: Scalar) -> Diagnostic:
    return error(
        "IF808",
        f"the file holds {shape_of(node)}, not parameters",
        remedy=f"write {_SHAPES}",
        span=node.span,
    )


def _function(node: Node) -> Diagnostic:
    return error(
        "IF808",
        f'"{node.tag}" stands in a parameter file',
        why="parameters are plain values; functions belong into the template",
        remedy="write the value itself",
        span=node.span,
    )
