"""What a loop runs over: a list as it is written, a list parameter, or a row of a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from imageferry.dialects.desk import Desk, is_absent
from imageferry.dialects.parameters import read_truth
from imageferry.dialects.syntax.nodes import (
    UNRESOLVED,
    ListNode,
    MapNode,
    Node,
    Scalar,
    function_in,
)
from imageferry.model.values import Value

_NOT_GIVEN: Final = "the parameter has no default, and no value was given"


class Items(NamedTuple):
    """The items of a collection, or None where they are not known yet."""

    values: tuple[str, ...] | None


class Collections(NamedTuple):
    """Where collections come from.

    `given` are the caller's values, None where nobody has given any yet; pseudo parameters may be
    among them, by their names in a template.
    """

    parameters: Mapping[str, Node]
    mappings: Mapping[str, Node]
    given: Mapping[str, Value] | None

    def items_of(self, desk: Desk, loop: str, node: Node) -> Items:
        """The items of the collection that a node is; what is wrong with it is noted."""
        if node.tag == UNRESOLVED:
            return Items(None)
        if isinstance(node, ListNode) and not node.tag:
            return self._listed(desk, loop, node)
        match function_in(node):
            case ("Ref", Scalar() as name):
                return self._referred(desk, loop, name, single=False)
            case ("Fn::FindInMap", ListNode(items=(_, _, _, *_) as keys)):
                return self._found(desk, loop, node, keys)
            case ("Fn::Split", ListNode(items=(Scalar(tag="") as delimiter, whole))) if (
                delimiter.text
            ):
                texts = self._single(desk, loop, whole)
                return Items(texts and tuple("".join(texts).split(delimiter.text)))
            case _:
                _wrong(desk, loop, node)
                return Items(())

    def text_of(self, desk: Desk, node: Node) -> tuple[str, ...] | None:
        """The text that a function gives, in a tuple; None where it is not known, empty if wrong."""
        return self._single(desk, "", node)

    def _listed(self, desk: Desk, loop: str, node: ListNode) -> Items:
        values: list[str] = []
        for entry in node.items:
            found = self._single(desk, loop, entry)
            if found is None:
                return Items(None)
            values += found
        return Items(tuple(values))

    def _single(self, desk: Desk, loop: str, node: Node) -> tuple[str, ...] | None:
        """A text, one parameter's, or what a function makes of such; None where it is not known."""
        if isinstance(node, Scalar) and not node.tag and node.value is not None:
            return (node.text,)
        if node.tag == UNRESOLVED:
            return None
        match function_in(node):
            case ("Ref", Scalar() as name):
                return self._referred(desk, loop, name, single=True).values
            case ("Fn::FindInMap", ListNode(items=(_, _, _, *_) as keys)):
                return self._found(desk, loop, node, keys).values
            case ("Fn::Sub", Scalar() as text):
                return self._substituted(desk, loop, text, {})
            case ("Fn::Sub", ListNode(items=(Scalar(tag="") as text, MapNode(tag="") as names))):
                return self._substituted(desk, loop, text, names.entries)
            case ("Fn::Join", ListNode(items=(Scalar(tag="") as delimiter, whole))):
                texts = self.items_of(desk, loop, whole).values
                return None if texts is None else (delimiter.text.join(texts),)
            case ("Fn::Select", ListNode(items=(Scalar(tag="") as index, whole))):
                texts = self.items_of(desk, loop, whole).values
                if texts is None:
                    return None
                if index.text.isdecimal() and int(index.text[:9]) < len(texts):
                    return (texts[int(index.text[:9])],)
            case _:
                pass
        _wrong(desk, loop, node)
        return ()

    def _substituted(
        self, desk: Desk, loop: str, node: Scalar, names: Mapping[str, Node]
    ) -> tuple[str, ...] | None:
        """A text of Sub with its names put in."""
        made: list[str] = []
        rest = node.text
        while "${" in rest and "}" in rest.partition("${")[2]:
            before, _, rest = rest.partition("${")
            name, _, rest = rest.partition("}")
            made.append(before)
            if name.startswith("!"):
                made.append("${" + name[1:] + "}")
                continue
            inner = names.get(name) or Scalar(name, name, node.span, "!Ref")
            found = self._single(desk, loop, inner)
            if found is None:
                return None
            made += found
        return ("".join((*made, rest)),)

    def _found(self, desk: Desk, loop: str, node: Node, keys: tuple[Node, ...]) -> Items:
        words: list[str] = []
        for key in keys[:3]:
            found = self._single(desk, loop, key)
            if found is None:
                return Items(None)
            if len(found) != 1:
                return Items(())
            words += found
        row: Node | None = self.mappings.get(words[0])
        for word in words[1:]:
            row = row.entries.get(word) if isinstance(row, MapNode) else None
        if isinstance(row, ListNode) and not row.tag:
            return self._listed(desk, loop, row)
        if isinstance(row, Scalar) and not is_absent(row):
            return Items((row.text,))
        match keys[3:]:
            case (MapNode(tag="", entries={"DefaultValue": default}),):
                return self.items_of(desk, loop, default)
            case _:
                pass
        desk.error(
            "IF153",
            f"the loop '{loop[:80]}' runs over a mapping's row that is not there",
            node.span,
            why="there is no list at " + ", ".join(f"'{word[:80]}'" for word in words),
            remedy="correct the keys, or add the row",
        )
        return Items(())

    def _referred(self, desk: Desk, loop: str, name: Scalar, *, single: bool) -> Items:
        if name.text in desk.dialect.pseudo:
            value = (self.given or {}).get(name.text)
            return (
                Items((value,)) if isinstance(value, str) else self._valued(desk, loop, name, value)
            )
        declared = self.parameters.get(name.text)
        if not isinstance(declared, MapNode):
            if desk.is_open:
                return Items(None)
            desk.error(
                "IF153",
                f"the loop '{loop[:80]}' runs over '{name.text[:80]}', which is no parameter",
                name.span,
                why="loops are written out before there are any resources",
                remedy=desk.did_you_mean(name.text, self.parameters, "name a list parameter"),
            )
            return Items(())
        if read_truth(desk, declared, "NoEcho"):
            desk.error(
                "IF153",
                f"the loop '{loop[:80]}' runs over the secret parameter '{name.text[:80]}'",
                name.span,
                why="its values would become the names of resources, which everybody can read",
                remedy="take 'NoEcho' away, or list the items",
            )
            return Items(())
        if not single and not _is_list(declared):
            desk.error(
                "IF153",
                f"the loop '{loop[:80]}' runs over '{name.text[:80]}', which is no list",
                name.span,
                why="a loop needs a parameter of a list type",
                remedy="give it the type 'CommaDelimitedList'",
            )
            return Items(())
        value = (self.given or {}).get(name.text)
        if _is_stored(declared):
            why = "its type says that its value is kept in a service that is not asked here"
            return self._valued(desk, loop, name, None, why)
        if value is None:
            default = declared.entries.get("Default")
            value = default.text if isinstance(default, Scalar) and not is_absent(default) else None
        if single and isinstance(value, str):
            return Items((value,))
        return self._valued(desk, loop, name, value)

    def _valued(
        self, desk: Desk, loop: str, name: Scalar, value: Value, why: str = _NOT_GIVEN
    ) -> Items:
        """The items of a value: a list, or text with commas."""
        if isinstance(value, (list, tuple)):
            scalars = [_text(entry) for entry in value]
            known = tuple(text for text in scalars if text is not None)
            return Items(known if len(known) == len(scalars) else None)
        text = _text(value)
        if text is not None:
            cut = [part.strip() for part in text.split(",")]
            return Items(tuple(cut) if text.strip() else ())
        is_pseudo = name.text in desk.dialect.pseudo
        # Whoever plans for no stack yet gives what is not known by its name and None.
        is_late = self.given is None or name.text in self.given
        note = desk.error if is_pseudo and not is_late else desk.warning
        note(
            "IF154",
            f"the loop '{loop[:80]}' cannot run yet: '{name.text[:80]}' has no value here",
            name.span,
            why=("a pseudo parameter is known only when a stack is made" if is_pseudo else why)
            + "; what the loop makes is checked once, with unknown values",
            remedy="list the items"
            if is_pseudo or why != _NOT_GIVEN
            else f"give '{name.text[:80]}' a value or a default",
        )
        return Items(None)


def _text(value: Value) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    return None


def _is_list(declared: MapNode) -> bool:
    kind = declared.entries.get("Type")
    text = kind.text if isinstance(kind, Scalar) else ""
    return "List" in text


def _is_stored(declared: MapNode) -> bool:
    """True for a parameter whose value is only the name of what another service keeps."""
    kind = declared.entries.get("Type")
    return isinstance(kind, Scalar) and "::Parameter::Value<" in kind.text


def _wrong(desk: Desk, loop: str, node: Node) -> None:
    desk.error(
        "IF153",
        f"the loop '{loop[:80]}' cannot run over this",
        node.span,
        why="a collection is a list of texts, 'Ref' of a list parameter, or 'Fn::FindInMap'",
        remedy="list the items, or name a parameter of the type 'CommaDelimitedList'",
    )
