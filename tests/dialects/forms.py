"""One template in both forms, and expressions as short texts that tables can hold."""

from __future__ import annotations

import json
from collections.abc import Mapping

from imageferry.dialects.reader import Reading, read
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
from imageferry.model.templates import Template
from imageferry.model.values import Value

Document = Mapping[str, object]


def ros(**sections: object) -> Document:
    return {"ROSTemplateFormatVersion": "2015-09-01", **sections}


def cfn(**sections: object) -> Document:
    return {"AWSTemplateFormatVersion": "2010-09-09", **sections}


def extended(**sections: object) -> Document:
    return cfn(Transform="AWS::LanguageExtensions", **sections)


def read_both(document: Document, given: Mapping[str, Value] | None = None) -> Reading:
    """What JSON gives; YAML has to give the same, but for the first line, which is a comment."""
    text = json.dumps(document, indent=1)
    found = read(text.encode(), "template", given)
    twin = read(b"# YAML\n" + text.encode(), "template", given)
    assert codes(found) == codes(twin)
    assert told(found) == told(twin, lines=1)
    if found.template is not None and twin.template is not None:
        assert shown(found.template) == shown(twin.template)
    return found


def codes(reading: Reading) -> list[str]:
    return [diagnostic.code for diagnostic in reading.diagnostics]


def told(reading: Reading, lines: int = 0) -> list[tuple[str, str, int]]:
    return [
        (
            diagnostic.severity.value,
            diagnostic.message,
            0 if diagnostic.span is None else diagnostic.span.line - lines,
        )
        for diagnostic in reading.diagnostics
    ]


def template_of(document: Document, given: Mapping[str, Value] | None = None) -> Template:
    """The template of a document about which nothing is said."""
    reading = read_both(document, given)
    assert reading.diagnostics == ()
    assert reading.template is not None
    return reading.template


def shown(template: Template) -> dict[str, str]:
    """The parts of a template by their paths, as short texts."""
    found: dict[str, str] = {}
    for condition in template.conditions.values():
        found[f"if {condition.name}"] = text_of(condition.expression)
    for rule in template.rules.values():
        if rule.condition is not None:
            found[f"rule {rule.name}"] = text_of(rule.condition)
        for position, assertion in enumerate(rule.assertions):
            words = f" # {assertion.description}" if assertion.description else ""
            found[f"rule {rule.name}[{position}]"] = text_of(assertion.expression) + words
    for name, definition in template.resources.items():
        found[name] = " ".join(
            [definition.type_name, *(["if", definition.condition] if definition.condition else ())]
        )
        for key, expression in definition.properties.items():
            found[f"{name}.{key}"] = text_of(expression)
        attributes = (
            ("Count", definition.count),
            ("DeletionPolicy", definition.deletion_policy),
            ("UpdateReplacePolicy", definition.replacement_policy),
        )
        for key, attribute in attributes:
            if attribute is not None:
                found[f"{name} {key}"] = text_of(attribute)
        if definition.depends_on:
            found[f"{name} after"] = " ".join(other for other, _ in definition.depends_on)
    for output in template.outputs.values():
        found[f"= {output.name}"] = text_of(output.value)
    return found


def text_of(expression: Expression) -> str:
    """An expression as `function(arguments)`, names as `@name`, values as JSON."""
    match expression:
        case Literal(value=value):
            return json.dumps(value)
        case Reference(name=name):
            return f"@{name}"
        case Pseudo(name=name):
            return f"${name}"
        case ConditionReference(name=name):
            return f"?{name}"
        case Attribute(resource=resource, attribute=attribute):
            return f"{text_of(resource)}.{text_of(attribute)}"
        case Call(function=function, argument=argument):
            return f"{function}({text_of(argument)})"
        case ListOf(items=items):
            return ", ".join(map(text_of, items))
        case MapOf(entries=entries):
            return "{" + ", ".join(f"{name}: {text_of(one)}" for name, one in entries.items()) + "}"
