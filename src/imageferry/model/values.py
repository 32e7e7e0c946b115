"""Value: JSON data plus UNKNOWN, NO_VALUE and Secret, which are three different things."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias, cast


class Unknown(Enum):
    """The type of UNKNOWN, a value that only a later step can give."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


class NoValue(Enum):
    """The type of NO_VALUE, which removes the property or list item that holds it."""

    NO_VALUE = "no value"

    def __repr__(self) -> str:
        return "NO_VALUE"


UNKNOWN: Final = Unknown.UNKNOWN
NO_VALUE: Final = NoValue.NO_VALUE

MASK: Final = "****"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must not be shown: it prints, formats and represents itself as `****`."""

    revealed: Value

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK


Value: TypeAlias = (
    "bool | int | float | str | Sequence[Value] | Mapping[str, Value]"
    " | Unknown | NoValue | Secret | None"
)
"""JSON data (lists as list, maps as dict) with UNKNOWN, NO_VALUE and Secret anywhere inside."""

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""Plain JSON data, as it is kept and sent."""


def contains(value: Value, found: Callable[[Value], bool]) -> bool:
    """True where `found` holds for the value or anything inside it (not inside a Secret)."""
    if found(value):
        return True
    if isinstance(value, Mapping):
        return any(contains(item, found) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(contains(item, found) for item in value)
    return False


def is_known(value: Value) -> bool:
    """True where nothing inside is UNKNOWN (a Secret counts by what it hides)."""
    # Asked of every property of every resource: exact types first, most values are text.
    kind = type(value)
    if kind is str or kind is bool or kind is int:
        return True
    if isinstance(value, dict):
        return all(is_known(item) for item in value.values())
    if isinstance(value, list):
        return all(is_known(item) for item in value)
    if isinstance(value, Secret):
        return is_known(value.revealed)
    return not contains(value, lambda item: item is UNKNOWN)


def holds_secret(value: Value) -> bool:
    """True where a Secret is anywhere inside."""
    return contains(value, lambda item: isinstance(item, Secret))


def reveal(value: Value) -> Value:
    """The value with every Secret opened; only for what goes to the cloud and is never shown."""
    kind = type(value)
    if kind is str or kind is bool or kind is int:
        return value
    if isinstance(value, Secret):
        return reveal(value.revealed)
    if isinstance(value, Mapping):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [reveal(item) for item in value]
    return value


def mask(value: Value) -> Json:
    """The value as people and machines may see it: secrets as `****`, unknown as text."""
    if isinstance(value, Secret):
        return MASK
    if value is UNKNOWN:
        return "(known later)"
    if value is NO_VALUE:
        return None
    if isinstance(value, Mapping):
        return {key: mask(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask(item) for item in value]
    return cast(Json, value)
