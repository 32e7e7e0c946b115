"""How the gateway of Alibaba Cloud refuses for all its products, and how STS of AWS does."""

from __future__ import annotations

import json

import pytest

from imageferry.api.calls import Refusal, Refused
from imageferry.api.ros.errors import of_refusal
from imageferry.api.sts import AlibabaSts, AwsSts

OURS = {Refusal.UNAVAILABLE, Refusal.INTERNAL}


@pytest.mark.parametrize("refusal", Refusal, ids=lambda refusal: refusal.name.lower())
def test_ros_and_sts_refuse_alike(refusal: Refusal) -> None:
    refused = Refused(refusal, "say it better. ")
    ros = of_refusal(refused, "GetCallerIdentity")
    reply = AlibabaSts().refuse(refused, "GetCallerIdentity", "ID", "host")
    said = json.loads(reply.body)
    assert (said["Code"], reply.status, said["Message"]) == (ros.code, ros.status, ros.message)
    assert (ros.status >= 500) is (refusal in OURS)
    assert ros.message.endswith(". Say it better.")


def test_nothing_is_said_twice() -> None:
    found = of_refusal(Refused(Refusal.UNSIGNED, "the request is not signed"), "ListStacks")
    assert found.message == "The request is not signed."


@pytest.mark.parametrize(
    ("refusal", "detail", "message"),
    [
        (Refusal.UNSIGNED, "the request is not signed", "Request is missing Authentication Token"),
        (Refusal.STALE, "10 s ago. ", "Signature expired, or not yet current: 10 s ago"),
        (Refusal.THROTTLED, "", "Rate exceeded"),
    ],
)
def test_sts_of_aws_says_it_in_one_sentence(refusal: Refusal, detail: str, message: str) -> None:
    reply = AwsSts().refuse(Refused(refusal, detail), "GetCallerIdentity", "ID", "host")
    assert f"<Message>{message}</Message>".encode() in reply.body


def test_no_action_at_all_is_said_to_be_missing() -> None:
    found = of_refusal(Refused(Refusal.UNKNOWN_ACTION), "")
    assert (found.code, found.status) == ("MissingAction", 400)
