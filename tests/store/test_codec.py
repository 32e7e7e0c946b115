"""decode(encode(x)) == x for every kind of thing that is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.model.addresses import ResourceAddress
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
from imageferry.model.diagnostics import Diagnostic, Severity, Span
from imageferry.model.drift import DriftMark, StackDriftStatus
from imageferry.model.events import Event
from imageferry.model.expressions import (
    Attribute,
    Call,
    ConditionReference,
    Expression,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    Reference,
)
from imageferry.model.handlers import HandlerAction
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.operations import OnFailure, Operation, StepProgress, StepRecord
from imageferry.model.stacks import Export, Place, Resource, Stack
from imageferry.model.statuses import (
    OperationStatus,
    ResourceStatus,
    StackStatus,
    StepStatus,
)
from imageferry.model.templates import Bindings
from imageferry.model.values import NO_VALUE, UNKNOWN, Secret, Value
from imageferry.store.codec import (
    Reader,
    Writer,
    decode_events,
    decode_hidden,
    decode_resource,
    decode_stack,
    dumps,
    encode_events,
    encode_hidden,
    encode_resource,
    encode_stack_body,
    loads,
)
from imageferry.store.codec_changes import decode_change_set, encode_change_set
from imageferry.store.codec_expressions import decode_expression, encode_expression
from imageferry.store.codec_journal import (
    StepKey,
    decode_operation,
    decode_progress,
    encode_operation,
    encode_progress,
    encode_record,
    fold_records,
)


class Drawer:
    """Where secrets go while a document is encoded: a list, and the id is the place in it."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    def writer(self) -> Writer:
        return Writer(self._seal)

    def reader(self) -> Reader:
        return Reader(self._open)

    def _seal(self, secret: Secret) -> str:
        self.contents.append(encode_hidden(secret.revealed))
        return str(len(self.contents) - 1)

    def _open(self, secret_id: str | None) -> Secret:
        assert secret_id is not None
        return Secret(decode_hidden(self.contents[int(secret_id)]))


# Any text: other scripts, control characters, the beginnings that the codec keeps for itself.
texts = st.text(max_size=8) | st.sampled_from(
    ["$secret", "$map", "$unknown", "!secret", "!map", "镜像", "\0", "\ud800", ""]
)
words = st.text("abcXYZ019", min_size=1, max_size=6)
numbers = st.integers() | st.floats(allow_nan=False)
plain = st.none() | st.booleans() | numbers | texts
json_values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
values: st.SearchStrategy[Value] = st.recursive(
    plain | st.just(UNKNOWN) | st.just(NO_VALUE),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts, inner, max_size=3)
        | st.builds(Secret, inner)
    ),
    max_leaves=8,
)
value_maps = st.dictionaries(texts, values, max_size=3)
contexts = st.dictionaries(texts, json_values, max_size=2)
spans = st.builds(Span, words, st.integers(1, 9), st.integers(1, 9))
maybe_spans = st.none() | spans
expressions: st.SearchStrategy[Expression] = st.recursive(
    st.builds(Literal, values, maybe_spans)
    | st.builds(Reference, texts, maybe_spans)
    | st.builds(Pseudo, texts, maybe_spans)
    | st.builds(ConditionReference, texts, maybe_spans),
    lambda inner: (
        st.builds(Attribute, inner, inner, maybe_spans)
        | st.builds(Call, texts, inner, texts, maybe_spans)
        | st.builds(ListOf, st.lists(inner, max_size=2).map(tuple), maybe_spans)
        | st.builds(
            MapOf,
            st.dictionaries(texts, inner, max_size=2),
            maybe_spans,
            st.none() | st.dictionaries(texts, spans, max_size=2),
        )
    ),
    max_leaves=5,
)
addresses = st.builds(ResourceAddress, words, st.none() | st.integers(0, 99))
several_addresses = st.lists(addresses, max_size=2).map(tuple)
diagnostics = st.builds(
    Diagnostic, words, st.sampled_from(Severity), texts, texts, texts, maybe_spans
)
several_diagnostics = st.lists(diagnostics, max_size=2).map(tuple)
property_changes = st.builds(
    PropertyChange,
    st.lists(texts | st.integers(0, 9), max_size=3).map(tuple),
    values,
    values,
    st.sampled_from(Replacement),
    texts,
    maybe_spans,
)
wanted = st.builds(
    Wanted,
    addresses,
    texts,
    st.dictionaries(texts, expressions, max_size=2),
    several_addresses,
    words,
    words,
    maybe_spans,
    st.dictionaries(texts, spans, max_size=2),
    st.booleans(),
)
changes = st.builds(
    ResourceChange,
    address=addresses,
    type_name=texts,
    action=st.sampled_from(Action),
    replacement=st.sampled_from(Replacement),
    properties=st.lists(property_changes, max_size=2).map(tuple),
    wanted=st.none() | wanted,
    moved_from=st.none() | addresses,
    blocked=several_diagnostics,
    retained=st.booleans(),
    repairs=st.booleans(),
    physical_id=st.none() | texts,
    depends_on=several_addresses,
    adopts=st.none() | contexts,
    observed=value_maps,
    renews=st.booleans(),
    reading=st.none() | st.builds(Reading, st.none() | value_maps),
)
inquiries = st.builds(Inquiry, st.sampled_from(InquiryKind), st.lists(texts, max_size=3).map(tuple))
exports = st.builds(Export, texts, texts, values)
bindings = st.builds(
    Bindings,
    parameters=value_maps,
    pseudo=value_maps,
    conditions=st.dictionaries(texts, st.booleans(), max_size=2),
    mappings=st.dictionaries(texts, st.dictionaries(texts, value_maps, max_size=2), max_size=2),
    counts=st.dictionaries(texts, st.integers(0, 9), max_size=2),
    absent=st.frozensets(texts, max_size=2),
    answers=st.dictionaries(inquiries, values, max_size=2),
)
outputs = st.builds(WantedOutput, texts, expressions, texts, st.booleans()) | st.builds(
    WantedOutput, texts, expressions, texts, st.booleans(), words, values
)
change_sets = st.builds(
    ChangeSet,
    change_set_id=texts,
    stack_id=texts,
    stack_name=texts,
    kind=st.sampled_from(ChangeKind),
    dialect=texts,
    region=texts,
    changes=st.lists(changes, max_size=2).map(tuple),
    outputs=st.lists(outputs, max_size=2).map(tuple),
    bindings=bindings,
    template=st.binary(max_size=9),
    template_name=texts,
    description=texts,
    warnings=several_diagnostics,
    replacement_allowed=st.booleans(),
    created_at=st.floats(0, 1e10),
    left_out=several_addresses,
)
times = st.floats(0, 1e10)
resources = st.builds(
    Resource,
    address=addresses,
    type_name=texts,
    status=st.sampled_from(ResourceStatus),
    status_reason=texts,
    physical_id=st.none() | texts,
    properties=value_maps,
    attributes=value_maps,
    context=contexts,
    leftovers=st.lists(contexts, max_size=2).map(tuple),
    depends_on=several_addresses,
    deletion_policy=words,
    replacement_policy=words,
    created_at=times,
    updated_at=times,
    generation=st.integers(0, 9),
    deletes_remains=st.booleans(),
)
drift_marks = st.builds(
    DriftMark, st.sampled_from(StackDriftStatus), times, st.integers(0, 9), st.integers(0, 9)
)
stacks = st.builds(
    Stack,
    stack_id=words,
    name=words,
    place=st.builds(Place, words, words, words),
    dialect=words,
    status=st.sampled_from(StackStatus),
    status_reason=texts,
    template=st.binary(max_size=9),
    template_name=texts,
    parameters=value_maps,
    outputs=value_maps,
    description=texts,
    created_at=times,
    updated_at=times,
    operation_id=st.none() | words,
    tags=st.dictionaries(texts, texts, max_size=2),
    exports=st.lists(exports, max_size=2).map(tuple),
    asked=st.lists(inquiries, max_size=2).map(tuple),
    drift=st.none() | drift_marks,
    is_protected=st.booleans(),
    policy=texts,
)
operations = st.builds(
    Operation,
    operation_id=words,
    stack_id=words,
    kind=st.sampled_from(ChangeKind),
    status=st.sampled_from(OperationStatus),
    change_set_id=words,
    on_failure=st.sampled_from(OnFailure),
    fingerprint=texts,
    client_token=st.none() | texts,
    epoch=st.integers(0, 99),
    entries_since_record=st.integers(0, 99),
    cancel_requested=st.booleans(),
    rollback_id=st.none() | words,
    reason=texts,
    deadline=st.none() | times,
    parallel=st.integers(0, 99),
    started_at=times,
    ended_at=st.none() | times,
    deletes_remains=st.booleans(),
)
records = st.builds(
    StepRecord,
    phase=st.integers(0, 1),
    step_id=st.sampled_from(["create:A", "create:B"]),
    address=addresses,
    type_name=texts,
    action=st.sampled_from(HandlerAction),
    status=st.sampled_from(StepStatus),
    token=texts,
    intended_at=times,
    physical_id=st.none() | texts,
    properties=st.none() | value_maps,
    attributes=st.none() | value_maps,
    context=contexts,
    leftovers=st.lists(contexts, max_size=2).map(tuple),
    attempts=st.integers(0, 9),
    reason=texts,
    error_code=texts,
    request_id=texts,
    ended_at=st.none() | times,
    remains=st.lists(contexts, max_size=2).map(tuple),
)
few = settings(max_examples=60, deadline=None)


@settings(max_examples=200, deadline=None)
@given(values)
def test_values_come_back(value: Value) -> None:
    drawer = Drawer()
    text = dumps(drawer.writer().value(value))
    assert text.isascii()
    found = drawer.reader().value(loads(text))
    assert repr(found) == repr(value)
    assert found == value


@settings(max_examples=200, deadline=None)
@given(values)
def test_hidden_values_come_back(value: Value) -> None:
    found = decode_hidden(encode_hidden(value))
    assert repr(found) == repr(value)
    assert found == value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"$secret": "id"}, id="as a secret looks"),
        pytest.param({"$map": {"$unknown": True}}, id="as an escape looks"),
        pytest.param({"$": {"$no_value": None}}, id="one dollar"),
        pytest.param([{"$unknown": True, "b": 1}], id="two keys"),
        pytest.param(Secret({"!secret": {"!map": Secret("x")}}), id="marks inside a secret"),
    ],
)
def test_a_users_map_is_never_taken_for_ours(value: Value) -> None:
    drawer = Drawer()
    assert drawer.reader().value(loads(dumps(drawer.writer().value(value)))) == value


def test_what_is_no_value_is_refused_without_showing_it() -> None:
    with pytest.raises(TypeError) as refused:
        Drawer().writer().value({"Password": b"hunter2"})  # type: ignore[dict-item]
    assert str(refused.value) == 'a value of the type "bytes" cannot be kept'


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match='unknown form "\\$later"'):
        Drawer().reader().value({"$later": 1})
    with pytest.raises(ValueError, match='unknown form "Z"'):
        decode_expression(Drawer().reader(), ["Z", 1, None])


@few
@given(expressions)
def test_expressions_come_back(expression: Expression) -> None:
    drawer = Drawer()
    writer = drawer.writer()
    document = loads(dumps(encode_expression(writer, expression)))
    reader = drawer.reader()
    reader.sources = list(writer.sources)
    assert decode_expression(reader, document) == expression


@few
@given(change_sets)
def test_change_sets_come_back(change_set: ChangeSet) -> None:
    drawer = Drawer()
    text = encode_change_set(drawer.writer(), change_set)
    found = decode_change_set(drawer.reader(), text.encode("ascii"), change_set.template)
    assert found == change_set


@few
@given(resources)
def test_resources_come_back(resource: Resource) -> None:
    drawer = Drawer()
    text = encode_resource(drawer.writer(), resource)
    assert decode_resource(drawer.reader(), str(resource.address), text) == resource


@few
@given(stacks)
def test_stacks_come_back(stack: Stack) -> None:
    drawer = Drawer()
    body = encode_stack_body(drawer.writer(), stack).encode("ascii")
    row = {
        "stack_id": stack.stack_id,
        "name": stack.name,
        "cloud": stack.place.cloud,
        "account_id": stack.place.account_id,
        "region": stack.place.region,
        "status": stack.status.value,
        "status_reason": dumps(stack.status_reason),
        "operation_id": stack.operation_id,
        "created_at": stack.created_at,
        "updated_at": stack.updated_at,
    }
    assert decode_stack(drawer.reader(), row, body, stack.template) == stack


@few
@given(operations)
def test_operations_come_back(operation: Operation) -> None:
    assert decode_operation(encode_operation(operation)) == operation


@few
@given(st.lists(records, max_size=6))
def test_journals_fold_to_the_last_record_of_each_step(written: list[StepRecord]) -> None:
    drawer = Drawer()
    last: dict[StepKey, StepRecord] = {}
    found: dict[StepKey, StepRecord] = {}
    for record in written:
        key = (record.phase, record.step_id)
        said = encode_record(drawer.writer(), record, last.get(key))
        last[key] = record
        if said is not None:
            fold_records(drawer.reader(), dumps([said]), found)
        assert encode_record(drawer.writer(), replace(record), record) is None
    assert found == last


@few
@given(
    st.lists(
        st.builds(
            Event,
            stack_id=st.just("stack"),
            operation_id=st.sampled_from(["mine", "other", ""]),
            time=times,
            address=texts,
            type_name=texts,
            status=st.sampled_from(StackStatus) | st.sampled_from(ResourceStatus),
            reason=texts,
            physical_id=st.none() | texts,
        ),
        max_size=4,
    )
)
def test_events_come_back(events: list[Event]) -> None:
    text = encode_events(events, "mine")
    assert decode_events("stack", 5, "mine", text) == [
        replace(event, sequence=sequence) for sequence, event in enumerate(events, 5)
    ]


def test_progress_comes_back() -> None:
    progress = [
        StepProgress("A[0]", 40, "Creating 40%", 1.5),
        StepProgress("B", None, "Waiting"),
        StepProgress("C", 0, "queued, 3rd of 7 in cn-shanghai", 90.0, (3, 7)),
    ]
    assert decode_progress(encode_progress(progress)) == progress


def _kept_earlier() -> tuple[str, str]:
    """A change set and a stack's body as they were written before anything could be asked."""
    change_set = {
        "id": "c-1", "stack_id": "s-1", "stack_name": "demo", "kind": "UPDATE", "dialect": "ros",
        "region": "cn-hangzhou", "changes": [],
        "outputs": [["Id", None, "the copy", False]],
        "bindings": {
            "parameters": {"Name": "a"}, "pseudo": {}, "conditions": {}, "mappings": {},
            "counts": {}, "absent": [],
        },
        "template_name": "t.yml", "description": "", "warnings": [],
        "replacement_allowed": False, "created_at": 1.0, "sources": ["t.yml"],
    }  # fmt: skip
    body = {
        "dialect": "ros", "template_name": "t.yml", "parameters": {}, "outputs": {"Id": "m-1"},
        "description": "", "tags": {},
    }  # fmt: skip
    return dumps(change_set), dumps(body)


def test_what_was_kept_before_there_were_exports_is_still_read() -> None:
    change_set_text, body = _kept_earlier()
    reader = Drawer().reader()
    wanted = encode_expression(Writer(lambda _: None), Reference("Copy", Span("t.yml", 3, 1)))
    document = loads(change_set_text)
    document["outputs"][0][1] = wanted
    change_set = decode_change_set(reader, dumps(document).encode("ascii"), b"")
    assert change_set.bindings.answers == {}
    (output,) = change_set.outputs
    assert (output.name, output.export_name, output.foreseen) == ("Id", "", UNKNOWN)
    row = {
        "stack_id": "s-1", "name": "demo", "cloud": "emulator", "account_id": "1",
        "region": "cn-hangzhou", "status": "CREATED", "status_reason": dumps(""),
        "operation_id": None, "created_at": 1.0, "updated_at": 1.0,
    }  # fmt: skip
    stack = decode_stack(Drawer().reader(), row, body.encode("ascii"), b"")
    assert (stack.exports, stack.asked, stack.outputs) == ((), (), {"Id": "m-1"})


def test_what_asks_nothing_is_kept_as_before() -> None:
    stack = Stack("s-1", "demo", Place("emulator", "1", "cn-hangzhou"), "ros", StackStatus.CREATED)
    assert loads(encode_stack_body(Drawer().writer(), stack)).keys() == {
        "dialect", "template_name", "parameters", "outputs", "description", "tags",
    }  # fmt: skip
