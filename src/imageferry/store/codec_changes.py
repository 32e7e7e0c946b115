"""ChangeSet and Bindings to and from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from imageferry.model.changes import (
    Action,
    ChangeKind,
    ChangeSet,
    PropertyChange,
    Reading,
    Replacement,
    ResourceChange,
    Wanted,
    WantedOutput,
)
from imageferry.model.diagnostics import Span
from imageferry.model.templates import Bindings
from imageferry.store.codec import (
    Reader,
    Writer,
    decode_address,
    decode_addresses,
    decode_diagnostic,
    decode_inquiry,
    dumps,
    encode_address,
    encode_addresses,
    encode_diagnostic,
    encode_inquiry,
    loads,
)
from imageferry.store.codec_expressions import decode_expression, encode_expression


def encode_change_set(writer: Writer, change_set: ChangeSet) -> str:
    """A change set as JSON text, without its template's text."""
    document: dict[str, Any] = {
        "id": change_set.change_set_id,
        "stack_id": change_set.stack_id,
        "stack_name": change_set.stack_name,
        "kind": change_set.kind.value,
        "dialect": change_set.dialect,
        "region": change_set.region,
        "changes": [_encode_change(writer, change) for change in change_set.changes],
        "outputs": [_encode_output(writer, output) for output in change_set.outputs],
        "bindings": _encode_bindings(writer, change_set.bindings),
        "template_name": change_set.template_name,
        "description": change_set.description,
        "warnings": [encode_diagnostic(writer, warning) for warning in change_set.warnings],
        "replacement_allowed": change_set.replacement_allowed,
        "created_at": change_set.created_at,
    }
    if change_set.left_out:
        document["left_out"] = encode_addresses(change_set.left_out)
    if change_set.asked_before is not None:
        document["asked_before"] = [encode_inquiry(one) for one in change_set.asked_before]
    # Last, since the names of the sources are gathered on the way.
    document["sources"] = list(writer.sources)
    return dumps(document)


def decode_change_set(reader: Reader, text: bytes, template: bytes) -> ChangeSet:
    """The change set that `encode_change_set` wrote."""
    document = loads(text)
    reader.sources = document["sources"]
    asked = document.get("asked_before")
    return ChangeSet(
        change_set_id=document["id"],
        stack_id=document["stack_id"],
        stack_name=document["stack_name"],
        kind=ChangeKind(document["kind"]),
        dialect=document["dialect"],
        region=document["region"],
        changes=tuple(_decode_change(reader, entry) for entry in document["changes"]),
        outputs=tuple(_decode_output(reader, entry) for entry in document["outputs"]),
        bindings=_decode_bindings(reader, document["bindings"]),
        template=template,
        template_name=document["template_name"],
        description=document["description"],
        warnings=tuple(decode_diagnostic(reader, entry) for entry in document["warnings"]),
        replacement_allowed=document["replacement_allowed"],
        created_at=document["created_at"],
        left_out=decode_addresses(document.get("left_out", [])),
        asked_before=None if asked is None else tuple(decode_inquiry(one) for one in asked),
    )


def _encode_output(writer: Writer, output: WantedOutput) -> list[Any]:
    document = [
        output.name,
        encode_expression(writer, output.value),
        output.description,
        output.no_echo,
    ]
    if output.export_name:
        document += [output.export_name, writer.value(output.foreseen)]
    return document


def _decode_output(reader: Reader, document: list[Any]) -> WantedOutput:
    name, value, description, no_echo, *export = document
    output = WantedOutput(name, decode_expression(reader, value), description, no_echo)
    if not export:
        return output
    export_name, foreseen = export
    return replace(output, export_name=export_name, foreseen=reader.value(foreseen))


def _encode_change(writer: Writer, change: ResourceChange) -> list[Any]:
    moved_from = change.moved_from
    document: list[Any] = [
        encode_address(change.address),
        change.type_name,
        change.action.value,
        change.replacement.value,
        [_encode_property(writer, entry) for entry in change.properties],
        None if change.wanted is None else _encode_wanted(writer, change.wanted),
        None if moved_from is None else encode_address(moved_from),
        [encode_diagnostic(writer, entry) for entry in change.blocked],
        [change.retained, change.repairs],
        change.physical_id,
        encode_addresses(change.depends_on),
    ]
    # Only what is taken in, set back, or read has these.
    reading = change.reading
    if change.adopts is not None or change.observed or change.renews or reading is not None:
        document.append(None if change.adopts is None else dict(change.adopts))
    if change.observed or change.renews or reading is not None:
        document.append(writer.values(change.observed))
    if change.renews or reading is not None:
        document.append(change.renews)
    if reading is not None:
        found = reading.attributes
        document.append([None if found is None else writer.values(found)])
    return document


def _decode_change(reader: Reader, document: list[Any]) -> ResourceChange:
    (
        address,
        type_name,
        action,
        replacement,
        properties,
        wanted,
        moved_from,
        blocked,
        (retained, repairs),
        physical_id,
        depends_on,
        *more,
    ) = document
    rare: list[Any] = [None, {}, False, None]
    adopts, observed, renews, reading = [*more, *rare[len(more) :]]
    return ResourceChange(
        address=decode_address(address),
        type_name=type_name,
        action=Action(action),
        replacement=Replacement(replacement),
        properties=tuple(_decode_property(reader, entry) for entry in properties),
        wanted=None if wanted is None else _decode_wanted(reader, wanted),
        moved_from=None if moved_from is None else decode_address(moved_from),
        blocked=tuple(decode_diagnostic(reader, entry) for entry in blocked),
        retained=retained,
        repairs=repairs,
        physical_id=physical_id,
        adopts=adopts,
        observed=reader.values(observed),
        renews=renews,
        reading=None if reading is None else _decode_reading(reader, reading),
        depends_on=decode_addresses(depends_on),
    )


def _decode_reading(reader: Reader, document: list[Any]) -> Reading:
    (found,) = document
    return Reading(None if found is None else reader.values(found))


def _encode_property(writer: Writer, change: PropertyChange) -> list[Any]:
    return [
        list(change.path),
        writer.value(change.before),
        writer.value(change.after),
        change.requires_replacement.value,
        change.remark,
        writer.span(change.span),
    ]


def _decode_property(reader: Reader, document: list[Any]) -> PropertyChange:
    path, before, after, requires_replacement, remark, span = document
    return PropertyChange(
        path=tuple(path),
        before=reader.value(before),
        after=reader.value(after),
        requires_replacement=Replacement(requires_replacement),
        remark=remark,
        span=reader.span(span),
    )


def _encode_wanted(writer: Writer, wanted: Wanted) -> list[Any]:
    return [
        encode_address(wanted.address),
        wanted.type_name,
        {name: encode_expression(writer, entry) for name, entry in wanted.properties.items()},
        encode_addresses(wanted.depends_on),
        [wanted.deletion_policy, wanted.replacement_policy]
        + ([True] if wanted.deletes_remains else []),
        writer.span(wanted.span),
        {name: writer.span(span) for name, span in wanted.property_spans.items()},
    ]


def _decode_wanted(reader: Reader, document: list[Any]) -> Wanted:
    address, type_name, properties, depends_on, policies, span, property_spans = document
    return Wanted(
        address=decode_address(address),
        type_name=type_name,
        properties={name: decode_expression(reader, entry) for name, entry in properties.items()},
        depends_on=decode_addresses(depends_on),
        deletion_policy=policies[0],
        replacement_policy=policies[1],
        span=reader.span(span),
        property_spans=_decode_spans(reader, property_spans),
        deletes_remains=len(policies) > 2,
    )


def _decode_spans(reader: Reader, document: Mapping[str, Any]) -> dict[str, Span]:
    return {
        name: span for name, entry in document.items() if (span := reader.span(entry)) is not None
    }


def _encode_bindings(writer: Writer, bindings: Bindings) -> dict[str, Any]:
    document: dict[str, Any] = {
        "parameters": writer.values(bindings.parameters),
        "pseudo": writer.values(bindings.pseudo),
        "conditions": dict(bindings.conditions),
        "mappings": {
            name: {key: writer.values(entry) for key, entry in mapping.items()}
            for name, mapping in bindings.mappings.items()
        },
        "counts": dict(bindings.counts),
        "absent": sorted(bindings.absent),
    }
    if bindings.answers:
        document["answers"] = [
            [encode_inquiry(inquiry), writer.value(answer)]
            for inquiry, answer in bindings.answers.items()
        ]
    return document


def _decode_bindings(reader: Reader, document: dict[str, Any]) -> Bindings:
    return Bindings(
        parameters=reader.values(document["parameters"]),
        pseudo=reader.values(document["pseudo"]),
        conditions=document["conditions"],
        mappings={
            name: {key: reader.values(entry) for key, entry in mapping.items()}
            for name, mapping in document["mappings"].items()
        },
        counts=document["counts"],
        absent=frozenset(document["absent"]),
        # Change sets that were kept before anything could be asked have none.
        answers={
            decode_inquiry(inquiry): reader.value(answer)
            for inquiry, answer in document.get("answers", ())
        },
    )
