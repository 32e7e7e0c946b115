"""Templates that others wrote, in another form: what is said of them does not change.

Every run takes the same few; `IMAGEFERRY_EXPLORE=1` takes all.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from imageferry.control.examination import examine
from imageferry.dialects.reader import DIALECTS
from imageferry.dialects.syntax.json_nodes import read_json
from imageferry.dialects.syntax.nodes import ListNode, MapNode, Node, Scalar, Unreadable
from imageferry.dialects.syntax.source_text import decode
from imageferry.dialects.syntax.yaml_nodes import read_yaml
from imageferry.dialects.vocabulary import Dialect
from imageferry.model.diagnostics import Diagnostic
from tests.properties.dumping import Tagged, json_of, yaml_of
from tests.properties.examining import CATALOG, verdict

ROOT: Final = Path(__file__).parents[2]
CORPUS: Final = Path(os.environ.get("IMAGEFERRY_CORPUS", ROOT.parent / "shared" / "corpus"))
SAMPLE: Final = 60
"""About one in ten."""

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="there is no corpus")


def _tree(node: Node) -> Any:
    content: Any
    match node:
        case Scalar(value=value):
            content = value
        case ListNode(items=items):
            content = [_tree(inner) for inner in items]
        case MapNode(entries=entries):
            content = {name: _tree(inner) for name, inner in entries.items()}
    return Tagged(node.tag, content) if node.tag else content


def _tree_of(source: bytes) -> Any:
    """The tree of a source; None where it is none, or its form itself is spoken of."""
    said: list[Diagnostic] = []
    try:
        text = decode(source, "t.yml")
        is_json = text.lstrip()[:1] == "{"
        root = read_json(text, "t", said) if is_json else read_yaml(text, "t", said)[0]
    except Unreadable:
        return None
    return None if said else _tree(root)


def _dialect_of(name: str | None) -> Dialect | None:
    return next((one for one in DIALECTS if one.name == name), None)


def _in_long_form(tree: Any, dialect: Dialect) -> Any:
    match tree:
        case Tagged(tag=tag, value=value):
            function = dialect.tags.get(tag)
            name = function.written if function else tag
            held = _in_long_form(value, dialect)
            if name == "Fn::GetAtt" and isinstance(held, str):
                parts = dialect.split_attribute(held)
                held = list(parts) if parts else held
            return {name: held}
        case dict():
            return {key: _in_long_form(value, dialect) for key, value in tree.items()}
        case list():
            return [_in_long_form(value, dialect) for value in tree]
        case _:
            return tree


def _in_short_form(tree: Any, dialect: Dialect) -> Any:
    match tree:
        case dict():
            shown = {key: _in_short_form(value, dialect) for key, value in tree.items()}
            name, held = next(iter(shown.items())) if len(shown) == 1 else ("", None)
            function = dialect.functions.get(name)
            # A tag cannot follow a tag; a condition's name may stand as a plain key elsewhere.
            if (
                function is None
                or not function.tag
                or name == "Condition"
                or isinstance(held, Tagged)
                or held is None
            ):
                return shown
            return Tagged(function.tag, held)
        case list():
            return [_in_short_form(value, dialect) for value in tree]
        case Tagged(tag=tag, value=value):
            held = _in_short_form(value, dialect)
            return Tagged(tag, value if isinstance(held, Tagged) else held)
        case _:
            return tree


def _has_strange_tags(tree: Any, dialect: Dialect) -> bool:
    """True where a tag is none of the language: it has no long form."""
    match tree:
        case Tagged(tag=tag, value=value):
            return tag not in dialect.tags or _has_strange_tags(value, dialect)
        case dict():
            return any(_has_strange_tags(value, dialect) for value in tree.values())
        case list():
            return any(_has_strange_tags(value, dialect) for value in tree)
        case _:
            return False


def _shuffled(tree: Any, chance: random.Random) -> Any:
    """The sections in another order, and the resources and outputs in theirs."""

    def mixed(part: Mapping[str, Any]) -> dict[str, Any]:
        keys = list(part)
        chance.shuffle(keys)
        return {key: part[key] for key in keys}

    tree = mixed(tree)
    for section in ("Resources", "Outputs", "Parameters", "Conditions"):
        if isinstance(tree.get(section), dict):
            tree[section] = mixed(tree[section])
    return tree


_FORMS: Final[Mapping[str, Callable[[Any, Dialect, random.Random], str]]] = {
    "plain YAML": lambda tree, dialect, chance: yaml_of(tree),
    "JSON": lambda tree, dialect, chance: json_of(_in_long_form(tree, dialect)),
    "YAML with long forms": lambda tree, dialect, chance: yaml_of(_in_long_form(tree, dialect)),
    "YAML with short tags": lambda tree, dialect, chance: yaml_of(_in_short_form(tree, dialect)),
    "another order": lambda tree, dialect, chance: yaml_of(_shuffled(tree, chance)),
}


def _paths() -> list[Path]:
    found = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
    if os.environ.get("IMAGEFERRY_EXPLORE") == "1" or len(found) <= SAMPLE:
        return found
    return sorted(random.Random(3).sample(found, SAMPLE))


@pytest.mark.parametrize("form", _FORMS)
def test_another_form_is_judged_the_same(form: str) -> None:
    different, judged = [], 0
    for path in _paths():
        source = path.read_bytes()
        tree = _tree_of(source)
        wanted = verdict(examine(source, "t.yml", CATALOG, allow_unknown_types=True))
        dialect = _dialect_of(wanted[0])
        if dialect is None or not isinstance(tree, dict) or _has_strange_tags(tree, dialect):
            continue
        text = _FORMS[form](tree, dialect, random.Random(path.name))
        found = verdict(examine(text.encode(), "t.yml", CATALOG, allow_unknown_types=True))
        judged += 1
        if found != wanted:
            different.append(f"{path.name}: {wanted} became {found}")
    assert different == []
    assert judged > 0
