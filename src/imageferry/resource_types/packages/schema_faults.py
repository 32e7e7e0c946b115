"""What is wrong with a schema file: every misspelt key and value, each with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from imageferry.model.schemas import UpdateBehaviour, ValueType
from imageferry.model.suggestions import did_you_mean

_WORDS: Final = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    list: "a list",
    dict: "a map",
}
_SCHEMA: Final[Mapping[str, type]] = {
    "typeName": str,
    "summary": str,
    "physicalIdSays": str,
    "properties": dict,
    "attributes": dict,
    "dialects": list,
    "aliases": list,
    "notes": list,
    "parts": dict,
    "replacedByHandler": bool,
    "readsOnly": bool,
    "keptBy": dict,
    "refGives": str,
    "renewedAttributes": list,
}
_NEEDED: Final = ("typeName", "summary", "physicalIdSays", "properties", "attributes")
_PROPERTY: Final[Mapping[str, type]] = {
    "type": str,
    "required": bool,
    "update": str,
    "description": str,
    "default": object,
    "emptyIsUnset": bool,
    "minLength": int,
    "maxLength": int,
    "pattern": str,
    "patternSays": str,
    "minItems": int,
    "maxItems": int,
    "allowedValues": list,
    "items": dict,
    "members": dict,
    "updatableToNothing": bool,
    "oldNameOf": str,
    "constraint": str,
    "ordered": bool,
    "restorable": bool,
    "changeSays": str,
    "growsOnly": bool,
}
_ATTRIBUTE: Final[Mapping[str, type]] = {
    "type": str,
    "description": str,
    "explains": str,
    "restores": str,
}
_LANGUAGES: Final = ("ros", "cloudformation")
_TYPES: Final = tuple(one.value for one in ValueType)
_UPDATES: Final = tuple(one.value for one in UpdateBehaviour)
_LIMITS: Final = (("minLength", "maxLength"), ("minItems", "maxItems"))
_CONTAINERS: Final = (("items", "List"), ("members", "Map"))


def schema_faults(document: object) -> list[str]:
    """Every fault of a schema's JSON, as a sentence; none for one that can be used."""
    if not isinstance(document, dict):
        return ["a schema is a JSON object"]
    found = list(_keys("", document, _SCHEMA))
    found += [f'"{name}" is missing' for name in _NEEDED if name not in document]
    for name, one in _map(document, "properties").items():
        found += _property(f"properties.{name}", one)
    for name, one in _map(document, "attributes").items():
        place = f"attributes.{name}"
        if isinstance(one, dict):
            found += [*_keys(place, one, _ATTRIBUTE), *_type(place, one)]
        else:
            found.append(f"{place} is {_shown(one)}, and is to be a map")
    return [*found, *_names(document)]


def _names(document: Mapping[str, Any]) -> Iterator[str]:
    """Names in a schema that have to be those of something else in it."""
    attributes, properties = _map(document, "attributes"), _map(document, "properties")
    yield from _unknown("dialects", _list(document, "dialects"), _LANGUAGES, "a template language")
    yield from _unknown(
        "renewedAttributes", _list(document, "renewedAttributes"), attributes, "an attribute"
    )
    yield from _unknown("keptBy", list(_map(document, "keptBy")), properties, "a property")
    given = document.get("refGives")
    yield from _unknown("refGives", [given] if given else [], attributes, "an attribute")
    for name, one in properties.items():
        if isinstance(one, dict) and "oldNameOf" in one:
            place = f"properties.{name}.oldNameOf"
            yield from _unknown(place, [one["oldNameOf"]], properties, "a property")


def _unknown(place: str, said: Sequence[Any], known: Collection[str], what: str) -> Iterator[str]:
    for name in said:
        if name not in known:
            yield f"{place}: {_shown(name)} is not {what}{_nearest(name, known)}"


def _property(place: str, one: object) -> Iterator[str]:
    if not isinstance(one, dict):
        yield f"{place} is {_shown(one)}, and is to be a map"
        return
    yield from _keys(place, one, _PROPERTY)
    yield from _type(place, one)
    update = one.get("update", "replaces")
    if isinstance(update, str) and update not in _UPDATES:
        said = _nearest(update, _UPDATES)
        yield f"{place}.update is {_shown(update)}, and may be {_either(_UPDATES)}{said}"
    pattern = one.get("pattern")
    if isinstance(pattern, str):
        try:
            re.compile(pattern)
        except re.error as fault:
            yield f"{place}.pattern is no regular expression: {fault}"
    for least, most in _LIMITS:
        low, high = one.get(least), one.get(most)
        if isinstance(low, int) and isinstance(high, int) and low > high:
            yield f"{place}.{least} is {low}, and {most} is {high}"
    for key, wants in _CONTAINERS:
        if key in one and one.get("type") != wants:
            yield f"{place}.{key} stands in a {one.get('type')}, and says what is in a {wants}"
    if "items" in one:
        yield from _property(f"{place}.items", one["items"])
    for name, member in _map(one, "members").items():
        yield from _property(f"{place}.members.{name}", member)


def _type(place: str, one: Mapping[str, Any]) -> Iterator[str]:
    said = one.get("type")
    if said is None:
        yield f"{place}.type is missing: {_either(_TYPES)}"
    elif isinstance(said, str) and said not in _TYPES:
        yield f"{place}.type is {_shown(said)}, and may be {_either(_TYPES)}{_nearest(said, _TYPES)}"


def _keys(place: str, one: Mapping[str, Any], known: Mapping[str, type]) -> Iterator[str]:
    dotted = f"{place}." if place else ""
    for key, value in one.items():
        kind = known.get(key)
        if kind is None:
            yield f"{dotted}{key} is no key of {'a schema' if not place else 'it'}" + _nearest(
                key, known
            )
        elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            yield f"{dotted}{key} is {_shown(value)}, and is to be {_WORDS[kind]}"


def _map(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    found = document.get(key)
    return found if isinstance(found, list) else []


def _nearest(word: object, known: Collection[str]) -> str:
    said = did_you_mean(word, known) if isinstance(word, str) else ""
    return f" ({said})" if said else ""


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
