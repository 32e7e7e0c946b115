"""wording: every English text that a page or a view asks a language for, found in what is written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, nodes

from imageferry.control import copy_stories, ways
from imageferry.model import fates

ROOT = Path(str(files("imageferry.console")))

_NAMES = frozenset({"t", "language"})
"""What a language is called where a text is asked of it; it stands before the bracket."""


@dataclass(frozen=True, order=True)
class Wording:
    """One text, or, where it is made up as it goes, what it is made of."""

    text: str
    place: str
    is_made_up: bool = False


def wordings() -> list[Wording]:
    """All of them, in templates and in the code."""
    found = [one for path in sorted(ROOT.glob("templates/*.html")) for one in _in_template(path)]
    found += [one for path in sorted(ROOT.rglob("*.py")) for one in _in_code(path)]
    for module in (copy_stories, fates, ways):
        found += _below(Path(str(module.__file__)))
    return found


def _below(path: Path) -> Iterator[Wording]:
    """Some sentences are made below the console, for the command line too: pages ask for them."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call | ast.Dict | ast.Tuple | ast.AnnAssign | ast.Return):
            for one in ast.iter_child_nodes(node):
                for text in _constants(one.value if isinstance(one, ast.keyword) else one):
                    if text is not None and _WORDS.fullmatch(text):
                        yield Wording(text, path.name)


def _in_template(path: Path) -> Iterator[Wording]:
    tree = Environment(autoescape=True).parse(path.read_text())
    for call in tree.find_all(nodes.Call):
        asked = call.node
        match asked:
            case nodes.Getattr(attr="count"):
                wanted = call.args[1:3]
            case nodes.Getattr(attr="language") | nodes.Name(name="t" | "language"):
                wanted = call.args[:1]
            case _:
                continue
        for one in wanted:
            for text in _consts(one):
                yield Wording(text or f"{one}", path.name, text is None)


def _consts(node: nodes.Node) -> list[str | None]:
    match node:
        case nodes.Const(value=str() as text):
            return [text]
        case nodes.CondExpr(expr1=first, expr2=nodes.Node() as second):
            return [*_consts(first), *_consts(second)]
        case _:
            return [None]


def _in_code(path: Path) -> Iterator[Wording]:
    place = path.relative_to(ROOT).as_posix()
    tree = ast.parse(path.read_text())
    if not place.startswith("languages/"):
        yield from _in_tables(tree, place)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        match call.func:
            case ast.Attribute(attr="count") if len(call.args) == 3:
                wanted = call.args[1:3]
            case ast.Attribute(attr="language") | ast.Call(func=ast.Name(id="language_of")):
                wanted = call.args[:1]
            case ast.Name(id=name) if name in _NAMES:
                wanted = call.args[:1]
            case ast.Name(id="_Shut"):
                wanted = call.args[:1]
            case _:
                continue
        for one in wanted:
            if isinstance(one, ast.Subscript) and isinstance(one.value, ast.Name):
                yield from _of_table(tree, one.value.id, place)
                continue
            for text in _constants(one):
                yield Wording(text or ast.unparse(one), place, text is None)


def _of_table(tree: ast.Module, name: str, place: str) -> Iterator[Wording]:
    """The values of a mapping of the same module."""
    for statement in tree.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if (
                found == name
            ):
                for mapping in ast.walk(value):
                    if isinstance(mapping, ast.Dict):
                        for one in mapping.values:
                            for text in _constants(one):
                                if text is not None:
                                    yield Wording(text, place)
            case _:
                continue


def _in_tables(tree: ast.Module, place: str) -> Iterator[Wording]:
    """What tables of a module say in words: it is looked up there, and then asked of a language."""
    for statement in tree.body:
        match statement:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                for one in ast.walk(value):
                    match one:
                        case ast.Constant(value=str() as text) if _WORDS.fullmatch(text):
                            yield Wording(text, place)
                        case _:
                            continue
            case _:
                continue


_WORDS = re.compile(r"[A-Z][a-z]+|[A-Za-z\"{][\w'{}\"]*,?( [\w'{}\"()…–,:;-]+)+[.…?]?")
"""Either begins with a capital, or has several words: keys and classes of styles do neither."""


def _constants(node: ast.AST) -> list[str | None]:
    match node:
        case ast.Constant(value=str() as text):
            return [text]
        case ast.IfExp(body=first, orelse=second):
            return [*_constants(first), *_constants(second)]
        case _:
            return [None]
