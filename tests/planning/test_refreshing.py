"""set_back: what drifted becomes an update in place, or a warning where it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeKind, ChangeSet, ResourceChange, Wanted
from imageferry.model.drift import (
    Difference,
    DifferenceKind,
    ResourceDrift,
    ResourceDriftStatus,
)
from imageferry.model.expressions import Literal
from imageferry.model.values import Value
from imageferry.planning.refreshing import DRIFTED, set_back
from imageferry.resource_types.installed import InstalledTypes

TYPE = "ALIYUN::ECS::CopyImage"
HERE = ResourceAddress("Golden")
WANTED = Wanted(HERE, TYPE, {"DestinationImageName": Literal("a"), "Encrypted": Literal(True)})
STANDING = ResourceChange(HERE, TYPE, Action.NONE, wanted=WANTED)


def change_set(change: ResourceChange) -> ChangeSet:
    return ChangeSet("c", "s", "demo", ChangeKind.UPDATE, "ros", "cn-hangzhou", (change,))


def drifted(**observed: Value) -> ResourceDrift:
    differences = tuple(
        Difference((name,), DifferenceKind.NOT_EQUAL, "wanted", value)
        for name, value in observed.items()
    )
    status = ResourceDriftStatus.MODIFIED
    return ResourceDrift(HERE, TYPE, "m-1", status, differences, observed)


def after(change: ResourceChange, drift: ResourceDrift) -> tuple[ResourceChange, list[str]]:
    found = set_back(change_set(change), [drift], InstalledTypes(), {})
    [changed] = found.changes
    return changed, [one.message for one in found.warnings]


def test_what_is_restorable_is_updated_in_place_without_leave_to_replace() -> None:
    changed, warnings = after(STANDING, drifted(DestinationImageName="b", Tag=[{"Key": "x"}]))
    assert (changed.action, changed.blocked, warnings) == (Action.UPDATE, (), [])
    assert changed.observed == {"DestinationImageName": "b", "Tag": [{"Key": "x"}]}
    assert [(one.path[0], one.before, one.after, one.remark) for one in changed.properties] == [
        ("DestinationImageName", "b", "a", DRIFTED),
        ("Tag", [{"Key": "x"}], None, DRIFTED),
    ]


def test_what_is_not_is_told_and_left() -> None:
    changed, [said] = after(STANDING, drifted(Encrypted=False))
    assert changed == STANDING and "Encrypted" in said


@pytest.mark.parametrize("action", [Action.CREATE, Action.REPLACE], ids=str)
def test_what_is_made_anyway_is_made_as_it_is_wanted(action: Action) -> None:
    made = replace(STANDING, action=action)
    assert after(made, drifted(DestinationImageName="b", Encrypted=False)) == (made, [])


def test_a_moved_resource_is_found_where_it_was() -> None:
    there = ResourceAddress("Golden", 3)
    moved = replace(STANDING, action=Action.MOVE, moved_from=there)
    drift = replace(drifted(DestinationImageName="b"), address=there)
    changed, _ = after(moved, drift)
    assert (changed.action, changed.moved_from) == (Action.UPDATE, there)


def test_what_goes_is_left_alone() -> None:
    gone = ResourceChange(HERE, TYPE, Action.DELETE)
    assert after(gone, drifted(DestinationImageName="b")) == (gone, [])


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (ResourceDriftStatus.DELETED, "made anew"),
        (ResourceDriftStatus.UNKNOWN, "could not be looked at"),
    ],
    ids=["deleted", "unknown"],
)
def test_what_is_not_there_or_not_seen_is_said(status: ResourceDriftStatus, says: str) -> None:
    changed, [said] = after(STANDING, ResourceDrift(HERE, TYPE, "m-1", status, reason="why"))
    assert changed == STANDING and says in said


@pytest.mark.parametrize(
    ("found", "action", "says"),
    [(40, Action.UPDATE, []), (80, Action.NONE, ["SystemDiskSize"])],
    ids=["smaller", "larger"],
)
def test_what_only_grows_is_set_back_where_it_can_be(
    found: int, action: Action, says: list[str]
) -> None:
    kind = "ALIYUN::ECS::Instance"
    wanted = Wanted(HERE, kind, {"SystemDiskSize": Literal(60)})
    standing = ResourceChange(HERE, kind, Action.NONE, wanted=wanted)
    changed, warnings = after(standing, replace(drifted(SystemDiskSize=found), type_name=kind))
    assert changed.action is action
    assert [one.rpartition(": ")[2] for one in warnings] == says
