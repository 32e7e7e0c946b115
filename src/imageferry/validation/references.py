"""Names that are mentioned and do not exist, attributes that a type does not have, self mention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from imageferry.evaluation.conversions import integer_of_text
from imageferry.evaluation.functions.rows import Place
from imageferry.evaluation.references import Mention, MentionKind
from imageferry.model.addresses import ResourceAddress, parse_address
from imageferry.model.diagnostics import Diagnostic, Span, error
from imageferry.model.expressions import (
    Attribute,
    Call,
    Expression,
    ListOf,
    Literal,
    Reference,
    walk,
)
from imageferry.model.suggestions import Guesses
from imageferry.model.templates import ResourceDefinition, Template
from imageferry.ports.types import Catalog
from imageferry.validation.places import Site

_NESTED: Final = {"ALIYUN::ROS::Stack": "Outputs."}
"""ROS reference, nested stacks: what the attributes of such a type begin with."""


def faults_of_names(
    template: Template, sites: list[Site], catalog: Catalog, guesses: Guesses
) -> Iterator[Diagnostic]:
    """Every mention of what is not there, at its place."""
    counted = any(definition.count is not None for definition in template.resources.values())
    for site in sites:
        for mention in site.mentions:
            span = mention.span or site.span
            match mention.kind:
                case MentionKind.NAME:
                    yield from _name(template, site, mention, span, guesses)
                case MentionKind.ATTRIBUTE:
                    yield from _attribute(template, site, mention, span, catalog, guesses)
                case MentionKind.CONDITION:
                    place = () if site.place is Place.CONDITION else ("Fn::If",)
                    yield from _condition(template, mention.name, span, guesses, place)
                case MentionKind.PSEUDO:
                    yield from _pseudo(site, mention, span)
        if counted:
            yield from _ambiguous(template, site)
    yield from _attachments(template, guesses)


def resource_of(template: Template, name: str) -> ResourceAddress | None:
    """The resource, or the instance of a counted one, that a name stands for."""
    if name in template.resources:
        return ResourceAddress(name)
    address = parse_address(name)
    definition = template.resources.get(address.logical_id)
    if definition is None or definition.count is None:
        return None
    count = written_count(definition)
    return None if count is not None and (address.index or 0) >= count else address


def written_count(definition: ResourceDefinition) -> int | None:
    """How many instances there are, where a number or its text is written; None for all else."""
    match definition.count:
        case Literal(value=bool()):
            return None
        case Literal(value=int() as count):
            return count
        case Literal(value=str() as text):
            return integer_of_text(text)
        case _:
            return None


def _name(
    template: Template, site: Site, mention: Mention, span: Span, guesses: Guesses
) -> Iterator[Diagnostic]:
    name = mention.name
    if name in template.parameters:
        return
    address = resource_of(template, name)
    if address is None:
        known = [*template.parameters]
        if site.sees_resources:
            known += template.resources
        yield error(
            "IF201",
            f"nothing is called '{name}'",
            why=_not_counted(template, name),
            remedy=guesses.did_you_mean(name, known) or "declare it as a parameter or a resource",
            span=span,
            names=(name, _block(site)),
        )
        return
    yield from _resource_mention(template, site, address, span)


def _block(site: Site) -> str:
    """The section of a CloudFormation template in which an expression stands."""
    if site.place is Place.CONDITION:
        return "Conditions"
    return "Outputs" if site.resource is None and site.place is Place.NORMAL else "Resources"


def _not_counted(template: Template, name: str) -> str:
    address = parse_address(name)
    definition = template.resources.get(address.logical_id)
    if address.index is not None and definition is not None:
        if definition.count is None:
            return f"'{address.logical_id}' has no 'Count', so it has no instances"
        return beyond(definition.logical_id, written_count(definition) or 0)
    return "it is neither a parameter nor a resource of the template"


def beyond(logical_id: str, count: int) -> str:
    """Why an instance is not there: the others, by their numbers."""
    if count <= 0:
        return f"'Count' of '{logical_id}' is 0, so it has no instances"
    last = "" if count == 1 else f" to '{logical_id}[{count - 1}]'"
    return f"'Count' of '{logical_id}' is {count}, so there is '{logical_id}[0]'{last}"


def _resource_mention(
    template: Template, site: Site, address: ResourceAddress, span: Span
) -> Iterator[Diagnostic]:
    if not site.sees_resources:
        yield error(
            "IF315",
            f"{site.says} mentions the resource '{address}'",
            why="it is settled before any resource exists",
            remedy="use a parameter",
            span=span,
        )
    elif site.resource is not None and site.resource.logical_id == address.logical_id:
        yield error(
            "IF208",
            f"{site.says} mentions its own resource",
            why="a resource's values are known only once it exists",
            remedy="take the reference out",
            span=span,
        )
    elif not site.takes_lists and address.index is None and _is_counted(template, address):
        remedy = f"name one of them, such as '{address.logical_id}[0]'"
        yield _not_one(site.says, address.logical_id, span, remedy)


def _is_counted(template: Template, address: ResourceAddress) -> bool:
    return template.resources[address.logical_id].count is not None


def _attribute(
    template: Template,
    site: Site,
    mention: Mention,
    span: Span,
    catalog: Catalog,
    guesses: Guesses,
) -> Iterator[Diagnostic]:
    address = resource_of(template, mention.name)
    if address is None:
        if mention.name in template.parameters:
            yield error(
                "IF210",
                f"'{mention.name}' is a parameter, and parameters have no attributes",
                remedy=f"use 'Ref: {mention.name}'",
                span=span,
            )
        else:
            yield error(
                "IF202",
                f"no resource is called '{mention.name}'",
                why=_not_counted(template, mention.name),
                remedy=guesses.did_you_mean(mention.name, template.resources) or "declare it",
                span=span,
            )
        return
    yield from _resource_mention(template, site, address, span)
    if mention.attribute is None:
        return
    type_name = template.resources[address.logical_id].type_name
    prefix = _NESTED.get(type_name, "")
    if not mention.attribute.startswith(prefix) or mention.attribute == prefix:
        yield error(
            "IF203",
            f"'{address.logical_id}' has no attribute '{mention.attribute}'",
            why="a nested stack has its outputs as attributes and no others",
            remedy=f"write '{prefix}{mention.attribute.removeprefix(prefix) or 'Name'}'",
            span=span,
        )
        return
    found = catalog.find(type_name)
    if found is not None and mention.attribute not in found.schema.attributes:
        known = found.schema.attributes
        yield error(
            "IF203",
            f"'{address.logical_id}' has no attribute '{mention.attribute}'",
            why=f"the attributes of {found.schema.type_name} are {', '.join(known) or 'none'}",
            remedy=guesses.did_you_mean(mention.attribute, known),
            span=span,
        )


def _condition(
    template: Template, name: str, span: Span, guesses: Guesses, place: tuple[str, ...] = ()
) -> Iterator[Diagnostic]:
    if name not in template.conditions:
        yield error(
            "IF205",
            f"no condition is called '{name}'",
            remedy=guesses.did_you_mean(name, template.conditions)
            or "declare it under 'Conditions'",
            span=span,
            names=(name, *place),
        )


def _pseudo(site: Site, mention: Mention, span: Span) -> Iterator[Diagnostic]:
    if mention.name == "index" and not site.sees_index:
        yield error(
            "IF314",
            f"the index has no value in {site.says}",
            why="it has one only in the properties of a resource with 'Count'",
            remedy="write the number, or move it into such a resource",
            span=span,
        )


def _ambiguous(template: Template, site: Site) -> Iterator[Diagnostic]:
    """Counted resources inside a Sub text, where a list of values has no text."""
    for expression in walk(site.expression):
        match expression:
            case Call(function="sub", argument=ListOf(items=parts, span=span)):
                for part in parts:
                    # As a variable's value a list is welcome.
                    if not _is_within(part.span, span, parts[-1]):
                        continue
                    match part:
                        case (
                            Reference(name=name) | Attribute(resource=Literal(value=str() as name))
                        ):
                            definition = template.resources.get(name)
                            if definition is not None and definition.count is not None:
                                yield _not_one(
                                    f"'{expression.written}'",
                                    name,
                                    expression.span or site.span,
                                    f"write '${{{name}[0]}}', or give 'Fn::Select' of it as a "
                                    "variable",
                                )
                        case _:
                            continue
            case _:
                continue


def _is_within(place: Span | None, text: Span | None, last: Expression) -> bool:
    """True for what stands in a Sub text: between its beginning and the map of its variables."""
    if place is None or text is None or place < text:
        return False
    has_variables = isinstance(last, Literal) and last.value == ""
    return not has_variables or last.span is None or place < last.span


def _not_one(says: str, name: str, span: Span, remedy: str) -> Diagnostic:
    return error(
        "IF214",
        f"{says} cannot say which instance of '{name}' it means",
        why=f"'{name}' has 'Count', so it stands for a list",
        remedy=remedy,
        span=span,
    )


def _attachments(template: Template, guesses: Guesses) -> Iterator[Diagnostic]:
    """Conditions and DependsOn of resources and outputs."""
    for definition in template.resources.values():
        if definition.condition is not None:
            span = definition.condition_span or definition.span
            yield from _condition(template, definition.condition, span, guesses)
        for name, span in definition.depends_on:
            yield from fault_of_dependency(template, definition, name, span, guesses)
    for output in template.outputs.values():
        if output.condition is not None:
            yield from _condition(template, output.condition, output.span, guesses)


def fault_of_dependency(
    template: Template, definition: ResourceDefinition, name: str, span: Span, guesses: Guesses
) -> Iterator[Diagnostic]:
    """What is wrong with one name in `DependsOn`."""
    address = resource_of(template, name)
    if address is None:
        yield error(
            "IF204",
            f"'{definition.logical_id}' depends on '{name}', which is no resource",
            why=_not_counted(template, name) if "[" in name else "",
            remedy=guesses.did_you_mean(name, template.resources) or "declare it, or take it out",
            span=span,
            names=(name, "Resources"),
        )
    elif address.logical_id == definition.logical_id:
        yield error(
            "IF208",
            f"'{definition.logical_id}' depends on itself",
            remedy="take it out of 'DependsOn'",
            span=span,
        )
