"""Which language a document is written in: by its version key, or by what else it holds."""

from __future__ import annotations

from itertools import islice
from typing import Final

from imageferry.dialects import cfn, ros
from imageferry.dialects.syntax.nodes import MapNode, Node, Scalar, Unreadable, shape_of
from imageferry.dialects.vocabulary import Dialect
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.suggestions import nearest

DIALECTS: Final = (ros.DIALECT, cfn.DIALECT)
"""Every template language that is read."""


def dialect_of(root: Node, found: list[Diagnostic]) -> tuple[Dialect, MapNode]:
    """The language of a document and its sections; raises Unreadable where it is in none."""
    if not isinstance(root, MapNode) or root.tag:
        raise Unreadable(
            error(
                "IF113",
                f"the template is {shape_of(root)}, not a map",
                why="a template is a map of sections such as 'Resources'",
                remedy="begin with a version key and 'Resources:'",
                span=root.span,
            )
        )
    versioned = [dialect for dialect in DIALECTS if dialect.version_key in root.entries]
    if len(versioned) == 1:
        return versioned[0], root
    if len(versioned) > 1:
        first, second = (root.key_spans[dialect.version_key] for dialect in versioned)
        raise Unreadable(
            error(
                "IF131",
                "the template has the version keys of both languages",
                why=f"{versioned[0].version_key} stands on line {first.line}, "
                f"{versioned[1].version_key} on line {second.line}; the same words "
                "mean different things in them",
                remedy="remove the one of the language that it is not written in",
                span=max(first, second, key=lambda span: (span.line, span.column)),
            )
        )
    return _without_version(root, found), root


def _without_version(root: MapNode, found: list[Diagnostic]) -> Dialect:
    keys = {dialect.version_key: dialect for dialect in DIALECTS}
    for written in islice(root.entries, 20):
        meant = nearest(written, keys)
        if meant is not None:
            return keys[meant]
    guessed = next((d for d in DIALECTS if _has_types_of(root, d)), None)
    if guessed is None and "Resources" in root.entries:
        guessed = cfn.DIALECT
    if guessed is None:
        raise Unreadable(
            error(
                "IF130",
                "this is not a template: it has neither a version key nor 'Resources'",
                why="a ROS template begins with ROSTemplateFormatVersion: '2015-09-01', a "
                "CloudFormation template with AWSTemplateFormatVersion: '2010-09-09'",
                remedy="add one of them, and 'Resources'",
                span=root.span,
            )
        )
    if guessed.version_required:
        found.append(
            error(
                "IF130",
                f"'{guessed.version_key}' is missing",
                why=f"the types are those of {guessed.title}, which demands it",
                remedy=f"add the line {guessed.version_key}: '{guessed.versions[0]}'",
                span=root.span,
            )
        )
    return guessed


def _has_types_of(root: MapNode, dialect: Dialect) -> bool:
    resources = root.entries.get("Resources")
    if not isinstance(resources, MapNode):
        return False
    return any(
        isinstance(type_node, Scalar) and type_node.text.startswith(dialect.type_prefixes)
        for definition in resources.entries.values()
        if isinstance(definition, MapNode)
        for type_node in (definition.entries.get("Type"),)
    )
