"""What of a handler's answer can be recorded: anything else is told, and never reaches the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.model.handlers import Done, Failed, HandlerAction, Pending
from imageferry.model.values import Secret

_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
_MAKING: Final = frozenset({HandlerAction.CREATE, HandlerAction.UPDATE, HandlerAction.READ})


def unfit_for_the_record(action: HandlerAction, outcome: object) -> str:
    """Why an answer cannot be recorded, as what its handler did; empty where it can."""
    match outcome:
        case Done():
            if action in _MAKING and not outcome.physical_id:
                return f"says that {action.value} is done, and tells no physical id"
            if not is_plain(outcome.attributes, secrets=True):
                return "gives attributes that are no JSON"
            if not all(map(is_plain, (*outcome.leftovers, *outcome.remains))):
                return "leaves something over in words that are no JSON"
            told = outcome.physical_id
        case Pending():
            if not is_plain(outcome.context):
                return "gives a context that is no JSON"
            told = outcome.physical_id
        case Failed():
            return "" if is_plain(outcome.context) else "gives a context that is no JSON"
        case other:
            answer = f"an object of the class {type(other).__name__}"
            return f"answers {action.value} with {answer}, and not with Done, Pending or Failed"
    return "" if _is_text(told) else "gives a physical id that is no text"


def _is_text(told: object) -> bool:
    return told is None or isinstance(told, str)


def is_plain(value: object, *, secrets: bool = False) -> bool:
    """True for JSON data; with `secrets`, values in it may be wrapped as Secret."""
    if type(value) in _SCALARS:
        return True
    match value:
        case Secret():
            return secrets and is_plain(value.revealed)
        case Mapping():
            return all(
                type(name) is str and (type(one) in _SCALARS or is_plain(one, secrets=secrets))
                for name, one in value.items()
            )
        case list() | tuple():
            return all(is_plain(one, secrets=secrets) for one in value)
        case _:
            return isinstance(value, (str, int, float))
