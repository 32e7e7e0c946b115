"""The text of Sub, cut into words and names, and put together again."""

from __future__ import annotations

from collections.abc import Iterator

from imageferry.conversion.parts import Leaf, Part, Table, function_name, items
from imageferry.dialects.vocabulary import Dialect


def cut(written: str, *, trims: bool) -> Iterator[tuple[bool, str]]:
    """The text in order: what stays (with `${!` as it is), and (True) each name.

    `trims`: blanks around a name do not count.
    """
    offset = 0
    while (start := written.find("${", offset)) >= 0:
        end = written.find("}", start)
        if end < 0:
            break
        if start > offset:
            yield False, written[offset:start]
        name = written[start + 2 : end]
        if name.startswith("!"):
            yield False, "${!" + (name[1:].strip() if trims else name[1:]) + "}"
        else:
            yield True, name.strip() if trims else name
        offset = end + 1
    if offset < len(written):
        yield False, written[offset:]


def joined(part: Part, variables: dict[str, Part], dialect: Dialect) -> str:
    """What stands in the text for a value: text, `${Name}`, or `${}` of a new variable."""
    if isinstance(part, Leaf) and isinstance(part.value, str):
        return part.value.replace("${", "${!")
    if isinstance(part, Leaf) and type(part.value) is int:
        return str(part.value)
    name = _named(part)
    if name is not None and dialect.substituted_name.match(name) and name not in variables:
        return f"${{{name}}}"
    number = 1
    while (fresh := f"Value{number}") in variables and variables[fresh] != part:
        number += 1
    variables[fresh] = part
    return f"${{{fresh}}}"


def _named(part: Part) -> str | None:
    if not isinstance(part, Table):
        return None
    argument = part.members[0].value
    match function_name(part):
        case "Ref" if isinstance(argument, Leaf):
            return argument.text
        case "Fn::GetAtt":
            pair = items(argument) or []
            if all(isinstance(half, Leaf) for half in pair):
                return ".".join(half.text for half in pair if isinstance(half, Leaf))
            return None
        case _:
            return None
