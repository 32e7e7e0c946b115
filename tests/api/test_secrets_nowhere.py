"""A secret that was given once stands in no reply, line of the log, record or file in clear."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import sqlite3
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from imageferry.api.door import Passage
from imageferry.api.logs import RequestLine, log_request, write_logs
from imageferry.testing import run_virtually
from imageferry.wire.http import HttpRequest
from tests.api.cfn.visits import Refused, Visit
from tests.api.everything import Things, asked_of_all
from tests.api.ros.stories import Talk
from tests.api.serving import Apis, house_of_api

SECRET = "Zx9-guess+me q7"
FORMER = "Zx8-guess+me q6"

ROS = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Word: {Type: String, NoEcho: true}
  Suffix: {Type: String, Default: one}
Resources:
  First:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-shanghai
      DestinationImageName: !Sub 'first-${Suffix}'
      DestinationDescription: !Sub 'opened by ${Word}'
      Tag: [{Key: word, Value: !Ref Word}]
Outputs:
  Told: {Value: !Ref Word}
  Within: {Value: !Sub 'it is ${Word}!'}
  Kept: {Value: !GetAtt [First, ImageId]}
"""

REFUSED = ROS.replace("!Sub 'first-${Suffix}'", "!Sub '${Word}'").replace("one}", "two}")
"""Refused when it is planned, since such a name is none."""

FAILING = ROS.replace(
    "cn-shanghai", "cn-shanghai\n      Encrypted: true\n      KMSKeyId: !Ref Word"
)
"""Refused by the cloud, which has no such key and says so."""

CFN = """\
Parameters:
  Word: {Type: String, NoEcho: true}
  Suffix: {Type: String, Default: one}
Resources:
  First:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: !Sub 'carried-${Suffix}'
      Description: !Sub 'opened by ${Word}'
      Tags: [{MapKey: word, MapValue: !Ref Word}]
Outputs:
  Told: {Value: !Ref Word, Export: {Name: told}}
  Within: {Value: !Sub 'it is ${Word}!'}
"""


def _words(word: str, suffix: str = "one") -> list[dict[str, str]]:
    given = {"Word": word, "Suffix": suffix}
    return [{"ParameterKey": name, "ParameterValue": said} for name, said in given.items()]


class Ear:
    """Everything that was said: each reply, by what was asked."""

    def __init__(self, apis: Apis) -> None:
        self.said: dict[str, bytes] = {}
        self._apis = apis
        self._knock = apis.knock

    async def __call__(self, request: HttpRequest, source: str = "127.0.0.1") -> Any:
        passage = await self._knock(request, source)
        assert passage.response is not None
        # What somebody asks of the emulated cloud is theirs to see.
        if passage.api != "ecs":
            where = f"{passage.api} {passage.action} {len(self.said)}"
            body = passage.response.body
            # Who writes it in the place of a name is told what is wrong with that name.
            body = body.replace(f"Value '{SECRET}' at 'stackName'".encode(), b"")
            self.said[where] = body + repr(passage.response.headers).encode()
        log_request(_line_of(passage))
        return passage


def _line_of(passage: Passage) -> RequestLine:
    assert passage.response is not None
    return RequestLine(
        passage.request_id, passage.api, passage.action, passage.key_id, passage.account_id,
        passage.region, "POST", "/", passage.response.status, 1.0, 0, 0, "127.0.0.1",
    )  # fmt: skip


async def _everything(apis: Apis) -> None:
    """Stacks that hold the secret through all that may happen to them, in both APIs."""
    talk, visit = Talk(apis), Visit(apis)
    given = {"TemplateBody": ROS, "Parameters": _words(FORMER)}
    stack = {"StackId": await talk.create("theirs", ROS, Parameters=_words(FORMER))}
    # With one token twice, for what it was asked with is kept.
    for _ in range(2):
        await apis.ros(
            "UpdateStack", **stack, ClientToken="one", TemplateBody=ROS, Parameters=_words(SECRET)
        )  # fmt: skip
    await talk.settled()
    proposed = await talk.ask(
        "CreateChangeSet", **stack, ChangeSetName="proposed", TemplateBody=ROS,
        Parameters=_words(SECRET, "two"),
    )  # fmt: skip
    await _by_hand(talk)
    detection = await talk.ask("DetectStackDrift", **stack)
    failed = await talk.ask(
        "CreateStack", StackName="failed", TemplateBody=FAILING, Parameters=_words(SECRET)
    )
    await apis.ros("CreateStack", StackName="x", TemplateBody=REFUSED, Parameters=_words(SECRET))
    for action in ("PreviewStack", "CreateStack", "GetTemplateEstimateCost"):
        odd = [*_words(SECRET), {"ParameterKey": "Other", "ParameterValue": SECRET}]
        await apis.ros(action, StackName="odd", TemplateBody=ROS, Parameters=odd)
        await apis.ros(action, StackName=SECRET, **given)
        await apis.ros(action, StackName="fetched", TemplateURL=f"https://h/?Signature={SECRET}")
        await apis.ros(action, StackName="previewed", **{**given, "Parameters": _words(SECRET)})
    template = await talk.ask("CreateTemplate", TemplateName="library", TemplateBody=ROS)
    arn = await visit.create("theirs-too", CFN, Parameters=_words(FORMER))
    for _ in range(2):
        await visit.call(
            "UpdateStack", StackName=arn, TemplateBody=CFN, Parameters=_words(SECRET),
            ClientRequestToken="one",
        )  # fmt: skip
    await visit.settled(arn)
    change = await visit.call(
        "CreateChangeSet", StackName=arn, ChangeSetName="proposed", TemplateBody=CFN,
        Parameters=_words(FORMER, "two"),
    )  # fmt: skip
    drift = await visit.call("DetectStackDrift", StackName=arn)
    for name in ("odd", SECRET):
        for body in (
            {"TemplateBody": CFN},
            {"TemplateURL": f"https://h/?X-Amz-Signature={SECRET}"},
        ):
            odd = [*_words(SECRET), {"ParameterKey": "Other", "ParameterValue": SECRET}]
            with_name = {"StackName": name, "Parameters": odd, **body}
            await _refused(visit, "CreateStack", **with_name)
            await _refused(visit, "CreateChangeSet", ChangeSetName="p", **with_name)
    await apis.clock.sleep(60)
    await visit.call("DescribeChangeSet", ChangeSetName=change["Id"], IncludePropertyValues=True)
    ros = {
        **stack, "ChangeSetId": proposed["ChangeSetId"], "TemplateId": template["TemplateId"],
        "DriftDetectionId": detection["DriftDetectionId"],
    }  # fmt: skip
    cloudformation = {
        "StackName": arn, "ChangeSetName": change["Id"], "ExportName": "told",
        "StackDriftDetectionId": drift["StackDriftDetectionId"],
    }  # fmt: skip
    for things in (
        Things(ros, cloudformation),
        Things({"StackId": failed["StackId"]}, {"StackName": failed["StackId"]}),
        Things({"StackId": arn}, {"StackName": stack["StackId"]}),
    ):
        for one in asked_of_all(things):
            if one.action in {"DeleteStack", "DeleteChangeSet", "DeleteTemplate"}:
                continue
            if one.api == "ros":
                await apis.ros(one.action, form=True, **one.given)
            else:
                await apis.knock(apis.aws_request(one.action, **one.given))
            await apis.clock.sleep(1)


async def _by_hand(talk: Talk) -> None:
    """Somebody changes the image, so that what it should be is told beside what it is."""
    shown = await talk.ask("GetStackResource", **talk.stack, LogicalResourceId="First")
    image = shown["PhysicalResourceId"]
    await talk.by_hand(
        "ModifyImageAttribute", RegionId="cn-shanghai", ImageId=image, Description="by hand"
    )


async def _refused(visit: Visit, action: str, **given: Any) -> None:
    try:
        await visit.call(action, **given)
    except Refused:
        return


def _spellings(secret: str) -> dict[str, bytes]:
    """As it may stand somewhere; a hash without a key is found by whoever guesses."""
    raw = secret.encode()
    return {
        "in clear": raw,
        "quoted": quote(secret).encode(),
        "in JSON": json.dumps(secret)[1:-1].encode(),
        "in Base64": b64encode(raw).rstrip(b"=")[:-1],
        "its hash": hashlib.sha256(raw).hexdigest().encode(),
    }


def test_a_secret_is_nowhere_in_clear(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = io.StringIO()
    caplog.set_level(logging.INFO, logger="imageferry")

    async def run() -> dict[str, bytes]:
        async with house_of_api(tmp_path, speed=1e4) as apis:
            ear = Ear(apis)
            apis.knock = ear  # type: ignore[method-assign]
            await _everything(apis)
            # Several hundred replies, and among them what was asked for and is no refusal.
            assert len(ear.said) > 150
            kept = ear.said
            records = await apis.house.audit.records(limit=1000)
            assert len(records) > 40
            kept["the audit"] = repr(records).encode()
        for path in tmp_path.rglob("*"):
            if path.is_file() and not _is_of_the_cloud(path):
                kept[str(path)] = path.read_bytes()
        with sqlite3.connect(tmp_path / "home" / "imageferry.db") as database:
            kept["the database as text"] = "\n".join(database.iterdump()).encode()
        return kept

    with write_logs("json", log):
        kept = run_virtually(run())
    kept["the log"] = log.getvalue().encode()
    assert kept["the log"].count(b"\n") > 150
    found = [
        f"{name}: {kind}: {text[max(0, text.find(form) - 200) : text.find(form) + 80]!r}"
        for name, text in kept.items()
        for secret in (SECRET, FORMER)
        for kind, form in _spellings(secret).items()
        if form in text
    ]
    assert not found, "\n\n".join(found)


def _is_of_the_cloud(path: Path) -> bool:
    """The emulated cloud's own files: it is given the secret, as the real one would be."""
    return "emulator" in path.name
