"""Call and Progress: what CloudFormation asks of a type, and what it is answered; as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from imageferry.model.values import Json


class Action(Enum):
    """What is asked of a type."""

    CREATE = "CREATE"
    READ = "READ"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    LIST = "LIST"


class Status(Enum):
    """How far an answer says that it is."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


class BadCall(Exception):
    """A request that cannot be read; the text says all that is wrong, and repeats no value."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `token` is the same in every repeat and callback of one operation.

    `properties` and `previous` have no nulls; `configuration` is the type's, with its secrets, and
    is never shown. `context` is what the last answer gave, empty on the first call.
    """

    action: Action
    account: str
    region: str
    token: str
    type_name: str
    logical_id: str = ""
    stack_id: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    previous: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict, repr=False)
    next_token: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """One answer; what is None is left out. `delay` are whole seconds until the next callback."""

    status: Status
    model: Mapping[str, Json] | None = None
    models: Sequence[Mapping[str, Json]] | None = None
    context: Mapping[str, Json] | None = None
    delay: int = 0
    code: str | None = None
    message: str | None = None
    next_token: str | None = None

    def as_json(self) -> dict[str, Json]:
        """The answer as CloudFormation reads it."""
        members: dict[str, Json] = {
            "status": self.status.value,
            "errorCode": self.code,
            "message": self.message,
            "callbackContext": self.context,
            "callbackDelaySeconds": self.delay,
            "resourceModel": self.model,
            "resourceModels": self.models,
            "nextToken": self.next_token,
        }
        return {name: value for name, value in members.items() if value is not None}


_TEXTS: Final[Mapping[str, str]] = {
    "awsAccountId": "account",
    "region": "region",
    "bearerToken": "token",
    "resourceType": "type_name",
    "stackId": "stack_id",
    "nextToken": "next_token",
}
_MAPS: Final[Mapping[str, str]] = {
    "resourceProperties": "properties",
    "previousResourceProperties": "previous",
    "typeConfiguration": "configuration",
}
_MAKING: Final = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})


def read_call(document: object) -> Call:
    """The request in a JSON document; what is unknown in it is passed over. Raises BadCall."""
    if not isinstance(document, Mapping):
        raise BadCall("the request is no JSON object")
    try:
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):
        raise BadCall(
            "the request holds what no answer can: half of a character, or a number without end"
        ) from None
    faults: list[str] = []
    given = _member(document, "requestData", faults)
    words: dict[str, Any] = {}
    for name, attribute in _TEXTS.items():
        words[attribute] = _text(document, name, faults)
    words["logical_id"] = _text(given, "logicalResourceId", faults)
    for name, attribute in _MAPS.items():
        words[attribute] = without_nulls(_member(given, name, faults))
    words["context"] = _member(document, "callbackContext", faults)
    action = document.get("action")
    if action not in [one.value for one in Action]:
        names = ", ".join(one.value for one in Action)
        faults.append(f'"action" is none of {names}')
    elif Action(action) in _MAKING and not words["token"]:
        faults.append('"bearerToken" is missing')
    if not words["type_name"]:
        faults.append('"resourceType" is missing')
    if faults:
        raise BadCall("; ".join(faults))
    return Call(Action(action), **words)


def _text(document: Mapping[str, Any], name: str, faults: list[str]) -> str:
    value = document.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        faults.append(f'"{name}" is no text')
        return ""
    return value


def _member(document: Mapping[str, Any], name: str, faults: list[str]) -> Mapping[str, Any]:
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        faults.append(f'"{name}" is no object')
        return {}
    return value


def without_nulls(value: Any) -> Any:
    """The value without members that are null, at any depth."""
    if isinstance(value, Mapping):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [without_nulls(one) for one in value if one is not None]
    return value
