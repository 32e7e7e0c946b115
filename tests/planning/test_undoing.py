"""The way back: whatever an operation had reached, its undoing arrives at what was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.engine.steps import making_steps
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeKind, ChangeSet
from imageferry.model.handlers import HandlerAction
from imageferry.model.journal import Standing
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus, StepStatus
from imageferry.planning.undoing import plan_undoing
from tests.planning.plots import CATALOG, THINGS, carried_out, planned, record_of

Ids = dict[str, str | None]


def ids(resources: Mapping[str, Resource]) -> Ids:
    return {key: resource.physical_id for key, resource in sorted(resources.items())}


def reached(
    change_set: ChangeSet, former: Mapping[str, Resource], steps: int, *, fails: bool = False
) -> dict[str, Resource]:
    """What is there after so many steps of the first wave, the last of which may have failed."""
    standing = Standing(former, change_set)
    wave = making_steps(change_set, Standing(former, change_set).now)
    for number, step_id in enumerate(wave.graph.order()[:steps]):
        record = record_of(wave.by_id[step_id], change_set, standing.now, 100.0 + number)
        if fails and number == steps - 1:
            record = replace(record, status=StepStatus.FAILED, reason="it failed", attributes=None)
        standing.apply(record)
    return standing.now


def undone(
    change_set: ChangeSet, former: Mapping[str, Resource], current: Mapping[str, Resource]
) -> tuple[ChangeSet, dict[str, Resource]]:
    rollback = plan_undoing(change_set, "r-1", former, current, CATALOG, 9.0)
    return rollback, carried_out(rollback, current)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param("a,b,c,d", id="one more"),
        pytest.param("a,c", id="one less in the middle"),
        pytest.param("b,x,a", id="a rotation with a new one in the middle"),
        pytest.param("x,a", id="a new one where another was"),
        pytest.param("x,y,z", id="all others"),
        pytest.param("c,a,b,z", id="a rotation and one more"),
    ],
)
@pytest.mark.parametrize("fails", [False, True], ids=["done", "the last one failed"])
def test_the_things_of_before_are_there_again(names: str, fails: bool) -> None:
    former = carried_out(planned(THINGS))
    change_set = planned(THINGS, former, Names=names)
    current = reached(change_set, former, 99, fails=fails)
    rollback, back = undone(change_set, former, current)
    assert rollback.kind is ChangeKind.ROLLBACK
    assert ids(back) == ids(former)
    assert {key: r.properties for key, r in back.items()} == {
        key: r.properties for key, r in former.items()
    }


def test_what_was_made_and_cannot_keep_its_address_goes_from_another() -> None:
    """Each[0] went to Each[1] and a new one took its place: it must not be lost on the way back."""
    former = carried_out(planned(THINGS, Names="a"))
    change_set = planned(THINGS, former, Names="x,a")
    current = reached(change_set, former, 99)
    rollback, back = undone(change_set, former, current)
    removed = [c for c in rollback.changes if c.action is Action.DELETE]
    assert [(c.physical_id, c.moved_from) for c in removed] == [
        (current["Each[0]"].physical_id, ResourceAddress("Each", 0))
    ]
    assert len({str(c.address) for c in rollback.changes}) == len(rollback.changes)
    assert ids(back) == ids(former)


def test_a_creation_is_undone_to_nothing() -> None:
    change_set = planned(THINGS)
    current = reached(change_set, {}, 3, fails=True)
    rollback, back = undone(change_set, {}, current)
    assert {c.action for c in rollback.changes} == {Action.DELETE}
    assert back == {}


def test_what_was_replaced_by_the_engine_is_exchanged_back() -> None:
    former = carried_out(planned(THINGS))
    change_set = planned(THINGS, former, replaces=True, Size=2)
    current = reached(change_set, former, 99)
    rollback, back = undone(change_set, former, current)
    each = [c for c in rollback.changes if c.address.logical_id == "Each"]
    assert [(c.action, c.repairs) for c in each] == [(Action.REPLACE, True)] * 3
    assert {r.properties["Size"] for r in back.values() if "Size" in r.properties} == {1}


def test_what_was_changed_in_place_gets_its_former_properties() -> None:
    former = carried_out(planned(THINGS))
    change_set = planned(THINGS, former, Names="a,x,c")
    rollback, back = undone(change_set, former, reached(change_set, former, 99))
    assert [str(c.address) for c in rollback.changes if c.action is Action.UPDATE] == ["Each[1]"]
    assert back["Each[1]"].properties["Name"] == "b"


def test_an_update_that_was_begun_is_undone_although_nothing_differs() -> None:
    former = carried_out(planned(THINGS))
    change_set = planned(THINGS, former, Names="a,x,c")
    current = reached(change_set, former, 1, fails=True)
    assert current["Each[1]"].status is ResourceStatus.UPDATE_FAILED
    rollback, _ = undone(change_set, former, current)
    assert [str(c.address) for c in rollback.changes if c.action is Action.UPDATE] == ["Each[1]"]


@pytest.mark.parametrize("status", [ResourceStatus.CREATE_FAILED, ResourceStatus.DELETE_FAILED])
def test_a_remnant_that_was_removed_stays_gone(status: ResourceStatus) -> None:
    former = carried_out(planned(THINGS))
    former["Each[1]"] = replace(former["Each[1]"], status=status)
    change_set = planned(THINGS, former)
    current = reached(change_set, former, 99)
    assert current["Each[1]"].physical_id != former["Each[1]"].physical_id
    _, back = undone(change_set, former, current)
    assert sorted(back) == ["Base", "Each[0]", "Each[2]"]


def test_a_deletion_that_was_begun_is_finished() -> None:
    former = carried_out(planned(THINGS))
    former["Each[1]"] = replace(former["Each[1]"], status=ResourceStatus.CREATE_FAILED)
    current = dict(former)
    current["Each[1]"] = replace(former["Each[1]"], status=ResourceStatus.DELETING)
    rollback, back = undone(planned(THINGS, former), former, current)
    assert [str(c.address) for c in rollback.changes if c.action is Action.DELETE] == ["Each[1]"]
    assert sorted(back) == ["Base", "Each[0]", "Each[2]"]


def test_what_was_whole_is_made_again_after_its_deletion_was_begun() -> None:
    former = carried_out(planned(THINGS))
    current = dict(former)
    current["Each[1]"] = replace(former["Each[1]"], status=ResourceStatus.DELETING)
    rollback, back = undone(planned(THINGS, former, replaces=True, Size=2), former, current)
    again = [c for c in rollback.changes if c.repairs]
    assert [(str(c.address), c.action) for c in again] == [("Each[1]", Action.REPLACE)]
    assert back["Each[1]"].properties == former["Each[1]"].properties


def test_nothing_done_is_nothing_to_undo() -> None:
    former = carried_out(planned(THINGS))
    change_set = planned(THINGS, former, Names="a,b,c,d", Material="wood")
    rollback, back = undone(change_set, former, reached(change_set, former, 0))
    assert rollback.is_empty
    assert ids(back) == ids(former)


names = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map(",".join)


@settings(max_examples=60, deadline=None)
@given(before=names, after=names, steps=st.integers(0, 6), fails=st.booleans())
def test_wherever_it_broke_off_the_way_back_arrives(
    before: str, after: str, steps: int, fails: bool
) -> None:
    former = carried_out(planned(THINGS, Names=before))
    change_set = planned(THINGS, former, Names=after)
    current = reached(change_set, former, steps, fails=fails)
    rollback, back = undone(change_set, former, current)
    assert ids(back) == ids(former)
    assert len({str(c.address) for c in rollback.changes}) == len(rollback.changes)
    gone = {c.physical_id for c in rollback.changes if c.action is Action.DELETE}
    made = {r.physical_id for r in current.values()} - {r.physical_id for r in former.values()}
    assert gone == made, "all that was made goes, and nothing else"


def test_the_steps_of_a_way_back_are_deletions_and_updates() -> None:
    former = carried_out(planned(THINGS))
    change_set = planned(THINGS, former, Names="a,x,c,d")
    current = reached(change_set, former, 99)
    rollback, _ = undone(change_set, former, current)
    wave = making_steps(rollback, Standing(current, rollback).now)
    assert {step.action for step in wave.by_id.values()} == {HandlerAction.UPDATE}
