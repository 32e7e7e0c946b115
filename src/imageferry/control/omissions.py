"""without_resources: a template as it was written, but for some resources and what is told of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from imageferry.control.templates import read_template
from imageferry.conversion.documents import open_document, write_document
from imageferry.conversion.parts import Table
from imageferry.conversion.writing import Spelling
from imageferry.evaluation.references import mentions
from imageferry.model.values import Value

_RESOURCES: Final = "Resources"
_OUTPUTS: Final = "Outputs"


def without_resources(
    source: bytes, name: str, parameters: Mapping[str, Value], left_out: Collection[str]
) -> bytes:
    """The template's text without these resources, and without the outputs that speak of them.

    It keeps its form and its comments. Raises TemplateError where it cannot be read or written.
    """
    template, _ = read_template(source, name, parameters)
    untold = {
        output.name
        for output in template.outputs.values()
        if any(mention.name in left_out for mention in mentions(output.value))
    }
    gone = {_RESOURCES: frozenset(left_out), _OUTPUTS: frozenset(untold)}
    document = open_document(source, name)
    members = tuple(
        replace(member, value=_without(member.value, gone[member.name]))
        if member.name in gone and isinstance(member.value, Table)
        else member
        for member in document.root.members
    )
    # A section with nothing in it is left out as well.
    kept = tuple(
        member
        for member in members
        if member.name not in gone or not isinstance(member.value, Table) or member.value.members
    )
    rest = replace(document, root=replace(document.root, members=kept))
    return write_document(rest, document.form, Spelling.AS_WRITTEN).text.encode()


def _without(section: Table, names: frozenset[str]) -> Table:
    rest = tuple(member for member in section.members if member.name not in names)
    return replace(section, members=rest)
