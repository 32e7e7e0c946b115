"""The version and the sections of a template: which there are, and which have a meaning here."""

from __future__ import annotations

from imageferry.dialects.desk import Desk, is_absent
from imageferry.dialects.rewriting.transforms import Transforms
from imageferry.dialects.syntax.nodes import MapNode, Node, Scalar, shape_of
from imageferry.dialects.vocabulary import Section, Treatment
from imageferry.model.diagnostics import Span


def check_version(desk: Desk, root: MapNode) -> None:
    """Note a version that the language does not have."""
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


def check_sections(desk: Desk, root: MapNode, transforms: Transforms) -> None:
    """Note sections that the language does not have, and those that are not carried out here."""
    sections = desk.dialect.sections
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
            _refuse(desk, word, section, span, transforms)
    if desk.dialect.manners.strict_fields and not desk.is_open:
        _demand_resources(desk, root)


def _demand_resources(desk: Desk, root: MapNode) -> None:
    """Note a template without resources; CloudFormation demands at least one."""
    section = root.entries.get("Resources")
    if section is None:
        desk.error(
            "IF137",
            "the template has no 'Resources'",
            root.span,
            why="CloudFormation demands at least one resource",
            remedy="add 'Resources'",
        )
    elif isinstance(section, MapNode) and not section.tag and not section.entries:
        if any(one.code == "IF153" for one in desk.found):
            # A loop that could not run would have made some.
            return
        desk.error(
            "IF137",
            "'Resources' holds no resource",
            root.key_spans["Resources"],
            why="CloudFormation demands at least one resource",
            remedy="declare one; a loop needs at least one item",
        )


def _refuse(desk: Desk, word: str, section: Section, span: Span, transforms: Transforms) -> None:
    names = transforms.names
    if section.transform and not any(name.startswith(section.transform) for name in names):
        desk.error(
            "IF152",
            f"the section '{word}' needs a transform",
            span,
            why=f"only with a transform '{section.transform}…' does it mean anything",
            remedy="add the transform, or remove the section",
        )
        return
    desk.error(
        "IF134",
        f"the section '{word}' is not carried out here",
        span,
        why=section.why,
        remedy=section.remedy,
    )


def _is_empty(node: Node) -> bool:
    match node:
        case Scalar():
            return is_absent(node) or node.text == ""
        case MapNode():
            return not node.entries
        case _:
            return not node.items
