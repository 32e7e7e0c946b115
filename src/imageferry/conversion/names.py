"""Names that the other dialect would refuse, and those that replace them; who mentions which."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from imageferry.conversion.parts import Leaf, Part, Table, function_name, items, walk
from imageferry.conversion.substitution import cut
from imageferry.dialects.vocabulary import Dialect
from imageferry.model.diagnostics import Diagnostic, warning

# CloudFormation, template anatomy: the names of these sections are letters and digits.
_NAMED: Final = ("Parameters", "Resources", "Outputs", "Conditions", "Mappings")
_SHARED: Final = ("Parameters", "Resources")
_OTHER: Final = re.compile(r"[^A-Za-z0-9]+([A-Za-z0-9]?)")


def names_there(
    root: Table, there: Dialect, found: list[Diagnostic]
) -> Mapping[str, Mapping[str, str]]:
    """By section, the names that must change and what they become."""
    if there.manners.nulls:
        return {}
    sections = {
        member.name: member.value
        for member in root.members
        if member.name in _NAMED and isinstance(member.value, Table)
    }
    shared = {one.name for word in _SHARED if word in sections for one in sections[word].members}
    renamed: dict[str, dict[str, str]] = {}
    for word, section in sections.items():
        taken = shared if word in _SHARED else {one.name for one in section.members}
        for member in section.members:
            if there.logical_id.match(member.name):
                continue
            name = _fresh(member.name, word, taken)
            taken.add(name)
            renamed.setdefault(word, {})[member.name] = name
            found.append(
                warning(
                    "IF921",
                    f"'{member.name[:80]}' becomes '{name}'",
                    why=f"a name must be {there.logical_id_says} there",
                    remedy="who names it from outside must use the new name",
                    span=member.span,
                )
            )
    return renamed


def _fresh(name: str, section: str, taken: Iterable[str]) -> str:
    letters = _OTHER.sub(lambda match: match[1].upper(), name)[:200] or section.removesuffix("s")
    fresh, number = letters, 2
    while fresh in taken:
        fresh, number = f"{letters}{number}", number + 1
    return fresh


def mentioned(part: Part, dialect: Dialect) -> Counter[str]:
    """How often each name is referred to inside a part, by `Ref` or in the text of Sub."""
    found: Counter[str] = Counter()
    for inner in walk(part):
        name = function_name(inner)
        if name is None or not isinstance(inner, Table):
            continue
        argument = inner.members[0].value
        if name == "Ref" and isinstance(argument, Leaf):
            found[argument.text] += 1
        elif name == "Fn::Sub":
            words = (items(argument) or [argument])[0]
            if isinstance(words, Leaf):
                trims = dialect.manners.trims_names
                found.update(word for is_name, word in cut(words.text, trims=trims) if is_name)
    return found


def fresh_name(wanted: str, taken: Iterable[str]) -> str:
    """A name for something new: the one wanted, or that with a number."""
    known = set(taken)
    fresh, number = wanted, 2
    while fresh in known:
        fresh, number = f"{wanted}{number}", number + 1
    return fresh
