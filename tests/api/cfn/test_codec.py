"""The wire of the CloudFormation API against botocore's own client, in both directions."""

from __future__ import annotations

import math
import random
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.api.cfn.constraints import broken_constraints
from imageferry.api.cfn.decoding import MalformedInput, decode
from imageferry.api.cfn.encoding import encode_error, encode_reply, written_moment
from imageferry.api.cfn.model import (
    Boolean,
    Listing,
    Mapped,
    Model,
    Moment,
    Number,
    Structure,
    Text,
    load_model,
    read_model,
)

_TEXTS = ("plain", "a & b < c > d", "grüße 你好", '"quoted" twice"', "two\nlines", " blanks ", "'")


@cache
def model() -> Model:
    return load_model()


@cache
def client() -> Any:
    """A client of botocore that sends nothing, and validates nothing of what it is given."""
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    return session.create_client(
        "cloudformation",
        region_name="cn-beijing",
        config=Config(parameter_validation=False, retries={"max_attempts": 0}),
    )


def made_up(shape_name: str, chance: random.Random, depth: int = 0) -> Any:
    """A value of a shape; of recursive and optional parts only some."""
    match model().shapes[shape_name]:
        case Text(choices=choices):
            return chance.choice(choices or _TEXTS)
        case Number(is_whole=is_whole):
            return chance.randrange(1, 99) if is_whole else chance.randrange(1, 99) / 4
        case Boolean():
            return chance.random() < 0.5
        case Moment():
            return float(chance.randrange(1_700_000_000, 1_800_000_000))
        case Listing(member=member):
            return [made_up(member, chance, depth + 1) for _ in range(chance.randrange(0, 4))]
        case Mapped(value=value):
            keys = chance.sample(("one", "t&wo", "три"), chance.randrange(0, 3))
            return {key: made_up(value, chance, depth + 1) for key in keys}
        case Structure(members=members, required=required):
            if depth > 6:
                return {}
            return {
                name: made_up(inner, chance, depth + 1)
                for name, inner in members.items()
                if name in required or chance.random() < 0.7
            }


def as_sent(shape_name: str, value: Any) -> Any:
    """A value as whoever gets it over the wire has it: times are seconds."""
    match model().shapes[shape_name]:
        case Structure(members=members):
            return {name: as_sent(members[name], one) for name, one in value.items()}
        case Listing(member=member):
            return [as_sent(member, one) for one in value]
        case Mapped(value=inner):
            return {key: as_sent(inner, one) for key, one in value.items()}
        case Moment():
            return value if isinstance(value, float) else value.timestamp()
        case _:
            return value


def without_empty_maps(value: Any) -> Any:
    """A form has no words for a structure or map that holds nothing: botocore sends none."""
    match value:
        case dict():
            found = {name: without_empty_maps(one) for name, one in value.items()}
            return {name: one for name, one in found.items() if one != {}}
        case [_, *_]:
            return [one for one in map(without_empty_maps, value) if one != {}] or {}
        case _:
            return value


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_operation_goes_there_and_back_through_a_client(seed: int) -> None:
    chance, seen = random.Random(seed), {}

    def answer(request: Any, operation: str, **_: Any) -> Any:
        body = request.body.decode() if isinstance(request.body, bytes) else request.body
        pairs = tuple(parse_qsl(body, keep_blank_values=True, strict_parsing=True))
        seen["pairs"] = pairs
        shape = model().operations[operation]
        reply = {} if shape.gives is None else seen["reply"]
        response = encode_reply(model(), operation, reply, "an-id")
        headers = {**response.headers, "content-length": str(len(response.body))}
        return AWSResponse(request.url, response.status, headers, _Raw(response.body))

    held: dict[str, str] = {}

    def before_send(request: Any, **_: Any) -> Any:
        return answer(request, held["operation"])

    client().meta.events.register("before-send.cloudformation", before_send, unique_id=f"s{seed}")
    try:
        for name, shape in model().operations.items():
            asked = {} if shape.takes is None else made_up(shape.takes, chance)
            seen["reply"] = {} if shape.gives is None else made_up(shape.gives, chance)
            held["operation"] = name
            told = client()._make_api_call(name, dict(asked))
            assert told.pop("ResponseMetadata")["RequestId"] == "an-id"
            if shape.gives is not None:
                assert as_sent(shape.gives, told) == seen["reply"], name
            pairs = tuple(one for one in seen["pairs"] if one[0] not in ("Action", "Version"))
            found = decode(model(), shape.takes, pairs)
            tokens = {key for key in found if key.endswith(("Token", "OperationId"))} - set(asked)
            for token in tokens:
                del found[token]
            assert without_empty_maps(found) == without_empty_maps(asked), name
    finally:
        client().meta.events.unregister("before-send.cloudformation", unique_id=f"s{seed}")


class _Raw:
    """The body of a reply as urllib3 would give it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body

    def read(self, **_: Any) -> bytes:
        return self._body


def test_operations_without_a_result_have_no_result_element() -> None:
    body = encode_reply(model(), "DeleteStack", {}, "an-id").body.decode()
    assert "DeleteStackResult" not in body
    assert "<ResponseMetadata><RequestId>an-id</RequestId></ResponseMetadata>" in body
    empty = encode_reply(model(), "ExecuteChangeSet", {}, "an-id").body.decode()
    assert "<ExecuteChangeSetResult></ExecuteChangeSetResult>" in empty


def test_what_is_none_is_left_out_and_what_is_empty_is_an_empty_element() -> None:
    stack = {"StackName": "a", "Tags": [], "RollbackConfiguration": {}, "RoleARN": None}
    body = encode_reply(model(), "DescribeStacks", {"Stacks": [stack]}, "an-id").body.decode()
    assert "<Tags></Tags><RollbackConfiguration></RollbackConfiguration>" in body
    assert "RoleARN" not in body


def test_a_name_that_the_result_does_not_have_is_a_fault_of_the_house() -> None:
    with pytest.raises(KeyError, match="Colour"):
        encode_reply(model(), "CreateStack", {"Colour": "blue"}, "an-id")


def test_what_xml_cannot_hold_is_replaced() -> None:
    body = encode_error(400, "ValidationError", "a\x00b\ud800c\r", "an-id").body.decode()
    assert "<Message>a\ufffdb\ufffdc&#13;</Message>" in body
    assert "<Type>Sender</Type>" in body


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(1767322984.0, "2026-01-02T03:03:04.000Z", id="whole"),
        pytest.param(1767322984.6784, "2026-01-02T03:03:04.678Z", id="rounded down"),
        pytest.param(1767322984.9996, "2026-01-02T03:03:05.000Z", id="rounded up"),
    ],
)
def test_times_have_three_digits_below_the_second(seconds: float, text: str) -> None:
    assert written_moment(seconds) == text


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        pytest.param((("Capabilities", ""),), {"Capabilities": []}, id="an empty list"),
        pytest.param(
            (("Tags", ""), ("Tags.member.1.Key", "a")), {"Tags": [{"Key": "a"}]}, id="empty first"
        ),
        pytest.param(
            (("Tags.member.12.Key", "b"), ("Tags.member.2.Key", "a")),
            {"Tags": [{"Key": "a"}, {"Key": "b"}]},
            id="numbers are not texts, and may leave gaps",
        ),
        pytest.param((("RollbackConfiguration", ""),), {"RollbackConfiguration": {}}, id="empty"),
        pytest.param((("DisableRollback", "TRUE"),), {"DisableRollback": True}, id="any case"),
        pytest.param((("Colour", "blue"),), {}, id="unknown names are passed over"),
        pytest.param((("TimeoutInMinutes", "7"),), {"TimeoutInMinutes": 7}, id="a number"),
    ],
)
def test_forms_are_read(pairs: Any, found: dict[str, Any]) -> None:
    assert decode(model(), "CreateStackInput", pairs) == found


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param((("DisableRollback", "perhaps"),), id="no boolean"),
        pytest.param((("TimeoutInMinutes", "1e3"),), id="no whole number"),
        pytest.param((("TimeoutInMinutes", "9" * 5000),), id="a number without end"),
        pytest.param((("Tags.1.Key", "a"),), id="a list without member"),
        pytest.param((("Tags.member.x.Key", "a"),), id="no number of a member"),
        pytest.param((("Tags.member.0.Key", "a"),), id="members are counted from 1"),
        pytest.param((("Tags", "a"),), id="a text for a list"),
        pytest.param((("StackName.member.1", "a"),), id="a list for a text"),
        pytest.param((("StackName", "a"), ("StackName.b", "c")), id="a text and more"),
        pytest.param((("Tags.member.1.Key", "a"), ("Tags", "b")), id="more and a text"),
        pytest.param((("StackName", "a\x00b"),), id="a character that is none"),
        pytest.param((("a." * 100_000, "x"),), id="a name of very many parts"),
    ],
)
def test_forms_of_no_shape_are_refused(pairs: Any) -> None:
    with pytest.raises(MalformedInput):
        decode(model(), "CreateStackInput", pairs)


_PART = st.sampled_from(
    ["Tags", "member", "entry", "1", "2", "Key", "key", "value", "Value", "StackName", "0", "", "x",
     "ResourcesToImport", "ResourceIdentifier", "Parameters", "RollbackConfiguration", "TimeoutInMinutes"]
)  # fmt: skip
_FORM = st.lists(
    st.tuples(st.lists(_PART, min_size=1, max_size=8).map(".".join), st.text(max_size=8)),
    max_size=8,
)


@settings(max_examples=300, deadline=None)
@given(_FORM)
def test_any_form_is_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    for shape in ("CreateStackInput", "CreateChangeSetInput"):
        try:
            found = decode(model(), shape, tuple(pairs))
        except MalformedInput:
            continue
        assert isinstance(broken_constraints(model(), shape, found), str)


_PATTERN = "[a-zA-Z][-a-zA-Z0-9]*"


@pytest.mark.parametrize(
    ("shape", "given_values", "said"),
    [
        pytest.param(
            "CreateStackInput",
            {},
            "1 validation error detected: Value null at 'stackName' failed to satisfy constraint:"
            " Member must not be null",
            id="required",
        ),
        pytest.param(
            "CreateChangeSetInput",
            {"StackName": "a", "ChangeSetName": "1"},
            "1 validation error detected: Value '1' at 'changeSetName' failed to satisfy"
            f" constraint: Member must satisfy regular expression pattern: {_PATTERN}",
            id="pattern",
        ),
        pytest.param(
            "CreateStackInput",
            {"StackName": "a", "OnFailure": "CRY"},
            "1 validation error detected: Value 'CRY' at 'onFailure' failed to satisfy constraint:"
            " Member must satisfy enum value set: [DO_NOTHING, ROLLBACK, DELETE]",
            id="one of",
        ),
        pytest.param(
            "CreateStackInput",
            {"StackName": "a", "TimeoutInMinutes": 0},
            "1 validation error detected: Value '0' at 'timeoutInMinutes' failed to satisfy"
            " constraint: Member must have value greater than or equal to 1",
            id="a number too small",
        ),
        pytest.param(
            "CreateStackInput",
            {"StackName": "a", "ClientRequestToken": "a" * 129},
            f"1 validation error detected: Value '{'a' * 129}' at 'clientRequestToken' failed to"
            " satisfy constraint: Member must have length less than or equal to 128",
            id="a text too long",
        ),
        pytest.param(
            "CreateStackInput",
            {"StackName": "a", "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c"}]},
            "1 validation error detected: Value null at 'tags.2.member.value' failed to satisfy"
            " constraint: Member must not be null",
            id="inside a list",
        ),
        pytest.param(
            "DescribeStacksInput",
            {"NextToken": ""},
            "1 validation error detected: Value '' at 'nextToken' failed to satisfy constraint:"
            " Member must have length greater than or equal to 1",
            id="a text too short",
        ),
        pytest.param(
            "ListStacksInput",
            {"StackStatusFilter": ["GONE"]},
            "1 validation error detected: Value '[GONE]' at 'stackStatusFilter' failed to satisfy"
            " constraint: Member must satisfy constraint: [Member must satisfy enum value set: ",
            id="texts of a list",
        ),
        pytest.param("CreateStackInput", {"StackName": "a"}, "", id="nothing"),
    ],
)
def test_constraints_are_told_as_the_service_tells_them(
    shape: str, given_values: dict[str, Any], said: str
) -> None:
    assert broken_constraints(model(), shape, given_values).startswith(said)
    assert bool(broken_constraints(model(), shape, given_values)) == bool(said)


def test_many_broken_constraints_are_one_message_with_a_count() -> None:
    said = broken_constraints(model(), "SignalResourceInput", {"StackName": "-"})
    assert said.startswith("4 validation errors detected: Value '-' at 'stackName'")
    assert said.count("; Value null at ") == 3


def test_a_long_value_is_not_repeated_whole() -> None:
    said = broken_constraints(
        model(), "CreateStackInput", {"StackName": "a", "RoleARN": "x" * 9999}
    )
    assert len(said) < 500


def test_the_model_is_botocores_with_the_errors_it_has() -> None:
    assert len(model().operations) >= 92
    found = model().errors["ChangeSetNotFoundException"]
    assert (found.code, found.status) == ("ChangeSetNotFound", 404)


def test_a_member_may_have_another_name_on_the_wire() -> None:
    raw = {
        "operations": {"Paint": {"input": {"shape": "PaintInput"}}},
        "shapes": {
            "PaintInput": {
                "type": "structure",
                "members": {
                    "Colour": {"shape": "Word", "locationName": "Color"},
                    "Wet": {"shape": "D"},
                },
            },
            "Word": {"type": "string"},
            "D": {"type": "double"},
        },
    }
    pairs = (("Color", "blue"), ("Wet", "0.5"))
    assert decode(read_model(raw), "PaintInput", pairs) == {"Color": "blue", "Wet": 0.5}
    for text in ("nan", "1e999", "x", math.inf):
        with pytest.raises(MalformedInput):
            decode(read_model(raw), "PaintInput", (("Wet", str(text)),))
