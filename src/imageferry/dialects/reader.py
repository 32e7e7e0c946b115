"""Bytes to Template: nodes read by a dialect's table, every fault with its place."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from imageferry.dialects import cfn, ros
from imageferry.dialects.desk import Desk, is_absent, map_of, words_of
from imageferry.dialects.json_nodes import read_json
from imageferry.dialects.limits import check_limits
from imageferry.dialects.names import check_clashes, warn_alike
from imageferry.dialects.nodes import MapNode, Node, Scalar, Unreadable, descend, plain, shape_of
from imageferry.dialects.parameters import read_parameters
from imageferry.dialects.resources import read_resources
from imageferry.dialects.sections import read_conditions, read_mappings, read_outputs
from imageferry.dialects.source_text import decode
from imageferry.dialects.vocabulary import Dialect, Treatment
from imageferry.dialects.yaml_nodes import read_yaml
from imageferry.model.diagnostics import Diagnostic, Span, error, warning
from imageferry.model.suggestions import nearest
from imageferry.model.templates import Template

DIALECTS: Final = (ros.DIALECT, cfn.DIALECT)
"""Every template language that is read."""

MAX_DIAGNOSTICS: Final = 1_000
"""More are only counted; errors come before warnings."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a source. `template` is None where an error forbids going on."""

    template: Template | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        """True where a diagnostic refuses the template."""
        return any(diagnostic.is_error for diagnostic in self.diagnostics)


@dataclass(frozen=True, slots=True, eq=False)
class _Document:
    """The nodes, and what is only worth looking for if it is there at all."""

    root: Node
    aliases: tuple[Span, ...]
    may_hold_null: bool
    may_hold_dynamic: bool


def read(source: bytes, name: str) -> Reading:
    """The template in `source`, called `name` in diagnostics; its language by its version key.

    Total: never raises, in bounded time and memory. Faults are collected, in order of place.
    """
    found: list[Diagnostic] = []
    try:
        template = _read(source, name, found)
    except Unreadable as fault:
        return Reading(None, (*_in_order(found), fault.diagnostic))
    return Reading(template, _in_order(found))


def _read(source: bytes, name: str, found: list[Diagnostic]) -> Template | None:
    document = _parse(decode(source, name), name, found)
    root = document.root
    dialect = _dialect_of(root, name, found)
    assert isinstance(root, MapNode)
    resources = root.entries.get("Resources")
    names = frozenset(resources.entries) if isinstance(resources, MapNode) else frozenset()
    desk = Desk(dialect, names, found)
    _check_version(desk, root)
    if not _check_sections(desk, root):
        return None
    template = _template(desk, root, name)
    check_limits(desk, template, len(source), Span(name, 1, 1))
    _check_document(desk, document)
    if desk.as_written:
        found[:] = [d for d in found if d.code != "IF121" or d.span not in desk.as_written]
    return template


def _in_order(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    def place(diagnostic: Diagnostic) -> tuple[int, int]:
        span = diagnostic.span
        return (0, 0) if span is None else (span.line, span.column)

    kept = list(dict.fromkeys(found))
    if len(kept) > MAX_DIAGNOSTICS:
        kept.sort(key=lambda diagnostic: not diagnostic.is_error)
        more = warning("IF199", f"{len(kept) - MAX_DIAGNOSTICS:,} more faults are not shown")
        return (*sorted(kept[:MAX_DIAGNOSTICS], key=place), more)
    return tuple(sorted(kept, key=place))


def _parse(text: str, name: str, found: list[Diagnostic]) -> _Document:
    dynamic = "{{resolve:" in text
    if text.lstrip()[:1] == "{":
        return _Document(read_json(text, name, found), (), "null" in text, dynamic)
    root, aliases, nulls = read_yaml(text, name, found)
    return _Document(root, aliases, nulls, dynamic)


def _dialect_of(root: Node, name: str, found: list[Diagnostic]) -> Dialect:
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
        return versioned[0]
    if len(versioned) > 1:
        first, second = (root.key_spans[dialect.version_key] for dialect in versioned)
        raise Unreadable(
            error(
                "IF131",
                "the template has the version keys of both languages",
                why=f"they stand on the lines {first.line} and {second.line}, and the same words "
                "mean different things in them",
                remedy="remove the one that it is not written in",
                span=max(first, second, key=lambda span: (span.line, span.column)),
            )
        )
    return _without_version(root, name, found)


def _without_version(root: MapNode, name: str, found: list[Diagnostic]) -> Dialect:
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


def _template(desk: Desk, root: MapNode, name: str) -> Template:
    sections = {
        word: section
        for word in ("Parameters", "Mappings", "Conditions", "Resources", "Outputs")
        if (section := _section(desk, root, word)) is not None
    }
    nothing = MapNode({}, {}, root.span)
    parameters = sections.get("Parameters", nothing)
    resources = sections.get("Resources", nothing)
    mappings = sections.get("Mappings", nothing)
    check_clashes(desk, parameters.key_spans, resources.key_spans)
    warn_alike(desk, resources.key_spans, "resource")
    warn_alike(desk, parameters.key_spans, "parameter")
    description = root.entries.get("Description")
    metadata = root.entries.get("Metadata")
    return Template(
        dialect=desk.dialect.name,
        source_name=name,
        description="" if description is None else words_of(desk, description, "'Description'"),
        parameters=read_parameters(desk, parameters),
        mappings=read_mappings(desk, mappings),
        conditions=read_conditions(desk, sections.get("Conditions", nothing)),
        resources=read_resources(desk, resources),
        outputs=read_outputs(desk, sections.get("Outputs", nothing)),
        metadata=None if metadata is None else plain(metadata),
        mapping_spans=mappings.key_spans,
    )


def _section(desk: Desk, root: MapNode, word: str) -> MapNode | None:
    node = root.entries.get(word)
    if node is None or is_absent(node):
        return None
    return map_of(desk, node, f"the section '{word}'")


def _check_version(desk: Desk, root: MapNode) -> None:
    dialect = desk.dialect
    node = root.entries.get(dialect.version_key)
    if node is None:
        return
    if isinstance(node, Scalar) and not node.tag and node.text in dialect.versions:
        return
    shown = f"'{node.text[:40]}'" if isinstance(node, Scalar) else shape_of(node)
    desk.error(
        "IF132",
        f"{shown} is no version of {dialect.title}",
        node.span,
        why=f"'{dialect.version_key}' must be '{dialect.versions[0]}'",
        remedy=f"write {dialect.version_key}: '{dialect.versions[0]}'",
    )


def _check_sections(desk: Desk, root: MapNode) -> bool:
    """False where a section changes the meaning of all the others, so that going on is idle."""
    sections = desk.dialect.sections
    meaningful = True
    for word, node in root.entries.items():
        section = sections.get(word)
        span = root.key_spans[word]
        if section is None:
            desk.error(
                "IF133",
                f"{desk.dialect.title} has no section '{word[:80]}'",
                span,
                why="the sections are " + ", ".join(sections),
                remedy=desk.did_you_mean(
                    word, sections, "remove it, or indent it if it belongs above"
                ),
            )
        elif section.treatment is Treatment.REFUSED and not _is_empty(node):
            desk.error(
                "IF134",
                f"the section '{word}' is not supported",
                span,
                why=section.why,
                remedy=section.remedy,
            )
            meaningful = meaningful and word not in ("Transform", "Workspace")
    if "Resources" not in root.entries and desk.dialect is cfn.DIALECT:
        desk.error(
            "IF137",
            "the template has no 'Resources'",
            root.span,
            why="CloudFormation demands at least one resource",
            remedy="add 'Resources'",
        )
    return meaningful


def _is_empty(node: Node) -> bool:
    match node:
        case Scalar():
            return is_absent(node) or node.text == ""
        case MapNode():
            return not node.entries
        case _:
            return not node.items


def _check_document(desk: Desk, document: _Document) -> None:
    title = desk.dialect.title
    if document.aliases and not desk.dialect.manners.nulls:
        desk.warning(
            "IF123",
            f"{title} itself does not promise to accept aliases and merge keys",
            document.aliases[0],
            why=f"they are read here; there are {len(document.aliases)} of them",
            remedy="write the values out if the template is also used there",
        )
    if document.may_hold_null and not desk.dialect.manners.nulls:
        for path, node in descend(document.root):
            if is_absent(node):
                desk.error(
                    "IF136",
                    f"[{path[:200]}] 'null' values are not allowed in templates",
                    node.span,
                    why=f"{title} refuses null anywhere",
                    remedy=f"remove the key, or use 'Ref: {desk.dialect.pseudo_prefix}NoValue'",
                )
    if document.may_hold_dynamic and not desk.dialect.manners.nulls:
        _refuse_dynamic(desk, document.root)


def _refuse_dynamic(desk: Desk, root: Node) -> None:
    for _, node in descend(root):
        if isinstance(node, Scalar) and "{{resolve:" in node.text:
            desk.error(
                "IF179",
                "a dynamic reference '{{resolve:…}}' is not looked up in this version",
                node.span,
                why="it would be sent to the cloud as it stands",
                remedy="give the value by a parameter, with 'NoEcho: true' if it is secret",
            )
