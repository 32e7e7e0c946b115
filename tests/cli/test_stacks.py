"""Stacks from end to end, by commands, on the embedded emulator."""

from __future__ import annotations

import json
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.golden import check
from tests.cli.shop import ARRIVAL, FAN_OUT, GOLDEN, REGION, SECRET, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def plain_ids(text: str, folder: Path) -> str:
    """The text with what differs from run to run taken out."""
    text = text.replace(f"{folder}/", "")
    text = re.sub(r"\b[ms]-t[0-9a-z]{16,}", "m-new", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "(id)", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "(time)", text)
    text = re.sub(r"^ +\d+s ", "    0s ", text, flags=re.MULTILINE)
    return re.sub(r"after \d+s", "after 0s", text)


def one_copy(template: str = FAN_OUT) -> str:
    """The template with one destination, so that its lines come in one order."""
    return template.replace("[ap-southeast-1, eu-central-1]", "[eu-central-1]")


def test_a_stack_from_plan_to_deletion(shop: Shop) -> None:
    planned = shop.object(*shop.plan())
    assert planned["cloud"] == "emulator"
    assert [change["action"] for change in planned["changes"]] == ["Create", "Create"]
    assert planned["summary"]["create"] == 2

    made = shop.object(*shop.deploy())
    assert made["status"] == "CREATE_COMPLETE"
    assert (made["stack_name"], made["cloud"], made["region"], made["dialect"]) == (
        "golden", "emulator", REGION, "ros",
    )  # fmt: skip
    assert set(made) >= {"stack_id", "status_reason", "outputs", "resources"}
    first = made["resources"][0]
    assert set(first) >= {
        "logical_id", "type", "physical_id", "status", "status_reason", "attributes", "progress",
    }  # fmt: skip
    assert (first["logical_id"], first["status"], first["progress"]) == (
        "Copy[0]", "CREATE_COMPLETE", 100,
    )  # fmt: skip
    assert made["outputs"]["Images"] == [one["physical_id"] for one in made["resources"]]

    shown = shop.object("show", "-s", "golden")
    assert shown["stack_id"] == made["stack_id"]
    assert shown["resources"] == made["resources"]
    assert shop.object("outputs", "-s", "golden")["outputs"] == made["outputs"]
    assert [one["stack_name"] for one in shop.object("list")["stacks"]] == ["golden"]
    events = shop.object("events", "-s", "golden")["events"]
    assert [one["sequence"] for one in events] == list(range(1, len(events) + 1))
    assert (events[0]["status"], events[-1]["status"]) == ("CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    assert len(shop.object("events", "-s", "golden", "--resource", "Copy[1]")["events"]) == 2
    assert len(shop.object("events", "-s", "golden", "--last", "1")["events"]) == 1

    gone = shop.object("delete", "-s", "golden", "--yes")
    assert gone["status"] == "DELETE_COMPLETE"
    shop.run("show", "-s", "golden", code=6)
    assert [one["stack_name"] for one in shop.object("list", "--deleted")["stacks"]] == ["golden"]
    assert shop.object("list")["stacks"] == []
    images = shop.object("emulator", "images")["images"]
    assert len(images) == 2


def test_one_value_of_the_outputs_stands_alone(shop: Shop) -> None:
    two = f"{FAN_OUT}  Word: {{Value: hello}}\n"
    shop.run(*shop.deploy("-p", f"Password={SECRET}", template=two))
    assert shop.run("outputs", "Word", "-s", "golden").stdout == "hello\n"
    result = shop.run("outputs", "Images", "-s", "golden")
    assert len(json.loads(result.stdout)) == 2
    assert "cloud emulator" in result.stderr
    whole, one = (
        shop.object("outputs", "-s", "golden"),
        shop.object("outputs", "Images", "-s", "golden"),
    )
    assert set(whole["outputs"]) > {"Images"}
    assert one == {**whole, "outputs": {"Images": whole["outputs"]["Images"]}}
    assert 'no output "Other"' in shop.run("outputs", "Other", "-s", "golden", code=2).stderr


def test_what_people_see_of_a_stack(shop: Shop) -> None:
    deploy = shop.deploy(template=one_copy())
    deploy += ["-p", f"Password={SECRET}"]
    said = [shop.run(*deploy).stdout]
    said += [shop.run(*deploy).stdout]
    said += [shop.run(command, "-s", "golden").stdout for command in ("show", "events", "outputs")]
    said += [shop.run("delete", "-s", "golden", "--yes").stdout]
    check("stack.txt", plain_ids("\n".join(said), shop.folder))


def test_a_stack_as_wanted_is_left_alone(shop: Shop) -> None:
    shop.run(*shop.deploy())
    before = len(shop.object("events", "-s", "golden")["events"])
    assert "as the template wants it" in shop.run(*shop.deploy()).stdout
    assert shop.object(*shop.deploy())["status"] == "CREATE_COMPLETE"
    assert len(shop.object("events", "-s", "golden")["events"]) == before


@pytest.mark.parametrize(
    ("more", "plain", "detailed"),
    [
        pytest.param([], 0, 0, id="nothing to do"),
        pytest.param(["-p", 'Destinations=["eu-central-1"]'], 0, 2, id="changes"),
        pytest.param(["-p", "Prefix=gold"], 0, 2, id="blocked changes"),
        pytest.param(["-p", "Nothing=1"], 2, 1, id="unknown parameter"),
    ],
)
def test_exit_codes_of_plan(shop: Shop, more: list[str], plain: int, detailed: int) -> None:
    shop.run(*shop.deploy())
    shop.run(*shop.plan(*more), code=plain)
    shop.run(*shop.plan(*more, "--detailed-exitcode"), code=detailed)


def test_a_change_that_replaces_is_refused_unless_allowed(shop: Shop) -> None:
    made = shop.object(*shop.deploy())
    change = ["-p", "Prefix=gold"]
    plan = shop.object(*shop.plan(*change))
    assert plan["summary"]["blocked"] == 2
    assert plan["changes"][0]["blocked"][0]["line"] == 20
    refused = shop.object(*shop.deploy(*change), code=1)
    assert refused["error"]["exit_code"] == 1
    assert len(refused["error"]["diagnostics"]) == 3
    assert shop.object("show", "-s", "golden")["resources"] == made["resources"]
    replaced = shop.object(*shop.deploy(*change, "--replace"))
    assert replaced["status"] == "UPDATE_COMPLETE"
    assert not set(replaced["outputs"]["Images"]) & set(made["outputs"]["Images"])


def test_copies_that_shift_are_moved(shop: Shop) -> None:
    made = shop.object(*shop.deploy())
    fewer = ["-p", 'Destinations=["eu-central-1"]']
    plan = shop.object(*shop.plan(*fewer))
    assert {one["logical_id"]: one["action"] for one in plan["changes"]} == {
        "Copy[0]": "Move", "Copy[1]": "Delete",
    }  # fmt: skip
    moved = shop.object(*shop.deploy(*fewer))
    assert moved["outputs"]["Images"] == made["outputs"]["Images"][1:]


def test_parameters_from_a_file(shop: Shop) -> None:
    values = json.dumps(
        [
            {"ParameterKey": "Destinations", "ParameterValue": '["us-west-1"]'},
            {"ParameterKey": "Prefix", "ParameterValue": "filed"},
        ]
    )
    made = shop.object(*shop.deploy("--parameters", shop.path("values.json", values)))
    assert [one["logical_id"] for one in made["resources"]] == ["Copy[0]"]
    assert made["resources"][0]["attributes"]["DestinationRegionId"] == "us-west-1"


def test_a_cloudformation_stack(shop: Shop) -> None:
    made = shop.object(*shop.deploy("--region", "eu-central-1", template=ARRIVAL))
    assert made["stack_id"].startswith("arn:aws:cloudformation:eu-central-1:")
    resource = made["resources"][0]
    assert resource["physical_id"] != made["outputs"]["Image"]
    shown = shop.run("show", "-s", made["stack_id"]).stdout
    assert "cn-hangzhou -> eu-central-1" in shown
    shop.run("delete", "-s", "golden", "--yes")


def test_an_export_is_shown_and_holds_its_stack(shop: Shop) -> None:
    exporting = ARRIVAL.replace("Golden.Id}", "Golden.Id, Export: {Name: golden-image}}")
    there = ("--region", "eu-central-1")
    made = shop.object(*shop.deploy(*there, template=exporting))
    assert made["export_names"] == {"Image": "golden-image"}
    assert shop.object("outputs", "-s", "golden")["export_names"] == {"Image": "golden-image"}
    assert "(exported as golden-image)" in shop.run("show", "-s", "golden").stdout
    importing = (
        "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Copy:\n"
        "    Type: TF::Alicloud::ImageCopy\n    Properties:\n"
        "      SourceImageId: !ImportValue golden-image\n"
        "      SourceRegionId: eu-central-1\n      Encrypted: true\n"
    )
    shop.object(*shop.deploy(*there, template=importing, name="user"))
    refused = shop.run("delete", "-s", "golden", "--yes", code=1).stderr
    assert "Export golden-image cannot be deleted as it is in use by user [IF363]" in refused
    shop.run("delete", "-s", "user", "--yes")
    shop.run("delete", "-s", "golden", "--yes")


FAULT = ["emulator", "fault", "add"]


@pytest.mark.parametrize(
    ("fault", "more", "code", "status"),
    [
        pytest.param(
            ["quota", "--region", "eu-central-1"], [], 4, "CREATE_FAILED", id="one of two"
        ),
        pytest.param(["quota"], [], 1, "CREATE_FAILED", id="none made"),
        pytest.param(
            ["quota", "--region", "eu-central-1"],
            ["--on-failure", "rollback"],
            1,
            "CREATE_ROLLBACK_COMPLETE",
            id="undone",
        ),
        pytest.param(
            ["error", "--set", "code=Forbidden.RAM", "--set", "status=403"],
            [],
            3,
            "CREATE_FAILED",
            id="not authorised",
        ),
    ],
)
def test_exit_codes_of_failures(
    shop: Shop, fault: list[str], more: list[str], code: int, status: str
) -> None:
    shop.run(*FAULT, *fault, "--action", "CopyImage", "--always")
    result = shop.run(*shop.deploy(*more), code=code)
    assert "error: golden/Copy[" in result.stderr
    assert f'stack "golden" is {status}' in result.stderr
    assert shop.object("show", "-s", "golden")["status"] == status


def test_a_failed_stack_is_tried_again(shop: Shop) -> None:
    shop.run(*FAULT, "quota", "--region", "eu-central-1", "--count", "1")
    failed = shop.object(*shop.deploy(), code=4)
    again = shop.object("retry", "-s", "golden", "--yes")
    assert again["status"] == "CREATE_COMPLETE"
    kept = [one["physical_id"] for one in failed["resources"] if one["physical_id"]]
    assert set(kept) < set(again["outputs"]["Images"])


def test_work_that_is_left_is_taken_up(shop: Shop) -> None:
    result = shop.run(*shop.deploy("--no-wait"))
    assert "no worker" in result.stderr
    held = shop.run(*shop.deploy("-p", "Prefix=other"), code=10)
    operation = shop.object("show", "-s", "golden")["operation"]["operation_id"]
    assert operation in held.stderr
    shop.run("delete", "-s", "golden", "--yes", code=10)
    again = shop.run(*shop.deploy())
    assert f"re-attached to operation {operation}" in again.stdout
    assert shop.object("show", "-s", "golden")["status"] == "CREATE_COMPLETE"
    assert len(shop.object("emulator", "images")["images"]) == 4


def test_watching_can_end_before_the_work(tmp_path: Path) -> None:
    shop = Shop(tmp_path, speed="1")
    stopped = shop.run(*shop.deploy("--wait-timeout", "1s"), code=9)
    assert "to re-attach: give the same command again" in stopped.stderr
    shown = shop.object("show", "-s", "golden")
    assert shown["status"] == "CREATE_IN_PROGRESS"
    assert shown["operation"]["is_run"] is False
    assert [way["verb"] for way in shown["next"]] == ["retry", "cancel"]
    assert "is open, and nobody runs it" in shop.run("show", "-s", "golden").stdout
    assert {one["progress"] for one in shown["resources"]} <= {None, 0}
    cancelled = shop.object("cancel", "-s", "golden")
    assert cancelled["status"] == "CREATE_ROLLBACK_COMPLETE"
    assert len(shop.object("emulator", "images")["images"]) == 2
    assert "nothing runs" in shop.run("cancel", "-s", "golden", code=1).stderr


def test_the_first_interrupt_leaves_the_operation_open(tmp_path: Path) -> None:
    shop = Shop(tmp_path, speed="1")
    process = shop.start(*shop.deploy("--json"))
    assert process.stderr is not None
    for line in process.stderr:
        if "CREATE_IN_PROGRESS  Copy[1]" in line:
            break
    process.send_signal(signal.SIGINT)
    said, words = process.communicate(timeout=20)
    assert process.returncode == 8
    assert "imageferry cancel --stack golden" in words
    assert json.loads(said)["status"] == "CREATE_IN_PROGRESS"
    shop.run("cancel", "-s", "golden")


def test_a_name_in_two_regions_needs_one(shop: Shop) -> None:
    for region in (REGION, "ap-southeast-1"):
        other = FAN_OUT.replace("[ap-southeast-1, eu-central-1]", "[us-west-1]")
        other = other.replace("m-golden0000000000001", GOLDEN).replace(
            "Default: golden", f"Default: from-{region}"
        )
        if region != REGION:
            other = other.replace(GOLDEN, "m-golden0000000000002")
        deploy = shop.deploy("--region", region, template=other)
        shop.run(*deploy, "-p", f"Password={SECRET}")
    assert "ap-southeast-1, cn-hangzhou" in shop.run("show", "-s", "golden", code=2).stderr
    assert shop.object("show", "-s", "golden", "--region", REGION)["region"] == REGION
    chosen = replace(shop, region="ap-southeast-1")
    assert chosen.object("show", "-s", "golden")["region"] == "ap-southeast-1"
    assert len(shop.object("list")["stacks"]) == 2
    assert len(shop.object("list", "--region", REGION)["stacks"]) == 1


def test_the_environment_names_the_region_of_new_stacks_only(shop: Shop) -> None:
    chosen = replace(shop, region="ap-southeast-1")
    arguments = [part for part in shop.deploy() if part not in {"--region", REGION}]
    other = [*arguments, "-p", 'Destinations=["us-west-1"]']
    assert chosen.object(*other, code=1)["region"] == "ap-southeast-1"
    elsewhere = replace(shop, region="eu-central-1")
    assert elsewhere.object("show", "-s", "golden")["region"] == "ap-southeast-1"
    elsewhere.run("show", "-s", "golden", "--region", "eu-central-1", code=6)


def test_a_template_from_standard_input(shop: Shop) -> None:
    shop.path("stack.yml", FAN_OUT)
    arguments = shop.deploy()
    arguments[1] = "-"
    assert "from <stdin>" in shop.run(*arguments, text=FAN_OUT).stdout


def test_a_template_with_faults_is_exit_2_with_each_at_its_line(shop: Shop) -> None:
    wrong = FAN_OUT.replace("Ref: Prefix", "Ref: Prefex").replace("ImageId: m-", "ImageIdd: m-")
    result = shop.run(*shop.deploy("-p", f"Password={SECRET}", template=wrong), code=2)
    assert "stack.yml:20:" in result.stderr
    found = shop.object(*shop.deploy("-p", f"Password={SECRET}", template=wrong), code=2)
    assert len(found["error"]["diagnostics"]) >= 2


@pytest.mark.parametrize(
    "command",
    [["show"], ["events"], ["outputs"], ["delete", "--yes"], ["cancel"], ["retry", "--yes"]],
    ids=lambda command: command[0],
)
def test_no_such_stack_is_exit_6(shop: Shop, command: list[str]) -> None:
    found = shop.object(*command, "-s", "nowhere", code=6)
    assert found["error"]["exit_code"] == 6


def test_the_log_tells_what_was_done_without_secrets(shop: Shop) -> None:
    path = shop.folder / "ferry.log"
    shop.run(*shop.deploy("--log-file", str(path)))
    log = path.read_text()
    assert "Copy[0] CREATE_COMPLETE" in log
    assert SECRET not in log


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk is always full here")
def test_a_log_on_a_full_disk_costs_its_lines_and_nothing_else(shop: Shop) -> None:
    with shop.start(*shop.deploy("--log-file", "/dev/full")) as process:
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in (errors or "")) == (0, False), errors
    assert shop.object("show", "-s", "golden")["status"] == "CREATE_COMPLETE"


def test_on_a_terminal_there_is_a_question_and_rows(tmp_path: Path) -> None:
    shop = Shop(tmp_path, speed="20000")
    arguments = [part for part in shop.deploy() if part != "--yes"]
    code, text = shop.converse(*arguments, question="carry out 2 changes?", answer="y")
    assert code == 0, text
    assert "cn-hangzhou -> ap-southeast-1" in text
    assert "━" in text
    assert "2 of 2 resources done" in text
    assert SECRET not in text


def test_who_leaves_an_undoing_is_told_how_it_goes_on_and_how_it_is_broken_off(
    tmp_path: Path,
) -> None:
    shop = Shop(tmp_path, speed="1")
    shop.run("emulator", "fault", "add", "uncancellable", "--count", "9")
    forward = shop.run(*shop.deploy("--wait-timeout", "1s"), code=9)
    assert "to undo it:   imageferry cancel --stack golden" in forward.stderr
    commands = (
        ("cancel", "-s", "golden", "--wait-timeout", "1s"),
        ("retry", "-s", "golden", "--yes", "--wait-timeout", "1s"),
    )
    for command in commands:
        left = shop.run(*command, code=9).stderr
        assert "to go on with the undoing: give the same command again" in left
        assert "to break it off: imageferry cancel --stack golden --break-off" in left
        assert "to undo it" not in left
    shop.run("cancel", "-s", "golden", "--break-off")
    assert shop.object("show", "-s", "golden")["status"] == "CREATE_ROLLBACK_FAILED"
    again = shop.run("continue-rollback", "-s", "golden", "--yes", "--wait-timeout", "1s", code=9)
    assert "to break it off: imageferry cancel" in again.stderr
    shop.run("cancel", "-s", "golden", "--break-off")
    deleting = shop.run("delete", "-s", "golden", "--yes", "--wait-timeout", "1s", code=9)
    assert "to stop it where it is: imageferry cancel --stack golden" in deleting.stderr
