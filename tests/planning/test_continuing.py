"""The rest of a rollback: from wherever it broke off it arrives where it was to lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.engine.steps import closing_steps, making_steps
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeKind, ChangeSet
from imageferry.model.journal import Standing
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus, StepStatus
from imageferry.planning.continuing import plan_continuation
from imageferry.planning.undoing import plan_undoing
from tests.planning.plots import CATALOG, THINGS, actions, carried_out, planned, record_of

EACH_3 = ResourceAddress("Each", 3)


def broken_off(
    change_set: ChangeSet, resources: Mapping[str, Resource], steps: int
) -> dict[str, Resource]:
    """What is there after so many steps, of which the last one has failed."""
    standing = Standing(resources, change_set)
    made = making_steps(change_set, Standing(resources, change_set).now)
    done = 0
    for wave in (made, closing_steps(change_set, dict(standing.now))):
        for step_id in wave.graph.order():
            if done == steps:
                return standing.now
            done += 1
            record = record_of(wave.by_id[step_id], change_set, standing.now, 100.0 + done)
            if done == steps:
                record = replace(record, status=StepStatus.FAILED, reason="denied", attributes=None)
            standing.apply(record)
    return standing.now


def rest_of(
    rollback: ChangeSet, current: Mapping[str, Resource], *skipped: ResourceAddress
) -> ChangeSet:
    return plan_continuation(rollback, "r-2", current, CATALOG, set(skipped), 9.0)


def properties(resources: Mapping[str, Resource]) -> dict[str, object]:
    return {key: resource.properties for key, resource in sorted(resources.items())}


def failed_rollback(names: str, **given: object) -> tuple[ChangeSet, dict[str, Resource]]:
    former = carried_out(planned(THINGS))
    change_set = planned(THINGS, former, replaces=True, Names=names, **given)  # type: ignore[arg-type]
    current = broken_off(change_set, former, 99)
    return plan_undoing(change_set, "r-1", former, current, CATALOG, 9.0), current


def test_what_is_done_is_not_done_again() -> None:
    rollback, current = failed_rollback("a,b,c,d", Material="wood")
    back = carried_out(rollback, current)
    rest = rest_of(rollback, back)
    assert rest.kind is ChangeKind.ROLLBACK and rest.is_empty and rest.left_out == ()


def test_what_failed_is_tried_again() -> None:
    rollback, current = failed_rollback("a,b,c,d")
    half = broken_off(rollback, current, 1)
    assert half["Each[3]"].status is ResourceStatus.DELETE_FAILED
    assert actions(rest_of(rollback, half))["Each[3]"] == "Delete"


def test_what_is_skipped_is_left_out_and_told() -> None:
    rollback, current = failed_rollback("a,b,c,d", Material="wood")
    half = dict(current)
    half["Each[3]"] = replace(half["Each[3]"], status=ResourceStatus.DELETE_FAILED)
    rest = rest_of(rollback, half, EACH_3)
    assert rest.left_out == (EACH_3,)
    assert [warning.code for warning in rest.warnings] == ["IF829"]
    after = carried_out(rest, half)
    assert after["Each[3]"] == half["Each[3]"]
    assert after["Base"].properties["Material"] == "iron"


def test_skipping_what_is_done_says_nothing() -> None:
    rollback, current = failed_rollback("a,b,c,d")
    back = carried_out(rollback, current)
    rest = rest_of(rollback, back, ResourceAddress("Base"), EACH_3)
    assert rest.left_out == () and rest.warnings == ()


@pytest.mark.parametrize(
    "status", [ResourceStatus.CREATE_FAILED, ResourceStatus.DELETE_FAILED], ids=lambda s: s.value
)
def test_what_lies_half_exchanged_is_exchanged(status: ResourceStatus) -> None:
    rollback, current = failed_rollback("a,b,c", Size=2)
    assert {c.action for c in rollback.changes if c.repairs} == {Action.REPLACE}
    half = dict(current)
    half["Each[0]"] = replace(half["Each[0]"], status=status)
    del half["Each[2]"]
    rest = rest_of(rollback, half)
    told = actions(rest)
    assert told["Each[0]"] == told["Each[1]"] == "Replace" and told["Each[2]"] == "Create"
    after = carried_out(rest, half)
    assert {r.properties["Size"] for r in after.values() if "Size" in r.properties} == {1}


names = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map(",".join)


@settings(max_examples=60, deadline=None)
@given(after=names, size=st.sampled_from([1, 2]), steps=st.integers(0, 9))
def test_wherever_it_broke_off_it_arrives(after: str, size: int, steps: int) -> None:
    former = carried_out(planned(THINGS))
    change_set = planned(THINGS, former, replaces=True, Names=after, Size=size, Material="wood")
    current = broken_off(change_set, former, 99)
    rollback = plan_undoing(change_set, "r-1", former, current, CATALOG, 9.0)
    half = broken_off(rollback, current, steps)
    back = carried_out(rest_of(rollback, half), half)
    assert properties(back) == properties(former)
    assert {r.status for r in back.values()} <= {ResourceStatus.CREATED, ResourceStatus.UPDATED}
