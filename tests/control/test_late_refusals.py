"""Plans that are begun although a part of them will fail: which parts, and which plans are not."""

from __future__ import annotations

import pytest

from imageferry.control.late_refusals import refused_late
from imageferry.control.requests import Planned
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeKind, ChangeSet, Replacement, ResourceChange
from imageferry.model.diagnostics import error
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import StackStatus


def planned(action: Action, *codes: str) -> Planned:
    change = ResourceChange(
        ResourceAddress("A"),
        "ALIYUN::ECS::CopyImage",
        action,
        Replacement.YES,
        blocked=tuple(error(code, "no") for code in codes),
        repairs=True,
    )
    change_set = ChangeSet("c", "s", "demo", ChangeKind.UPDATE, "ros", "cn-hangzhou", (change,))
    place = Place("emulator", "1", "cn-hangzhou")
    return Planned(change_set, Stack("s", "demo", place, "ros", StackStatus.CREATED), False, "f")


def test_what_cannot_be_changed_in_place_is_tried() -> None:
    (change,) = refused_late(planned(Action.REPLACE, "IF601", "IF601")).change_set.changes
    assert (change.action, change.replacement) == (Action.UPDATE, Replacement.NO)
    assert change.blocked == ()
    assert not change.repairs


@pytest.mark.parametrize(
    ("action", "codes"),
    [
        pytest.param(Action.REPLACE, ("IF602",), id="another type"),
        pytest.param(Action.REPLACE, ("IF601", "IF831"), id="a policy as well"),
        pytest.param(Action.UPDATE, ("IF601",), id="a number that only grows"),
        pytest.param(Action.REPLACE, (), id="an allowed replacement"),
    ],
)
def test_every_other_plan_stays_as_it_is(action: Action, codes: tuple[str, ...]) -> None:
    before = planned(action, *codes)
    assert refused_late(before) == before
