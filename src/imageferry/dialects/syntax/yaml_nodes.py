"""YAML text to nodes, from libyaml's events: aliases, merge keys, tags, duplicate keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import yaml
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from imageferry.dialects.syntax.nodes import (
    MAX_DEPTH,
    ListNode,
    MapNode,
    Node,
    Scalar,
    Unreadable,
    duplicate_key,
    note,
    too_deep,
)
from imageferry.dialects.syntax.yaml_aliases import measure, merge_sources
from imageferry.dialects.syntax.yaml_faults import syntax_fault
from imageferry.dialects.syntax.yaml_scalars import (
    BOOLEAN_WORDS,
    NULL_WORDS,
    NUMBER_STARTS,
    WORDS,
    is_odd,
    resolve,
)
from imageferry.model.diagnostics import Diagnostic, Span, error, warning

MAX_ALIASED: Final = 100_000
"""Nodes (long text counts as several) that aliases may add to a document."""

MAX_DIRECTIVES: Final = 8

_CORE: Final = "tag:yaml.org,2002:"
_SPECIAL_KEYS: Final = frozenset(("<<",)) | NULL_WORDS | BOOLEAN_WORDS
_CORE_SCALARS: Final = frozenset(("int", "float", "bool", "null"))


# PyYAML built without libyaml gives the same events, more slowly.
_PARSER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

# What `Span(…)` does, without the call in between: two are made for each line.
_place: Final = tuple.__new__

_Event = Any
"""One of `yaml.events`; which attributes it has hangs on its kind."""


class EventSource(Protocol):
    """A parser that gives one event after the other."""

    def get_event(self) -> _Event:
        """The next event; None when there are no more."""


@dataclass(slots=True, eq=False)
class _Composer:
    """One document in the making; `aliases` are the places of aliases and merge keys."""

    events: EventSource
    name: str
    warnings: list[Diagnostic]
    anchors: dict[str, Node | None] = field(default_factory=dict)
    measures: dict[int, tuple[int, int]] = field(default_factory=dict)
    aliased: int = 0
    aliases: list[Span] = field(default_factory=list)
    holds_null: bool = False


def read_yaml(
    text: str,
    name: str,
    warnings: list[Diagnostic],
    parser: Callable[[str], EventSource] = _PARSER,
) -> tuple[Node, tuple[Span, ...], bool]:
    """The document, the places of its aliases and merge keys, whether it holds a null.

    Raises Unreadable. `parser` gives the events of a text.
    """
    _refuse_many_directives(text, name)
    composer = _Composer(parser(text), name, warnings)
    try:
        event = composer.events.get_event()
        while not isinstance(event, (DocumentStartEvent, StreamEndEvent)):
            event = composer.events.get_event()
        if isinstance(event, StreamEndEvent):
            raise Unreadable(
                error(
                    "IF102",
                    "the template holds nothing but comments",
                    remedy="write at least a version key and 'Resources'",
                    span=Span(name, 1, 1),
                )
            )
        first = composer.events.get_event()
        root = _compose(composer, first, 1)
        _refuse_second_document(composer)
    except MarkedYAMLError as fault:
        raise Unreadable(syntax_fault(fault, text, name)) from None
    except YAMLError as fault:
        raise Unreadable(
            error("IF105", f"this is not YAML: {fault}", span=Span(name, 1, 1))
        ) from None
    return root, tuple(composer.aliases), composer.holds_null


def _refuse_many_directives(text: str, name: str) -> None:
    """Templates need none; libyaml compares each `%TAG` with all before it."""
    if text.count("\n%") + text.count("\r%") < MAX_DIRECTIVES:
        return
    raise Unreadable(
        error(
            "IF105",
            f"the template begins with more than {MAX_DIRECTIVES} directives",
            why="lines that begin with '%' direct the YAML parser",
            remedy="remove them",
            span=Span(name, 1, 1),
        )
    )


def _refuse_second_document(composer: _Composer) -> None:
    composer.events.get_event()
    event = composer.events.get_event()
    if isinstance(event, DocumentStartEvent):
        raise Unreadable(
            error(
                "IF109",
                "a second document begins here",
                why="a template is one YAML document",
                remedy="remove the line '---', or keep the documents in files of their own",
                span=_span(composer, event),
            )
        )


def _span(composer: _Composer, event: _Event) -> Span:
    mark = event.start_mark
    return _place(Span, (composer.name, mark.line + 1, mark.column + 1))


def _compose(composer: _Composer, event: _Event, depth: int) -> Node:
    kind = type(event)
    if kind is ScalarEvent:
        node: Node = _scalar(composer, event)
    elif kind is AliasEvent:
        return _alias(composer, event, depth)
    else:
        if depth > MAX_DEPTH:
            raise Unreadable(too_deep(_span(composer, event)))
        if event.anchor is not None:
            composer.anchors[event.anchor] = None
        node = (_map if kind is MappingStartEvent else _list)(composer, event, depth)
    if event.anchor is not None:
        composer.anchors[event.anchor] = node
    return node


def _scalar(composer: _Composer, event: _Event) -> Scalar:
    span = _span(composer, event)
    text: str = event.value
    tag: str | None = event.tag
    if tag is None:
        # Most texts are no word and begin with a letter: these need no closer look.
        if (text in WORDS or text[0] in NUMBER_STARTS) and event.implicit[0]:
            return _plain_scalar(composer, text, span)
        return Scalar(text, text, span)
    if tag.startswith(_CORE):
        return _core_scalar(composer, tag[len(_CORE) :], text, span)
    return Scalar(text, text, span, "" if tag == "!" else tag)


def _plain_scalar(composer: _Composer, text: str, span: Span) -> Scalar:
    try:
        value = resolve(text)
    except ValueError as fault:
        raise Unreadable(
            error(
                "IF112",
                f"'{text[:40]}' {fault}",
                why="a template holds JSON data, which has finite numbers only",
                remedy="quote it if text is meant",
                span=span,
            )
        ) from None
    if not isinstance(value, str) and is_odd(text, value):
        note(
            composer.warnings,
            warning(
                "IF121",
                f"'{text[:40]}' is the number {value} here",
                why="YAML 1.1 reads '010' as octal, '0x10' as hexadecimal, '1_000' as 1000 "
                "and '10:30' as minutes and seconds",
                remedy="quote it if text is meant, or write the number out",
                span=span,
            ),
        )
    if value is None:
        composer.holds_null = True
    return Scalar(value, text, span)


def _core_scalar(composer: _Composer, kind: str, text: str, span: Span) -> Scalar:
    if kind == "str":
        return Scalar(text, text, span)
    if kind in _CORE_SCALARS:
        return _plain_scalar(composer, text, span)
    raise Unreadable(_object_tag(f"!!{kind}", span))


def _object_tag(written: str, span: Span) -> Diagnostic:
    return error(
        "IF111",
        f"the tag '{written[:80]}' is not allowed",
        why="a template holds text, numbers, booleans, lists and maps; nothing is constructed",
        remedy="remove the tag, and quote the value if it is text",
        span=span,
    )


def _collection_tag(composer: _Composer, event: _Event, kind: str) -> str:
    tag: str | None = event.tag
    if tag is None or tag in ("!", _CORE + kind):
        return ""
    if tag.startswith(_CORE):
        raise Unreadable(_object_tag(f"!!{tag[len(_CORE) :]}", _span(composer, event)))
    return tag


def _list(composer: _Composer, event: _Event, depth: int) -> ListNode:
    tag = "" if event.tag is None else _collection_tag(composer, event, "seq")
    items: list[Node] = []
    get_event = composer.events.get_event
    item = get_event()
    while type(item) is not SequenceEndEvent:
        items.append(_compose(composer, item, depth + 1))
        item = get_event()
    return ListNode(tuple(items), _span(composer, event), tag)


def _map(composer: _Composer, event: _Event, depth: int) -> MapNode:
    tag = "" if event.tag is None else _collection_tag(composer, event, "map")
    entries: dict[str, Node] = {}
    key_spans: dict[str, Span] = {}
    merged: list[MapNode] = []
    get_event = composer.events.get_event
    source = composer.name
    node: Node
    key = get_event()
    while type(key) is not MappingEndEvent:
        mark: Any = key.start_mark
        key_span = _place(Span, (source, mark.line + 1, mark.column + 1))
        if (
            type(key) is ScalarEvent
            and key.tag is None
            and key.anchor is None
            and key.value not in _SPECIAL_KEYS
        ):
            name, merges = key.value, False
        else:
            name, merges = _key(composer, key, key_span)
        value = get_event()
        if type(value) is ScalarEvent and value.anchor is None:
            text = value.value
            if value.tag is None and text not in WORDS and text[0] not in NUMBER_STARTS:
                # So are most values. They begin with a letter, and are no word.
                mark = value.start_mark
                span = _place(Span, (source, mark.line + 1, mark.column + 1))
                node = Scalar(text, text, span)
            else:
                node = _scalar(composer, value)
        else:
            node = _compose(composer, value, depth + 1)
        if merges:
            composer.aliases.append(key_span)
            merged.extend(merge_sources(node, key_span))
        else:
            if name in entries:
                note(composer.warnings, duplicate_key(name, key_span, key_spans[name]))
            entries[name] = node
            key_spans[name] = key_span
        key = get_event()
    for given in merged:
        for name, entry in given.entries.items():
            if name not in entries:
                entries[name] = entry
                key_spans[name] = given.key_spans[name]
    return MapNode(entries, key_spans, _span(composer, event), tag)


def _key(composer: _Composer, event: _Event, span: Span) -> tuple[str, bool]:
    """A key as text, and whether it is a merge key."""
    if type(event) is AliasEvent:
        anchored = composer.anchors.get(str(event.anchor))
        if isinstance(anchored, Scalar) and not anchored.tag:
            composer.aliases.append(span)
            return anchored.text, False
        raise Unreadable(_key_fault("a key may not be an alias of anything but text", span))
    if type(event) is not ScalarEvent:
        raise Unreadable(_key_fault("a key may not be a list or a map", span))
    text: str = event.value
    tag: str | None = event.tag
    if event.anchor is not None:
        composer.anchors[event.anchor] = Scalar(text, text, span)
    if tag is not None:
        if tag not in ("!", _CORE + "str"):
            raise Unreadable(_key_fault(f"a key may not have the tag '{tag[:80]}'", span))
        return text, False
    if text in _SPECIAL_KEYS and event.implicit[0]:
        return text, _is_merge(composer, text, span)
    return text, False


def _is_merge(composer: _Composer, text: str, span: Span) -> bool:
    if text == "<<":
        return True
    if text in NULL_WORDS:
        raise Unreadable(_key_fault("a key may not be null", span))
    note(
        composer.warnings,
        warning(
            "IF122",
            f"the key '{text}' is kept as text",
            why="YAML 1.1 reads it as a boolean, and keys are names here",
            remedy=f"write '{text}' in quotes",
            span=span,
        ),
    )
    return False


def _key_fault(message: str, span: Span) -> Diagnostic:
    return error(
        "IF114",
        message,
        why="the keys of a template are names",
        remedy="write the key as text, in quotes where it has an odd form",
        span=span,
    )


def _alias(composer: _Composer, event: _Event, depth: int) -> Node:
    span = _span(composer, event)
    name = str(event.anchor)
    composer.aliases.append(span)
    if name not in composer.anchors:
        raise Unreadable(
            error(
                "IF110",
                f"the alias '*{name}' has no anchor before it",
                remedy=f"write '&{name}' where the value stands first",
                span=span,
            )
        )
    node = composer.anchors[name]
    if node is None:
        raise Unreadable(
            error(
                "IF110",
                f"the alias '*{name}' stands inside its own anchor",
                why="a value cannot contain itself",
                remedy="write the value out",
                span=span,
            )
        )
    weight, height = measure(node, composer.measures)
    composer.aliased += weight
    if composer.aliased > MAX_ALIASED:
        raise Unreadable(
            error(
                "IF108",
                f"aliases make this template larger than {MAX_ALIASED:,} values",
                why="each alias repeats all that its anchor holds, and these repeat each other",
                remedy="write out what is needed",
                span=span,
            )
        )
    if depth + height - 1 > MAX_DEPTH:
        raise Unreadable(too_deep(span))
    return node
