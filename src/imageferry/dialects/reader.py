"""Bytes to Template: nodes read by a dialect's table, every fault with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from imageferry.dialects.desk import Desk, is_absent, map_of, words_of
from imageferry.dialects.interfaces import read_labels
from imageferry.dialects.layout import check_sections, check_version
from imageferry.dialects.limits import check_limits
from imageferry.dialects.names import check_clashes, warn_alike
from imageferry.dialects.parameters import read_parameters
from imageferry.dialects.recognition import DIALECTS as DIALECTS
from imageferry.dialects.recognition import dialect_of
from imageferry.dialects.resources import read_resources
from imageferry.dialects.rewriting.preparation import Prepared, prepare
from imageferry.dialects.rewriting.transforms import Transforms, read_transforms
from imageferry.dialects.rules import read_rules
from imageferry.dialects.sections import read_conditions, read_mappings, read_outputs
from imageferry.dialects.syntax.json_nodes import read_json
from imageferry.dialects.syntax.nodes import MapNode, Node, Unreadable, plain
from imageferry.dialects.syntax.positions import Positions
from imageferry.dialects.syntax.source_text import decode
from imageferry.dialects.syntax.yaml_nodes import read_yaml
from imageferry.dialects.vocabulary import BEYOND_CODES, Rewriting
from imageferry.model.diagnostics import Diagnostic, Severity, Span
from imageferry.model.reports import ordered
from imageferry.model.templates import Template
from imageferry.model.values import Value


class Reading(NamedTuple):
    """What came of a source. `template` is None where an error forbids going on."""

    template: Template | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        """True where a diagnostic refuses the template."""
        return any(diagnostic.is_error for diagnostic in self.diagnostics)


class _Document(NamedTuple):
    """The nodes, where aliases stand, and whether there may be a null."""

    root: Node
    aliases: tuple[Span, ...]
    may_hold_null: bool


def read(source: bytes, name: str, given: Mapping[str, Value] | None = None) -> Reading:
    """The template in `source`, called `name` in diagnostics; its language by its version key.

    `given` are the caller's parameter values, which loops may run over; None where nobody has
    given any yet: a loop that needs one is then checked as it is written. Total: never raises, in
    bounded time and memory. Faults are collected, in order of place.
    """
    found: list[Diagnostic] = []
    try:
        template = _read(source, name, given, found)
    except Unreadable as fault:
        return Reading(None, ordered([*found, fault.diagnostic]))
    return Reading(template, ordered(found))


def _read(
    source: bytes, name: str, given: Mapping[str, Value] | None, found: list[Diagnostic]
) -> Template:
    text = decode(source, name)
    document = _parse(text, name, found)
    dialect, root = dialect_of(document.root, found)
    resources = root.entries.get("Resources")
    names = frozenset(resources.entries) if isinstance(resources, MapNode) else frozenset()
    desk = Desk(dialect, names, found=found, positions=Positions(text))
    check_version(desk, root)
    transforms = read_transforms(desk, root)
    told = len(found)
    prepared = prepare(desk, root, text, transforms, given, may_hold_null=document.may_hold_null)
    check_sections(prepared.desk, prepared.root, transforms)
    template = _template(prepared, name)
    if transforms.rewritings:
        template = _rewritten(template, transforms, found, told)
    check_limits(desk, template, len(source), Span(name, 1, 1), root.key_spans)
    _check_aliases(desk, document)
    if desk.as_written:
        found[:] = [d for d in found if d.code != "IF121" or d.span not in desk.as_written]
    return template


def _parse(text: str, name: str, found: list[Diagnostic]) -> _Document:
    if text.lstrip()[:1] == "{":
        return _Document(read_json(text, name, found), (), "null" in text)
    root, aliases, nulls = read_yaml(text, name, found)
    return _Document(root, aliases, nulls)


def _template(prepared: Prepared, name: str) -> Template:
    desk, root = prepared.desk, prepared.root
    sections = {
        word: section
        for word in ("Parameters", "Mappings", "Conditions", "Rules", "Resources", "Outputs")
        if (section := _section(desk, root, word)) is not None
    }
    nothing = MapNode({}, {}, root.span)
    parameters = sections.get("Parameters", nothing)
    resources = sections.get("Resources", nothing)
    mappings = sections.get("Mappings", nothing)
    check_clashes(desk, parameters.key_spans, resources.key_spans, "parameter", "resource")
    if prepared.locals:
        check_clashes(desk, parameters.key_spans, prepared.locals, "parameter", "local")
        check_clashes(desk, prepared.locals, resources.key_spans, "local", "resource")
    warn_alike(desk, resources.key_spans, "resource")
    warn_alike(desk, parameters.key_spans, "parameter")
    description = root.entries.get("Description")
    metadata = root.entries.get("Metadata")
    if metadata is not None and desk.dialect.manners.strict_fields:
        map_of(desk, metadata, "the section 'Metadata'")
    labels = {} if metadata is None else read_labels(desk, metadata)
    return Template(
        dialect=desk.dialect.name,
        source_name=name,
        description="" if description is None else words_of(desk, description, "'Description'"),
        parameters=read_parameters(desk, parameters, labels),
        mappings=read_mappings(desk, mappings),
        conditions=read_conditions(desk, sections.get("Conditions", nothing)),
        resources=read_resources(desk, resources),
        outputs=read_outputs(desk, sections.get("Outputs", nothing)),
        metadata=None if metadata is None else plain(metadata),
        mapping_spans=mappings.key_spans,
        rules=read_rules(desk, sections.get("Rules", nothing)),
        transforms=prepared.transforms,
    )


def _section(desk: Desk, root: MapNode, word: str) -> MapNode | None:
    node = root.entries.get(word)
    if node is None or is_absent(node):
        return None
    return map_of(desk, node, f"the section '{word}'")


def _rewritten(
    template: Template, transforms: Transforms, found: list[Diagnostic], told: int
) -> Template:
    """What is certain of a template that another may rewrite: its parameters and its words.

    Of the faults found since `told`, those that the transform may put right are warnings.
    """
    if not transforms.are_lenient:
        return template
    later = found[told:]
    if Rewriting.ELSEWHERE in transforms.rewritings:
        found[told:] = [one for one in later if one.code in BEYOND_CODES]
    else:
        found[told:] = [_excused(one) for one in later]
    return replace(
        template, mappings={}, conditions={}, resources={}, outputs={}, rules={}, mapping_spans={}
    )


def _excused(diagnostic: Diagnostic) -> Diagnostic:
    if not diagnostic.is_error or diagnostic.code in BEYOND_CODES:
        return diagnostic
    why = f"{diagnostic.why}; a transform may put it right"
    return replace(
        diagnostic,
        severity=Severity.WARNING,
        why=why if diagnostic.why else "a transform may put it right",
    )


def _check_aliases(desk: Desk, document: _Document) -> None:
    if document.aliases and not desk.dialect.manners.nulls:
        desk.warning(
            "IF123",
            f"{desk.dialect.title} itself does not promise to accept aliases and merge keys",
            document.aliases[0],
            why=f"they are read here; there are {len(document.aliases)} of them",
            remedy="write the values out if the template is also used there",
        )
