"""What belongs to another account is, in every action of both APIs, answered like what there is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from imageferry.assembly.served import ServeChoices
from imageferry.testing import run_virtually
from imageferry.wire.alibaba_signing import Credentials
from tests.api.cfn.visits import COPY, Visit
from tests.api.everything import Question, Things, asked_of_all
from tests.api.ros.stories import TWO_COPIES, Talk
from tests.api.serving import Apis, house_of_api

STRANGER = Credentials("emulator-2", "emulator-2")
UNKNOWN = "0123abcd-0123-4abc-8def-0123456789ab"

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")


async def _owned(apis: Apis) -> Things:
    """One of each thing that has an id or a name, made by the first account."""
    talk, visit = Talk(apis), Visit(apis)
    stack = {"StackId": await talk.create("theirs")}
    changed = {"Parameters": [{"ParameterKey": "Suffix", "ParameterValue": "two"}]}
    named = {"ChangeSetName": "proposed", "TemplateBody": TWO_COPIES, **changed}
    proposed = await talk.ask("CreateChangeSet", **stack, **named)
    detection = await talk.ask("DetectStackDrift", **stack)
    kept = {"TemplateName": "library", "TemplateBody": TWO_COPIES}
    template = await talk.ask("CreateTemplate", **kept)
    arn = await visit.create("theirs-too", COPY)
    suffix = [{"ParameterKey": "Suffix", "ParameterValue": "two"}]
    change = await visit.call(
        "CreateChangeSet", StackName=arn, ChangeSetName="proposed", TemplateBody=COPY,
        Parameters=suffix,
    )  # fmt: skip
    drift = await visit.call("DetectStackDrift", StackName=arn)
    registered = await visit.call(
        "RegisterType", Type="RESOURCE", TypeName="TF::Alicloud::ImageCopy",
        SchemaHandlerPackage="s3://bucket/package.zip",
    )  # fmt: skip
    await apis.clock.sleep(60)
    return Things(
        {
            **stack,
            "StackIds": stack["StackId"],
            "ResourceId": stack["StackId"],
            "ChangeSetId": proposed["ChangeSetId"],
            "DriftDetectionId": detection["DriftDetectionId"],
            "TemplateId": template["TemplateId"],
        },
        {
            "StackName": arn,
            "ChangeSetName": change["Id"],
            "StackDriftDetectionId": drift["StackDriftDetectionId"],
            "RegistrationToken": registered["RegistrationToken"],
            "ExportName": "carried",
        },
    )


def _crossed(things: Things) -> Things:
    """The same stacks in the other API's words, and by the names that they have."""
    arn = things.cloudformation["StackName"]
    ros = {name: arn for name, said in things.ros.items() if said == things.ros["StackId"]}
    return Things(
        {**ros, "StackName": "theirs"}, {"StackName": things.ros["StackId"], "ExportName": "theirs"}
    )


def _like(things: Things) -> Things:
    """Things of the same form that nobody has."""
    ros = {name: _ID.sub(UNKNOWN, said) for name, said in things.ros.items()}
    theirs = {name: _ID.sub(UNKNOWN, said) for name, said in things.cloudformation.items()}
    named = {"StackName": "unknown"} if "StackName" in ros else {}
    return Things({**ros, **named}, {**theirs, "ExportName": "unknown"})


async def _told(apis: Apis, question: Question) -> tuple[int, str]:
    """What the second account is told, without what differs between any two replies."""
    given: dict[str, Any] = dict(question.given)
    if question.api == "ros":
        request = apis.ros_request(question.action, STRANGER, form=True, **given)
    else:
        request = apis.aws_request(question.action, STRANGER, **given)
    response = (await apis.knock(request)).response
    assert response is not None
    said = _TIME.sub("then", _ID.sub("id", response.body.decode()))
    for name in ("theirs-too", "theirs", "carried", "unknown"):
        said = said.replace(name, "name")
    return response.status, said


def test_what_is_another_account_s_is_answered_like_what_there_is_not(tmp_path: Path) -> None:
    async def run() -> None:
        choices = ServeChoices(accounts=("emulator", "emulator-2"), rate=0.0)
        async with house_of_api(tmp_path, speed=1e5, trouble=False, choices=choices) as apis:
            theirs = await _owned(apis)
            before = await _all_of(apis)
            told = {}
            for things in (theirs, _crossed(theirs)):
                foreign = [one for one in asked_of_all(things) if one.about]
                unknown = [one for one in asked_of_all(_like(things)) if one.about]
                for one, like in zip(foreign, unknown, strict=True):
                    told[str(one)] = (await _told(apis, one), await _told(apis, like))
            assert len(told) > 70
            assert {said: pair for said, pair in told.items() if pair[0] != pair[1]} == {}
            # Each is refused, but for what lists, and keeps to what the asking account has.
            assert {one for one, (pair, _) in told.items() if pair[0] >= 500} == set()
            assert await _all_of(apis) == before

    run_virtually(run())


async def _all_of(apis: Apis) -> list[object]:
    """What the first account has, as its own requests show it."""
    talk, visit = Talk(apis), Visit(apis)
    stacks = (await talk.ask("ListStacks"))["Stacks"]
    templates = (await talk.ask("ListTemplates"))["Templates"]
    return [stacks, templates, await visit.call("DescribeStacks")]
