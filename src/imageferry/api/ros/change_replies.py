"""What a plan would do, in ROS's shapes: Changes of a change set, Resources of PreviewStack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.api.ros.names import shown_value
from imageferry.control.causes import EDITED, Cause, CauseKind, causes_of
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import (
    Action,
    ChangeSet,
    PropertyChange,
    Replacement,
    ResourceChange,
)
from imageferry.model.expressions import Literal
from imageferry.model.values import UNKNOWN, Json, is_known

_ACTIONS: Final[Mapping[Action, str]] = {
    Action.CREATE: "Add",
    Action.UPDATE: "Modify",
    Action.REPLACE: "Modify",
    Action.MOVE: "Modify",
    Action.DELETE: "Remove",
    Action.ADOPT: "Import",
    Action.NONE: "None",
}
_RECREATIONS: Final[Mapping[Replacement, str]] = {
    Replacement.YES: "Always",
    Replacement.MAYBE: "Conditionally",
    Replacement.NO: "Never",
}
_SOURCES: Final[Mapping[CauseKind, str]] = {
    CauseKind.EDIT: "DirectModification",
    CauseKind.PARAMETER: "ParameterReference",
    CauseKind.REFERENCE: "ResourceReference",
    CauseKind.ATTRIBUTE: "ResourceAttribute",
}


def changes_reply(change_set: ChangeSet, changed_parameters: frozenset[str]) -> list[Json]:
    """Changes, as GetChangeSet has them; what stays as it is has no entry."""
    causes = causes_of(change_set, changed_parameters)
    return [
        {"Type": "Resource", "ResourceChange": _change(change, causes)}
        for change in change_set.changes
        if change.action is not Action.NONE
    ]


def _change(
    change: ResourceChange, causes: Mapping[tuple[ResourceAddress, str], tuple[Cause, ...]]
) -> dict[str, Json]:
    reply: dict[str, Json] = {
        "Action": _ACTIONS[change.action],
        "LogicalResourceId": str(change.address),
        "PhysicalResourceId": change.physical_id or "",
        "ResourceType": change.type_name,
        "Scope": [],
        "Details": [],
    }
    if _ACTIONS[change.action] == "Modify":
        changed = [one for one in change.properties if one.before != one.after]
        details: list[Json] = [
            _detail(one, cause)
            for one in changed
            for cause in causes.get((change.address, str(one.path[0])), EDITED)
        ]
        reply |= {
            "Replacement": change.replacement.value,
            "Scope": ["Properties"] if changed else [],
            "Details": details,
        }
    return reply


def _detail(changed: PropertyChange, cause: Cause) -> dict[str, Json]:
    is_static = cause.is_certain and is_known(changed.after)
    reply: dict[str, Json] = {
        "ChangeSource": _SOURCES[cause.kind],
        "Evaluation": "Static" if is_static else "Dynamic",
        "Target": {
            "Attribute": "Properties",
            "Name": str(changed.path[0]),
            "RequiresRecreation": _RECREATIONS[changed.requires_replacement],
        },
    }
    if cause.name:
        reply["CausingEntity"] = cause.name
    return reply


def preview_reply(changes: Sequence[ResourceChange]) -> list[Json]:
    """Resources, as PreviewStack has them; what stays as it is has the action None."""
    needed: dict[str, list[Json]] = {}
    for change in changes:
        for other in () if change.wanted is None else change.wanted.depends_on:
            needed.setdefault(str(other), []).append(str(change.address))
    return [_previewed(change, needed.get(str(change.address), [])) for change in changes]


def _previewed(change: ResourceChange, required_by: list[Json]) -> dict[str, Json]:
    reply: dict[str, Json] = {
        "LogicalResourceId": str(change.address),
        "ResourceType": change.type_name,
        "AcsResourceType": change.type_name,
        "PhysicalResourceId": change.physical_id or "",
        "Description": "",
        "Action": _ACTIONS[change.action],
        "Properties": _properties(change),
        "RequiredBy": required_by,
    }
    if _ACTIONS[change.action] == "Modify":
        reply["Replacement"] = change.replacement.value
    return reply


def _properties(change: ResourceChange) -> dict[str, Json]:
    """The properties as they shall be; what is known later says so, and secrets are hidden."""
    wanted = {} if change.wanted is None else change.wanted.properties
    return {
        name: shown_value(part.value if isinstance(part, Literal) else UNKNOWN)
        for name, part in wanted.items()
    }
