"""Texts: the faults of a template and its parameters, in the sentences that CloudFormation has."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from imageferry.model.diagnostics import Diagnostic

_FORMAT: Final = "Template format error: "
_TEMPLATE: Final = "Template error: "
_BEGINNINGS: Final[Mapping[str, str]] = {
    "1": _FORMAT,
    "2": _FORMAT,
    "3": _TEMPLATE,
    "5": _TEMPLATE,
    "6": _TEMPLATE,
}
_QUOTED: Final = re.compile(r"'([^']*)'")
_MOST: Final = 20

Say = Callable[[Sequence[Diagnostic]], str]
"""What is said of all faults of one code."""


def told(diagnostics: Sequence[Diagnostic]) -> str:
    """All faults in one message, the sentence of the first one first; warnings only if alone."""
    errors = [one for one in diagnostics if one.is_error] or list(diagnostics)
    groups: dict[str, list[Diagnostic]] = {}
    for one in errors[:_MOST]:
        groups.setdefault(one.code, []).append(one)
    said = [_SAYINGS.get(code, _as_it_is)(group) for code, group in groups.items()]
    return "; ".join(dict.fromkeys(said))


def _as_it_is(group: Sequence[Diagnostic]) -> str:
    """Where no sentence of the service is known: ours, after the words that its own begin with."""
    said = "; ".join(f"{one.message[:1].upper()}{one.message[1:]}{_place(one)}" for one in group)
    # The codes of one hundred are about one thing: see docs/errors.md.
    return _BEGINNINGS.get(group[0].code[2:3], "") + said


def _place(one: Diagnostic) -> str:
    return "" if one.span is None else f" (line {one.span.line}, column {one.span.column})"


def _quoted(one: Diagnostic) -> list[str]:
    """The names in a message, in their order."""
    return _QUOTED.findall(one.message)


def _name(one: Diagnostic, position: int = 0) -> str:
    names = one.names or _quoted(one)
    return names[position] if position < len(names) else ""


def _listed(group: Sequence[Diagnostic]) -> str:
    return "[" + ", ".join(dict.fromkeys(_name(one) for one in group)) + "]"


def _each(say: Callable[[Diagnostic], str]) -> Say:
    """One sentence for each fault, the same one once."""
    return lambda group: "; ".join(dict.fromkeys(map(say, group)))


def _missing_field(one: Diagnostic) -> str:
    owner, field = _name(one), _name(one, 1)
    match field:
        case "Value":
            return f"{_FORMAT}Every Outputs member must contain a Value object"
        case "Type" if "parameter" in one.message:
            return f"{_FORMAT}Every Parameters object must contain a Type member."
        case "Type":
            return (
                f"{_FORMAT}[/Resources/{owner}] Every Resources object must contain a Type member."
            )
        case _:
            return _as_it_is([one])


def _wrong_shape(one: Diagnostic) -> str:
    if " in the mapping '" in one.message:
        if "must be a map" in one.message:
            return f"{_FORMAT}Every Mappings member {_name(one)} must be a map"
        return f"{_FORMAT}Every Mappings attribute must be a String or a List."
    for words, sentence in _SHAPES.items():
        if one.message.startswith(words):
            return _FORMAT + sentence.format(_name(one))
    return _as_it_is([one])


_SHAPES: Final[Mapping[str, str]] = {
    "the resource '": "Any Resources member must be an object.",
    "'Resources'": "Any Resources member must be an object.",
    "the mapping '": "Every Mappings member {} must be a map",
    "the output '": "Every Outputs member must contain a Value object",
}


def _unknown_field(one: Diagnostic) -> str:
    kind = next((word for word in ("resource", "output", "parameter") if word in one.message), "")
    return f"Invalid template {kind or 'resource'} property '{_name(one)}'"


def _no_language(one: Diagnostic) -> str:
    if _quoted(one)[0] == "ROSTemplateFormatVersion":
        return f"{_FORMAT}The resource types are those of ROS, and this is no template of it either"
    # Of a map that nobody would take for a template, nothing else is amiss for the service.
    return f"{_FORMAT}At least one Resources member must be defined."


def _bad_name(one: Diagnostic) -> str:
    kind = one.message.rsplit(" ", 1)[-1].capitalize()
    return f"{_FORMAT}{kind} name {_name(one)} is non alphanumeric."


def _unresolved(group: Sequence[Diagnostic]) -> str:
    blocks: dict[str, list[Diagnostic]] = {}
    for one in group:
        blocks.setdefault(_name(one, 1) if one.names else "Resources", []).append(one)
    return "; ".join(
        f"{'' if block == 'Outputs' else _FORMAT}Unresolved resource dependencies"
        f" {_listed(faults)} in the {block} block of the template"
        for block, faults in blocks.items()
    )


def _wrong_argument(one: Diagnostic) -> str:
    sentence = _ARGUMENTS.get(_name(one))
    return _as_it_is([one]) if sentence is None else _TEMPLATE + sentence


_ARGUMENTS: Final[Mapping[str, str]] = {
    "Fn::Equals": "every Fn::Equals object requires a list of 2 string parameters.",
    "Fn::GetAtt": "every Fn::GetAtt object requires two non-empty parameters, the resource name"
    " and the resource attribute",
    "Fn::Split": "every Fn::Split object requires two parameters, (1) a string delimiter and"
    " (2) a string to be split or a function that returns a string to be split.",
    "Fn::Select": "Fn::Select requires a list argument with two elements: an integer index and a"
    " list",
    "Fn::Join": "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a"
    " list of strings to be joined or a function that returns a list of strings (such as"
    " Fn::GetAZs) to be joined.",
    "Fn::FindInMap": "every Fn::FindInMap object requires three parameters, the map name, map key"
    " and the attribute for return value",
}


def _no_mapping(one: Diagnostic) -> str:
    if one.names and all(one.names):
        return f"{_TEMPLATE}Unable to get mapping for {'::'.join(one.names)}"
    return _as_it_is([one])


def _no_condition(one: Diagnostic) -> str:
    if _name(one, 1) == "Fn::If":
        return f"{_TEMPLATE}unresolved condition dependency {_name(one)} in Fn::If"
    return f"{_FORMAT}Unresolved condition dependency {_name(one)}"


_CIRCLE: Final = re.compile(r": (\S+(?: -> \S+)+)")


def _circle(one: Diagnostic) -> str:
    found = _CIRCLE.search(one.message)
    if found is None:
        return _as_it_is([one])
    names = dict.fromkeys(found.group(1).split(" -> "))
    return f"Circular dependency between resources: [{', '.join(names)}]"


def _unfit_text(one: Diagnostic) -> str:
    """A value that does not match, in the words of its parameter where it has some."""
    name, pattern = _name(one), _quoted(one)[-1]
    if one.why:
        return f"Parameter '{name}' failed to satisfy constraint: {one.why}"
    return f"Parameter '{name}' must match pattern {pattern}"


_LENGTH: Final = re.compile(r"must have (.*?)(?:, and has .*)?$")


def _length(one: Diagnostic) -> str:
    found = _LENGTH.search(one.message)
    return f"Parameter '{_name(one)}' must contain {found.group(1) if found else 'other text'}"


_BOUND: Final = re.compile(r"must be at (least|most) ([^, ]+)")


def _bound(one: Diagnostic) -> str:
    found = _BOUND.search(one.message)
    if found is None:
        return _as_it_is([one])
    word = "less" if found.group(1) == "least" else "greater"
    return f"Parameter '{_name(one)}' must be a number not {word} than {found.group(2)}"


def _no_number(one: Diagnostic) -> str:
    if "number" in one.message:
        return f"Parameter '{_name(one)}' must be a number."
    return _as_it_is([one])


def _bad_stack_name(one: Diagnostic) -> str:
    name = _name(one)
    demand = "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
    if len(name) > 128:
        demand = "Member must have length less than or equal to 128"
    return (
        f"1 validation error detected: Value '{name[:200]}' at 'stackName' failed to satisfy"
        f" constraint: {demand}"
    )


def _protected(group: Sequence[Diagnostic]) -> str:
    name = group[0].message.split('"')[1]
    return f"Stack [{name}] cannot be deleted while TerminationProtection is enabled"


_SAYINGS: Final[Mapping[str, Say]] = {
    "IF105": _each(lambda one: f"{_FORMAT}YAML not well-formed.{_place(one)}"),
    "IF106": _each(lambda one: f"{_FORMAT}JSON not well-formed.{_place(one)}"),
    "IF113": lambda group: f"{_FORMAT}unsupported structure.",
    "IF130": _each(_no_language),
    "IF131": lambda group: "Invalid template property or properties [ROSTemplateFormatVersion]",
    "IF132": lambda group: f"{_FORMAT}unsupported value for AWSTemplateFormatVersion.",
    "IF133": lambda group: (
        "Invalid template property or properties ["
        + ", ".join(dict.fromkeys(_name(one) for one in group))
        + "]"
    ),
    "IF137": lambda group: f"{_FORMAT}At least one Resources member must be defined.",
    "IF140": _each(_bad_name),
    "IF143": _each(_unknown_field),
    "IF144": _each(_missing_field),
    "IF145": _each(_wrong_shape),
    "IF171": _each(_wrong_argument),
    "IF201": _unresolved,
    "IF202": _each(
        lambda one: f"{_TEMPLATE}instance of Fn::GetAtt references undefined resource {_name(one)}"
    ),
    "IF203": _each(
        lambda one: (
            f"{_TEMPLATE}resource {_name(one)} does not support attribute type {_name(one, 1)}"
            " in Fn::GetAtt"
        )
    ),
    "IF204": _unresolved,
    "IF205": _each(_no_condition),
    "IF206": _each(_circle),
    "IF302": _each(_wrong_argument),
    "IF310": _each(_no_mapping),
    "IF362": _each(
        lambda one: f"Export with name {_name(one, 1)} is already exported by stack {_name(one, 2)}"
    ),
    "IF363": _each(lambda one: one.message),
    "IF364": _each(lambda one: one.message),
    "IF365": _each(lambda one: f"No export named {_name(one)} found."),
    "IF401": lambda group: f"Parameters: {_listed(group)} must have values",
    "IF402": lambda group: f"Parameters: {_listed(group)} do not exist in the template",
    "IF403": _each(_no_number),
    "IF404": _each(lambda one: f"Parameter '{_name(one)}' must be one of AllowedValues"),
    "IF405": _each(_unfit_text),
    "IF406": _each(_length),
    "IF407": _each(_bound),
    "IF509": lambda group: f"{_FORMAT}Unrecognized resource types: {_listed(group)}",
    "IF604": _each(_bad_stack_name),
    "IF830": _protected,
    "IF832": lambda group: "Error validating stack policy: Invalid stack policy",
}
"""By the code of a diagnostic; the sentences are those of the service's recorded answers."""
