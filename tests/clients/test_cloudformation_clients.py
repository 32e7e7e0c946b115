"""boto3, the AWS command line and sceptre, unmodified, against a server in another process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.apis import HERE, Served, interpreter, run, serving

pytestmark = pytest.mark.clients

TEMPLATE = """\
AWSTemplateFormatVersion: '2010-09-09'
Description: an image, carried over
Parameters:
  ImageName: {Type: String, Default: golden-cli}
Resources:
  Copy:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: !Ref ImageName
Outputs:
  Image: {Value: !GetAtt Copy.Id}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose replies to writes wait: these clients look once, and then seldom."""
    with serving(tmp_path_factory.mktemp("served"), "--reply-wait", "20") as found:
        yield found


# --- boto3 ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What boto3 saw, of a server that answers at once."""
    python = interpreter("aws")
    with serving(tmp_path_factory.mktemp("life")) as found:
        done = run([str(python), str(HERE / "aws_boto3.py"), found.address], found.aws())
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_boto3_creates_and_describes(life: dict[str, Any]) -> None:
    stack = life["created"]
    assert life["validated"] == ["ImageName", "Words"]
    assert life["same id"]
    assert stack["StackId"] == life["stack id"]
    assert stack["StackId"].startswith("arn:aws:cloudformation:cn-beijing:")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Tags"] == [{"Key": "team", "Value": "images & more <ü>"}]
    assert stack["NotificationARNs"] == []
    assert stack["RollbackConfiguration"] == {}
    assert {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]} == {
        "ImageName": "golden-b",
        "Words": "****",
    }
    (output,) = stack["Outputs"]
    assert (output["OutputKey"], output["ExportName"]) == ("Image", "life-image")
    assert output["OutputValue"].startswith("m-")
    assert [one["LogicalResourceId"] for one in life["resources"]] == ["Copy"]
    assert life["template"]
    assert life["summary"]["ResourceTypes"] == ["TF::Alicloud::ImageCopy"]


def test_boto3_reads_the_events_newest_first(life: dict[str, Any]) -> None:
    assert life["events"][0] == ["life", "CREATE_COMPLETE"]
    assert life["events"][-1] == ["life", "CREATE_IN_PROGRESS"]
    assert ["Copy", "CREATE_COMPLETE"] in life["events"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("exists", ["AlreadyExistsException", "Stack [life] already exists",
                    "AlreadyExistsException", 400]),
        ("no change", ["ValidationError", "No updates are to be performed.", "ClientError", 400]),
        ("same set", ["AlreadyExistsException", "ChangeSet rename already exists",
                      "AlreadyExistsException", 400]),
        ("set missing", ["ChangeSetNotFound", "ChangeSet [never-was] does not exist",
                         "ChangeSetNotFoundException", 404]),
        ("in use", ["ValidationError",
                    "Export life-image cannot be deleted as it is in use by taker",
                    "ClientError", 400]),
        ("not imported", ["ValidationError",
                          "Export 'life-image' is not imported by any stack.",
                          "ClientError", 400]),
        ("unknown type", ["TypeNotFoundException", "The type 'My::Own::Thing' cannot be found.",
                          "TypeNotFoundException", 404]),
        ("missing", ["ValidationError", "Stack with id life does not exist", "ClientError", 400]),
    ],
)  # fmt: skip
def test_boto3_is_refused_by_code_and_text(
    life: dict[str, Any], call: str, expected: list[object]
) -> None:
    assert life[call] == expected


def test_boto3_changes_by_change_sets(life: dict[str, Any]) -> None:
    status, execution, reason = life["nothing"]
    assert (status, execution) == ("FAILED", "UNAVAILABLE")
    assert reason == (
        "The submitted information didn't contain changes."
        " Submit different information to create a change set."
    )
    described = life["change set"]
    assert (described["Status"], described["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert described["Description"] == "another name"
    (change,) = (one["ResourceChange"] for one in described["Changes"])
    assert (change["Action"], change["LogicalResourceId"]) == ("Modify", "Copy")
    assert (change["Replacement"], change["Scope"]) == ("False", ["Properties"])
    assert [
        (one["ChangeSource"], one["Evaluation"], one.get("CausingEntity"))
        for one in change["Details"]
    ] == [("ParameterReference", "Static", "ImageName"), ("DirectModification", "Dynamic", None)]
    target = change["Details"][0]["Target"]
    assert (target["BeforeValue"], target["AfterValue"]) == ("golden-b", "golden-c")
    assert json.loads(change["AfterContext"])["Properties"]["ImageName"] == "golden-c"
    assert life["listed"] == ["rename", "nothing"]
    assert life["executed"] == "EXECUTE_COMPLETE"
    assert life["executed twice"][0] == "InvalidChangeSetStatus"
    assert life["updated"]["StackStatus"] == "UPDATE_COMPLETE"
    assert life["updated"]["ChangeSetId"] == described["ChangeSetId"]


def test_boto3_detects_drift(life: dict[str, Any]) -> None:
    detection = life["detection"]
    assert detection["DetectionStatus"] == "DETECTION_COMPLETE"
    assert (detection["StackDriftStatus"], detection["DriftedStackResourceCount"]) == ("IN_SYNC", 0)
    (drift,) = life["drifts"]
    assert drift["StackResourceDriftStatus"] == "IN_SYNC"
    assert json.loads(drift["ExpectedProperties"])["ImageName"] == "golden-c"
    assert life["one drift"] == "IN_SYNC"


def test_boto3_lists_exports_and_imports(life: dict[str, Any]) -> None:
    (export,) = life["exports"]
    assert (export["Name"], export["ExportingStackId"]) == ("life-image", life["stack id"])
    assert export["Value"] == life["taken"]
    assert life["imports"] == ["taker"]


def test_boto3_registers_types(life: dict[str, Any]) -> None:
    described = life["type"]
    schema = json.loads(described["Schema"])
    assert "TF::Alicloud::ImageCopy" in life["types"]
    assert described["ProvisioningType"] == "FULLY_MUTABLE"
    assert schema["primaryIdentifier"] == ["/properties/tfcfnid"]
    assert schema["required"] == ["SourceImageId", "SourceRegionId"]
    assert life["versions"] == ["00000001", "00000002"]
    assert life["default"] == "00000002"
    code, message, *_ = life["foreign type"]
    assert code == "CFNRegistryException"
    assert "is not installed with this server" in message


def test_boto3_deletes(life: dict[str, Any]) -> None:
    assert life["gone"] == "DELETE_COMPLETE"
    assert sorted(life["list"]) == [["life", "DELETE_COMPLETE"], ["taker", "DELETE_COMPLETE"]]


# --- the AWS command line ---------------------------------------------------------------------------


def aws(served: Served, *arguments: str) -> tuple[int, str, str]:
    command = [str(interpreter("aws").with_name("aws")), "cloudformation", *arguments]
    done = run(command, served.aws())
    return done.returncode, done.stdout, done.stderr


def test_the_aws_command_line_deploys_and_deletes(served: Served, tmp_path: Path) -> None:
    template = tmp_path / "copy.yml"
    template.write_text(TEMPLATE)
    deploy = ("deploy", "--stack-name", "by-cli", "--template-file", str(template))
    code, said, told = aws(served, *deploy, "--parameter-overrides", "ImageName=golden-cli-b")
    assert code == 0, told
    assert "Successfully created/updated stack - by-cli" in said
    code, said, told = aws(served, *deploy)
    assert code == 255
    assert "No changes to deploy. Stack by-cli is up to date" in told + said
    # The client names its change sets after the second.
    time.sleep(1.1)
    code, said, told = aws(served, *deploy, "--no-fail-on-empty-changeset")
    assert code == 0, told
    code, said, told = aws(served, "wait", "stack-create-complete", "--stack-name", "by-cli")
    assert (code, told) == (0, "")
    code, said, told = aws(served, "describe-stack-events", "--stack-name", "by-cli")
    assert code == 0, told
    words = [one["ResourceStatus"] for one in json.loads(said)["StackEvents"]]
    assert (words[0], words[-1]) == ("CREATE_COMPLETE", "REVIEW_IN_PROGRESS")
    code, said, told = aws(served, "delete-stack", "--stack-name", "by-cli")
    assert (code, said, told) == (0, "", "")
    code, said, told = aws(served, "wait", "stack-delete-complete", "--stack-name", "by-cli")
    assert (code, told) == (0, "")


def test_the_aws_command_line_validates(served: Served, tmp_path: Path) -> None:
    template = tmp_path / "copy.yml"
    template.write_text(TEMPLATE)
    code, said, told = aws(served, "validate-template", "--template-body", f"file://{template}")
    assert code == 0, told
    assert json.loads(said)["Parameters"][0]["ParameterKey"] == "ImageName"
    template.write_text("Resources: {}\n")
    code, said, told = aws(served, "validate-template", "--template-body", f"file://{template}")
    assert code == 255
    assert "Template format error: At least one Resources member must be defined." in told


# --- sceptre ----------------------------------------------------------------------------------------


def test_sceptre_launches_and_deletes(served: Served, tmp_path: Path) -> None:
    command = interpreter("sceptre").with_name("sceptre")
    (tmp_path / "config" / "dev").mkdir(parents=True)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "copy.yaml").write_text(TEMPLATE)
    (tmp_path / "config" / "config.yaml").write_text("project_code: ferry\nregion: cn-beijing\n")
    (tmp_path / "config" / "dev" / "golden.yaml").write_text(
        "template: {path: copy.yaml, type: file}\nparameters: {ImageName: golden-sceptre}\n"
    )

    def sceptre(*arguments: str) -> str:
        done = run([str(command), "--no-colour", *arguments], served.aws(), tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "CREATE_COMPLETE" in sceptre("launch", "-y", "dev")
    assert "CREATE_COMPLETE" in sceptre("status", "dev")
    assert "delete complete" in sceptre("delete", "-y", "dev").lower().replace("_", " ")
