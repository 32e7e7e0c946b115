"""Operations, step records and progress to and from JSON.

A journal row holds what one commit says that is new about some steps: the first time everything,
later only the fields that changed. Reading folds the rows in their order; properties are written
once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from imageferry.model.changes import ChangeKind
from imageferry.model.handlers import HandlerAction
from imageferry.model.operations import OnFailure, Operation, StepProgress, StepRecord
from imageferry.model.statuses import OperationStatus, StepStatus
from imageferry.store.codec import (
    Reader,
    Writer,
    decode_address,
    dumps,
    encode_address,
    loads,
)

StepKey = tuple[int, str]
"""Phase and step id: what a journal holds one record of."""


class _Field(NamedTuple):
    name: str
    key: str
    encode: Callable[[Writer, Any], Any]
    decode: Callable[[Reader, Any], Any]
    is_rich: bool = False


def _as_it_is(_: Writer | Reader, part: Any) -> Any:
    return part


def _encode_values(writer: Writer, values: Any) -> Any:
    return None if values is None else writer.values(values)


def _decode_values(reader: Reader, document: Any) -> Any:
    return None if document is None else reader.values(document)


# The keys are short because every step writes them.
_FIELDS: Final = (
    _Field(
        "address",
        "a",
        lambda _, address: encode_address(address),
        lambda _, document: decode_address(document),
    ),
    _Field("type_name", "y", _as_it_is, _as_it_is),
    _Field("action", "n", lambda _, action: action.value, lambda _, word: HandlerAction(word)),
    _Field("status", "s", lambda _, status: status.value, lambda _, word: StepStatus(word)),
    _Field("token", "t", _as_it_is, _as_it_is),
    _Field("intended_at", "i", _as_it_is, _as_it_is),
    _Field("physical_id", "p", _as_it_is, _as_it_is),
    _Field("properties", "v", _encode_values, _decode_values, is_rich=True),
    _Field("attributes", "g", _encode_values, _decode_values, is_rich=True),
    _Field("context", "c", lambda _, context: dict(context), _as_it_is, is_rich=True),
    _Field(
        "leftovers",
        "l",
        lambda _, leftovers: [dict(entry) for entry in leftovers],
        lambda _, document: tuple(document),
        is_rich=True,
    ),
    _Field("attempts", "m", _as_it_is, _as_it_is),
    _Field("reason", "r", _as_it_is, _as_it_is),
    _Field("error_code", "e", _as_it_is, _as_it_is),
    _Field("request_id", "q", _as_it_is, _as_it_is),
    _Field("ended_at", "d", _as_it_is, _as_it_is),
    _Field(
        "remains",
        "k",
        lambda _, remains: [dict(entry) for entry in remains],
        lambda _, document: tuple(document),
        is_rich=True,
    ),
)
_BY_KEY: Final = {entry.key: entry for entry in _FIELDS}
_EMPTY: Final[Mapping[str, Any]] = {
    "physical_id": None,
    "properties": None,
    "attributes": None,
    "context": {},
    "leftovers": (),
    "attempts": 0,
    "reason": "",
    "error_code": "",
    "request_id": "",
    "ended_at": None,
    "remains": (),
}
_ABSENT: Final = object()


def encode_record(
    writer: Writer, record: StepRecord, previous: StepRecord | None
) -> list[Any] | None:
    """What a record says that `previous` did not; None where that is nothing."""
    news: dict[str, Any] = {}
    for name, key, encode, _, is_rich in _FIELDS:
        now = getattr(record, name)
        before = _EMPTY.get(name, _ABSENT) if previous is None else getattr(previous, name)
        if now is before:
            continue
        if not is_rich:
            if now != before:
                news[key] = encode(writer, now)
        elif not now and not before:
            if (now is None) != (before is None):
                news[key] = encode(writer, now)
        else:
            encoded = encode(writer, now)
            # By their text: True and 1 are equal, and are not the same property.
            if not before or dumps(encoded) != dumps(encode(writer, before)):
                news[key] = encoded
    return [record.phase, record.step_id, news] if news else None


def fold_records(reader: Reader, text: str, records: dict[StepKey, StepRecord]) -> None:
    """Bring `records` up to date with one more journal row."""
    for entry in loads(text):
        fold_entry(reader, entry, records)


def fold_entry(reader: Reader, entry: list[Any], records: dict[StepKey, StepRecord]) -> None:
    """Bring `records` up to date with what one row says of one step."""
    phase, step_id, news = entry
    fields: dict[str, Any] = {}
    for key, document in news.items():
        field = _BY_KEY[key]
        fields[field.name] = field.decode(reader, document)
    previous = records.get((phase, step_id))
    if previous is None:
        records[phase, step_id] = StepRecord(phase=phase, step_id=step_id, **fields)
    else:
        records[phase, step_id] = replace(previous, **fields)


def encode_operation(operation: Operation) -> dict[str, Any]:
    """An operation as its row's columns."""
    return {
        "operation_id": operation.operation_id,
        "stack_id": operation.stack_id,
        "status": operation.status.value,
        "epoch": operation.epoch,
        "entries_since_record": operation.entries_since_record,
        "cancel_requested": operation.cancel_requested,
        "client_token": operation.client_token,
        "change_set_id": operation.change_set_id,
        "rollback_id": operation.rollback_id,
        "reason": dumps(operation.reason),
        "ended_at": operation.ended_at,
        "body": dumps(
            {
                "kind": operation.kind.value,
                "on_failure": operation.on_failure.value,
                "fingerprint": operation.fingerprint,
                "deadline": operation.deadline,
                "parallel": operation.parallel,
                "started_at": operation.started_at,
                "schema": operation.schema,
                **({"deletes_remains": True} if operation.deletes_remains else {}),
            }
        ),
    }


def decode_operation(row: Mapping[Any, Any]) -> Operation:
    """The operation of a row."""
    body = loads(row["body"])
    return Operation(
        operation_id=row["operation_id"],
        stack_id=row["stack_id"],
        kind=ChangeKind(body["kind"]),
        status=OperationStatus(row["status"]),
        change_set_id=row["change_set_id"],
        on_failure=OnFailure(body["on_failure"]),
        fingerprint=body["fingerprint"],
        client_token=row["client_token"],
        epoch=row["epoch"],
        entries_since_record=row["entries_since_record"],
        cancel_requested=row["cancel_requested"],
        rollback_id=row["rollback_id"],
        reason=loads(row["reason"]),
        deadline=body["deadline"],
        parallel=body["parallel"],
        started_at=body["started_at"],
        ended_at=row["ended_at"],
        schema=body["schema"],
        deletes_remains=body.get("deletes_remains", False),
    )


def encode_progress(progress: Sequence[StepProgress]) -> str:
    """The progress of all steps as JSON text."""
    return dumps(
        [
            [step.address, step.percent, step.says, step.remaining]
            + ([list(step.queue)] if step.queue is not None else [])
            for step in progress
        ]
    )


def decode_progress(text: str) -> list[StepProgress]:
    """The progress that `encode_progress` wrote."""
    return [
        StepProgress(address, percent, says, remaining, tuple(rest[0]) if rest else None)
        for address, percent, says, remaining, *rest in loads(text)
    ]
