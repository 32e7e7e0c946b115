"""YAML text to parts: the reader's events with their comments, styles and tags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from imageferry.conversion.comments import Comment, comments_of
from imageferry.conversion.parts import UNTAGGED, Leaf, Listing, Member, Part, Style, Table
from imageferry.dialects.syntax.yaml_scalars import resolve
from imageferry.model.diagnostics import Span

_CORE: Final = "tag:yaml.org,2002:"
_PARSER: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_Event = Any
"""One of `yaml.events`; which attributes it has hangs on its kind."""


@dataclass(slots=True, eq=False)
class _Marks:
    """The comments of a member in the making."""

    before: tuple[str, ...]
    beside: str = ""


@dataclass(slots=True, eq=False)
class _Composer:
    """One document in the making; `waiting` are lines of comment that nobody has taken yet."""

    events: list[_Event]
    name: str
    comments: list[Comment]
    position: int = 0
    commented: int = 0
    waiting: list[Comment] = field(default_factory=list)
    last: _Marks = field(default_factory=lambda: _Marks(()))
    anchors: dict[str, Part] = field(default_factory=dict)
    aliases: list[Span] = field(default_factory=list)


def read_yaml_parts(text: str, name: str) -> tuple[Part, tuple[Span, ...]]:
    """The document, and the places of its aliases and merge keys.

    The text has been read by the readers of `dialects` without a fault, so that it is one
    document, within their bounds.
    """
    events = list(_events(text))
    composer = _Composer(events, name, comments_of(text, events))
    while not isinstance(
        events[composer.position], (ScalarEvent, MappingStartEvent, SequenceStartEvent)
    ):
        composer.position += 1
    root = _compose(composer)
    _drain(composer, len(text) + 1)
    rest = tuple(comment.text for comment in composer.waiting)
    while rest and not rest[-1]:
        rest = rest[:-1]
    if rest and not isinstance(root, Leaf):
        root = _with_after(root, (*root.after, *rest))
    return root, tuple(composer.aliases)


def _with_after(part: Table | Listing, after: tuple[str, ...]) -> Table | Listing:
    match part:
        case Table():
            return Table(part.members, part.span, part.flow, after, part.short)
        case Listing():
            return Listing(part.members, part.span, part.flow, after)


def _events(text: str) -> Iterable[_Event]:
    parser = _PARSER(text)
    while True:
        event = parser.get_event()
        yield event
        if isinstance(event, StreamEndEvent):
            return


def _next(composer: _Composer) -> _Event:
    event = composer.events[composer.position]
    composer.position += 1
    return event


def _span(composer: _Composer, event: _Event) -> Span:
    mark = event.start_mark
    return Span(composer.name, mark.line + 1, mark.column + 1)


def _drain(composer: _Composer, index: int) -> None:
    """Hand out the comments before a place: those beside to the member begun last."""
    comments = composer.comments
    while composer.commented < len(comments) and comments[composer.commented].index < index:
        comment = comments[composer.commented]
        composer.commented += 1
        if comment.own_line:
            composer.waiting.append(comment)
        elif not composer.last.beside:
            composer.last.beside = comment.text
        else:
            composer.waiting.append(comment)


def _begin(composer: _Composer, event: _Event) -> _Marks:
    _drain(composer, event.start_mark.index)
    marks = _Marks(tuple(comment.text for comment in composer.waiting))
    composer.waiting.clear()
    composer.last = marks
    return marks


def _end(
    composer: _Composer, event: _Event, column: int, flow: bool, around: _Marks
) -> tuple[str, ...]:
    """The comments behind the last member of a collection that are indented as its members."""
    _drain(composer, event.start_mark.index)
    beyond = -1 if flow else event.start_mark.column
    cut = 0
    for position, comment in enumerate(composer.waiting):
        if not comment.text:
            continue
        if not flow and (comment.column < column or comment.column <= beyond):
            break
        cut = position + 1
    if flow:
        # What stands behind the bracket is said of all that is inside.
        composer.last = around
    taken = tuple(comment.text for comment in composer.waiting[:cut])
    del composer.waiting[:cut]
    return taken


def _compose(composer: _Composer) -> Part:
    event = _next(composer)
    if isinstance(event, AliasEvent):
        composer.aliases.append(_span(composer, event))
        return composer.anchors[str(event.anchor)]
    if isinstance(event, ScalarEvent):
        part = _tagged(_scalar_tag(event), _leaf(composer, event))
    elif isinstance(event, MappingStartEvent):
        part = _tagged(_tag(event, "map"), _table(composer, event))
    else:
        part = _tagged(_tag(event, "seq"), _listing(composer, event))
    if event.anchor is not None:
        composer.anchors[event.anchor] = part
    return part


def _tag(event: _Event, kind: str) -> str:
    return "" if event.tag in (None, "!", _CORE + kind) else event.tag


def _scalar_tag(event: _Event) -> str:
    tag = event.tag
    return "" if tag is None or tag == "!" or tag.startswith(_CORE) else tag


def _tagged(tag: str, part: Part) -> Part:
    """A tagged part as the one-key map that is its long form."""
    if not tag:
        return part
    word = tag[1:]
    name = word if word in UNTAGGED else f"Fn::{word}"
    flow = isinstance(part, Leaf) or part.flow
    return Table((Member(part, part.span, name),), part.span, flow, short=True)


def _leaf(composer: _Composer, event: _Event) -> Leaf:
    span = _span(composer, event)
    written: str = event.value
    style = Style.PLAIN if event.style in (None, "") else Style(event.style)
    tag = event.tag
    numeric = tag is not None and tag.startswith(_CORE) and tag != _CORE + "str"
    if numeric or (tag is None and event.implicit[0]):
        return Leaf(resolve(written), written, span, style)
    return Leaf(written, written, span, style)


def _listing(composer: _Composer, event: _Event) -> Listing:
    span = _span(composer, event)
    flow = bool(event.flow_style)
    around = composer.last
    members: list[Member] = []
    marks: list[_Marks] = []
    column = event.start_mark.column
    while not isinstance(composer.events[composer.position], CollectionEndEvent):
        upcoming = composer.events[composer.position]
        if not members:
            column = min(column, max(upcoming.start_mark.column - 2, 0))
        marks.append(_begin(composer, upcoming))
        place = _span(composer, upcoming)
        members.append(Member(_compose(composer), place))
    after = _end(composer, _next(composer), column, flow, around)
    return Listing(_commented(members, marks), span, flow, after)


def _table(composer: _Composer, event: _Event) -> Table:
    span = _span(composer, event)
    flow = bool(event.flow_style)
    around = composer.last
    members: list[Member] = []
    marks: list[_Marks] = []
    merged: list[Table] = []
    column = event.start_mark.column
    while not isinstance(composer.events[composer.position], CollectionEndEvent):
        key = _next(composer)
        if not members:
            column = min(column, key.start_mark.column)
        begun = _begin(composer, key)
        place = _span(composer, key)
        name, merges = _key(composer, key)
        value = _compose(composer)
        if merges:
            composer.aliases.append(place)
            merged += [value] if isinstance(value, Table) else _tables(value)
        else:
            members.append(Member(value, place, name))
            marks.append(begun)
    after = _end(composer, _next(composer), column, flow, around)
    told = _commented(members, marks)
    return Table(_merge(_last_of_each(told), merged), span, flow, after)


def _key(composer: _Composer, event: _Event) -> tuple[str, bool]:
    if isinstance(event, AliasEvent):
        anchored = composer.anchors[str(event.anchor)]
        composer.aliases.append(_span(composer, event))
        return (anchored.text if isinstance(anchored, Leaf) else ""), False
    if event.anchor is not None:
        composer.anchors[event.anchor] = Leaf(event.value, event.value, _span(composer, event))
    plain = event.tag is None and event.implicit[0]
    return event.value, plain and event.value == "<<"


def _tables(part: Part) -> list[Table]:
    inner = part.members if isinstance(part, Listing) else ()
    return [member.value for member in inner if isinstance(member.value, Table)]


def _last_of_each(members: tuple[Member, ...]) -> tuple[Member, ...]:
    """Of a key that stands twice the last value, where the first stands: so the readers do."""
    values = {member.name: member for member in members}
    return members if len(values) == len(members) else tuple(values.values())


def _merge(members: tuple[Member, ...], merged: list[Table]) -> tuple[Member, ...]:
    known = {member.name: member for member in members}
    for source in merged:
        for member in source.members:
            known.setdefault(member.name, member)
    return tuple(known.values())


def _commented(members: list[Member], marks: list[_Marks]) -> tuple[Member, ...]:
    return tuple(
        Member(member.value, member.span, member.name, mark.before, mark.beside)
        for member, mark in zip(members, marks, strict=True)
    )
