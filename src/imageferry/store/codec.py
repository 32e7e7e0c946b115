"""Values, places, diagnostics, stacks, resources and events to and from JSON.

JSON is kept in ASCII, so that any text survives any database. A map of one key that begins with
`$` is ours: `{"$secret": id}`, `{"$unknown": true}`, `{"$no_value": true}`; a user's map of that
shape is wrapped in `{"$map": ...}`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from imageferry.model.addresses import ResourceAddress, parse_address
from imageferry.model.diagnostics import Diagnostic, Severity, Span
from imageferry.model.drift import DriftMark, StackDriftStatus
from imageferry.model.events import Event
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.stacks import Export, Place, Resource, Stack
from imageferry.model.statuses import ResourceStatus, StackStatus
from imageferry.model.values import NO_VALUE, UNKNOWN, Json, Secret, Value

Seal = Callable[[Secret], str | None]
"""Keeps a secret elsewhere and gives its id; None where it is not to be kept at all."""

Open = Callable[[str | None], Secret]
"""The secret of an id; a Secret of None where it was erased."""

_PLAIN: Final = frozenset({type(None), bool, int, float, str})

_encode_json: Final = json.JSONEncoder(separators=(",", ":")).encode


def dumps(document: Any) -> str:
    """Compact JSON in ASCII."""
    return _encode_json(document)


def loads(text: str | bytes) -> Any:
    """What `dumps` wrote."""
    return json.loads(text)


class Choices(NamedTuple):
    """What may be chosen for a stack at any time, whatever runs on it."""

    is_protected: bool
    policy: str
    tags: Mapping[str, str]
    options: Mapping[str, Json]


@dataclass(slots=True)
class Writer:
    """Encodes one document; source names are kept once, in `sources`, in the order first met."""

    seal: Seal
    sources: dict[str, int] = field(default_factory=dict)

    def value(self, value: Value) -> Any:
        """A Value as JSON; raises TypeError for anything that is none."""
        if type(value) in _PLAIN:
            return value
        if isinstance(value, Mapping):
            encoded = {key: self.value(entry) for key, entry in value.items()}
            return {"$map": encoded} if _looks_ours(encoded) else encoded
        if isinstance(value, (list, tuple)):
            return [self.value(entry) for entry in value]
        if isinstance(value, Secret):
            return {"$secret": self.seal(value)}
        if value is UNKNOWN:
            return {"$unknown": True}
        if value is NO_VALUE:
            return {"$no_value": True}
        if isinstance(value, (str, int, float)):
            return value
        raise TypeError(f'a value of the type "{type(value).__name__}" cannot be kept')

    def values(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """A map of values by name; the map itself is never wrapped."""
        return {name: self.value(value) for name, value in values.items()}

    def span(self, span: Span | None) -> Any:
        """A place as `[source, line, column]`."""
        if span is None:
            return None
        return [self.sources.setdefault(span.source, len(self.sources)), span.line, span.column]


@dataclass(slots=True)
class Reader:
    """Decodes one document that a Writer wrote."""

    open: Open
    sources: list[str] = field(default_factory=list)

    def value(self, document: Any) -> Value:
        """The Value that `Writer.value` encoded."""
        if type(document) is dict:
            if _looks_ours(document):
                return self._special(document)
            return {key: self.value(entry) for key, entry in document.items()}
        if type(document) is list:
            return [self.value(entry) for entry in document]
        plain: Value = document
        return plain

    def values(self, document: Mapping[str, Any]) -> dict[str, Value]:
        """The map that `Writer.values` encoded."""
        return {name: self.value(entry) for name, entry in document.items()}

    def span(self, document: Any) -> Span | None:
        """The place that `Writer.span` encoded."""
        if document is None:
            return None
        source, line, column = document
        return Span(self.sources[source], line, column)

    def _special(self, document: dict[str, Any]) -> Value:
        ((key, content),) = document.items()
        match key:
            case "$secret":
                return self.open(content)
            case "$unknown":
                return UNKNOWN
            case "$no_value":
                return NO_VALUE
            case "$map":
                return {name: self.value(entry) for name, entry in content.items()}
            case _:
                raise ValueError(f'a kept value has the unknown form "{key}"')


def _looks_ours(document: Mapping[str, Any]) -> bool:
    return len(document) == 1 and next(iter(document)).startswith("$")


def encode_hidden(value: Value) -> bytes:
    """What a Secret hides, as bytes to be encrypted; secrets inside it stay where they are."""
    return dumps(Writer(_no_seal).value(_unwrapped(value))).encode()


def decode_hidden(content: bytes) -> Value:
    """The value that `encode_hidden` wrote."""
    return _wrapped(Reader(_no_open).value(loads(content)))


# Inside a secret another Secret is written as a map of this one key; every map of one key that
# begins with "!" is marked, so that no user's map can be taken for one.
_INNER: Final = "!secret"


def _unwrapped(value: Value) -> Value:
    if isinstance(value, Secret):
        return {_INNER: _unwrapped(value.revealed)}
    if isinstance(value, Mapping):
        inner = {key: _unwrapped(entry) for key, entry in value.items()}
        return {"!map": inner} if _looks_marked(inner) else inner
    if isinstance(value, (list, tuple)):
        return [_unwrapped(entry) for entry in value]
    return value


def _wrapped(value: Value) -> Value:
    if isinstance(value, Mapping):
        if _looks_marked(value):
            ((key, content),) = value.items()
            if key == _INNER:
                return Secret(_wrapped(content))
            if isinstance(content, Mapping):
                return {name: _wrapped(entry) for name, entry in content.items()}
        return {key: _wrapped(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_wrapped(entry) for entry in value]
    return value


def _looks_marked(value: Mapping[str, Value]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith("!")


def _no_seal(secret: Secret) -> str | None:
    raise TypeError("a secret inside a secret was not unwrapped")


def _no_open(secret_id: str | None) -> Secret:
    raise ValueError("a secret refers to another secret")


def encode_addresses(addresses: tuple[ResourceAddress, ...]) -> list[Any]:
    """Addresses, each as its logical id or as `[logical id, index]`."""
    return [encode_address(address) for address in addresses]


def decode_addresses(document: list[Any]) -> tuple[ResourceAddress, ...]:
    """The addresses that `encode_addresses` wrote."""
    return tuple(decode_address(entry) for entry in document)


def encode_address(address: ResourceAddress) -> Any:
    """An address as its logical id, or as `[logical id, index]`."""
    return address.logical_id if address.index is None else [address.logical_id, address.index]


def decode_address(document: Any) -> ResourceAddress:
    """The address that `encode_address` wrote."""
    return ResourceAddress(document) if isinstance(document, str) else ResourceAddress(*document)


def encode_diagnostic(writer: Writer, diagnostic: Diagnostic) -> list[Any]:
    """A diagnostic as a list."""
    return [
        diagnostic.code,
        diagnostic.severity.value,
        diagnostic.message,
        diagnostic.why,
        diagnostic.remedy,
        writer.span(diagnostic.span),
    ]


def decode_diagnostic(reader: Reader, document: list[Any]) -> Diagnostic:
    """The diagnostic that `encode_diagnostic` wrote."""
    code, severity, message, why, remedy, span = document
    return Diagnostic(code, Severity(severity), message, why, remedy, reader.span(span))


def encode_resource(writer: Writer, resource: Resource) -> str:
    """A resource as JSON text, without what is empty."""
    document = {
        "type": resource.type_name,
        "status": resource.status.name,
        "reason": resource.status_reason,
        "physical_id": resource.physical_id,
        "properties": writer.values(resource.properties),
        "attributes": writer.values(resource.attributes),
        "context": dict(resource.context),
        "leftovers": [dict(entry) for entry in resource.leftovers],
        "depends_on": encode_addresses(resource.depends_on),
        "policies": [resource.deletion_policy, resource.replacement_policy],
        "times": [resource.created_at, resource.updated_at],
        "generation": resource.generation,
        "deletes_remains": resource.deletes_remains,
    }
    return dumps({key: entry for key, entry in document.items() if entry or key == "physical_id"})


def decode_resource(reader: Reader, address: str, text: str) -> Resource:
    """The resource that `encode_resource` wrote."""
    document = loads(text)
    deletion_policy, replacement_policy = document["policies"]
    created_at, updated_at = document["times"]
    return Resource(
        address=parse_address(address),
        type_name=document.get("type", ""),
        status=ResourceStatus[document["status"]],
        status_reason=document.get("reason", ""),
        physical_id=document["physical_id"],
        properties=reader.values(document.get("properties", {})),
        attributes=reader.values(document.get("attributes", {})),
        context=document.get("context", {}),
        leftovers=tuple(document.get("leftovers", ())),
        depends_on=decode_addresses(document.get("depends_on", [])),
        deletion_policy=deletion_policy,
        replacement_policy=replacement_policy,
        created_at=created_at,
        updated_at=updated_at,
        generation=document.get("generation", 0),
        deletes_remains=document.get("deletes_remains", False),
    )


def encode_stack_body(writer: Writer, stack: Stack) -> str:
    """What of a stack is in no column of its own, without the template's text."""
    document: dict[str, Any] = {
        "dialect": stack.dialect,
        "template_name": stack.template_name,
        "parameters": writer.values(stack.parameters),
        "outputs": writer.values(stack.outputs),
        "description": stack.description,
        "tags": dict(stack.tags),
    }
    if stack.exports:
        document["exports"] = [
            [export.name, export.output, writer.value(export.value)] for export in stack.exports
        ]
    if stack.asked:
        document["asked"] = [encode_inquiry(inquiry) for inquiry in stack.asked]
    if stack.drift is not None:
        document["drift"] = encode_drift(stack.drift)
    if stack.is_protected:
        document["protected"] = True
    if stack.policy:
        document["policy"] = stack.policy
    if stack.options:
        document["options"] = dict(stack.options)
    return dumps(document)


def encode_inquiry(inquiry: Inquiry) -> list[Any]:
    """A question as the name of its kind and its arguments."""
    return [inquiry.kind.name, list(inquiry.arguments)]


def decode_inquiry(document: list[Any]) -> Inquiry:
    """The question that `encode_inquiry` wrote."""
    kind, arguments = document
    return Inquiry(InquiryKind[kind], tuple(arguments))


def decode_stack(reader: Reader, row: Mapping[Any, Any], body: bytes, template: bytes) -> Stack:
    """A stack from its row and its body."""
    document = loads(body)
    return Stack(
        stack_id=row["stack_id"],
        name=row["name"],
        place=Place(row["cloud"], row["account_id"], row["region"]),
        dialect=document["dialect"],
        status=StackStatus(row["status"]),
        status_reason=loads(row["status_reason"]),
        template=template,
        template_name=document["template_name"],
        parameters=reader.values(document["parameters"]),
        outputs=reader.values(document["outputs"]),
        description=document["description"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        operation_id=row["operation_id"],
        tags=document["tags"],
        # Nobody exported or asked anything when the first stacks were written.
        exports=tuple(
            Export(name, output, reader.value(value))
            for name, output, value in document.get("exports", ())
        ),
        asked=tuple(decode_inquiry(entry) for entry in document.get("asked", ())),
        is_protected=document.get("protected", False),
        policy=document.get("policy", ""),
        options=document.get("options", {}),
        drift=_decode_drift(document.get("drift")),
    )


def encode_drift(mark: DriftMark) -> list[Any]:
    """What a comparison with the cloud found, as a list."""
    return [mark.status.value, mark.checked_at, mark.drifted, mark.checked]


def _decode_drift(document: list[Any] | None) -> DriftMark | None:
    if document is None:
        return None
    status, checked_at, drifted, checked = document
    return DriftMark(StackDriftStatus(status), checked_at, drifted, checked)


def decode_choices(body: bytes) -> Choices:
    """Of a stack's body only what may be chosen for it at any time."""
    document = loads(body)
    return Choices(
        document.get("protected", False),
        document.get("policy", ""),
        document["tags"],
        document.get("options", {}),
    )


def encode_events(events: Sequence[Event], operation_id: str) -> str:
    """Events as JSON text; an operation's id only where it is not `operation_id`."""
    return dumps([_encode_event(event, operation_id) for event in events])


def decode_events(stack_id: str, first: int, operation_id: str | None, text: str) -> list[Event]:
    """The events that `encode_events` wrote, numbered from `first` on."""
    return [
        _decode_event(stack_id, sequence, operation_id, entry)
        for sequence, entry in enumerate(loads(text), first)
    ]


def decode_last_events(
    stack_id: str, first: int, operation_id: str | None, text: str, before: int | None, limit: int
) -> list[Event]:
    """At most `limit` of those events, newest first, that come before a number, or the last ones."""
    entries = loads(text)
    end = len(entries) if before is None else min(len(entries), before - first)
    return [
        _decode_event(stack_id, first + place, operation_id, entries[place])
        for place in range(end - 1, max(end - 1 - limit, -1), -1)
    ]


def _encode_event(event: Event, operation_id: str) -> list[Json]:
    document: list[Json] = [
        event.time,
        "S" if isinstance(event.status, StackStatus) else "R",
        event.status.name,
        event.address,
        event.type_name,
        event.reason,
        event.physical_id,
    ]
    if event.operation_id != operation_id:
        document.append(event.operation_id)
    return document


def _decode_event(
    stack_id: str, sequence: int, operation_id: str | None, document: list[Any]
) -> Event:
    time, kind, status, address, type_name, reason, physical_id, *other = document
    return Event(
        stack_id=stack_id,
        operation_id=other[0] if other else operation_id or "",
        time=time,
        address=address,
        type_name=type_name,
        status=StackStatus[status] if kind == "S" else ResourceStatus[status],
        reason=reason,
        physical_id=physical_id,
        sequence=sequence,
    )
