"""Field, Given, read_parameters: what an action may be given, and the values that it was given."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from imageferry.api.ros.errors import RosError, invalid, missing
from imageferry.wire.alibaba_rpc import Parameter, decode_boolean, nest
from imageferry.wire.http import Pairs

Structure: TypeAlias = Mapping[str, str]
GivenValue: TypeAlias = "str | int | bool | tuple[str, ...] | tuple[Structure, ...]"

_LONGEST_ENTRY: Final = 2_048
"""The most characters of a name, an id or an address in a list."""

_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")


class Kind(Enum):
    """What a parameter is: text, number, truth, or a list of texts, of structures or of named lists."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXTS = "texts"
    STRUCTURES = "structures"
    LISTS = "lists"


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of an action.

    `low` and `high` bound a number, the length of a text, or how many a list may have. `choices` are
    the only texts allowed, for a list those of its entries. `members` are the names in each entry
    of a list of structures that must be there, then `optional` ones. `pattern` must match all of a
    text, and `says` what it matches.
    """

    name: str
    kind: Kind = Kind.TEXT
    needed: bool = False
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    pattern: str = ""
    says: str = ""


def text(
    name: str,
    *choices: str,
    needed: bool = False,
    longest: int | None = None,
    pattern: str = "",
    says: str = "",
) -> Field:
    """A text, one of `choices` where there are any."""
    return Field(name, Kind.TEXT, needed, high=longest, choices=choices, pattern=pattern, says=says)


def integer(name: str, low: int, high: int) -> Field:
    """A whole number within bounds."""
    return Field(name, Kind.INTEGER, low=low, high=high)


def boolean(name: str, *, needed: bool = False) -> Field:
    """A truth."""
    return Field(name, Kind.BOOLEAN, needed)


def texts(name: str, *choices: str, most: int = 200, needed: bool = False) -> Field:
    """A list of texts."""
    return Field(name, Kind.TEXTS, needed, high=most, choices=choices)


def structures(
    name: str, *members: str, optional: tuple[str, ...] = (), most: int = 200, needed: bool = False
) -> Field:
    """A list of structures with texts inside."""
    return Field(name, Kind.STRUCTURES, needed, high=most, members=members, optional=optional)


def lists(name: str, *choices: str, most: int = 200) -> Field:
    """A list of named lists: each value of each of them is a structure of its Name and itself, Value.

    The names are some of `choices`.
    """
    return Field(name, Kind.LISTS, high=most, choices=choices)


@dataclass(frozen=True, slots=True)
class Given:
    """The values that were given, by name; one that was not given is not there."""

    values: Mapping[str, GivenValue] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """True where it was given, even as an empty list."""
        return name in self.values

    def text(self, name: str, default: str = "") -> str:
        """A text, or the default."""
        value = self.values.get(name)
        return value if isinstance(value, str) else default

    def integer(self, name: str) -> int | None:
        """A whole number."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def boolean(self, name: str) -> bool | None:
        """A truth."""
        value = self.values.get(name)
        return value if isinstance(value, bool) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty where there is none."""
        value = self.values.get(name)
        if not isinstance(value, tuple):
            return ()
        return tuple(one for one in value if isinstance(one, str))

    def structures(self, name: str) -> tuple[Structure, ...]:
        """A list of structures, empty where there is none."""
        value = self.values.get(name)
        if not isinstance(value, tuple):
            return ()
        return tuple(one for one in value if isinstance(one, Mapping))


def read_parameters(fields: tuple[Field, ...], pairs: Pairs) -> Given:
    """The declared parameters of a request; others are passed over, as ROS does.

    Raises RosError: MissingParameter and InvalidParameter, with every fault in its message.
    """
    _refuse_two_values(fields, pairs)
    nested = nest(pairs)
    values: dict[str, GivenValue] = {}
    faults: list[RosError] = []
    for one in fields:
        found = nested.get(one.name)
        if found is None or found == "":
            if one.needed:
                faults.append(missing(one.name))
            elif found == "" and one.kind in {Kind.TEXTS, Kind.STRUCTURES}:
                values[one.name] = ()
            continue
        try:
            values[one.name] = _READERS[one.kind](one, found)
        except RosError as fault:
            faults.append(fault)
    if faults:
        # The first fault that a client can branch on is that something is missing.
        faults.sort(key=lambda fault: fault.code != "MissingParameter")
        first = faults[0]
        told = dict.fromkeys(fault.message for fault in faults)
        raise RosError(first.code, " ".join(told), first.status)
    return Given(values)


def _refuse_two_values(fields: tuple[Field, ...], pairs: Pairs) -> None:
    """Nobody knows which of two different values is meant."""
    names = {one.name for one in fields}
    seen: dict[str, str] = {}
    for name, value in pairs:
        if name.partition(".")[0] in names and seen.setdefault(name, value) != value:
            raise invalid(name, "it is given twice with different values")


def _read_text(one: Field, found: Parameter) -> str:
    if not isinstance(found, str):
        raise invalid(one.name, "it must be a text")
    _refuse_odd(one.name, found)
    if one.choices and found not in one.choices:
        raise invalid(one.name, f"it must be one of {', '.join(one.choices)}")
    if one.high is not None and len(found) > one.high:
        raise invalid(one.name, f"it must have at most {one.high:,} characters")
    if one.pattern and re.fullmatch(one.pattern, found) is None:
        raise invalid(one.name, one.says)
    return found


def _refuse_odd(name: str, found: str) -> None:
    """Refuse what is no text for a database: JSON may spell halves of surrogate pairs."""
    if "\0" in found or any("\ud800" <= sign <= "\udfff" for sign in found):
        raise invalid(name, "it holds a character that is none")


def _read_integer(one: Field, found: Parameter) -> int:
    if not isinstance(found, str) or _WHOLE.fullmatch(found.strip()) is None:
        raise invalid(one.name, "it must be a whole number")
    number = int(found)
    if not (one.low or 0) <= number <= (one.high or 0):
        raise invalid(one.name, f"it must be between {one.low} and {one.high}")
    return number


def _read_boolean(one: Field, found: Parameter) -> bool:
    truth = decode_boolean(found.strip()) if isinstance(found, str) else None
    if truth is None:
        raise invalid(one.name, "it must be true or false")
    return truth


def _entries(one: Field, found: Parameter) -> list[Parameter]:
    """The entries of a list, counted or as the text of a JSON list."""
    if isinstance(found, list):
        entries = found
    elif isinstance(found, str) and found.lstrip().startswith("["):
        entries = _json_list(one, found)
    elif isinstance(found, str) and one.kind is Kind.TEXTS:
        entries = [found]
    else:
        raise invalid(one.name, f"it must be a list, as {one.name}.1, {one.name}.2")
    if one.high is not None and len(entries) > one.high:
        raise invalid(one.name, f"it must have at most {one.high} entries")
    return entries


def _json_list(one: Field, found: str) -> list[Parameter]:
    try:
        read = json.loads(found)
    except (ValueError, RecursionError):
        raise invalid(one.name, "it must be a JSON list") from None
    if not isinstance(read, list):
        raise invalid(one.name, "it must be a JSON list")
    return [_plain(entry) for entry in read]


def _plain(entry: object) -> Parameter:
    """An entry of a JSON list as it would have come as parameters."""
    if isinstance(entry, dict):
        return {str(name): _plain(inner) for name, inner in entry.items() if inner is not None}
    if isinstance(entry, list):
        return [_plain(inner) for inner in entry]
    if isinstance(entry, str):
        return entry
    return json.dumps(entry)


def _read_texts(one: Field, found: Parameter) -> tuple[str, ...]:
    entries = _entries(one, found)
    read: list[str] = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, str):
            raise invalid(f"{one.name}.{number}", "it must be a text")
        _refuse_odd(f"{one.name}.{number}", entry)
        if len(entry) > _LONGEST_ENTRY:
            raise invalid(
                f"{one.name}.{number}", f"it must have at most {_LONGEST_ENTRY:,} characters"
            )
        if one.choices and entry not in one.choices:
            allowed = ", ".join(one.choices)
            raise invalid(f"{one.name}.{number}", f"it must be one of {allowed}")
        read.append(entry)
    return tuple(read)


def _read_structures(one: Field, found: Parameter) -> tuple[Structure, ...]:
    read: list[Structure] = []
    for number, entry in enumerate(_entries(one, found), start=1):
        if not isinstance(entry, dict):
            raise invalid(f"{one.name}.{number}", "it must be a structure")
        parts: dict[str, str] = {}
        for name in (*one.members, *one.optional):
            value = entry.get(name)
            if value is None and name in one.members:
                raise missing(f"{one.name}.{number}.{name}")
            if value is not None and not isinstance(value, str):
                raise invalid(f"{one.name}.{number}.{name}", "it must be a text")
            if value is not None:
                _refuse_odd(f"{one.name}.{number}.{name}", value)
                parts[name] = value
        read.append(parts)
    return tuple(read)


def _read_lists(one: Field, found: Parameter) -> tuple[Structure, ...]:
    read: list[Structure] = []
    for number, entry in enumerate(_entries(one, found), start=1):
        place = f"{one.name}.{number}"
        if not isinstance(entry, dict):
            raise invalid(place, "it must be a structure")
        name = _read_text(Field(f"{place}.Name", choices=one.choices), entry.get("Name", ""))
        values = _read_texts(Field(f"{place}.Values", Kind.TEXTS), entry.get("Values", []))
        read += [{"Name": name, "Value": value} for value in values]
    return tuple(read)


_READERS: Final[Mapping[Kind, Callable[[Field, Parameter], GivenValue]]] = {
    Kind.TEXT: _read_text,
    Kind.INTEGER: _read_integer,
    Kind.BOOLEAN: _read_boolean,
    Kind.TEXTS: _read_texts,
    Kind.STRUCTURES: _read_structures,
    Kind.LISTS: _read_lists,
}
