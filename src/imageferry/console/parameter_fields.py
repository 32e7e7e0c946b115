"""The fields of a form that is made from a template's parameters: types, bounds, labels and groups."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from imageferry.console.fields import Fault, Field, FieldGroup
from imageferry.console.languages import Language
from imageferry.console.patterns import browser_pattern
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.templates import Parameter, Template
from imageferry.model.values import MASK, Json, Secret, Value, mask

PREFIX: Final = "p."
KEEP: Final = "keep."
AGAIN: Final = "again."
"""Before the name of a parameter: its value, that it keeps its present one, and a secret once more."""

REGION_LIST: Final = "regions"
"""The id of the list of regions that fields propose from."""

_INTERFACES: Final = ("ALIYUN::ROS::Interface", "AWS::CloudFormation::Interface")
_LONG_TEXT: Final = 120


def place_of(name: str) -> str:
    """The id of a parameter's field."""
    return f"parameter-{name}"


def hidden_parameters(template: Template) -> frozenset[str]:
    """Parameters that the template wants nobody to be asked for, and that have a default."""
    interface = _interface(template)
    named = interface.get("Hidden") if isinstance(interface, Mapping) else None
    listed = named if isinstance(named, list) else []
    return frozenset(
        name
        for name in listed
        if isinstance(name, str)
        and name in template.parameters
        and template.parameters[name].has_default
    )


def parameter_groups(
    template: Template,
    language: Language,
    values: Mapping[str, str],
    present: Mapping[str, Value],
    kept: frozenset[str],
    faults: Sequence[Fault] = (),
) -> tuple[FieldGroup, ...]:
    """Every parameter that is asked for, in the groups and order of the template's own interface.

    `values` are texts that were typed, by name; `present` the values that the stack has, and `kept`
    the secrets among them that stay.
    """
    hidden = hidden_parameters(template)
    left = {name: one for name, one in template.parameters.items() if name not in hidden}
    groups: list[FieldGroup] = []

    def made(one: Parameter) -> Field:
        said = tuple(fault for fault in faults if fault.place == place_of(one.name))
        return _field(one, template, language, values, present, kept, said)

    for label, names in _groups(template, language):
        fields = [made(left.pop(name)) for name in names if name in left]
        if fields:
            groups.append(FieldGroup(label, tuple(fields)))
    if left:
        label = language("Other parameters") if groups else ""
        groups.append(FieldGroup(label, tuple(map(made, left.values()))))
    return tuple(groups)


def given_values(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """What the typed texts give to parameters; a field that is left empty may give nothing."""
    found: dict[str, str] = {}
    for name, text in values.items():
        parameter = template.parameters.get(name)
        if parameter is not None and (text or _takes_empty(parameter)):
            found[name] = text
    return found


def parameter_faults(
    template: Template, diagnostics: Sequence[Diagnostic], language: Language
) -> tuple[list[Fault], list[Diagnostic]]:
    """What is wrong with values, each at its field, and everything else that is wrong."""
    places = {}
    for one in template.parameters.values():
        places[one.span] = one.name
        if one.default_span is not None:
            places[one.default_span] = one.name
    faults: list[Fault] = []
    rest: list[Diagnostic] = []
    for found in diagnostics:
        name = places.get(found.span) if found.span is not None else None
        if name is None or not found.is_error or not found.code.startswith("IF4"):
            rest.append(found)
        elif found.code == "IF401":
            faults.append(Fault(place_of(name), language("{name} needs a value", name=name)))
        else:
            message = found.message.removeprefix("parameter ").replace(f"'{name}'", name, 1)
            said = f"{message}: {found.why}" if found.why else message
            remedy = "" if "-p " in found.remedy else found.remedy
            faults.append(Fault(place_of(name), said, remedy))
    return faults, rest


def worth_typing(template: Template, given: Mapping[str, str]) -> dict[str, str]:
    """What a command line has to say of these values: secrets masked, and nothing that a default says."""
    found: dict[str, str] = {}
    for name, text in given.items():
        one = template.parameters[name]
        if one.no_echo:
            found[name] = MASK
        elif not one.has_default or text != text_of(one, one.default):
            found[name] = _compact(text) if one.kind == "json" else text
    return found


def _compact(text: str) -> str:
    """JSON on one line; what is none stays as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def unequal_secrets(
    template: Template, values: Mapping[str, str], again: Mapping[str, str], language: Language
) -> Iterator[Fault]:
    """Secrets that are to be typed twice, and were typed in two ways."""
    for one in template.parameters.values():
        if _is_confirmed(one) and values.get(one.name, "") != again.get(one.name, ""):
            yield Fault(place_of(one.name), language("{name} was typed in two ways", name=one.name))


def text_of(parameter: Parameter, value: Value) -> str:
    """A value as it is typed into its field; nothing of a secret."""
    if value is None or parameter.no_echo or isinstance(value, Secret):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if parameter.kind in {"text_list", "number_list"} and isinstance(value, list | tuple):
        return ",".join(str(one) for one in value)
    return json.dumps(mask(value), ensure_ascii=False, indent=2, default=str)


# --- one field ------------------------------------------------------------------------------------


def _field(
    one: Parameter,
    template: Template,
    language: Language,
    values: Mapping[str, str],
    present: Mapping[str, Value],
    kept: frozenset[str],
    faults: tuple[Fault, ...],
) -> Field:
    usual = present.get(one.name, one.default)
    value = values.get(one.name, text_of(one, usual))
    has_secret = one.no_echo and isinstance(present.get(one.name), Secret)
    options = _options(one, value, language)
    control = _control(one, value, options)
    return Field(
        name=PREFIX + one.name,
        place=place_of(one.name),
        label=_words(one, "Label", language)
        or _label_beside(template, one.name, language)
        or one.label
        or one.name,
        control=control,
        value="" if one.no_echo else value,
        hint=_hint(one, language),
        required=_is_required(one) and not has_secret,
        options=options if control == "choice" else (),
        attributes=_attributes(one, control),
        faults=faults,
        is_kept=one.name in kept if has_secret else None,
        is_confirmed=_is_confirmed(one),
    )


def _control(one: Parameter, value: str, options: Sequence[tuple[str, str]]) -> str:
    hints = dict(one.hints)
    if one.no_echo:
        return "secret"
    if options:
        return "choice"
    if one.kind in {"json", "text_list", "number_list"} or _is_hinted(hints, "TextArea"):
        return "lines"
    if one.kind == "number":
        return "number"
    return "lines" if "\n" in value or len(value) > _LONG_TEXT else "text"


def _options(one: Parameter, value: str, language: Language) -> tuple[tuple[str, str], ...]:
    """What there is to choose from; nothing where anything may be typed."""
    if one.allowed_values is not None and not one.kind.endswith("_list"):
        texts = [text_of(one, allowed) for allowed in one.allowed_values]
    elif one.kind == "boolean":
        texts = ["true", "false"]
    else:
        return ()
    if one.kind == "boolean":
        value = value.lower()
    is_open = value not in texts or (one.has_default and one.default is None)
    first = [("", language("– not given –"))] if is_open and "" not in texts else []
    return (*first, *((text, text or language("(empty)")) for text in texts))


def _attributes(one: Parameter, control: str) -> dict[str, str | int]:
    hints = dict(one.hints)
    found: dict[str, str | int] = {}
    if control == "number":
        found["step"] = "any"
        if one.min_value is not None:
            found["min"] = _plain(one.min_value)
        if one.max_value is not None:
            found["max"] = _plain(one.max_value)
    if control in {"text", "secret"} or (control == "lines" and one.kind == "string"):
        if one.min_length:
            found["minlength"] = one.min_length
        if one.max_length is not None:
            found["maxlength"] = one.max_length
    if control in {"text", "secret"} and one.allowed_pattern:
        pattern = browser_pattern(one.allowed_pattern)
        if pattern is not None:
            found["pattern"] = pattern
            found["title"] = one.constraint_description or one.allowed_pattern
    if control == "text" and _names_region(one):
        found["list"] = REGION_LIST
    if isinstance(hints.get("Placeholder"), str):
        found["placeholder"] = str(hints["Placeholder"])[:200]
    if _is_hinted(hints, "ReadOnly"):
        found["readonly"] = "readonly"
    return found


def _names_region(one: Parameter) -> bool:
    picked = dict(one.hints).get("AssociationProperty")
    return (isinstance(picked, str) and picked.endswith("RegionId")) or one.name.endswith(
        ("RegionId", "Region")
    )


def _is_required(one: Parameter) -> bool:
    return not one.has_default and not _takes_empty(one)


def _takes_empty(one: Parameter) -> bool:
    """Whether an empty field is an empty text, and not a value that is left out."""
    if one.kind not in {"string", "text_list"}:
        return False
    if one.has_default:
        return one.default is not None and not one.no_echo
    required = dict(one.hints).get("Required")
    return required is False or required == "false"


def _is_confirmed(one: Parameter) -> bool:
    return one.no_echo and _is_hinted(dict(one.hints), "Confirm")


def _is_hinted(hints: Mapping[str, Json], name: str) -> bool:
    """Whether a hint is said to be so; a template may write there whatever it likes."""
    hint = hints.get(name)
    return hint is True or hint == "true"


def _hint(one: Parameter, language: Language) -> str:
    """What the template says of it, and how it is written where that cannot be seen."""
    said = [_words(one, "Description", language) or one.description]
    said.append(_words(one, "ConstraintDescription", language) or one.constraint_description)
    match one.kind:
        case "json":
            said.append(language("Written as JSON."))
        case "text_list" | "number_list":
            said.append(language("Several, with commas between them."))
        case _:
            pass
    if one.no_echo and one.has_default:
        said.append(language("Left empty, the template's default counts."))
    return " ".join(filter(None, (text.strip() for text in said)))


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


# --- what is written in several languages -----------------------------------------------------------


def _words(one: Parameter, field: str, language: Language) -> str:
    return _said(dict(one.translations).get(field), language)


def _said(text: Json, language: Language) -> str:
    """A text, or of several languages the page's own, else English, else the first."""
    if isinstance(text, str):
        return text
    if not isinstance(text, Mapping):
        return ""
    texts = {str(key).lower(): value for key, value in text.items() if isinstance(value, str)}
    own = [value for key, value in texts.items() if key.partition("-")[0] == language.code]
    return next(iter([*own, *filter(None, [texts.get("en")]), *texts.values()]), "")


def _interface(template: Template) -> Any:
    metadata: Any = template.metadata
    if not isinstance(metadata, Mapping):
        return {}
    return next((metadata[name] for name in _INTERFACES if name in metadata), {})


def _groups(template: Template, language: Language) -> Iterator[tuple[str, list[str]]]:
    interface = _interface(template)
    listed = interface.get("ParameterGroups") if isinstance(interface, Mapping) else None
    for group in listed if isinstance(listed, list) else []:
        if not isinstance(group, Mapping):
            continue
        label, names = group.get("Label"), group.get("Parameters")
        said = _said(label.get("default"), language) if isinstance(label, Mapping) else ""
        known = [one for one in names if isinstance(one, str)] if isinstance(names, list) else []
        yield said, known


def _label_beside(template: Template, name: str, language: Language) -> str:
    """The label that stands in the metadata, and not at the parameter."""
    interface = _interface(template)
    labels = interface.get("ParameterLabels") if isinstance(interface, Mapping) else None
    label = labels.get(name) if isinstance(labels, Mapping) else None
    return _said(label.get("default"), language) if isinstance(label, Mapping) else ""
