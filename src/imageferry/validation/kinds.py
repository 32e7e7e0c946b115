"""kind_given(expression): what kind of value an expression surely gives, whatever the parameters are."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from imageferry.model.addresses import parse_address
from imageferry.model.expressions import (
    Attribute,
    Call,
    ConditionReference,
    Expression,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    Reference,
)
from imageferry.model.schemas import ValueType
from imageferry.model.templates import Parameter, Template
from imageferry.model.values import Value
from imageferry.ports.types import Catalog


class Kind(Enum):
    """What a value is; null and what is not given are of every kind."""

    # Members are one of a kind; the hash of Enum goes the long way, by the name.
    __hash__ = object.__hash__

    TEXT = "text"
    NUMBER = "a number"
    TRUTH = "a boolean"
    LIST = "a list"
    MAP = "a map"


_OF_PARAMETERS: Final[Mapping[str, Kind]] = {
    "string": Kind.TEXT,
    "number": Kind.NUMBER,
    "boolean": Kind.TRUTH,
    "text_list": Kind.LIST,
    "number_list": Kind.LIST,
}
_OF_ATTRIBUTES: Final[Mapping[ValueType, Kind]] = {
    ValueType.STRING: Kind.TEXT,
    ValueType.BOOLEAN: Kind.TRUTH,
    ValueType.INTEGER: Kind.NUMBER,
    ValueType.NUMBER: Kind.NUMBER,
    ValueType.LIST: Kind.LIST,
    ValueType.MAP: Kind.MAP,
}
_OF_PSEUDO: Final[Mapping[str, Kind]] = {
    "stack_id": Kind.TEXT,
    "stack_name": Kind.TEXT,
    "region": Kind.TEXT,
    "account_id": Kind.TEXT,
    "tenant_id": Kind.TEXT,
    "resource_group_id": Kind.TEXT,
    "partition": Kind.TEXT,
    "url_suffix": Kind.TEXT,
    "index": Kind.NUMBER,
    "notification_arns": Kind.LIST,
}
_OF_FUNCTIONS: Final[Mapping[str, Kind]] = {
    "join": Kind.TEXT,
    "sub": Kind.TEXT,
    "sub_text": Kind.TEXT,
    "base64_encode": Kind.TEXT,
    "base64_decode": Kind.TEXT,
    "replace": Kind.TEXT,
    "str": Kind.TEXT,
    "indent": Kind.TEXT,
    "format_time": Kind.TEXT,
    "to_json_string": Kind.TEXT,
    "marketplace_image": Kind.TEXT,
    "split": Kind.LIST,
    "cidr": Kind.LIST,
    "get_azs": Kind.LIST,
    "list_merge": Kind.LIST,
    "select_map_list": Kind.LIST,
    "merge_map_to_list": Kind.LIST,
    "merge_map": Kind.MAP,
    "member_list_to_map": Kind.MAP,
    "length": Kind.NUMBER,
    "index": Kind.NUMBER,
    "avg": Kind.NUMBER,
    "calculate": Kind.NUMBER,
    "max": Kind.NUMBER,
    "min": Kind.NUMBER,
    "equals": Kind.TRUTH,
    "and": Kind.TRUTH,
    "or": Kind.TRUTH,
    "not": Kind.TRUTH,
    "any": Kind.TRUTH,
    "contains": Kind.TRUTH,
    "each_member_in": Kind.TRUTH,
    "each_member_equals": Kind.TRUTH,
    "match_pattern": Kind.TRUTH,
}


def kind_given(expression: Expression, template: Template, catalog: Catalog) -> Kind | None:
    """The kind of whatever the expression gives; None where it may be of several."""
    match expression:
        case Literal(value=value):
            return kind_of_value(value)
        case ListOf():
            return Kind.LIST
        case MapOf():
            return Kind.MAP
        case Reference(name=name):
            return _of_reference(name, template, catalog)
        case Attribute():
            return _of_attribute(expression, template, catalog)
        case Pseudo(name=name):
            return _OF_PSEUDO.get(name)
        case ConditionReference():
            return Kind.TRUTH
        case Call(function="if", argument=ListOf(items=(_, if_true, if_false))):
            first = kind_given(if_true, template, catalog)
            return first if first is kind_given(if_false, template, catalog) else None
        case Call(function=function):
            return _OF_FUNCTIONS.get(function)


def kind_of_value(value: Value) -> Kind | None:
    """The kind of a value that stands in the template; None for null."""
    match value:
        case bool():
            return Kind.TRUTH
        case int() | float():
            return Kind.NUMBER
        case str():
            return Kind.TEXT
        case list() | tuple():
            return Kind.LIST
        case Mapping():
            return Kind.MAP
        case _:
            return None


def _of_reference(name: str, template: Template, catalog: Catalog) -> Kind | None:
    parameter = template.parameters.get(name)
    if parameter is not None:
        return kind_of_parameter(parameter, template.dialect)
    definition = template.resources.get(name)
    if definition is not None and definition.count is not None:
        return Kind.LIST
    definition = definition or template.resources.get(parse_address(name).logical_id)
    found = None if definition is None else catalog.find(definition.type_name)
    if found is None or not found.schema.ref_gives:
        return None
    given = found.schema.attributes[found.schema.ref_gives]
    return _OF_ATTRIBUTES.get(given.value_type)


def kind_of_parameter(parameter: Parameter, dialect: str) -> Kind | None:
    """The kind of a parameter's value; None where its type takes several."""
    if parameter.kind == "number" and dialect == "cloudformation":
        # CloudFormation guide, parameters: the value of a Number stays text.
        return Kind.TEXT
    if parameter.kind == "string" and not isinstance(parameter.default, (str, type(None))):
        # A default that is no text is kept as it stands.
        return None
    return _OF_PARAMETERS.get(parameter.kind)


def _of_attribute(expression: Attribute, template: Template, catalog: Catalog) -> Kind | None:
    match expression:
        case Attribute(resource=Literal(value=str() as name), attribute=Literal(value=attribute)):
            definition = template.resources.get(name)
            if definition is not None and definition.count is not None:
                return Kind.LIST
            definition = definition or template.resources.get(parse_address(name).logical_id)
            found = None if definition is None else catalog.find(definition.type_name)
            if found is None or not isinstance(attribute, str):
                return None
            schema = found.schema.attributes.get(attribute)
            return None if schema is None else _OF_ATTRIBUTES.get(schema.value_type)
        case _:
            return None
