"""What a step writes down for whoever performs it next: reading and changing such notes."""

from __future__ import annotations

from functools import lru_cache

from imageferry.model.handlers import Context
from imageferry.model.values import Json


@lru_cache(maxsize=4096)
def step_key(token: str) -> str:
    """Eight characters of a token, for names and for telling one step's notes from another's."""
    return "".join(filter(str.isalnum, token.lower()))[-8:]


def text_note(context: Context, name: str) -> str | None:
    """A text of a step's notes."""
    value = context.get(name)
    return value if isinstance(value, str) else None


def number_note(context: Context, name: str, default: float) -> float:
    """A number of a step's notes."""
    value = context.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else default


def list_note(context: Context, name: str) -> tuple[str, ...]:
    """A list of texts of a step's notes."""
    value = context.get(name)
    if not isinstance(value, list | tuple):
        return ()
    return tuple(part for part in value if isinstance(part, str))


def changed_notes(context: Context, **changes: Json) -> dict[str, Json]:
    """The notes with some of them changed; None takes one away."""
    notes = {**context, **changes}
    return {name: value for name, value in notes.items() if value is not None}
