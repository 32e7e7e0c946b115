"""Model: the operations and shapes of the CloudFormation API, read from botocore's description of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from botocore.loaders import Loader

NAMESPACE: Final = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
VERSION: Final = "2010-05-15"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest: of a length, a number of members, or a number; None is open."""

    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A text; `choices` are all there are, unless it is empty."""

    length: Bounds = field(default_factory=Bounds)
    pattern: re.Pattern[str] | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A number, whole or not."""

    is_whole: bool
    size: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; `member` names the shape of each."""

    member: str
    count: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A map of texts to values, whose shapes are named."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure; `members` name the shape of each by its name on the wire."""

    members: Mapping[str, str]
    required: tuple[str, ...] = ()


Shape = Text | Number | Boolean | Moment | Listing | Mapped | Structure


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """How an error of the model goes over the wire."""

    code: str
    status: int


@dataclass(frozen=True, slots=True)
class OperationShape:
    """One operation; `gives` is None where it has no result at all."""

    name: str
    takes: str | None
    gives: str | None


@dataclass(frozen=True, slots=True)
class Model:
    """All operations by name, the shapes they name, and the errors by their shape's name."""

    operations: Mapping[str, OperationShape]
    shapes: Mapping[str, Shape]
    errors: Mapping[str, ErrorShape]


def load_model() -> Model:
    """The model of the installed botocore; takes some hundredths of a second."""
    raw = Loader().load_service_model("cloudformation", "service-2", api_version=VERSION)
    return read_model(raw)


def read_model(raw: Mapping[str, Any]) -> Model:
    """The model that a service description states."""
    operations = {
        name: OperationShape(name, _named(one.get("input")), _named(one.get("output")))
        for name, one in raw["operations"].items()
    }
    errors = {
        name: ErrorShape(
            one.get("error", {}).get("code", name), one.get("error", {}).get("httpStatusCode", 400)
        )
        for name, one in raw["shapes"].items()
        if one.get("exception")
    }
    shapes = {name: _READERS[one["type"]](one) for name, one in raw["shapes"].items()}
    return Model(operations, shapes, errors)


def _named(reference: Mapping[str, Any] | None) -> str | None:
    return None if reference is None else reference["shape"]


def _bounds(raw: Mapping[str, Any]) -> Bounds:
    return Bounds(raw.get("min"), raw.get("max"))


def _text(raw: Mapping[str, Any]) -> Shape:
    pattern = raw.get("pattern")
    return Text(
        _bounds(raw),
        # Accounts of Alibaba Cloud have 16 digits, and stand in the ids that we give out.
        None
        if pattern is None
        else re.compile(pattern.replace("[0-9]{12}", "[0-9]{12,20}"), re.ASCII),
        tuple(raw.get("enum", ())),
    )


def _structure(raw: Mapping[str, Any]) -> Shape:
    members = {one.get("locationName", name): one["shape"] for name, one in raw["members"].items()}
    return Structure(members, tuple(raw.get("required", ())))


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Shape]]] = {
    "string": _text,
    "integer": lambda raw: Number(True, _bounds(raw)),
    "long": lambda raw: Number(True, _bounds(raw)),
    "double": lambda raw: Number(False, _bounds(raw)),
    "boolean": lambda raw: Boolean(),
    "timestamp": lambda raw: Moment(),
    "list": lambda raw: Listing(raw["member"]["shape"], _bounds(raw)),
    "map": lambda raw: Mapped(raw["key"]["shape"], raw["value"]["shape"]),
    "structure": _structure,
}


def is_scalar(shape: Shape) -> bool:
    """True where a value of the shape is written as one text."""
    match shape:
        case Text() | Number() | Boolean() | Moment():
            return True
        case Listing() | Mapped() | Structure():
            return False
        case _:
            assert_never(shape)
