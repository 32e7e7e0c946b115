"""What the model demands of a request: what is required, how long, in which form; in AWS's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, assert_never

from imageferry.api.cfn.model import (
    Boolean,
    Bounds,
    Listing,
    Mapped,
    Model,
    Moment,
    Number,
    Shape,
    Structure,
    Text,
    is_scalar,
)

_LONGEST: Final = 200
_MOST: Final = 10


def broken_constraints(model: Model, shape_name: str | None, given: Mapping[str, Any]) -> str:
    """All that is wrong with a request, as one message; empty where nothing is.

    Of a long value only the beginning is repeated, and of many faults the first ones.
    """
    if shape_name is None:
        return ""
    said = list(_in_shape(model, model.shapes[shape_name], given, ""))
    if not said:
        return ""
    noun = "validation error" if len(said) == 1 else "validation errors"
    return f"{len(said)} {noun} detected: {'; '.join(said[:_MOST])}"


def _in_shape(model: Model, shape: Shape, value: Any, path: str) -> Iterator[str]:
    match shape:
        case Structure():
            for name, inner in shape.members.items():
                below = _lower(name) if not path else f"{path}.{_lower(name)}"
                if name in value:
                    yield from _in_shape(model, model.shapes[inner], value[name], below)
                elif name in shape.required:
                    yield _broken(None, below, "Member must not be null")
        case Listing():
            yield from _in_list(model, shape, value, path)
        case Mapped():
            for key, one in value.items():
                yield from _in_shape(model, model.shapes[shape.value], one, f"{path}.{key}.member")
        case Text() | Number() | Boolean() | Moment():
            yield from (_broken(value, path, demand) for demand in _demands(shape, value))
        case _:
            assert_never(shape)


def _in_list(model: Model, shape: Listing, value: list[Any], path: str) -> Iterator[str]:
    listed = "[" + ", ".join(str(one) for one in value) + "]"
    member = model.shapes[shape.member]
    for demand in _within(shape.count, len(value), "length"):
        yield _broken(listed if is_scalar(member) else "[...]", path, demand)
    if not is_scalar(member):
        for number, one in enumerate(value, 1):
            yield from _in_shape(model, member, one, f"{path}.{number}.member")
        return
    demands = dict.fromkeys(demand for one in value for demand in _demands(member, one))
    if demands:
        yield _broken(listed, path, f"Member must satisfy constraint: [{', '.join(demands)}]")


def _demands(shape: Shape, value: Any) -> Iterator[str]:
    """The demands that a single value does not meet."""
    match shape:
        case Text():
            too = list(_within(shape.length, len(value), "length"))
            yield from too
            if shape.choices and value not in shape.choices:
                yield f"Member must satisfy enum value set: [{', '.join(shape.choices)}]"
            # A pattern is not tried on a text that is too long already.
            if shape.pattern is not None and not too and shape.pattern.fullmatch(value) is None:
                yield f"Member must satisfy regular expression pattern: {shape.pattern.pattern}"
        case Number():
            yield from _within(shape.size, value, "value")
        case Boolean() | Moment() | Listing() | Mapped() | Structure():
            return
        case _:
            assert_never(shape)


def _within(bounds: Bounds, size: float, what: str) -> Iterator[str]:
    if bounds.least is not None and size < bounds.least:
        yield f"Member must have {what} greater than or equal to {bounds.least}"
    if bounds.most is not None and size > bounds.most:
        yield f"Member must have {what} less than or equal to {bounds.most}"


def _broken(value: Any, path: str, demand: str) -> str:
    text = "null" if value is None else f"'{_cut(str(value))}'"
    return f"Value {text} at '{path}' failed to satisfy constraint: {demand}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _lower(name: str) -> str:
    """`StackName` as `stackName`; `RoleARN` as `roleARN`."""
    return name[:1].lower() + name[1:]
