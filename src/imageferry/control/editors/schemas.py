"""template_schema(…): a JSON Schema of a template language, for editors that complete and check.

Draft-07 is written, since the language servers of all common editors understand it whole; of later
drafts some know only parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from imageferry.control.editors.functions import condition_schema, function_schema, value_schema
from imageferry.control.editors.types import resource_schema
from imageferry.control.editors.words import (
    Style,
    Writing,
    either,
    listed,
    mapped,
    named,
    text,
    words,
)
from imageferry.dialects.vocabulary import Dialect, Treatment
from imageferry.model.schemas import ResourceSchema
from imageferry.model.values import Json

DRAFT: Final = "http://json-schema.org/draft-07/schema#"


def template_schema(
    dialects: Sequence[Dialect],
    types: Iterable[ResourceSchema],
    *,
    short_tags: bool = True,
    unknown_types: bool = False,
) -> dict[str, Json]:
    """The schema of templates in any of the dialects, with these resource types.

    `short_tags`: an editor sees the bare argument of `!Ref Name` or `!Join [...]`, so texts and lists
    are taken wherever a function may stand. `unknown_types`: other types are taken too, and so is
    what the owner of the language takes and is not carried out here.
    """
    known = tuple(types)
    definitions: dict[str, Json] = {}
    for dialect in dialects:
        style = Style(dialect, short_tags, unknown_types)
        here = [one for one in known if not one.dialects or dialect.name in one.dialects]
        definitions.update(_definitions(style, here))
    titles = " or ".join(dialect.title for dialect in dialects)
    return {
        "$schema": DRAFT,
        "title": f"{titles} template",
        **_root(dialects),
        "definitions": definitions,
    }


def _root(dialects: Sequence[Dialect]) -> Writing:
    """The language that a template's version key says; the one that needs no key comes last."""
    *others, last = sorted(dialects, key=lambda one: not one.version_required)
    root: Writing = {"$ref": f"#/definitions/{last.name}.Template"}
    for dialect in reversed(others):
        root = {
            "if": {"required": [dialect.version_key]},
            "then": {"$ref": f"#/definitions/{dialect.name}.Template"},
            "else": root,
        }
    # Beside a "$ref" nothing else counts in draft-07.
    return root if "if" in root else {"allOf": [root]}


def _definitions(style: Style, types: Sequence[ResourceSchema]) -> Writing:
    found: Writing = {
        "Template": _template(style),
        "Parameter": _fields(style, _PARAMETER, style.dialect.parameter_fields, ["Type"]),
        "Output": _fields(style, _OUTPUT, style.dialect.output_fields, ["Value"]),
        "Condition": condition_schema(style),
        "Function": function_schema(style),
        "Value": value_schema(style),
        **resource_schema(style, types),
    }
    return {f"{style.dialect.name}.{name}": schema for name, schema in found.items()}


def _template(style: Style) -> Writing:
    dialect = style.dialect
    sections: Writing = {}
    for name, section in dialect.sections.items():
        if section.treatment is Treatment.READ or style.unknown_types:
            sections[name] = _SECTIONS.get(name, _anything)(style)
        else:
            sections[name] = {"description": f"not carried out here: {section.why}", "not": {}}
    sections[dialect.version_key] = {
        "description": f"The version of {dialect.title}.",
        "enum": list(dialect.versions),
    }
    required = [dialect.version_key] if dialect.version_required else ["Resources"]
    return {
        "type": "object",
        "properties": sections,
        "patternProperties": {
            pattern: schema for pattern, schema in style.rewritten.items() if style.unknown_types
        },
        "required": list(required),
        "additionalProperties": False,
    }


def _anything(style: Style) -> Writing:
    return {}


def _section(schema: str) -> Callable[[Style], Writing]:
    """A section of named things, each of them as a definition says."""

    def written(style: Style) -> Writing:
        return style.nullable(named(style, style.ref(schema)))

    return written


def _mappings(style: Style) -> Writing:
    return style.nullable(mapped(style.lax(mapped(style.lax(mapped({}))))))


def _description(style: Style) -> Writing:
    return {**words(style), "description": "What the template is for."}


def _metadata(style: Style) -> Writing:
    return style.nullable({"type": "object"})


def _rules(style: Style) -> Writing:
    assertion: Writing = {
        "type": "object",
        "properties": {"Assert": style.ref("Condition"), "AssertDescription": words(style)},
        "required": ["Assert"],
    }
    rule: Writing = {
        "type": "object",
        "properties": {"RuleCondition": style.ref("Condition"), "Assertions": listed(assertion)},
        "required": ["Assertions"],
    }
    return style.nullable(mapped(rule))


def _locals(style: Style) -> Writing:
    local: Writing = {
        "type": "object",
        "properties": {"Type": text(), "Value": style.ref("Value"), "Properties": {}},
    }
    return style.nullable(mapped(local))


_SECTIONS: Final[Mapping[str, Callable[[Style], Writing]]] = {
    "Description": _description,
    "Metadata": _metadata,
    "Parameters": _section("Parameter"),
    "Mappings": _mappings,
    "Conditions": _section("Condition"),
    "Rules": _rules,
    "Locals": _locals,
    "Resources": _section("Resource"),
    "Outputs": _section("Output"),
}


def _fields(
    style: Style,
    table: Mapping[str, Callable[[Style], Writing]],
    known: Iterable[str],
    required: list[Json],
) -> Writing:
    return {
        "type": "object",
        "properties": {name: table.get(name, _anything)(style) for name in sorted(known)},
        "required": required,
        "additionalProperties": not style.dialect.manners.strict_fields,
    }


def _parameter_type(style: Style) -> Writing:
    return {"enum": list(style.dialect.parameter_types)}


def _scalar(style: Style) -> Writing:
    return {"type": ["string", "number", "boolean"]}


def _number(style: Style) -> Writing:
    return either({"type": "number"}, {"type": "string", "pattern": r"^\s*[-+]?[0-9.]"})


def _truth(style: Style) -> Writing:
    return either({"type": "boolean"}, {"enum": ["true", "false", "True", "False"]})


def _values(style: Style) -> Writing:
    return {"type": "array", "minItems": 1}


_PARAMETER: Final[Mapping[str, Callable[[Style], Writing]]] = {
    "Type": _parameter_type,
    "AllowedValues": _values,
    "AllowedPattern": _scalar,
    "MinLength": _number,
    "MaxLength": _number,
    "MinValue": _number,
    "MaxValue": _number,
    "NoEcho": _truth,
    "ConstraintDescription": words,
    "Description": words,
    "Label": words,
}


def _value(style: Style) -> Writing:
    return style.ref("Value")


def _export(style: Style) -> Writing:
    return {
        "type": "object",
        "properties": {"Name": style.ref("Value")},
        "required": ["Name"],
        "additionalProperties": False,
    }


_OUTPUT: Final[Mapping[str, Callable[[Style], Writing]]] = {
    "Value": _value,
    "Description": words,
    "Label": words,
    "NoEcho": _truth,
    "Export": _export,
}
