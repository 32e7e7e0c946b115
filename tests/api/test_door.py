"""The door: the right API, its words for every refusal, and the emulated cloud behind it."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from imageferry.api.calls import Answer, ApiCall, Refusal, Refused
from imageferry.api.door import Door, Passage
from imageferry.api.recognition import Wanted
from imageferry.api.sts import AlibabaSts, AwsSts
from imageferry.assembly.listening import checks_of
from imageferry.assembly.served import CannotServe, ServeChoices
from imageferry.assembly.working import Working
from imageferry.model.access import AccessKey, Role
from imageferry.ports.keeping import StoreUnavailable
from imageferry.testing import run_virtually
from imageferry.wire.alibaba_signing import Credentials
from imageferry.wire.http import HttpRequest, HttpResponse
from tests.api.serving import Apis, house_of_api

STRANGER = Credentials("IFAKSTRANGER00000000", "s" * 40)


def play(folder: Path, program: Callable[[Apis], Awaitable[None]]) -> None:
    async def main() -> None:
        async with house_of_api(folder) as apis:
            await program(apis)

    run_virtually(main())


def answered(passage: Passage) -> HttpResponse:
    assert passage.response is not None
    return passage.response


class Failing:
    """An API whose every action fails; it refuses in the words of STS."""

    name = "failing"

    def __init__(self, failure: Exception) -> None:
        self._failure = failure

    def needs(self, action: str) -> Role | None:
        return Role.READER

    async def answer(self, call: ApiCall) -> Answer:
        raise self._failure

    def refuse(self, refused: Refused, action: str, request_id: str, host: str) -> HttpResponse:
        return AlibabaSts().refuse(refused, action, request_id, host)


def test_each_world_is_told_who_it_is_with_the_request_id_where_it_looks(tmp_path: Path) -> None:
    async def program(apis: Apis) -> None:
        passage = await apis.knock(apis.ros_request("GetCallerIdentity", version="2015-04-01"))
        response = answered(passage)
        said = json.loads(response.body)
        assert (response.status, said["AccountId"]) == (200, "1000000000000001")
        assert said["Arn"] == "acs:ram::1000000000000001:user/emulator"
        assert said["RequestId"] == response.headers["x-acs-request-id"] == passage.request_id
        assert passage.request_id.isupper()

        passage = await apis.knock(
            apis.aws_request("GetCallerIdentity", service="sts", version="2011-06-15")
        )
        response = answered(passage)
        assert b"<Account>1000000000000001</Account>" in response.body
        assert passage.request_id.islower()
        assert response.headers["x-amzn-requestid"] == passage.request_id
        assert passage.request_id.encode() in response.body

        passage = await apis.knock(
            apis.aws_request("GetSessionToken", service="sts", version="2011-06-15")
        )
        assert answered(passage).status == 403
        assert b"permanent access key" in answered(passage).body

    play(tmp_path, program)


def test_the_emulated_cloud_is_behind_the_same_address(tmp_path: Path) -> None:
    async def program(apis: Apis) -> None:
        asked = apis.ros_request("DescribeImages", version="2014-05-26")
        passage = await apis.knock(asked)
        assert answered(passage).status == 200
        assert b"golden-base" in answered(passage).body
        assert (passage.api, passage.counted_as) == ("ecs", "any")

        # A key that is the emulator's and none of ours asks the emulator's own STS.
        second = Credentials("emulator-2", "emulator-2")
        asked = apis.ros_request("GetCallerIdentity", second, version="2015-04-01")
        assert b"acs:ram::1000000000000002:root" in answered(await apis.knock(asked)).body
        asked = apis.ros_request("ListStacks", second)
        assert answered(await apis.knock(asked)).status == 404

        images = HttpRequest("GET", "http", "h", "/_emulator/images")
        assert b"golden-base" in answered(await apis.knock(images)).body
        elsewhere = await apis.door.answer(images, "10.0.0.7", is_local=False)
        assert answered(elsewhere).status == 404

    play(tmp_path, program)


def test_a_fault_of_the_cloud_that_drops_the_connection_leaves_no_reply(tmp_path: Path) -> None:
    async def program(apis: Apis) -> None:
        fault = json.dumps({"kind": "drop", "action": "DescribeRegions"}).encode()
        added = HttpRequest("POST", "http", "h", "/_emulator/faults", body=fault)
        assert answered(await apis.knock(added)).status == 201
        asked = apis.ros_request("DescribeRegions", version="2014-05-26")
        assert (await apis.knock(asked)).response is None

    play(tmp_path, program)


def test_where_the_emulated_cloud_is_not_offered_nobody_reaches_it(tmp_path: Path) -> None:
    async def program(apis: Apis) -> None:
        shut = replace(apis.door, cloud=None)
        passage = await shut.answer(apis.ros_request("CopyImage", version="2014-05-26"), "::1")
        assert answered(passage).status == 400
        assert json.loads(answered(passage).body)["Code"]
        assert passage.refusal is Refusal.UNKNOWN_VERSION
        control = HttpRequest("GET", "http", "h", "/_emulator/images")
        assert answered(await shut.answer(control, "127.0.0.1")).status == 404

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("change", "reason", "status"),
    [
        pytest.param({"method": "PUT"}, Refusal.UNSUPPORTED_METHOD, 405, id="method"),
        pytest.param(
            {"query": (("A", "1"), ("A", "2"))}, Refusal.MALFORMED, 400, id="parameter twice"
        ),
        pytest.param({"body": b"{}"}, Refusal.MALFORMED, 400, id="a body that is no form"),
    ],
)
def test_what_is_refused_before_a_signature_is_looked_at(
    tmp_path: Path, change: dict[str, object], reason: Refusal, status: int
) -> None:
    async def program(apis: Apis) -> None:
        bare = apis.ros_request("GetCallerIdentity", version="2015-04-01")
        passage = await apis.knock(replace(bare, **change))  # type: ignore[arg-type]
        assert (passage.refusal, answered(passage).status) == (reason, status)
        assert json.loads(answered(passage).body)["RequestId"] == passage.request_id

    play(tmp_path, program)


def test_a_method_in_a_header_changes_nothing(tmp_path: Path) -> None:
    async def program(apis: Apis) -> None:
        asked = apis.ros_request("GetCallerIdentity", version="2015-04-01")
        headers = {**asked.headers, "x-http-method-override": "DELETE"}
        assert answered(await apis.knock(replace(asked, headers=headers))).status == 200

    play(tmp_path, program)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"origin": "https://elsewhere.example"}, id="another origin"),
        pytest.param({"sec-fetch-site": "cross-site"}, id="an image of a page"),
    ],
)
@pytest.mark.parametrize("version", ["2019-09-10", "2014-05-26"])
def test_no_page_of_a_browser_signs_with_the_key_that_everybody_knows(
    tmp_path: Path, headers: dict[str, str], version: str
) -> None:
    async def program(apis: Apis) -> None:
        asked = apis.ros_request("ListStacks", version=version)
        passage = await apis.knock(replace(asked, headers={**asked.headers, **headers}))
        assert passage.refusal is Refusal.FORBIDDEN
        assert answered(passage).status in {400, 403}

    play(tmp_path, program)


def test_a_key_of_an_account_that_is_not_served_is_refused(tmp_path: Path) -> None:
    async def program(apis: Apis) -> None:
        key = AccessKey(STRANGER.access_key_id, "42", Role.ADMIN, STRANGER.secret, 1.0)
        await apis.house.keys.add(key)
        passage = await apis.knock(apis.ros_request("ListStacks", STRANGER))
        assert passage.refusal is Refusal.FOREIGN_ACCOUNT
        assert answered(passage).status == 403

    play(tmp_path, program)


def test_an_action_that_there_is_none_of_is_counted_as_unknown(tmp_path: Path) -> None:
    async def program(apis: Apis) -> None:
        passage = await apis.knock(apis.ros_request("EatStack"))
        assert (passage.action, passage.counted_as) == ("EatStack", "unknown")
        assert passage.refusal is Refusal.UNKNOWN_ACTION
        assert answered(passage).status == 404

    play(tmp_path, program)


@pytest.mark.parametrize(
    ("failure", "reason", "status"),
    [
        pytest.param(
            RuntimeError("at /secret/path.py, hunter2"), Refusal.INTERNAL, 500, id="our own fault"
        ),
        pytest.param(
            StoreUnavailable("postgresql://db is away"), Refusal.UNAVAILABLE, 503, id="database"
        ),
        pytest.param(Refused(Refusal.THROTTLED), Refusal.THROTTLED, 400, id="its own refusal"),
    ],
)
def test_what_an_api_raises_is_told_in_its_words_and_no_more(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    reason: Refusal,
    status: int,
) -> None:
    async def program(apis: Apis) -> None:
        door = Door(apis.door.gate, {Wanted.ROS: Failing(failure)})
        with caplog.at_level(logging.INFO, logger="imageferry"):
            passage = await door.answer(apis.ros_request("ListStacks"), "127.0.0.1")
        assert (passage.refusal, answered(passage).status) == (reason, status)
        said = answered(passage).body.decode()
        assert "hunter2" not in said
        assert "Traceback" not in said
        assert "postgresql" not in said
        if reason is Refusal.INTERNAL:
            [record] = [one for one in caplog.records if one.exc_info]
            assert record.__dict__["fields"]["request_id"] == passage.request_id

    play(tmp_path, program)


@pytest.mark.parametrize("api", [AlibabaSts(), AwsSts()], ids=lambda api: api.name)
@pytest.mark.parametrize("reason", list(Refusal), ids=lambda reason: reason.value)
def test_sts_has_words_for_every_refusal(api: AlibabaSts | AwsSts, reason: Refusal) -> None:
    response = api.refuse(Refused(reason, "be\x00cause <&>"), "GetCallerIdentity", "id", "h")
    assert 400 <= response.status <= 503
    ours = {Refusal.INTERNAL, Refusal.UNAVAILABLE}
    assert (response.status >= 500) is (reason in ours)
    assert b"id" in response.body
    assert b"\x00" not in response.body


def test_without_the_emulators_key_nobody_is_let_in_unmade(tmp_path: Path) -> None:
    async def main() -> None:
        choices = ServeChoices(has_emulator_key=False)
        async with house_of_api(tmp_path, choices=choices) as apis:
            passage = await apis.knock(apis.ros_request("ListStacks"))
            assert passage.refusal is Refusal.UNKNOWN_KEY

    run_virtually(main())


TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
"""


def test_several_accounts_see_nothing_of_each_other(tmp_path: Path) -> None:
    async def main() -> None:
        choices = ServeChoices(accounts=("emulator", "emulator-2"))
        second = Credentials("emulator-2", "emulator-2")
        async with house_of_api(tmp_path, choices=choices) as apis:
            assert list(apis.desk.planes) == ["1000000000000001", "1000000000000002"]
            made = {"StackName": "mine", "TemplateBody": TEMPLATE}
            status, stack = await apis.ros("CreateStack", form=True, **made)
            assert status == 200, stack
            for key, number in ((apis.key, 1), (second, 0)):
                status, said = await apis.ros("ListStacks", key)
                assert (status, said["TotalCount"]) == (200, number)
            status, said = await apis.ros("GetStack", second, StackId=stack["StackId"])
            assert (status, said["Code"]) == (404, "StackNotFound")
            records = await apis.house.audit.records()
            assert [(one.action, one.key_id, one.outcome) for one in records] == [
                ("CreateStack", "emulator", "ok")
            ]

    run_virtually(main())


def test_one_account_is_served_once(tmp_path: Path) -> None:
    async def main() -> None:
        choices = ServeChoices(accounts=("", "emulator"))
        with pytest.raises(CannotServe) as refused:
            async with house_of_api(tmp_path, choices=choices):
                raise AssertionError
        assert refused.value.what == "accounts"

    run_virtually(main())


def test_readiness_says_what_does_not_answer(tmp_path: Path) -> None:
    class Away:
        async def mark(self) -> int:
            raise StoreUnavailable("postgresql://db.internal does not answer")

    async def main() -> None:
        async with house_of_api(tmp_path) as apis:
            working = Working(apis.house, "", works=True)
            assert [(name, await check()) for name, check in checks_of([working])] == [
                ("database", ""),
                ("emulator", ""),
            ]

            async def broken(request: HttpRequest) -> HttpResponse:
                raise OSError("no such file")

            voice = replace(apis.house.voice, send=broken)
            lost = replace(apis.house, store=Away(), voice=voice)  # type: ignore[arg-type]
            said = {
                name: await check() for name, check in checks_of([Working(lost, "", works=True)])
            }
            # Who asks is not known: where the database is, and what it said, is in the log alone.
            assert said["database"] == "the database does not answer"
            assert "OSError" in said["emulator"]

    run_virtually(main())
