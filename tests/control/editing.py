"""Templates as an editor sees them: plain data, with functions in their long form or as bare tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from imageferry.dialects.recognition import DIALECTS
from imageferry.dialects.syntax.json_nodes import read_json
from imageferry.dialects.syntax.nodes import ListNode, MapNode, Node, Scalar
from imageferry.dialects.syntax.source_text import decode
from imageferry.dialects.syntax.yaml_nodes import read_yaml
from imageferry.dialects.vocabulary import Dialect


def parsed(source: bytes, name: str) -> Node:
    """The nodes of a template in YAML or JSON."""
    text = decode(source, name)
    if text.lstrip()[:1] == "{":
        return read_json(text, name, [])
    return read_yaml(text, name, [])[0]


def as_seen(node: Node) -> Any:
    """What a YAML language server sees: of a function in its short form only the argument."""
    match node:
        case Scalar():
            return node.text if node.tag else node.value
        case ListNode():
            return [as_seen(part) for part in node.items]
        case MapNode():
            return {name: as_seen(part) for name, part in node.entries.items()}


def in_long_form(node: Node, dialect: Dialect) -> Any:
    """The same template with every function in its long form, as JSON has it."""
    content: Any
    match node:
        case Scalar():
            content = node.value
        case ListNode():
            content = [in_long_form(part, dialect) for part in node.items]
        case MapNode():
            content = {name: in_long_form(part, dialect) for name, part in node.entries.items()}
    function = dialect.tags.get(node.tag)
    if function is None:
        return content
    if isinstance(node, Scalar):
        halves = dialect.split_attribute(node.text) if function.canonical == "get_att" else None
        content = list(halves) if halves else node.text
    return {function.written: content}


def dialect_of(path: Path, node: Node) -> Dialect:
    """The language of a template of the corpus."""
    ros, cloudformation = DIALECTS
    assert isinstance(node, MapNode), path
    return ros if ros.version_key in node.entries else cloudformation
