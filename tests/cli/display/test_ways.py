"""Ways out of a failure from the command line: parts, skips, what is kept, what protects."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from imageferry.cli.display.ways import remedy_of, ways_out
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import WAYS, StackStatus, Verb
from tests.cli.shop import FAN_OUT, Shop

PAGE = Path(__file__).parents[3] / "docs" / "recovery.md"
DENIED = ("--always", "--set", 'code="Forbidden.RAM"', "--set", "status=403")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path, region="cn-hangzhou")


def fault(shop: Shop, kind: str, *more: str) -> None:
    shop.run("emulator", "fault", "add", kind, *more)


def destinations(*regions: str) -> tuple[str, str]:
    return "-p", f"Destinations={json.dumps(regions)}"


def test_the_page_tells_the_table() -> None:
    told = PAGE.read_text(encoding="utf-8").split("<!-- ways: begin -->")[1]
    rows = re.findall(
        r"^\| ([A-Z_]+) \| (.*) \|$", told.split("<!-- ways: end -->")[0], re.MULTILINE
    )
    expected = {
        status.value: ", ".join(f"`{verb.value}`" for verb in ways) for status, ways in WAYS.items()
    }
    assert dict(rows) == expected


@pytest.mark.parametrize("status", list(StackStatus), ids=lambda status: status.value)
def test_what_is_offered_is_in_the_table(status: StackStatus) -> None:
    stack = Stack("s-1", "demo", Place("emulator", "1", "cn-hangzhou"), "ros", status)
    offered = {way.verb for way in ways_out(stack)}
    assert offered <= set(WAYS[status])
    if status.is_final and ("FAILED" in status.value or "ROLLED_BACK" in status.value):
        assert offered == set(WAYS[status])
    assert all(way.command.endswith("--stack demo") for way in ways_out(stack))


def test_what_was_cancelled_has_no_cause_to_mend() -> None:
    place = Place("emulator", "1", "cn-hangzhou")
    stack = Stack("s-1", "demo", place, "ros", StackStatus.UPDATE_ROLLED_BACK)
    assert remedy_of(stack).startswith('mend the cause, then "imageferry deploy')
    assert remedy_of(stack, has_cause=False).startswith('"imageferry deploy')


def test_a_part_is_tried_again(shop: Shop) -> None:
    fault(shop, "copy_fails", "--region", "eu-central-1")
    fault(shop, "copy_fails", "--region", "us-east-1")
    regions = destinations("ap-southeast-1", "eu-central-1", "us-east-1")
    shop.run(*shop.deploy(*regions), code=4)
    wrong = shop.run("retry", "-s", "golden", "--only", "Coppy", "--yes", code=2)
    assert "did you mean 'Copy'?" in wrong.output
    found = shop.object("retry", "-s", "golden", "--only", "Copy[1]", "--yes", code=4)
    assert found["status"] == "CREATE_FAILED"
    assert found["status_reason"].startswith("left as they are: Copy[2]")
    assert {one["logical_id"]: one["status"] for one in found["resources"]} == {
        "Copy[0]": "CREATE_COMPLETE", "Copy[1]": "CREATE_COMPLETE", "Copy[2]": "CREATE_FAILED"
    }  # fmt: skip
    assert found["next"][0]["verb"] == "retry"
    assert shop.object("retry", "-s", "golden", "--only", "Copy", "--yes")["status"] == (
        "CREATE_COMPLETE"
    )
    assert "did not fail" in shop.run("retry", "-s", "golden", "--yes", code=1).output


def test_a_rollback_that_is_denied_is_continued(shop: Shop) -> None:
    shop.run(*shop.deploy())
    refused = shop.run("continue-rollback", "-s", "golden", "--yes", code=1)
    assert "IF833" in refused.output
    fault(shop, "error", "--action", "DeleteImage", "--region", "us-west-1", *DENIED)
    fault(shop, "copy_fails", "--region", "us-east-1")
    regions = destinations("ap-southeast-1", "eu-central-1", "us-west-1", "us-east-1")
    failed = shop.run(*shop.deploy(*regions, "--on-failure", "rollback"), code=3)
    assert "imageferry continue-rollback --stack golden" in failed.output
    assert shop.object("show", "-s", "golden")["status"] == "ROLLBACK_FAILED"
    shop.run("continue-rollback", "-s", "golden", "--yes", code=3)
    wrong = shop.run("continue-rollback", "-s", "golden", "--skip", "Copi[2]", "--yes", code=2)
    assert "did you mean 'Copy[2]'?" in wrong.output
    done = shop.object("continue-rollback", "-s", "golden", "--skip", "Copy[2]", "--yes")
    assert done["status"] == "ROLLBACK_COMPLETE"
    left = [one for one in done["resources"] if one["status"] == "DELETE_FAILED"]
    assert [one["logical_id"] for one in left] == ["Copy[2]"] and left[0]["physical_id"]
    shown = shop.run("show", "-s", "golden").output
    assert "left as they are: Copy[2]" in shown and "what can be done:" in shown
    shop.run("emulator", "fault", "clear")
    again = shop.object(*shop.deploy())
    assert again["status"] == "UPDATE_COMPLETE" and len(again["resources"]) == 2
    assert left[0]["physical_id"] not in shop.run("emulator", "images", "--json").output


def test_a_rollback_that_hangs_is_broken_off_by_whoever_agrees(tmp_path: Path) -> None:
    shop = Shop(tmp_path, speed="20", region="cn-hangzhou")
    fault(shop, "uncancellable", "--region", "eu-central-1")
    looks = ("--always", "--set", 'word="Creating"', "--set", 'progress="40%"')
    fault(shop, "shown", "--region", "eu-central-1", *looks)
    shop.run(*shop.deploy("--wait-timeout", "1"), code=9)
    left = shop.run("cancel", "-s", "golden", "--wait-timeout", "1", code=9)
    assert "imageferry cancel --stack golden --break-off" in left.output
    again = ("cancel", "-s", "golden", "--wait-timeout", "1")
    code, text = shop.converse(*again, question="break it off?", answer="n")
    assert code == 9 and "goes on with that" in text
    assert shop.object("show", "-s", "golden")["status"] == "CREATE_ROLLBACK_IN_PROGRESS"
    code, text = shop.converse("cancel", "-s", "golden", question="break it off?", answer="y")
    assert code == 0 and "CREATE_ROLLBACK_FAILED" in text
    assert "imageferry continue-rollback --stack golden" in text
    assert "nothing runs" in shop.run("cancel", "-s", "golden", "--break-off", code=1).output
    found = shop.object("show", "-s", "golden")
    assert [one["status"] for one in found["resources"]] == ["DELETE_FAILED"]
    assert "given up" in found["resources"][0]["status_reason"]


def test_a_retry_and_a_plan_may_be_judged_by_another_policy(shop: Shop) -> None:
    everything = {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}
    nothing = shop.path("nothing.json", json.dumps({"Statement": {**everything, "Effect": "Deny"}}))
    anything = shop.path("anything.json", json.dumps({"Statement": everything}))
    during = ("--stack-policy-during-update", anything)
    shop.run(*shop.deploy("--stack-policy", nothing))
    assert shop.object(*shop.plan("-p", "Prefix=new"))["summary"]["blocked"] == 2
    assert shop.object(*shop.plan("-p", "Prefix=new", "--replace"))["summary"]["blocked"] == 2
    loose = shop.object(*shop.plan("-p", "Prefix=new", "--replace", *during))
    assert loose["summary"]["blocked"] == 0 and loose["summary"]["replace"] == 2
    fault(shop, "copy_fails", "--region", "eu-central-1")
    shop.run(*shop.deploy("-p", "Prefix=new", "--replace", *during), code=4)
    refused = shop.run("retry", "-s", "golden", "--yes", code=1)
    assert "IF831" in refused.output
    wrong = shop.path("wrong.json", "{")
    shop.run("retry", "-s", "golden", "--yes", "--stack-policy-during-update", wrong, code=2)
    done = shop.object("retry", "-s", "golden", "--yes", "--replace", *during)
    assert done["status"] == "UPDATE_COMPLETE"
    alone = shop.run("plan", shop.path("stack.yml", FAN_OUT), *during, code=2)
    assert "IF852" in alone.output and "--stack-policy-during-update" in alone.output


def test_what_is_retained_is_named(shop: Shop) -> None:
    made = shop.object(*shop.deploy())["resources"]
    assert "IF826" in shop.run("delete", "-s", "golden", "--retain", "X", "--yes", code=2).output
    result = shop.run("delete", "-s", "golden", "--retain", "Copy[1]", "--yes")
    assert "stay in the cloud" in result.output
    kept = made[1]["physical_id"]
    assert f"Copy[1]  {kept}" in result.output
    images = shop.run("emulator", "images", "--json").output
    assert kept in images and made[0]["physical_id"] not in images


def test_a_protected_stack(shop: Shop) -> None:
    both = shop.deploy("--protect", "--on-failure", "delete")
    assert "IF834" in shop.run(*both, code=1).output
    assert shop.object(*shop.deploy("--protect"))["protected"] is True
    refused = shop.run("delete", "-s", "golden", "--yes", code=1)
    assert "IF830" in refused.output and "protect -s golden --off" in refused.output
    assert "(protected)" in shop.run("list").output
    assert "protected:" in shop.run("show", "-s", "golden").output
    assert shop.object(*shop.deploy("--no-protect"))["protected"] is False, "with nothing to do"
    assert shop.object("protect", "-s", "golden")["protected"] is True
    assert shop.object("list")["stacks"][0]["protected"] is True
    assert shop.object("protect", "-s", "golden", "--off")["protected"] is False
    shop.run("delete", "-s", "golden", "--yes")
    shop.run("protect", "-s", "golden", code=6)


def test_a_stack_policy(shop: Shop) -> None:
    everything = {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}
    removal = {**everything, "Effect": "Deny", "Action": "Update:Delete"}
    anything = shop.path("anything.json", json.dumps({"Statement": everything}))
    policy = shop.path("policy.json", json.dumps({"Statement": [everything, removal]}))
    wrong = shop.path("wrong.json", '{"Statement": [{"Effect": "Deny"}]}')
    told = shop.run(*shop.deploy("--stack-policy", wrong), code=2).output
    assert told.count("IF832") == 3 and "wrong.json" in told
    shop.run(*shop.deploy("--stack-policy", str(shop.folder / "none.json")), code=2)
    shop.run(*shop.deploy("--stack-policy", policy))
    assert json.loads(shop.object("show", "-s", "golden")["policy"])["Statement"][1] == removal
    one = destinations("ap-southeast-1")
    planned = shop.object(*shop.plan(*one))
    assert planned["summary"]["blocked"] == 1
    refused = shop.run(*shop.deploy(*one), code=1).output
    assert "IF831" in refused and "--stack-policy-during-update" in refused
    done = shop.object(*shop.deploy(*one, "--stack-policy-during-update", anything))
    assert len(done["resources"]) == 1
    shop.run("delete", "-s", "golden", "--yes")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["continue-rollback", "-s", "golden"], id="nobody to ask"),
        pytest.param(["continue-rollback", "--yes"], id="no stack"),
        pytest.param(["protect"], id="protect what"),
        pytest.param(["retry", "-s", "golden", "--only"], id="only what"),
        pytest.param(["delete", "-s", "golden", "--retain", "--yes"], id="retain what"),
    ],
)
def test_wrong_usage(shop: Shop, arguments: list[str]) -> None:
    shop.run(*arguments, code=2)


def test_the_words_of_the_verbs_are_commands() -> None:
    assert {verb.value for verb in Verb} == {
        "deploy", "retry", "continue-rollback", "cancel", "delete"
    }  # fmt: skip
    assert "Copy" in FAN_OUT
