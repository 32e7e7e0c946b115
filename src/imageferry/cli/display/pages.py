"""A resource type's reference, as text and as Markdown, made from its schema alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from imageferry.cli.display.rendering import (
    Paint,
    counted,
    indented,
    pad,
    plain,
    show_value,
    table,
)
from imageferry.model.schemas import PropertySchema, ResourceSchema, UpdateBehaviour, ValueType
from imageferry.model.values import Value

LANGUAGES: Final[Mapping[str, str]] = {
    "ros": "Alibaba Cloud ROS",
    "cloudformation": "AWS CloudFormation",
}
# What a change means is said in the words of the language that the type belongs to.
_UPDATE_TITLES: Final[Mapping[str, str]] = {
    "ros": "Editable",
    "cloudformation": "Update requires",
}
_UPDATES: Final[Mapping[str, Mapping[UpdateBehaviour, str]]] = {
    "ros": {
        UpdateBehaviour.IN_PLACE: "Yes",
        UpdateBehaviour.RENEWS: "Yes, by a new one behind the same id",
        UpdateBehaviour.REPLACES: "No",
        UpdateBehaviour.IGNORED: "Yes, nothing is called",
    },
    "cloudformation": {
        UpdateBehaviour.IN_PLACE: "No interruption",
        UpdateBehaviour.RENEWS: "No interruption; a new one behind the same Ref",
        UpdateBehaviour.REPLACES: "Replacement",
        UpdateBehaviour.IGNORED: "No interruption; nothing is called",
    },
}
_LONG_UPDATE: Final[Mapping[UpdateBehaviour, str]] = {
    UpdateBehaviour.IN_PLACE: "changed in place",
    UpdateBehaviour.RENEWS: "a new one is made behind the same Ref",
    UpdateBehaviour.REPLACES: "refused, or with --replace a new one is made and Ref changes",
    UpdateBehaviour.IGNORED: "a change calls nothing",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One property in the reference; `depth` counts the lists and maps around it."""

    name: str
    depth: int
    type_says: str
    required: str
    update: str
    constraint: str
    default: str
    description: str


def language_of(schema: ResourceSchema) -> str:
    """The language whose words the page uses."""
    return schema.dialects[0] if schema.dialects else "ros"


def property_lines(schema: ResourceSchema) -> list[Line]:
    """Every property and, beneath it, the members of its lists and maps."""
    return list(_lines(schema.properties, language_of(schema), 0))


def _lines(properties: Mapping[str, PropertySchema], language: str, depth: int) -> Iterator[Line]:
    for name, one in properties.items():
        yield Line(
            name=name,
            depth=depth,
            type_says=_type_says(one),
            required="Yes" if one.required else "No",
            update="" if depth else _UPDATES[language][one.update],
            constraint=constraint_of(one),
            default="" if one.default is None else json.dumps(one.default, ensure_ascii=False),
            description=_description(one),
        )
        members = members_of(one)
        if members:
            yield from _lines(members, language, depth + 1)


def members_of(one: PropertySchema) -> Mapping[str, PropertySchema]:
    """The members of a map, or of the maps in a list."""
    return (one.items.members if one.items is not None else one.members) or {}


def _type_says(one: PropertySchema) -> str:
    if one.items is None:
        return one.value_type.value
    return f"List of {_type_says(one.items)}"


def _description(one: PropertySchema) -> str:
    parts = [one.description]
    if one.old_name_of is not None:
        parts.append(f"An old word for {one.old_name_of}.")
    if one.empty_is_unset:
        parts.append("An empty string counts as not given.")
    if not one.updatable_to_nothing:
        parts.append("Removing it keeps the old value in the cloud.")
    return " ".join(part for part in parts if part)


def constraint_of(one: PropertySchema) -> str:
    """What a value must be, in words: the schema's own, else told from its bounds."""
    if one.constraint:
        return one.constraint
    parts = [
        _range(one.min_length, one.max_length, "character"),
        one.pattern_says or (f"matches {one.pattern}" if one.pattern else ""),
        _range(one.min_items, one.max_items, "entry", "entries"),
        "one of " + ", ".join(show_plainly(value) for value in one.allowed_values)
        if one.allowed_values
        else "",
    ]
    if one.items is not None and not one.items.members:
        inner = constraint_of(one.items)
        parts.append(f"each: {inner}" if inner else "")
    return "; ".join(part for part in parts if part)


def show_plainly(value: Value) -> str:
    """Text as it is, everything else as JSON."""
    return value if isinstance(value, str) else show_value(value)


def _range(least: int | None, most: int | None, noun: str, plural: str = "") -> str:
    if least is None and most is None:
        return ""
    if most is None:
        return f"at least {counted(least or 0, noun, plural)}"
    if not least:
        return f"at most {counted(most, noun, plural)}"
    both = counted(most, noun, plural)
    return both if least == most else f"{least} to {both}"


def json_syntax(schema: ResourceSchema) -> list[str]:
    """The type as it stands in a JSON template, with types in the place of values."""
    lines = ["{", f'  "Type": "{schema.type_name}",', '  "Properties": {']
    lines += indented(_json_members(schema.properties), "    ")
    return [*lines, "  }", "}"]


def _json_members(properties: Mapping[str, PropertySchema]) -> list[str]:
    lines: list[str] = []
    for position, (name, one) in enumerate(properties.items()):
        value = _json_value(one)
        value[0] = f'"{name}": {value[0]}'
        if position < len(properties) - 1:
            value[-1] += ","
        lines += value
    return lines


def _json_value(one: PropertySchema) -> list[str]:
    if one.items is not None:
        inner = _json_value(one.items)
        if len(inner) == 1:
            return [f"[ {inner[0]}, … ]"]
        return ["[", *indented(inner), "]"]
    if one.members:
        return ["{", *indented(_json_members(one.members)), "}"]
    return [one.value_type.value]


def yaml_syntax(schema: ResourceSchema) -> list[str]:
    """The type as it stands in a YAML template, with types in the place of values."""
    return [
        f"Type: {schema.type_name}",
        "Properties:",
        *indented(_yaml_members(schema.properties)),
    ]


def _yaml_members(properties: Mapping[str, PropertySchema]) -> list[str]:
    lines: list[str] = []
    for name, one in properties.items():
        if one.items is not None:
            inner = _yaml_item(one.items)
            lines += [f"{name}:", *indented(inner)]
        elif one.members:
            lines += [f"{name}:", *indented(_yaml_members(one.members))]
        else:
            lines.append(f"{name}: {one.value_type.value}")
    return lines


def _yaml_item(one: PropertySchema) -> list[str]:
    inner = _yaml_members(one.members) if one.members else [one.value_type.value]
    return [f"- {inner[0]}", *indented(inner[1:])]


def return_values(schema: ResourceSchema) -> list[tuple[str, str, str]]:
    """`Ref` and each attribute: its name, its type, what it is."""
    rows = [("Ref", ValueType.STRING.value, schema.physical_id_says)]
    rows += [
        (f"Fn::GetAtt {name}", one.value_type.value, one.description)
        for name, one in schema.attributes.items()
    ]
    return rows


def parts_of(schema: ResourceSchema) -> list[tuple[str, str, Mapping[str, PropertySchema]]]:
    """The parts that have members of their own: name, what it is, its members."""
    found = [
        (name, schema.parts.get(name, one.description), members_of(one))
        for name, one in schema.properties.items()
        if members_of(one)
    ]
    named = {name for name, _, _ in found}
    found += [(name, says, {}) for name, says in schema.parts.items() if name not in named]
    return found


def text_page(schema: ResourceSchema, paint: Paint = plain, origin: str = "") -> list[str]:
    """The reference for a terminal; `origin` is the package that the type comes with."""
    languages = ", ".join(LANGUAGES.get(one, one) for one in schema.dialects)
    lines = [paint(schema.type_name, "bold"), f"  {schema.summary}"]
    lines += [f"  language: {languages}"] if languages else []
    lines += [f"  old names: {', '.join(schema.aliases)}"] if schema.aliases else []
    lines += [f"  comes with: {origin}"] if origin else []
    for title, syntax in (("JSON", json_syntax(schema)), ("YAML", yaml_syntax(schema))):
        lines += ["", paint(f"Syntax in {title}", "bold"), *indented(syntax)]
    lines += ["", paint("Properties", "bold")]
    title = _UPDATE_TITLES[language_of(schema)]
    for one in property_lines(schema):
        lines += _text_property(one, title, paint)
    lines += ["", paint("Return values", "bold"), *indented(table(return_values(schema)))]
    if schema.renewed_attributes:
        lines.append(f"  new after a change that makes a new one: {_names(schema)}")
    parts = [(name, says) for name, says, _ in parts_of(schema) if says]
    if parts:
        lines += ["", paint("Parts", "bold"), *indented(table(parts))]
    if schema.notes:
        lines += ["", paint("Notes", "bold"), *[f"  - {note}" for note in schema.notes]]
    return lines


def _names(schema: ResourceSchema) -> str:
    return ", ".join(schema.renewed_attributes)


def _text_property(one: Line, title: str, paint: Paint) -> list[str]:
    margin = "  " + "    " * one.depth
    lines = [f"{margin}{paint(one.name, 'cyan')}  {one.type_says}"]
    if one.description:
        lines.append(f"{margin}    {one.description}")
    facts = [("Required", one.required), (title, one.update)]
    facts += [("Constraint", one.constraint), ("Default", one.default)]
    columns = max(len(name) for name, said in facts if said) + 1
    lines += [f"{margin}    {pad(name + ':', columns)} {said}" for name, said in facts if said]
    return lines


def markdown_page(schema: ResourceSchema, origin: str = "") -> str:
    """The reference as one Markdown page; `origin` is the package that the type comes with."""
    languages = ", ".join(LANGUAGES.get(one, one) for one in schema.dialects)
    lines = [f"# {schema.type_name}", "", schema.summary, ""]
    lines += [f"Language: {languages}.", ""] if languages else []
    if schema.aliases:
        lines += [f"Old names: {', '.join(f'`{one}`' for one in schema.aliases)}.", ""]
    lines += [f"Comes with: {origin}.", ""] if origin else []
    lines += ["## Syntax", "", "### JSON", "", "```json", *json_syntax(schema), "```", ""]
    lines += ["### YAML", "", "```yaml", *yaml_syntax(schema), "```", ""]
    lines += ["## Properties", "", *_markdown_properties(schema), ""]
    lines += ["## Return values", "", "| | Type | |", "|---|---|---|"]
    lines += [
        f"| `{name}` | {kind} | {_cell(says)} |" for name, kind, says in return_values(schema)
    ]
    lines.append("")
    if schema.renewed_attributes:
        lines += [f"New after a change that makes a new one: {_names(schema)}.", ""]
    lines += _markdown_parts(schema)
    if schema.notes:
        lines += ["## Notes", "", *[f"- {note}" for note in schema.notes], ""]
    return "\n".join(lines).rstrip() + "\n"


def _markdown_properties(schema: ResourceSchema) -> list[str]:
    lines: list[str] = []
    language = language_of(schema)
    title = _UPDATE_TITLES[language]
    for one in property_lines(schema):
        if one.depth:
            continue
        lines += [f"### {one.name}", ""]
        lines += [one.description, ""] if one.description else []
        lines += _facts(one, title)
        if language == "ros":
            # "Editable: No" alone does not say what --replace would do.
            lines.append(f"- Changed: {_LONG_UPDATE[schema.properties[one.name].update]}")
        lines.append("")
    return lines[:-1]


def _facts(one: Line, title: str) -> list[str]:
    facts = [("Type", one.type_says), ("Required", one.required), (title, one.update)]
    facts += [("Constraint", one.constraint)]
    facts += [("Default", f"`{one.default}`" if one.default else "")]
    return [f"- {name}: {said}" for name, said in facts if said]


def _markdown_parts(schema: ResourceSchema) -> list[str]:
    lines: list[str] = []
    for name, says, members in parts_of(schema):
        lines += [f"### {name}", "", *([says, ""] if says else [])]
        if members:
            lines += _part_syntax(name, schema.properties[name])
            lines += _member_table(members, language_of(schema))
    return ["## Parts", "", *lines] if lines else []


def _part_syntax(name: str, one: PropertySchema) -> list[str]:
    return [
        "```json", *_json_members({name: one}), "```", "",
        "```yaml", *_yaml_members({name: one}), "```", "",
    ]  # fmt: skip


def _member_table(members: Mapping[str, PropertySchema], language: str) -> list[str]:
    rows: Sequence[Line] = list(_lines(members, language, 1))
    lines = ["| Member | Type | Required | Constraint | |", "|---|---|---|---|---|"]
    lines += [
        f"| `{one.name}` | {one.type_says} | {one.required} | {_cell(one.constraint)} |"
        f" {_cell(one.description)} |"
        for one in rows
    ]
    return [*lines, ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
