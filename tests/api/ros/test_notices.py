"""NotificationURLs: who is told what by a server, and whom it refuses to tell anything."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from imageferry.assembly.notifying import notifier_by
from imageferry.control.notifier import HELD
from imageferry.wire.alibaba_rpc import flatten
from imageferry.wire.alibaba_signing import sign_v1
from imageferry.wire.http import HttpRequest
from tests.api.cfn.visits import COPY
from tests.api.ros.stories import TWO_COPIES, Talk, told
from tests.api.ros.test_stacks import ONE_COPY, SECRET, given
from tests.api.serving import EMULATOR, Site, served
from tests.control.receivers import HERE, THERE, Receivers, allowing, receiver


async def reached(talk: Talk, receivers: Receivers, number: int) -> None:
    while len(receivers.got) < number:
        assert len(receivers.tried) < 50
        await talk.apis.clock.sleep(1.0)


def test_a_stack_is_told_of_through_refusals_and_a_death(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        apis = talk.apis
        receivers = apis.desk.poster
        assert isinstance(receivers, Receivers)
        assert apis.notifier is not None
        receivers.fails = {HERE: 2}
        await talk.create(template=ONE_COPY, Parameters=given(), NotificationURLs=[HERE])
        await reached(talk, receivers, 1)
        assert len(receivers.tried) == 3
        stack = await talk.ask("GetStack", **talk.stack)
        assert receivers.got[0][2] == {
            "StackId": stack["StackId"],
            "StackName": "demo",
            "Status": "CREATE_COMPLETE",
            "Outputs": stack["Outputs"],
        }
        assert stack["Outputs"][1]["OutputValue"] == "******"

        # The server dies after the post, before it has written down that it was taken.
        receivers.hangs = {HERE}
        changed = {"TemplateBody": ONE_COPY, "Parameters": given(Name="other")}
        await talk.ask("UpdateStack", **talk.stack, **changed, ReplacementOption="Enabled")
        await reached(talk, receivers, 2)
        await apis.notifier.stop(0.1)
        receivers.hangs = set()
        again = notifier_by(apis.house, receivers, lambda *_: None)
        assert again is not None
        again.start()
        await apis.clock.sleep(2 * HELD)
        await talk.ask("DeleteStack", **talk.stack)
        await talk.settled()
        await reached(talk, receivers, 4)
        await again.stop(1.0)
        assert receivers.told() == [
            "CREATE_COMPLETE",
            "UPDATE_COMPLETE",
            "UPDATE_COMPLETE",
            "DELETE_COMPLETE",
        ]
        assert SECRET not in json.dumps([body for _, _, body in receivers.got])

    told(tmp_path, story, poster=Receivers)


def test_a_change_set_brings_receivers_where_it_is_executed(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        receivers = talk.apis.desk.poster
        assert isinstance(receivers, Receivers)
        await talk.create()
        proposed = await talk.ask(
            "CreateChangeSet",
            ChangeSetName="receivers",
            TemplateBody=TWO_COPIES.replace("by the suite", "and told of"),
            ReplacementOption="Enabled",
            NotificationURLs=[HERE, THERE],
            **talk.stack,
        )
        await talk.apis.clock.sleep(60.0)
        assert (await talk.ask("GetStack", **talk.stack))["NotificationURLs"] == []
        await talk.ask("ExecuteChangeSet", ChangeSetId=proposed["ChangeSetId"])
        assert (await talk.settled())["NotificationURLs"] == [HERE, THERE]
        await reached(talk, receivers, 2)
        assert receivers.told(HERE) == receivers.told(THERE) == ["UPDATE_COMPLETE"]

    told(tmp_path, story, poster=Receivers)


def test_what_is_undone_is_told_as_that(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        receivers = talk.apis.desk.poster
        assert isinstance(receivers, Receivers)
        wrong = ONE_COPY.replace("m-golden0000000000001", "m-nowhere00000000000")
        await talk.create(template=wrong, Parameters=given(), NotificationURLs=[HERE])
        await reached(talk, receivers, 1)
        await talk.apis.clock.sleep(60.0)
        assert receivers.told() == ["CREATE_ROLLBACK_COMPLETE"]
        assert receivers.got[0][2]["Outputs"] == []

    told(tmp_path, story, poster=Receivers)


async def refusals(talk: Talk, *urls: str) -> set[tuple[int, str, str]]:
    """What is said to a stack, an update and a change set with these receivers."""
    wanted: dict[str, Any] = {"TemplateBody": ONE_COPY, "Parameters": given()}
    wanted |= {"NotificationURLs": list(urls)}
    if not talk.stack:
        await talk.create(template=ONE_COPY, Parameters=given())
    return {
        await talk.refused("CreateStack", StackName="other", **wanted),
        await talk.refused("UpdateStack", **talk.stack, **wanted),
        await talk.refused("CreateChangeSet", ChangeSetName="a", **talk.stack, **wanted),
    }


def test_a_server_that_tells_nobody_says_so(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        assert await refusals(talk, HERE) == {
            (
                400,
                "InvalidParameter",
                "The specified parameter NotificationURLs.1 is invalid, nothing is posted to"
                " anybody here unless whoever serves allows the host by --notify-host.",
            )
        }

    told(tmp_path, story)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        pytest.param("http://169.254.169.254/", "that host is not allowed", id="a host"),
        pytest.param(HERE + "a" * 1024, "at most 1,024 bytes", id="too long"),
    ],
)
def test_each_receiver_is_looked_at(tmp_path: Path, url: str, says: str) -> None:
    async def story(talk: Talk) -> None:
        ((status, code, message),) = await refusals(talk, HERE, url)
        assert (status, code) == (400, "InvalidParameter")
        assert "NotificationURLs.2" in message
        assert says in message

    told(tmp_path, story, poster=Receivers)


def test_the_topics_of_the_other_api_are_shown_and_not_told(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        receivers = talk.apis.desk.poster
        assert isinstance(receivers, Receivers)
        topic = {"NotificationARNs.member.1": HERE}
        status, _ = await talk.apis.aws("CreateStack", StackName="demo", TemplateBody=COPY, **topic)
        assert status == 200
        await talk.apis.clock.sleep(600.0)
        _, document = await talk.apis.aws("DescribeStacks", StackName="demo")
        shown = [one.text for one in document.iter() if (one.text or "").strip()]
        assert HERE in shown
        assert "CREATE_COMPLETE" in shown
        assert receivers.tried == []

    told(tmp_path, story, poster=Receivers)


# --- a process, and a receiver of its own ----------------------------------------------------------


def create(site: Site, url: str) -> None:
    """Ask for a stack with a receiver, as one does by hand."""
    pairs = flatten(
        {
            "StackName": "demo",
            "RegionId": "cn-hangzhou",
            "TemplateBody": ONE_COPY,
            "Parameters": given(),
            "NotificationURLs": [url],
        }
    )
    signed = sign_v1(
        HttpRequest("GET", "http", site.authority, "/", query=pairs),
        action="CreateStack",
        version="2019-09-10",
        credentials=EMULATOR,
        date=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        nonce="once",
    )
    status, body = site.get(f"/?{urlencode(signed.query)}")
    assert status == 200, body


def test_a_server_tells_after_it_was_killed_what_was_not_taken_before(tmp_path: Path) -> None:
    with receiver(500) as (port, came):
        allowed = allowing(port)
        with served(tmp_path / "home", *allowed) as site:
            create(site, f"http://127.0.0.1:{port}/told")
            line = site.wait_for(event="notice not told yet", receiver=f"127.0.0.1:{port}")
            assert "status 500" in line["reason"]
            site.process.send_signal(signal.SIGKILL)
            site.process.wait(10)
        with served(tmp_path / "home", *allowed) as site:
            site.wait_for(event="notice told", status="CREATED")
            assert 'imageferry_notices_total{outcome="told"} 1.0' in site.get("/metrics")[1]
            assert site.stop() == 0
    assert [(one["answered"], one["Status"]) for one in came] == [
        (500, "CREATE_COMPLETE"),
        (200, "CREATE_COMPLETE"),
    ]
