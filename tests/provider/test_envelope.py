"""Requests read and refused, answers written, configurations judged, failures mapped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from imageferry.cloud.errors import CloudError, ErrorClass
from imageferry.model.handlers import ErrorCode, Failed
from imageferry.ports.traces import Trace, TraceTrouble
from imageferry.provider.configuration import BadConfiguration, read_configuration
from imageferry.provider.envelope import Action, BadCall, Call, Progress, Status, read_call
from imageferry.provider.errors import code_of, failure_of, is_passing
from imageferry.provider.identity import (
    Source,
    address_of,
    current,
    installation_of,
    new_tracking_id,
    own,
    source_fits,
    source_of,
    token_of,
)
from imageferry.provider.properties import ordered
from imageferry.resource_types.handling.lineages import lineage, origin_of
from tests.provider.registry import CODES

CALL: Mapping[str, Any] = {
    "action": "CREATE",
    "bearerToken": "one",
    "resourceType": "TF::Alicloud::ImageCopy",
}
SECRET = "an-unmistakable-secret"


def test_a_request_is_read_without_its_nulls_and_whatever_is_unknown() -> None:
    call = read_call(
        {
            **CALL,
            "callbackContext": None,
            "nextToken": None,
            "responseEndpoint": {"of": "old"},
            "snapshotRequested": True,
            "requestData": {
                "resourceProperties": {"A": None, "B": {"C": None, "D": [None, "e"]}},
                "previousResourceProperties": None,
                "typeConfiguration": {"SecretKey": SECRET, "Region": None},
                "callerCredentials": {"secretAccessKey": SECRET},
            },
        }
    )
    assert call.properties == {"B": {"D": ["e"]}}
    assert (call.previous, call.context, call.next_token) == ({}, {}, "")
    assert call.configuration == {"SecretKey": SECRET}
    assert SECRET not in repr(call)


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ([], "object"),
        ("text", "object"),
        (None, "object"),
        ({}, "action"),
        ({**CALL, "action": "PATCH"}, "action"),
        ({**CALL, "action": ["CREATE"]}, "action"),
        ({**CALL, "bearerToken": None}, "bearerToken"),
        ({**CALL, "bearerToken": 5}, "bearerToken"),
        ({**CALL, "resourceType": ""}, "resourceType"),
        ({**CALL, "callbackContext": "x"}, "callbackContext"),
        ({**CALL, "requestData": []}, "requestData"),
        ({**CALL, "requestData": {"resourceProperties": "x"}}, "resourceProperties"),
        ({**CALL, "requestData": {"typeConfiguration": SECRET}}, "typeConfiguration"),
        ({**CALL, "requestData": {"logicalResourceId": {}}}, "logicalResourceId"),
    ],
    ids=[
        "list", "text", "null", "empty", "action", "list of actions", "no token", "number token",
        "no type", "context", "data", "properties", "configuration", "logical id",
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_read_says_where(document: object, word: str) -> None:
    with pytest.raises(BadCall, match=word) as refused:
        read_call(document)
    assert SECRET not in str(refused.value)


def test_an_answer_leaves_out_what_it_does_not_say() -> None:
    assert Progress(Status.SUCCESS).as_json() == {"status": "SUCCESS", "callbackDelaySeconds": 0}
    listed = Progress(Status.SUCCESS, models=[], next_token="n").as_json()
    assert listed["resourceModels"] == []
    assert listed["nextToken"] == "n"


@pytest.mark.parametrize(
    "given",
    [
        {"AccessKey": "k", "SecretKey": SECRET, "Region": "cn-beijing"},
        {"access_key": "k", "secret_key": SECRET, "region": "cn-beijing"},
    ],
    ids=["as the schema says", "as the secret once said"],
)
def test_a_configuration_is_read_in_both_spellings(given: dict[str, Any]) -> None:
    said = read_configuration(given, needs_key=True, region="")
    assert said.region == "cn-beijing"
    assert said.credentials is not None
    assert said.credentials.secret == SECRET
    assert SECRET not in repr(said)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "AccessKey"),
        ({"AccessKey": "k", "Region": "r"}, "together"),
        ({"AccessKey": "k", "SecretKey": SECRET}, "Region"),
        ({"AccessKey": "k", "SecretKey": 5, "Region": "r"}, "SecretKey"),
        ({"AccesKey": SECRET}, "AccessKey"),
        ({"ecs_role_name": "role"}, "ecs_role_name"),
        ({"assume_role": {"role_arn": SECRET}}, "assume_role"),
        ({"AccessKey": "k", "access_key": "j", "SecretKey": SECRET, "Region": "r"}, "access_key"),
        ({"EcsEndpoint": "http://elsewhere"}, "EcsEndpoint"),
        ({"EcsEndpoint": []}, "EcsEndpoint"),
        ({"endpoints": {"oss": "x"}}, "endpoints"),
        ({"endpoints": []}, "endpoints"),
    ],
    ids=[
        "nothing", "half a key", "no region", "number", "misspelt", "role", "assumed role", "twice",
        "plain http", "list", "other product", "no object",
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_be_used_says_why_and_no_value(
    given: dict[str, Any], word: str
) -> None:
    with pytest.raises(BadConfiguration, match=word) as refused:
        read_configuration(given, needs_key=True, region="")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("action", list(Action), ids=lambda one: one.value)
@pytest.mark.parametrize("code", list(ErrorCode), ids=lambda one: one.value)
def test_every_failure_has_a_published_code_that_fits_its_action(
    action: Action, code: ErrorCode
) -> None:
    said = code_of(action, Failed(code, "why"))
    assert said in CODES
    if said == "AlreadyExists":
        assert action is not Action.UPDATE
    if said == "NotUpdatable":
        assert action not in {Action.CREATE, Action.DELETE}
    if action is Action.CREATE:
        assert said != "NotFound"


def test_an_id_that_a_change_named_is_not_the_resource_itself() -> None:
    failure = Failed(ErrorCode.NOT_FOUND, "why", cloud_code="InvalidImageId.NotFound")
    assert code_of(Action.UPDATE, failure) == "InvalidRequest"
    assert code_of(Action.UPDATE, Failed(ErrorCode.NOT_FOUND, "why")) == "NotFound"


@pytest.mark.parametrize(
    ("kind", "status", "code", "passing"),
    [
        (ErrorClass.THROTTLED, 400, ErrorCode.THROTTLING, True),
        (ErrorClass.TRANSIENT, 0, ErrorCode.NETWORK_FAILURE, True),
        (ErrorClass.UNCERTAIN, 500, ErrorCode.SERVICE_INTERNAL_ERROR, True),
        (ErrorClass.DENIED, 403, ErrorCode.ACCESS_DENIED, False),
        (ErrorClass.REFUSED, 400, ErrorCode.INVALID_REQUEST, False),
        (None, 0, ErrorCode.GENERAL_SERVICE_EXCEPTION, False),
    ],
    ids=["throttled", "no connection", "server error", "denied", "refused", "nobody knows"],
)
def test_a_region_that_cannot_be_asked(
    kind: ErrorClass | None, status: int, code: ErrorCode, passing: bool
) -> None:
    trouble = TraceTrouble("the region is away")
    if kind is not None:
        trouble.__cause__ = CloudError("X", "why", kind, http_status=status)
    assert failure_of(trouble).code is code
    assert is_passing(trouble) is passing


def a_trace(**changes: Any) -> Trace:
    usual: dict[str, Any] = {
        "region": "cn-beijing", "thing_id": "m-1", "installation": "cfn-00000000",
        "operation_id": "one", "address": "cn-hangzhou/m-0/aaaaaaaa", "is_whole": True,
        "created_at": 1.0,
    }  # fmt: skip
    return Trace(**{**usual, **changes})


def test_an_identity_follows_from_the_call_and_from_nothing_else() -> None:
    call = Call(Action.CREATE, "1", "us-east-1", "token", "T::T::T", "Golden", "stack")
    others = [
        Call(Action.CREATE, "2", "us-east-1", "token", "T::T::T", "Golden", "stack"),
        Call(Action.CREATE, "1", "us-east-2", "token", "T::T::T", "Golden", "stack"),
        Call(Action.CREATE, "1", "us-east-1", "again", "T::T::T", "Golden", "stack"),
        Call(Action.CREATE, "1", "us-east-1", "token", "T::T::T", "Silver", "stack"),
    ]
    assert len({new_tracking_id(one) for one in (call, call, *others)}) == 5
    token = token_of("id", call, "create")
    assert (len(token), token.isascii()) == (40, True)
    # A database's installation has eight letters and digits: no orphan of ours is one of its own.
    assert not installation_of(call).isalnum()


def test_the_longest_source_is_told_whole_by_a_lineage() -> None:
    source = Source("m-" + "x" * 44, "cn-wulanchabu1")
    assert source_fits(source)
    assert not source_fits(Source(source.image_id + "x", source.region))
    call = Call(Action.CREATE, "1", "us-east-1", "token", "T::T::T")
    tracking_id = new_tracking_id(call)
    said = lineage(installation_of(call), tracking_id, address_of(source, "if12345678"))
    origin = origin_of(said)
    assert origin is not None
    trace = a_trace(operation_id=origin.operation_id, address=origin.address)
    assert source_of(trace) == source


def test_of_two_images_the_whole_and_younger_is_the_copy() -> None:
    old = a_trace()
    new = a_trace(thing_id="m-2", created_at=2.0)
    half = a_trace(thing_id="m-3", created_at=3.0, is_whole=False)
    assert current([old, new, half]) is new
    assert current([old, new, half], "m-1") is old
    assert current([half]) is half
    strange = a_trace(address="Golden")
    foreign = a_trace(installation="inst1234")
    other = a_trace(operation_id="two")
    assert own([old, strange, foreign, other], "cfn-00000000", "one") == [old]


def test_tags_come_back_in_the_order_in_which_they_were_said() -> None:
    tags = [{"MapKey": key, "MapValue": ""} for key in "abcd"]
    known = [{"MapKey": key, "MapValue": "x"} for key in "da"]
    assert [one["MapKey"] for one in ordered(tags, known)] == ["d", "a", "b", "c"]
    assert [one["MapKey"] for one in ordered(tags[::-1], None)] == list("abcd")
