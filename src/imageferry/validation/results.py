"""What functions and references give, against the type of the property that they stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from imageferry.model.addresses import PropertyPath, render_path
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.expressions import Call, Expression, ListOf, Literal, MapOf, Reference
from imageferry.model.schemas import Problem, PropertySchema, ValueType
from imageferry.model.templates import ResourceDefinition, Template
from imageferry.ports.types import Catalog
from imageferry.validation.kinds import Kind, kind_given
from imageferry.validation.properties import span_of

# A text may hold a number or a boolean; a list or a map is never written as text.
_FITS: Final[Mapping[ValueType, frozenset[Kind]]] = {
    ValueType.STRING: frozenset({Kind.TEXT, Kind.NUMBER, Kind.TRUTH}),
    ValueType.BOOLEAN: frozenset({Kind.TEXT, Kind.NUMBER, Kind.TRUTH}),
    ValueType.INTEGER: frozenset({Kind.TEXT, Kind.NUMBER}),
    ValueType.NUMBER: frozenset({Kind.TEXT, Kind.NUMBER}),
    ValueType.LIST: frozenset({Kind.LIST}),
    ValueType.MAP: frozenset({Kind.MAP}),
    ValueType.ANY: frozenset(Kind),
}
_WORDS: Final[Mapping[ValueType, str]] = {
    ValueType.STRING: "a text",
    ValueType.BOOLEAN: "true or false",
    ValueType.INTEGER: "a whole number",
    ValueType.NUMBER: "a number",
    ValueType.LIST: "a list",
    ValueType.MAP: "a map",
}
_DEEPEST: Final = 20


def faults_of_results(template: Template, catalog: Catalog) -> Iterator[Diagnostic]:
    """Every property that is given another kind of value, whatever the parameters are."""
    for definition in template.resources.values():
        found = catalog.find(definition.type_name)
        if found is None:
            continue
        for key, expression in definition.properties.items():
            if type(expression) is Literal:
                continue
            schema = found.schema.properties.get(key)
            if schema is None:
                continue
            if schema.old_name_of is not None:
                schema = found.schema.properties[schema.old_name_of]
            for path, wanted, part, kind in _misfits(
                schema, expression, (key,), template, catalog, 0
            ):
                yield _misfit(definition, path, wanted, part, kind)


def faults_of_outputs(template: Template, catalog: Catalog) -> Iterator[Diagnostic]:
    """Every output of a CloudFormation template that gives a list or a map.

    CloudFormation: "The Value field of every Outputs member must evaluate to a String." ROS takes
    any value.
    """
    if template.dialect != "cloudformation":
        return
    for output in template.outputs.values():
        for part in _branches(output.value):
            kind = kind_given(part, template, catalog)
            if kind in (Kind.LIST, Kind.MAP):
                yield error(
                    "IF145",
                    f"'Value' of the output '{output.name}' must be text, not {kind.value}",
                    why="CloudFormation takes nothing else in an output",
                    remedy="make one text of it with 'Fn::Join'"
                    if kind is Kind.LIST
                    else "give each entry an output of its own",
                    span=part.span or output.span,
                )


def _branches(expression: Expression) -> Iterator[Expression]:
    """The values between which an expression chooses."""
    match expression:
        case Call(function="if", argument=ListOf(items=(_, if_true, if_false))):
            yield from _branches(if_true)
            yield from _branches(if_false)
        case _:
            yield expression


_Misfit = tuple[PropertyPath, PropertySchema, Expression, Kind]


def _misfits(
    schema: PropertySchema,
    expression: Expression,
    path: PropertyPath,
    template: Template,
    catalog: Catalog,
    depth: int,
) -> Iterator[_Misfit]:
    if depth > _DEEPEST:
        return
    deeper = depth + 1
    match expression:
        case Literal():
            # What is written is held against the schema by its value.
            return
        case ListOf(items=items) if schema.value_type is ValueType.LIST:
            if schema.items is not None:
                for position, one in enumerate(items):
                    inner = (*path, position)
                    yield from _misfits(schema.items, one, inner, template, catalog, deeper)
        case MapOf(entries=entries) if schema.value_type is ValueType.MAP:
            for key, one in entries.items():
                member = (schema.members or {}).get(key, schema.items)
                if member is not None:
                    yield from _misfits(member, one, (*path, key), template, catalog, deeper)
        case Call(function="if", argument=ListOf(items=(_, if_true, if_false))):
            for branch in (if_true, if_false):
                yield from _misfits(schema, branch, path, template, catalog, deeper)
        case ListOf() | MapOf():
            return
        case _:
            kind = kind_given(expression, template, catalog)
            if kind is None or kind in _FITS[schema.value_type]:
                return
            if not _may_be_empty(schema, expression, template):
                yield path, schema, expression, kind


def _may_be_empty(schema: PropertySchema, expression: Expression, template: Template) -> bool:
    """An empty text may count as not given, whatever a property's type is."""
    match expression:
        case Reference(name=name) if schema.empty_is_unset and name in template.parameters:
            parameter = template.parameters[name]
            return parameter.has_default and parameter.default == ""
        case _:
            return False


def _misfit(
    definition: ResourceDefinition,
    path: PropertyPath,
    schema: PropertySchema,
    expression: Expression,
    kind: Kind,
) -> Diagnostic:
    wanted = _WORDS[schema.value_type]
    match expression:
        case Reference(name=name):
            why = f"'{name}' is {kind.value}"
        case Call(written=written):
            why = f"'{written}' gives {kind.value}"
        case _:
            why = ""
    words = f"'{render_path(path)}' must be {wanted}, not {kind.value}"
    return error(
        "IF503",
        f"{definition.logical_id}: {words}",
        why=why,
        remedy=_remedy(schema, kind),
        span=span_of(Problem("IF503", path, words), definition),
    )


def _remedy(schema: PropertySchema, kind: Kind) -> str:
    match (schema.value_type, kind):
        case (ValueType.LIST, Kind.TEXT):
            return "put it into a list, or cut it with 'Fn::Split'"
        case (ValueType.LIST, _):
            return "put it into a list"
        case (ValueType.STRING, Kind.LIST):
            return "take one item with 'Fn::Select', or make one text with 'Fn::Join'"
        case _:
            return f"give {_WORDS[schema.value_type]}"
