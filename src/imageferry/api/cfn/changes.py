"""resource_changes: the changes of a change set in CloudFormation's shape, with causes and values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from imageferry.control.causes import EDITED, Cause, CauseKind
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import (
    Action,
    ChangeSet,
    PropertyChange,
    Replacement,
    ResourceChange,
)
from imageferry.model.expressions import Literal
from imageferry.model.stacks import Resource
from imageferry.model.values import MASK, NO_VALUE, UNKNOWN, Json, Secret, Value

Causes = Mapping[tuple[ResourceAddress, str], tuple[Cause, ...]]

KNOWN_LATER: Final = "{{changeSet:KNOWN_AFTER_APPLY}}"
"""What stands for a value that only a later step can give (CloudFormation, DescribeChangeSet)."""

# CloudFormation API reference, ResourceChange: Action.
_ACTIONS: Final[Mapping[Action, str]] = {
    Action.CREATE: "Add",
    Action.UPDATE: "Modify",
    Action.REPLACE: "Modify",
    Action.DELETE: "Remove",
    Action.MOVE: "Modify",
    Action.NONE: "Modify",
    Action.ADOPT: "Import",
}
_MODIFY: Final = frozenset({Action.UPDATE, Action.REPLACE, Action.MOVE, Action.NONE})
_RECREATION: Final[Mapping[Replacement, str]] = {
    Replacement.YES: "Always",
    Replacement.NO: "Never",
    Replacement.MAYBE: "Conditionally",
}
_SOURCES: Final[Mapping[CauseKind, str]] = {
    CauseKind.EDIT: "DirectModification",
    CauseKind.PARAMETER: "ParameterReference",
    CauseKind.REFERENCE: "ResourceReference",
    CauseKind.ATTRIBUTE: "ResourceAttribute",
}


def resource_changes(
    change_set: ChangeSet,
    causes: Causes,
    recorded: Mapping[str, Resource] | None = None,
    *,
    shows_values: bool = False,
) -> list[dict[str, object]]:
    """Every change, in the order of the change set.

    `shows_values` adds what each property was and will be; `recorded` are the stack's resources by
    address as they were when it was planned, None where they are not known any longer. Without them
    nothing is told of policies.
    """
    return [
        {
            "Type": "Resource",
            "ResourceChange": _shape(change, causes, recorded, shows_values=shows_values),
        }
        for change in change_set.changes
        if change.action is not Action.NONE or _policies(change, recorded)
    ]


def _shape(
    change: ResourceChange,
    causes: Causes,
    recorded: Mapping[str, Resource] | None,
    *,
    shows_values: bool,
) -> dict[str, object]:
    shape: dict[str, object] = {
        "Action": _ACTIONS[change.action],
        "LogicalResourceId": str(change.address),
        "ResourceType": change.type_name,
    }
    physical_id = change.physical_id
    if physical_id is None and change.adopts is not None:
        physical_id = str(change.adopts["id"])
    if physical_id is not None and change.action is not Action.CREATE:
        shape["PhysicalResourceId"] = physical_id
    policy = _policy(change)
    if policy:
        shape["PolicyAction"] = policy
    if change.action in _MODIFY:
        shape["Replacement"] = change.replacement.value
    properties = change.properties if change.action in _MODIFY else ()
    policies = _policies(change, recorded)
    shape["Scope"] = [*(["Properties"] if properties else []), *(one[0] for one in policies)]
    shape["Details"] = [
        detail
        for changed in properties
        for detail in _details(changed, _causes(change, changed, causes), shows_values=shows_values)
    ] + [_policy_detail(*one, shows_values=shows_values) for one in policies]
    if shows_values:
        shape |= _contexts(change, recorded)
    return shape


def _policies(
    change: ResourceChange, recorded: Mapping[str, Resource] | None
) -> list[tuple[str, str, str]]:
    """The policies of a resource that change: attribute, what it was, what it will be."""
    before = None if recorded is None else recorded.get(str(change.moved_from or change.address))
    wanted = change.wanted
    if change.action not in _MODIFY or before is None or wanted is None:
        return []
    found = (
        ("DeletionPolicy", before.deletion_policy, wanted.deletion_policy),
        ("UpdateReplacePolicy", before.replacement_policy, wanted.replacement_policy),
    )
    return [one for one in found if one[1] != one[2]]


def _policy_detail(
    attribute: str, before: str, after: str, *, shows_values: bool
) -> dict[str, object]:
    target: dict[str, object] = {"Attribute": attribute, "RequiresRecreation": "Never"}
    if shows_values:
        target |= {
            "Path": f"/{attribute}",
            "BeforeValue": before,
            "AfterValue": after,
            "AttributeChangeType": "Modify",
        }
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def _policy(change: ResourceChange) -> str:
    wanted = change.wanted
    if change.action is Action.DELETE:
        return "Retain" if change.retained or change.adopts is not None else "Delete"
    if change.action is Action.REPLACE:
        kept = "Delete" if wanted is None else wanted.replacement_policy
        return f"ReplaceAnd{kept}" if kept in {"Retain", "Snapshot"} else "ReplaceAndDelete"
    return ""


def _causes(change: ResourceChange, changed: PropertyChange, causes: Causes) -> Sequence[Cause]:
    found = causes.get((change.address, str(changed.path[0])), EDITED)
    if any(cause.kind is CauseKind.PARAMETER for cause in found):
        # The value may have been edited as well: nobody compares the two templates' texts.
        return (*found, Cause(CauseKind.EDIT, is_certain=False))
    return found


def _details(
    changed: PropertyChange, causes: Sequence[Cause], *, shows_values: bool
) -> Iterator[dict[str, object]]:
    target: dict[str, object] = {
        "Attribute": "Properties",
        "Name": str(changed.path[0]),
        "RequiresRecreation": _RECREATION[changed.requires_replacement],
    }
    if shows_values:
        target["Path"] = "/" + "/".join(("Properties", *map(_pointer, changed.path)))
        if changed.before is not None:
            target["BeforeValue"] = _text(changed.before)
        if changed.after is not None:
            target["AfterValue"] = _text(changed.after)
        target["AttributeChangeType"] = _kind(changed)
    for cause in causes:
        detail: dict[str, object] = {
            "Target": target,
            "Evaluation": "Static" if cause.is_certain else "Dynamic",
            "ChangeSource": _SOURCES[cause.kind],
        }
        if cause.name:
            detail["CausingEntity"] = cause.name
        yield detail


def _kind(changed: PropertyChange) -> str:
    if changed.before is None:
        return "Add"
    return "Remove" if changed.after is None else "Modify"


def _contexts(change: ResourceChange, recorded: Mapping[str, Resource] | None) -> dict[str, object]:
    contexts: dict[str, object] = {}
    before = None if recorded is None else recorded.get(str(change.moved_from or change.address))
    if before is not None and change.action is not Action.CREATE:
        shown = {name: plain(value) for name, value in before.properties.items()}
        contexts["BeforeContext"] = json.dumps({"Properties": shown}, ensure_ascii=False)
    if change.wanted is not None and change.action is not Action.DELETE:
        shown = {
            name: plain(expression.value) if isinstance(expression, Literal) else KNOWN_LATER
            for name, expression in change.wanted.properties.items()
        }
        contexts["AfterContext"] = json.dumps({"Properties": shown}, ensure_ascii=False)
    return contexts


def plain(value: Value) -> Json:
    """The value as it may be shown: secrets are masked, and what comes later is said to do so."""
    if isinstance(value, Secret):
        return MASK
    if value is UNKNOWN:
        return KNOWN_LATER
    if value is NO_VALUE:
        return None
    if isinstance(value, Mapping):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    assert value is None or isinstance(value, bool | int | float | str)
    return value


def _text(value: Value) -> str:
    shown = plain(value)
    return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)


def _pointer(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
