"""Desk: what lies beside the reader while it reads one template."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from imageferry.dialects.syntax.nodes import (
    UNRESOLVED,
    ListNode,
    MapNode,
    Node,
    Scalar,
    note,
    shape_of,
)
from imageferry.dialects.syntax.positions import Positions
from imageferry.dialects.syntax.yaml_scalars import BOOLEAN_WORDS
from imageferry.dialects.vocabulary import Dialect
from imageferry.model.diagnostics import Diagnostic, Span, error, warning
from imageferry.model.suggestions import did_you_mean

MAX_SUGGESTIONS: Final = 100
"""Faults that may have been found before near words are no longer sought: seeking takes time."""

_SHAPE_REMEDIES: Final = {
    "a map": "write names and values below it, or '{}' if there are none",
    "a list": "write '- ' before each item, or '[]' if there are none",
    "text": "write it as text, without any function",
}


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """The language, the names that the template declares, and the faults found so far.

    `locals` are names that stand for values, visible to `Ref` only; `modules` are
    resources that stand for many. `extended`: the language
    extensions are carried out. `is_open`: what is not carried out may make further names, so an
    unknown one is no fault; `left_out` are the resources that it may make otherwise than they are
    written. `as_written` are the places of numbers that count as the text that they are written as. `told`
    is there where nodes stand in several places: then each place is told once.
    `repeated` holds how many values the names in texts of Sub have repeated so far. `positions`
    know where a name stands inside a text.
    """

    dialect: Dialect
    resources: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    conditions: frozenset[str] = frozenset()
    mappings: frozenset[str] = frozenset()
    locals: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    extended: bool = False
    is_open: bool = False
    found: list[Diagnostic] = field(default_factory=list)
    as_written: set[Span] = field(default_factory=set)
    told: set[tuple[str, Span]] | None = None
    repeated: list[int] = field(default_factory=list)
    positions: Positions | None = None

    def error(
        self, code: str, message: str, span: Span, *, why: str = "", remedy: str = ""
    ) -> None:
        """Note a fault that refuses the template."""
        if not self._is_told(code, span):
            note(self.found, error(code, message, why=why, remedy=remedy, span=span))

    def warning(
        self, code: str, message: str, span: Span, *, why: str = "", remedy: str = ""
    ) -> None:
        """Note a fault that does not."""
        if not self._is_told(code, span):
            note(self.found, warning(code, message, why=why, remedy=remedy, span=span))

    def _is_told(self, code: str, span: Span) -> bool:
        """True for what the same place has said before, in another copy of it."""
        if self.told is None:
            return False
        is_told = (code, span) in self.told
        self.told.add((code, span))
        return is_told

    def take_as_written(self, node: Scalar) -> str:
        """The text of a scalar; what was said of its value as a number does not count.

        True and false have one spelling, by which functions know them as well.
        """
        if not isinstance(node.value, str):
            self.as_written.add(node.span)
        if isinstance(node.value, bool) and node.text not in BOOLEAN_WORDS:
            return "true" if node.value else "false"
        return node.text

    def is_beyond(self, name: str) -> bool:
        """True for a name that only what is not carried out here can make."""
        return (
            self.is_open
            and (name not in self.resources or name in self.left_out)
            and name not in self.parameters
        )

    def did_you_mean(self, word: str, known: Iterable[str], otherwise: str = "") -> str:
        """A remedy that names the nearest known word; in a hopeless template none is sought."""
        if len(self.found) > MAX_SUGGESTIONS:
            return otherwise
        return did_you_mean(word, known, otherwise)

    def expected(self, what: str, wanted: str, node: Node) -> None:
        """Note that a part has the wrong shape; of what has no value here, enough was said."""
        if node.tag == UNRESOLVED:
            return
        self.error(
            "IF145",
            f"{what} must be {wanted}, not {shape_of(node)}",
            node.span,
            remedy=_SHAPE_REMEDIES.get(wanted, f"write {wanted}"),
        )


def is_absent(node: Node | None) -> bool:
    """True for no node and for a null."""
    return node is None or (isinstance(node, Scalar) and node.value is None and not node.tag)


def text_of(desk: Desk, node: Node, what: str) -> str | None:
    """A text, or a number or boolean as it was written; None (and a fault) for all else."""
    if isinstance(node, Scalar) and not node.tag and node.value is not None:
        return node.text
    desk.expected(what, "text", node)
    return None


def map_of(desk: Desk, node: Node, what: str) -> MapNode | None:
    """A map without a tag; None (and a fault) for all else."""
    if isinstance(node, MapNode) and not node.tag:
        return node
    desk.expected(what, "a map", node)
    return None


def words_of(desk: Desk, node: Node, what: str) -> str:
    """A description: text, or in a localised language a map, of which English comes first."""
    if is_absent(node):
        return ""
    if isinstance(node, MapNode) and desk.dialect.manners.localised and not node.tag:
        chosen = node.entries.get("en") or next(iter(node.entries.values()), None)
        return chosen.text if isinstance(chosen, Scalar) and chosen.value is not None else ""
    if isinstance(node, Scalar) and not node.tag:
        return node.text
    desk.expected(what, "text", node)
    return ""


def condition_name(desk: Desk, node: Node | None, what: str) -> str | None:
    """The condition of a resource or output; None where a transform makes it."""
    if node is None or is_absent(node):
        return None
    name = text_of(desk, node, what)
    return None if desk.is_open and name not in desk.conditions else name


def spelled(desk: Desk, node: Node) -> Node:
    """The node with `yes`, `on` and the like as words, where parameters keep them as they stand.

    What a template compares a parameter with has to read as the parameter's own values do.
    """
    if not desk.dialect.manners.literal_texts:
        return node
    match node:
        case Scalar(value=bool()) if node.text in BOOLEAN_WORDS:
            return Scalar(node.text, node.text, node.span, node.tag)
        case Scalar():
            return node
        case ListNode(items=items):
            changed = tuple(spelled(desk, entry) for entry in items)
            same = all(new is old for new, old in zip(changed, items, strict=True))
            return node if same else ListNode(changed, node.span, node.tag)
        case MapNode(entries=entries):
            made = {name: spelled(desk, entry) for name, entry in entries.items()}
            same = all(made[name] is entries[name] for name in made)
            return node if same else MapNode(made, node.key_spans, node.span, node.tag)
