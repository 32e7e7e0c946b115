"""cross_over(document, …): a template of one dialect as templates of the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from imageferry.conversion.crossings import Crossing, KnownType, Note, Voyage
from imageferry.conversion.documents import Document
from imageferry.conversion.metadata import cross_metadata, labels_here
from imageferry.conversion.names import fresh_name, mentioned, names_there
from imageferry.conversion.parameters import cross_parameters, flags_of, localised
from imageferry.conversion.parts import (
    Leaf,
    Member,
    Part,
    Style,
    Table,
    find,
    plain,
    text,
    value_of,
    walk,
)
from imageferry.conversion.regions import voyages
from imageferry.conversion.resources import cross_resources
from imageferry.conversion.sections import (
    cross_conditions,
    cross_mappings,
    cross_outputs,
    cross_rules,
)
from imageferry.dialects.vocabulary import Dialect
from imageferry.model.diagnostics import Diagnostic, Span, TemplateError, error, warning
from imageferry.model.templates import Bindings, Template
from imageferry.ports.types import Catalog, ResourceType

_EXTENSIONS: Final = "AWS::LanguageExtensions"


@dataclass(frozen=True, slots=True)
class Landed:
    """One template over there; `region` is that of its stack, where it is known and counts."""

    document: Document
    region: str | None


@dataclass(frozen=True, slots=True)
class Crossed:
    """What became of a template: several where it is one for each region."""

    landed: tuple[Landed, ...]
    diagnostics: tuple[Diagnostic, ...]
    notes: tuple[Note, ...]


def cross_over(
    document: Document,
    template: Template,
    bindings: Bindings,
    there: Dialect,
    catalog: Catalog,
    stack_region: str | None,
) -> Crossed:
    """The templates of the other dialect that do what this one does.

    `template` is the document as it was read and found valid, `bindings` what is known of its
    parameters (UNKNOWN for the rest), `stack_region` the region of its stack, if it is known.
    Raises TemplateError with everything that cannot be said over there.
    """
    found: list[Diagnostic] = []
    _refuse_sections(document, found)
    resources = value_of(document.root, "Resources")
    section = resources if isinstance(resources, Table) else Table((), document.root.span)
    types = _types(document, section, there, catalog, found)
    names = names_there(document.root, there, found)
    if any(one.is_error for one in found):
        raise TemplateError(found)
    several = voyages(template, section, types, bindings, stack_region, found)
    if any(one.is_error for one in found):
        raise TemplateError(found)
    landed: list[Landed] = []
    notes: list[Note] = []
    for voyage in several:
        crossing = Crossing(
            here=document.dialect,
            there=there,
            template=template,
            bindings=bindings,
            types=types,
            voyage=voyage,
            stack_region=stack_region,
            region_name=_region_name(document, template, types),
            names=names,
            resources=section,
            locals=_locals(document.root),
            flags=flags_of(template, document.root, types, document.dialect),
            short=any(isinstance(one, Table) and one.short for one in walk(document.root)),
            numbers=frozenset(p.name for p in template.parameters.values() if p.kind == "number"),
        )
        root = _root(crossing, document.root)
        landed.append(Landed(Document(document.name, root, document.form, there), voyage.region))
        found += crossing.found
        notes += crossing.notes
    if len(several) > 1:
        found.append(_several(several, section))
    report = tuple(dict.fromkeys(found))
    if any(one.is_error for one in report):
        raise TemplateError(report)
    return Crossed(tuple(landed), report, _folded(notes))


def _folded(notes: list[Note]) -> tuple[Note, ...]:
    """Each note once, where it holds first, with the number of the other places."""
    places: dict[str, list[Span]] = {}
    for note in dict.fromkeys(notes):
        places.setdefault(note.message, []).append(note.span)
    return tuple(
        Note(message if len(spans) == 1 else f"{message} ({len(spans)} places)", spans[0])
        for message, spans in places.items()
    )


def _several(several: tuple[Voyage, ...], section: Table) -> Diagnostic:
    regions = [one.region or "" for one in several]
    return warning(
        "IF934",
        f"the template becomes {len(several)} templates, one for each region",
        why="a stack there copies into its own region; the regions are those of the parameters "
        f"as they are now: {', '.join(regions)}",
        remedy="deploy each of them in its region; convert again when the regions change",
        span=section.span,
    )


def _types(
    document: Document,
    section: Table,
    there: Dialect,
    catalog: Catalog,
    found: list[Diagnostic],
) -> dict[str, KnownType]:
    types: dict[str, KnownType] = {}
    for member in section.members:
        written = value_of(member.value, "Type") if isinstance(member.value, Table) else None
        if not isinstance(written, Leaf):
            continue
        known = catalog.find(written.text)
        if known is not None and known.counterpart is not None:
            types[member.name] = KnownType(known.schema, known.counterpart)
            continue
        others = [name for name in catalog.names() if _carried(catalog, name, document.dialect)]
        found.append(
            error(
                "IF910",
                f"'{written.text[:80]}' has no counterpart in {there.title}",
                why=_why_not(known, others),
                remedy=f"convert a template without '{member.name}'",
                span=written.span,
            )
        )
    return types


def _why_not(known: ResourceType | None, others: Sequence[str]) -> str:
    listed = "these are carried over: " + ", ".join(others)
    return f"{known.apart}; {listed}" if known is not None and known.apart else listed


def _carried(catalog: Catalog, name: str, dialect: Dialect) -> bool:
    known = catalog.find(name)
    return (
        known is not None
        and known.counterpart is not None
        and dialect.name in known.schema.dialects
    )


def _refuse_sections(document: Document, found: list[Diagnostic]) -> None:
    """Sections that mean something and that no other language has."""
    for member in document.root.members:
        match member.name:
            case "Transform":
                names = plain(member.value)
                listed = names if isinstance(names, list) else [names]
                refused = [one for one in listed if one not in (_EXTENSIONS, None)]
            case "Workspace" | "Hooks" | "Globals":
                refused = [member.name] if plain(member.value) else []
            case _:
                refused = []
        if refused:
            found.append(
                error(
                    "IF923",
                    f"'{member.name}' cannot be carried over",
                    why="it makes another template of this one, in ways that the other language "
                    "has not",
                    remedy="convert the template that it produces",
                    span=member.span,
                )
            )


def _locals(root: Table) -> dict[str, Part]:
    section = value_of(root, "Locals")
    found = {}
    for member in section.members if isinstance(section, Table) else ():
        value = value_of(member.value, "Value") if isinstance(member.value, Table) else None
        if value is not None:
            found[member.name] = value
    return found


def _region_name(document: Document, template: Template, types: Mapping[str, KnownType]) -> str:
    """The name of a parameter for the region of the stack here: that of the property there."""
    names = (one.counterpart.stack_region_here for one in types.values())
    wanted = next((name for name in names if name is not None), "RegionId")
    return fresh_name(wanted, [*template.parameters, *template.resources])


def _root(crossing: Crossing, root: Table) -> Table:
    labels = {} if crossing.to_services() else labels_here(root)
    told: dict[str, Part | None] = {}
    used = mentioned(_without(root, "Parameters", "Metadata"), crossing.here)
    readers = {
        "Mappings": cross_mappings,
        "Resources": cross_resources,
        "Outputs": cross_outputs,
        "Conditions": cross_conditions,
        "Rules": cross_rules,
    }
    for word, reader in readers.items():
        section = value_of(root, word)
        if isinstance(section, Table):
            told[word] = reader(crossing, section)
    if crossing.new_conditions:
        conditions = told.get("Conditions")
        before = conditions.members if isinstance(conditions, Table) else ()
        told["Conditions"] = Table((*before, *crossing.new_conditions), root.span)
    section = value_of(root, "Parameters")
    parameters = section if isinstance(section, Table) else Table((), root.span)
    told["Parameters"] = cross_parameters(crossing, parameters, labels, used)
    kept = _kept(crossing, told["Parameters"])
    metadata = value_of(root, "Metadata")
    told["Metadata"] = cross_metadata(
        crossing, metadata if isinstance(metadata, Table) else None, labels, kept
    )
    return _assembled(crossing, root, told)


def _kept(crossing: Crossing, parameters: Part | None) -> frozenset[str]:
    """The parameters, by their names here, that there are over there."""
    names = {one.name for one in parameters.members} if isinstance(parameters, Table) else set()
    return frozenset(
        name
        for name in crossing.template.parameters
        if crossing.renamed("Parameters", name) in names
    )


def _without(root: Table, *words: str) -> Table:
    return replace(root, members=tuple(one for one in root.members if one.name not in words))


# Sections that are new stand before the first of those after them.
_ORDER: Final = (
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Resources",
    "Outputs",
)


def _assembled(crossing: Crossing, root: Table, told: Mapping[str, Part | None]) -> Table:
    members: list[Member] = []
    head = _version(crossing, root)
    for member in root.members:
        if member.name == crossing.here.version_key:
            members.append(head)
        elif member.name == "Description":
            members.append(replace(member, value=localised(crossing, member.value)))
        elif member.name in told:
            value = told[member.name]
            if isinstance(value, Table) and value.members:
                members.append(replace(member, value=value))
    if not any(one.name == head.name for one in members):
        members.insert(0, head)
    for word in reversed(_ORDER):
        value = told.get(word)
        present = {one.name for one in members}
        if word not in present and isinstance(value, Table) and value.members:
            after = _ORDER[_ORDER.index(word) :]
            place = next((i for i, one in enumerate(members) if one.name in after), len(members))
            members.insert(place, Member(value, value.span, word))
    if crossing.extensions:
        place = next(i for i, one in enumerate(members) if one.name == head.name)
        transform = Member(text(_EXTENSIONS, root.span), root.span, "Transform")
        members.insert(place + 1, transform)
        crossing.note("the template needs the transform 'AWS::LanguageExtensions' there", root.span)
    return replace(root, members=tuple(members))


def _version(crossing: Crossing, root: Table) -> Member:
    there = crossing.there
    written = find(root, crossing.here.version_key)
    span = root.span if written is None else written.span
    value = Leaf(there.versions[0], there.versions[0], span, Style.SINGLE)
    if written is None:
        return Member(value, span, there.version_key)
    return replace(written, name=there.version_key, value=value)
