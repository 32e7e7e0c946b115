"""Stack policies: every fault of a document told at once, and what a policy says of a change."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeKind, ChangeSet, Replacement, ResourceChange
from imageferry.model.diagnostics import TemplateError
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.planning.policies import MAX_POLICY_BYTES, parse_policy, under_policy

THING = "ALIYUN::TEST::Thing"
ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}


def policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Statement": list(statements)})


def deny(**more: object) -> dict[str, object]:
    return {"Effect": "Deny", "Principal": "*", "Action": "Update:*", "Resource": "*", **more}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", ["not the right size"], id="empty"),
        pytest.param(" " * (MAX_POLICY_BYTES + 1), ["not the right size"], id="too large"),
        pytest.param("{", ["no JSON"], id="no JSON"),
        pytest.param("[" * 9000, ["nested too deeply"], id="too deep"),
        pytest.param("[]", ["no statements"], id="no map"),
        pytest.param('{"Statment": []}', ["no statements"], id="misspelt"),
        pytest.param('{"Statement": []}', ["empty list"], id="no statement in it"),
        pytest.param('{"Statement": [1], "Id": 2}', ['no key "Id"', "no map"], id="two faults"),
        pytest.param(policy({**ALLOW, "Effect": "allow"}), ["neither Allow nor Deny"], id="effect"),
        pytest.param(policy({**ALLOW, "Principal": "me"}), ['"Principal"'], id="principal"),
        pytest.param(
            policy({**ALLOW, "Action": ["Update:Modfy", "Delete"]}),
            ['no action "Update:Modfy"', 'no action "Delete"'],
            id="actions",
        ),
        pytest.param(policy({**ALLOW, "NotAction": "Update:*"}), ["exactly one"], id="both"),
        pytest.param(policy({**ALLOW, "Resource": "Each"}), ["means no resource"], id="resource"),
        pytest.param(policy({**ALLOW, "Resource": []}), ["no list of texts"], id="empty resource"),
        pytest.param(
            policy({**ALLOW, "Condition": {"StringLik": {}}}), ["no condition"], id="operator"
        ),
        pytest.param(
            policy({**ALLOW, "Condition": {"StringLike": {"Region": "x"}}}),
            ["not just"],
            id="compared",
        ),
        pytest.param(policy({**ALLOW, "Condition": []}), ["is no map"], id="condition"),
    ],
)
def test_every_fault_of_a_document_is_told(text: str, said: list[str]) -> None:
    with pytest.raises(TemplateError) as refused:
        parse_policy(text, "p.json")
    assert {fault.code for fault in refused.value.diagnostics} == {"IF832"}
    told = [fault.message for fault in refused.value.diagnostics]
    assert len(told) == len(said)
    for part in said:
        assert any(part in message for message in told), told


def change(action: Action, replacement: Replacement = Replacement.NO) -> ResourceChange:
    return ResourceChange(ResourceAddress("Each", 1), THING, action, replacement)


MODIFIES = change(Action.UPDATE)
REPLACES = change(Action.REPLACE, Replacement.YES)
PERHAPS = change(Action.UPDATE, Replacement.MAYBE)
DELETES = change(Action.DELETE)


def blocked(
    text: str, one: ResourceChange, status: ResourceStatus = ResourceStatus.CREATED
) -> list[str]:
    change_set = ChangeSet("c", "s", "demo", ChangeKind.UPDATE, "ros", "cn-hangzhou", (one,))
    there = {"Each[1]": Resource(one.address, THING, status, physical_id="t-1")}
    after = under_policy(change_set, parse_policy(text, "p.json"), there)
    return [fault.message.split(" forbids ")[1].split(" of ")[0] for fault in after.blocked]


@pytest.mark.parametrize(
    ("text", "one", "expected"),
    [
        pytest.param(policy(ALLOW), REPLACES, [], id="all is allowed"),
        pytest.param(
            policy({**ALLOW, "Action": "Update:Modify"}), MODIFIES, [], id="just this is allowed"
        ),
        pytest.param(
            policy({**ALLOW, "Action": "Update:Modify"}),
            DELETES,
            ["Update:Delete"],
            id="silence denies",
        ),
        pytest.param(policy(ALLOW, deny()), MODIFIES, ["Update:Modify"], id="a denial counts more"),
        pytest.param(policy(deny(), ALLOW), MODIFIES, ["Update:Modify"], id="whatever the order"),
        pytest.param(
            policy(ALLOW, deny(Action=["Update:Replace"])), MODIFIES, [], id="another action"
        ),
        pytest.param(
            policy(ALLOW, deny(Action="Update:Replace")),
            PERHAPS,
            ["Update:Replace"],
            id="what may replace",
        ),
        pytest.param(
            policy(ALLOW, deny(Resource="LogicalResourceId/Each")),
            REPLACES,
            ["Update:Replace"],
            id="all instances",
        ),
        pytest.param(
            policy(ALLOW, deny(Resource="LogicalResourceId/Each[1]")),
            DELETES,
            ["Update:Delete"],
            id="one instance",
        ),
        pytest.param(
            policy(ALLOW, deny(Resource="LogicalResourceId/E*h")),
            DELETES,
            ["Update:Delete"],
            id="a pattern",
        ),
        pytest.param(
            policy(ALLOW, deny(Resource=["LogicalResourceId/Base"])), DELETES, [], id="another one"
        ),
        pytest.param(
            policy(
                ALLOW,
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "NotAction": "Update:Modify",
                    "NotResource": "LogicalResourceId/Base",
                },
            ),
            DELETES,
            ["Update:Delete"],
            id="all but",
        ),
        pytest.param(
            policy(ALLOW, deny(Condition={"StringLike": {"ResourceType": ["ALIYUN::*"]}})),
            MODIFIES,
            ["Update:Modify"],
            id="a type by a pattern",
        ),
        pytest.param(
            policy(ALLOW, deny(Condition={"StringEquals": {"ResourceType": ["ALIYUN::X::Y"]}})),
            MODIFIES,
            [],
            id="another type",
        ),
        pytest.param(policy(deny()), change(Action.CREATE), [], id="what is new"),
        pytest.param(policy(deny()), change(Action.MOVE), [], id="what only moves"),
        pytest.param(policy(deny()), change(Action.NONE), [], id="what stays"),
    ],
)
def test_a_policy_judges_a_change(text: str, one: ResourceChange, expected: list[str]) -> None:
    assert blocked(text, one) == expected


def test_what_was_never_whole_may_be_mended() -> None:
    mends = replace(REPLACES, repairs=True)
    assert blocked(policy(deny()), mends, ResourceStatus.CREATE_FAILED) == []
    assert blocked(policy(deny()), mends, ResourceStatus.UPDATE_FAILED) == ["Update:Replace"]


@pytest.mark.parametrize("kind", [ChangeKind.CREATE, ChangeKind.DELETE, ChangeKind.ROLLBACK])
def test_only_updates_are_judged(kind: ChangeKind) -> None:
    change_set = ChangeSet("c", "s", "demo", kind, "ros", "cn-hangzhou", (DELETES,))
    there = {"Each[1]": Resource(DELETES.address, THING, ResourceStatus.CREATED)}
    after = under_policy(change_set, parse_policy(policy(deny()), "p.json"), there)
    assert after is change_set
