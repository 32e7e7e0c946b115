"""What Metadata says of parameters for consoles: their groups, labels, and which are hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imageferry.dialects.desk import Desk, is_absent
from imageferry.dialects.syntax.nodes import ListNode, MapNode, Node, Scalar
from imageferry.model.diagnostics import Span


def read_labels(desk: Desk, metadata: Node) -> Mapping[str, str]:
    """The labels of parameters by name; names that are no parameter's are noted.

    All else that stands there is for consoles, and is kept as it is.
    """
    interface = _entry(metadata, desk.dialect.pseudo_prefix + desk.dialect.interface)
    for name, span, where in _named(interface):
        if name not in desk.parameters and name not in desk.locals and not desk.is_open:
            desk.warning(
                "IF160",
                f"'{where}' names '{name[:80]}', which is no parameter",
                span,
                remedy=desk.did_you_mean(name, desk.parameters, "remove it"),
            )
    labels = _entry(interface, "ParameterLabels")
    if not isinstance(labels, MapNode):
        return {}
    found = {name: _entry(node, "default") for name, node in labels.entries.items()}
    return {
        name: label.text
        for name, label in found.items()
        if isinstance(label, Scalar) and not label.tag and not is_absent(label)
    }


def _named(interface: Node | None) -> Iterator[tuple[str, Span, str]]:
    """Every name of a parameter, its place, and where that is."""
    for group in _items(_entry(interface, "ParameterGroups")):
        for name in _items(_entry(group, "Parameters")):
            if isinstance(name, Scalar) and isinstance(name.value, str):
                yield name.text, name.span, "ParameterGroups"
    for name in _items(_entry(interface, "Hidden")):
        if isinstance(name, Scalar) and isinstance(name.value, str):
            yield name.text, name.span, "Hidden"
    labels = _entry(interface, "ParameterLabels")
    if isinstance(labels, MapNode):
        for word, span in labels.key_spans.items():
            yield word, span, "ParameterLabels"


def _entry(node: Node | None, word: str) -> Node | None:
    return node.entries.get(word) if isinstance(node, MapNode) and not node.tag else None


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, ListNode) and not node.tag else ()
