"""Refusals in ROS's words: codes, statuses and texts, of the gateway and of what the core says."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageferry.api.calls import Refusal, Refused
from imageferry.api.ros.errors import CODES, RosError, of_diagnostics, of_fault, of_refusal
from imageferry.control.requests import (
    LanguageForeign,
    RequestRefused,
    StackNotFound,
    TokenInProgress,
    TokenMismatch,
)
from imageferry.model.diagnostics import Span, TemplateError, error, warning
from imageferry.ports.fetching import FetchRefused
from imageferry.ports.keeping import StoreError, StoreUnavailable
from tests.api.ros.stories import TWO_COPIES, Talk, told

START = "ROSTemplateFormatVersion: '2015-09-01'\n"
COPY = """\
Resources:
  A:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: carried
"""
BAD_TEMPLATES = {
    "no YAML": ("a: [", "InvalidSchema", "not YAML"),
    "no map": ("[]", "InvalidSchema", "is a list"),
    "no version": (COPY, "InvalidSchema", "'ROSTemplateFormatVersion' is missing"),
    "wrong version": (
        "ROSTemplateFormatVersion: '2016-01-01'\n" + COPY,
        "InvalidTemplateVersion",
        "The template version is invalid: 1:27: '2016-01-01'",
    ),
    "the other language": (
        "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A: {Type: 'TF::Alicloud::ImageCopy'}\n",
        "InvalidTemplateVersion",
        "one of CloudFormation.",
    ),
    "unknown section": (START + "Foo: {}\n" + COPY, "InvalidTemplateSection", "'Foo'"),
    "unknown name": (
        START + COPY + "      DestinationDescription: !Ref Tokio\n",
        "InvalidTemplateReference",
        'The specified reference "Tokio" (in 9:31) is incorrect.',
    ),
    "unknown attribute": (
        START + COPY + "Outputs:\n  X: {Value: !GetAtt [A, Nope]}\n",
        "InvalidTemplateAttribute",
        "The Referenced Attribute (A Nope) is incorrect.",
    ),
    "circle": (
        START + COPY + "    DependsOn: A\n",
        "CircularDependency",
        "Circular Dependency Found",
    ),
    "wrong type of a value": (
        START + COPY + "      Encrypted: [1]\n",
        "InvalidTemplatePropertyType",
        "The specified value type of (A Encrypted) is incorrect",
    ),
    "unknown resource type": (
        START + "Resources:\n  A: {Type: 'ALIYUN::ECS::Nope'}\n",
        "StackValidationFailed",
        "ALIYUN::ECS::Nope",
    ),
    "missing parameter": (
        START + "Parameters:\n  P: {Type: String}\n" + COPY,
        "UserParameterMissing",
        "The Parameter P was not provided.",
    ),
    "too large": (START + "#" + "x" * 600_000 + "\n" + COPY, "StackValidationFailed", "512 KiB"),
}


def test_templates_that_are_refused(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        for name, (template, code, says) in BAD_TEMPLATES.items():
            refused = await talk.refused("CreateStack", StackName="a", TemplateBody=template)
            assert refused[:2] == (400, code), name
            assert says in refused[2], (name, refused[2])
            if name != "missing parameter":
                # ROS: whatever is wrong with the template itself, ValidateTemplate has one code.
                refused = await talk.refused("ValidateTemplate", TemplateBody=template)
                assert refused[0] == 400, name
                assert refused[1] == "InvalidTemplate", name
        extra = [{"ParameterKey": "Q", "ParameterValue": "1"}]
        refused = await talk.refused(
            "CreateStack", StackName="a", TemplateBody=TWO_COPIES, Parameters=extra
        )
        assert refused == (
            400,
            "UnknownUserParameter",
            "The Parameter (Q) was not defined in template.",
        )
        assert (await talk.ask("ListStacks"))["TotalCount"] == 0

    told(tmp_path, story)


REQUESTS = {
    "no id": ("GetStack", {}, 400, "MissingParameter"),
    "no such id": ("GetStack", {"StackId": "nope"}, 404, "StackNotFound"),
    "a name for an id": ("GetStack", {"StackId": "demo"}, 404, "StackNotFound"),
    "a region in capitals": (
        "GetStack",
        {"StackId": "x", "RegionId": "CN-HANGZHOU"},
        400,
        "InvalidParameter",
    ),
    "page size 0": ("ListStacks", {"PageSize": 0}, 400, "InvalidParameter"),
    "page size 51": ("ListStacks", {"PageSize": 51}, 400, "InvalidParameter"),
    "page -1": ("ListStacks", {"PageNumber": -1}, 400, "InvalidParameter"),
    "page 1e9": ("ListStacks", {"PageNumber": 1_000_000_000}, 400, "InvalidParameter"),
    "no status": ("ListStacks", {"Status": ["FOO"]}, 400, "InvalidParameter"),
    "no time": ("ListStacks", {"StartTime": "yesterday"}, 400, "InvalidParameter"),
    "a path for a name": ("CreateStack", {"StackName": "../../etc"}, 400, "InvalidParameter"),
    "a slash": ("CreateStack", {"StackName": "a/b"}, 400, "InvalidParameter"),
    "10 KB of name": ("CreateStack", {"StackName": "a" * 10_000}, 400, "InvalidParameter"),
    "a file": ("CreateStack", {"TemplateURL": "file:///etc/passwd"}, 400, "InvalidParameter"),
    "loopback": ("CreateStack", {"TemplateURL": "http://127.0.0.1/x"}, 400, "InvalidParameter"),
    "two sources": (
        "CreateStack",
        {"TemplateURL": "http://127.0.0.1/x", "TemplateBody": "x"},
        400,
        "MultipleParameter",
    ),
    "no source": ("CreateStack", {}, 400, "MissingParameter"),
    "five minutes": (
        "CreateStack",
        {"TemplateBody": "x", "TimeoutInMinutes": 5},
        400,
        "InvalidParameter",
    ),
    "25 hours": (
        "CreateStack",
        {"TemplateBody": "x", "TimeoutInMinutes": 1_500},
        400,
        "InvalidParameter",
    ),
    "one tag twice": (
        "CreateStack",
        {
            "TemplateBody": TWO_COPIES,
            "Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        },
        400,
        "Duplicate.TagKey",
    ),
    "a reserved tag": (
        "CreateStack",
        {"TemplateBody": TWO_COPIES, "Tags": [{"Key": "acs:a", "Value": "1"}]},
        400,
        "InvalidParameter",
    ),
    "21 tags": (
        "CreateStack",
        {"TemplateBody": TWO_COPIES, "Tags": [{"Key": f"k{n}", "Value": ""} for n in range(21)]},
        400,
        "InvalidParameter",
    ),
    "no policy": (
        "CreateStack",
        {"TemplateBody": TWO_COPIES, "StackPolicyBody": "{}"},
        400,
        "InvalidParameter",
    ),
    "a policy with an endless number": (
        "CreateStack",
        {"TemplateBody": TWO_COPIES, "StackPolicyBody": '{"Statement": ' + "9" * 5_000 + "}"},
        400,
        "InvalidParameter",
    ),
    "a stack that is forgotten": (
        "CreateStack",
        {"TemplateBody": TWO_COPIES, "CreateOption": "AbandonStackOnCreationComplete"},
        400,
        "NotSupported",
    ),
    "both create options": (
        "CreateStack",
        {
            "TemplateBody": TWO_COPIES,
            "CreateOption": "ManuallyPay",
            "CreateOptions": ["ManuallyPay"],
        },
        400,
        "MultipleParameter",
    ),
    "a long token": ("CreateStack", {"ClientToken": "x" * 65}, 400, "InvalidParameter"),
    "nothing to look at": ("PreviewStack", {"TemplateBody": TWO_COPIES}, 400, "MissingParameter"),
    "a change set of nothing": (
        "CreateChangeSet",
        {"ChangeSetName": "c", "TemplateBody": TWO_COPIES},
        400,
        "MissingParameter",
    ),
    "no such change set": ("GetChangeSet", {"ChangeSetId": "x"}, 404, "ChangeSetNotFound"),
    "documented, not here": ("StartChat", {}, 400, "NotSupported"),
    "no such action": ("Nope", {}, 404, "InvalidAction.NotFound"),
}


def test_requests_that_are_refused(tmp_path: Path) -> None:
    async def story(talk: Talk) -> None:
        for name, (action, given, status, code) in REQUESTS.items():
            usual = {"StackName": "demo"} if action == "CreateStack" else {}
            refused = await talk.refused(action, **{**usual, **given})
            assert refused[:2] == (status, code), (name, refused)
            assert "Traceback" not in refused[2]
        assert (await talk.ask("ListStacks", Status=["CHECK_COMPLETE"]))["Stacks"] == []

    told(tmp_path, story)


@pytest.mark.parametrize("refusal", list(Refusal), ids=lambda one: one.value)
def test_every_refusal_of_the_gateway_has_its_words(refusal: Refusal) -> None:
    found = of_refusal(Refused(refusal, "so it is"), "GetStack")
    assert found.code
    assert found.message.endswith("So it is.")
    is_ours = refusal in {Refusal.UNAVAILABLE, Refusal.INTERNAL}
    assert (found.status >= 500) is is_ours


def test_a_request_without_an_action() -> None:
    found = of_refusal(Refused(Refusal.UNKNOWN_ACTION), "")
    assert (found.code, found.status) == ("MissingAction", 400)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (RequestRefused("it is being reviewed"), 400, "NotSupported"),
        (RequestRefused("no", is_denied=True), 403, "Forbidden"),
        (
            RequestRefused("no", diagnostics=[error("IF831", "no")]),
            400,
            "StackPolicyValidationFailed",
        ),
        (
            TemplateError([warning("IF120", "w"), error("IF206", "circle")]),
            400,
            "CircularDependency",
        ),
        (StackNotFound("gone"), 404, "StackNotFound"),
        (LanguageForeign("cloudformation", "ros"), 400, "InvalidTemplateVersion"),
        (TokenMismatch(), 400, "InvalidIdempotenceParameter"),
        (TokenInProgress(), 400, "LastTokenProcessing"),
        (FetchRefused("too large"), 400, "InvalidParameter"),
        (StoreUnavailable("away"), 503, "ServiceUnavailable"),
        (StoreError("disk /srv/x"), 500, "InternalError"),
        (RosError("X", "y", 418), 418, "X"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else str(one),
)
def test_what_the_core_refuses(fault: Exception, status: int, code: str) -> None:
    found = of_fault(fault)
    assert found is not None
    assert (found.status, found.code) == (status, code)
    assert "/srv/x" not in found.message


def test_faults_of_our_own_are_nobodys_refusal() -> None:
    assert of_fault(ValueError("x")) is None


def test_the_first_diagnostic_decides_and_all_are_told() -> None:
    place = Span("t.yml", 3, 4)
    found = of_diagnostics(
        [
            warning("IF217", "a parameter is not used"),
            error("IF401", "parameter 'P' has no value", span=place),
            error("IF509", "there is no resource type 'X'", why="it is not installed"),
        ]
    )
    assert found.code == "UserParameterMissing"
    assert found.message == (
        "The Parameter P was not provided. there is no resource type 'X' (it is not installed)."
    )


def test_every_code_in_the_table_is_a_diagnostic() -> None:
    page = Path(__file__).parents[3] / "docs" / "errors.md"
    known = page.read_text()
    assert [code for code in CODES if f"| {code} |" not in known] == []
