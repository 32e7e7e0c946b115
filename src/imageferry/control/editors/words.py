"""Style, and the small pieces that schemas for editors are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from imageferry.dialects.vocabulary import Dialect, Rewriting
from imageferry.model.values import Json

Writing = dict[str, Json]
"""A JSON Schema, or a part of one."""

LONG_NAME: Final = "^(Ref$|Fn::)"
"""The names of functions in their long form, as a pattern."""

_NO_MAP: Final[Writing] = {"type": ["string", "number", "boolean", "array", "null"]}
_CALL: Final[Writing] = {
    "type": "object",
    "maxProperties": 1,
    "propertyNames": {"pattern": "^(Ref$|Condition$|Fn::)"},
}
# Functions begin their arguments with a text, a condition or another function; a list of maps is none.
SHORT: Final[Writing] = {
    "type": ["string", "array"],
    "items": [{"anyOf": [_NO_MAP, _CALL]}],
    "description": "The argument of a function in its short form, such as !Ref or !Join.",
}


@dataclass(frozen=True, slots=True)
class Style:
    """Which language is written down, and how much is let through (see `template_schema`)."""

    dialect: Dialect
    short_tags: bool
    unknown_types: bool

    def ref(self, name: str) -> Writing:
        """The definition of that name in this language."""
        return {"$ref": f"#/definitions/{self.dialect.name}.{name}"}

    def nullable(self, schema: Writing) -> Writing:
        """The schema, and null where the language lets it stand anywhere."""
        return either(schema, {"type": "null"}) if self.dialect.manners.nulls else schema

    def lax(self, schema: Writing) -> Writing:
        """The schema, and the short form of a function in its place."""
        return either(schema, SHORT) if self.short_tags else schema

    def evaluated(self, schema: Writing) -> Writing:
        """The schema, or a function that gives such a value."""
        return self.nullable(self.lax(either(schema, self.ref("Function"))))

    @property
    def rewritten(self) -> dict[str, Json]:
        """Patterns of keys that stand for others: loops, and macros where more is let through."""
        found: dict[str, Json] = {}
        if self.dialect.manners.loops:
            found["^Fn::ForEach::"] = {
                "type": "array",
                "items": [{"type": "string"}, self.ref("Value"), {"type": "object"}],
                "minItems": 3,
                "maxItems": 3,
            }
        whole = any(one.rewriting is Rewriting.WHOLE for one in self.dialect.transforms)
        if self.unknown_types and whole:
            found["^Fn::Transform$"] = {}
        return found

    @property
    def name_pattern(self) -> str:
        """The alphabet of logical ids as a pattern of JSON Schema, which knows `$` and no `\\Z`."""
        return f"^(?:{self.dialect.logical_id.pattern.removesuffix(chr(92) + 'Z')})$"


def either(*schemas: Writing) -> Writing:
    """One of several; alternatives inside alternatives become one list."""
    found: list[Json] = []
    for schema in schemas:
        inner = schema.get("anyOf")
        found += inner if set(schema) == {"anyOf"} and isinstance(inner, list) else [schema]
    return {"anyOf": found}


def text() -> Writing:
    """Any text."""
    return {"type": "string"}


def listed(schema: Writing) -> Writing:
    """A list of such."""
    return {"type": "array", "items": schema}


def mapped(schema: Writing) -> Writing:
    """A map of names to such."""
    return {"type": "object", "additionalProperties": schema}


def named(style: Style, schema: Writing) -> Writing:
    """A map of logical ids to such."""
    names: Writing = {"pattern": style.name_pattern}
    rewritten = style.rewritten
    if not rewritten:
        return {**mapped(schema), "propertyNames": names}
    patterns: list[Writing] = [{"pattern": pattern} for pattern in rewritten]
    return {
        **mapped(schema),
        "patternProperties": rewritten,
        "propertyNames": either(names, *patterns),
    }


def words(style: Style) -> Writing:
    """Words for people: a text, and a map of languages to texts where the language has that."""
    plain: Writing = {"type": ["string", "number", "boolean"]}
    if not style.dialect.manners.localised:
        return plain
    return style.nullable(either(plain, mapped({"type": ["string", "null"]})))
