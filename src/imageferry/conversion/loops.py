"""Loops of one language written out, as the other one has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from imageferry.conversion.documents import Document
from imageferry.conversion.json_parts import read_json_parts
from imageferry.conversion.parts import Member, Part, Table, comments_in, node_of, walk
from imageferry.dialects.desk import Desk
from imageferry.dialects.rewriting.collections import Collections
from imageferry.dialects.rewriting.loops import is_loop, write_out
from imageferry.dialects.syntax.nodes import MapNode, Node
from imageferry.model.diagnostics import Diagnostic, error, warning
from imageferry.model.values import Value


def without_loops(
    document: Document, given: Mapping[str, Value] | None, found: list[Diagnostic]
) -> Document:
    """The document with its loops written out; what is said about that is added to `found`.

    `given` are the parameters' values by which they are; else their defaults count.
    """
    looping = [member for member in document.root.members if _loops_in(member.value)]
    if not document.dialect.manners.loops or not looping:
        return document
    root = node_of(document.root)
    assert isinstance(root, MapNode)
    collections = Collections(_entries(root, "Parameters"), _entries(root, "Mappings"), given)
    # The reader has told of every fault in a loop already.
    written = write_out(Desk(document.dialect), root, collections)
    if not written.is_whole:
        found.append(_unsettled(looping[0]))
        return document
    found += [_written_out(member) for member in looping]
    members = tuple(
        replace(member, value=read_json_parts(written.root.entries[member.name]))
        if member in looping
        else member
        for member in document.root.members
    )
    return replace(document, root=replace(document.root, members=members))


def _loops_in(part: Part) -> list[Member]:
    return [
        member
        for inner in walk(part)
        if isinstance(inner, Table)
        for member in inner.members
        if is_loop(member.name)
    ]


def _entries(root: MapNode, word: str) -> Mapping[str, Node]:
    section = root.entries.get(word)
    return section.entries if isinstance(section, MapNode) else {}


def _unsettled(member: Member) -> Diagnostic:
    loop = _loops_in(member.value)[0]
    return error(
        "IF930",
        f"how often '{loop.name[:80]}' runs cannot be settled",
        why="the other language has no loops, and this one runs over values that are not known here",
        remedy="give the parameters that it depends on with -p, or defaults",
        span=loop.span,
    )


def _written_out(member: Member) -> Diagnostic:
    loops = _loops_in(member.value)
    lost = comments_in(member.value)
    comments = f"; {lost} comments of '{member.name}' are lost" if lost else ""
    return warning(
        "IF937",
        f"'{loops[0].name[:80]}' is written out"
        if len(loops) == 1
        else f"{len(loops)} loops in '{member.name}' are written out",
        why=f"the other language has no loops; the values are those of now{comments}",
        remedy="convert again when they change",
        span=loops[0].span,
    )
