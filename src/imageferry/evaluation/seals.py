"""opened, sealed: a Secret taken off for a moment, and put on again."""

from __future__ import annotations

from imageferry.model.values import NO_VALUE, UNKNOWN, Secret, Value


def opened(value: Value) -> tuple[Value, bool]:
    """A value without the Secret around it, and whether there was one."""
    if isinstance(value, Secret):
        inner = value.revealed
        while isinstance(inner, Secret):
            inner = inner.revealed
        return inner, True
    return value, False


def sealed(value: Value, secret: bool) -> Value:
    """The value as a Secret where it came from one; nothing and not yet known hide nothing."""
    if not secret or value is None or value is UNKNOWN or value is NO_VALUE:
        return value
    return value if isinstance(value, Secret) else Secret(value)
