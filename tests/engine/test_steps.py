"""A change set as steps: which deeds, in which wave, after what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.engine.steps import Steps, closing_steps, making_steps
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, ChangeKind, ChangeSet, ResourceChange, Wanted
from imageferry.model.journal import Standing
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus

THING = "ALIYUN::TEST::Thing"


def at(name: str) -> ResourceAddress:
    return ResourceAddress(name)


def resource(name: str, *needs: str, **more: object) -> Resource:
    made = Resource(
        at(name), THING, ResourceStatus.CREATED, physical_id=f"t-{name}",
        depends_on=tuple(at(other) for other in needs),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def change(action: Action, name: str, *needs: str, **more: object) -> ResourceChange:
    wanted = None
    if action is not Action.DELETE:
        wanted = Wanted(at(name), THING, {}, tuple(at(other) for other in needs))
    return replace(ResourceChange(at(name), THING, action, wanted=wanted), **more)  # type: ignore[arg-type]


def change_set(*changes: ResourceChange) -> ChangeSet:
    return ChangeSet("c-1", "s-1", "demo", ChangeKind.UPDATE, "ros", "cn-hangzhou", changes)


def resources(*found: Resource) -> dict[str, Resource]:
    return {str(one.address): one for one in found}


def edges(steps: Steps) -> dict[str, list[str]]:
    return {name: sorted(before) for name, before in steps.graph.before.items()}


@pytest.mark.parametrize(
    ("changes", "there", "expected"),
    [
        pytest.param(
            [change(Action.CREATE, "a"), change(Action.CREATE, "b", "a")], [],
            {"a/create": [], "b/create": ["a/create"]}, id="creations in order",
        ),
        pytest.param(
            [change(Action.UPDATE, "a"), change(Action.CREATE, "b", "a")], [resource("a")],
            {"a/update": [], "b/create": ["a/update"]}, id="after the update of what it needs",
        ),
        pytest.param(
            [change(Action.NONE, "a"), change(Action.CREATE, "b", "a")], [resource("a")],
            {"b/create": []}, id="what stays as it is holds nobody up",
        ),
        pytest.param(
            [change(Action.MOVE, "a", moved_from=at("z"))], [resource("a")], {},
            id="a move calls nothing",
        ),
        pytest.param(
            [change(Action.REPLACE, "a", repairs=True), change(Action.UPDATE, "b", "a")],
            [resource("a"), resource("b")],
            {"a/delete_remnant": [], "a/create": ["a/delete_remnant"], "b/update": ["a/create"]},
            id="a remnant goes before it is made again",
        ),
        pytest.param(
            [change(Action.CREATE, "a", repairs=True)], [], {"a/create": []},
            id="a repair of what is not there is a creation",
        ),
        pytest.param(
            [change(Action.REPLACE, "a")], [resource("a")], {"a/update": []},
            id="a replacement that its handler carries out",
        ),
        pytest.param([change(Action.DELETE, "a")], [resource("a")], {}, id="deletions come later"),
    ],
)  # fmt: skip
def test_the_first_wave(
    changes: list[ResourceChange], there: list[Resource], expected: dict[str, list[str]]
) -> None:
    assert edges(making_steps(change_set(*changes), resources(*there))) == expected


def test_a_replacement_is_told_to_its_handler() -> None:
    changes = change_set(change(Action.REPLACE, "a"), change(Action.UPDATE, "b"))
    steps = making_steps(changes, resources(resource("a"), resource("b"))).by_id
    assert (steps["a/update"].replaces, steps["b/update"].replaces) == (True, False)
    assert steps["a/update"].resource == resource("a")


@pytest.mark.parametrize(
    ("changes", "there", "expected"),
    [
        pytest.param(
            [change(Action.DELETE, "a"), change(Action.DELETE, "b")],
            [resource("a"), resource("b", "a")],
            {"a/delete": ["b/delete"], "b/delete": []}, id="who needs it goes first",
        ),
        pytest.param(
            [change(Action.DELETE, "a"), change(Action.NONE, "b")],
            [resource("a"), resource("b", "a")],
            {"a/delete": []}, id="who stays has moved on",
        ),
        pytest.param(
            [change(Action.DELETE, "a", retained=True)], [resource("a")], {}, id="retained",
        ),
        pytest.param([change(Action.DELETE, "a")], [], {}, id="gone already"),
        pytest.param(
            [change(Action.UPDATE, "a")],
            [resource("a", leftovers=({"image_id": "m-1"}, {"image_id": "m-2"}))],
            {"a/clean_up/0": [], "a/clean_up/1": []}, id="every leftover",
        ),
        pytest.param(
            [change(Action.NONE, "a")], [resource("a", leftovers=({"image_id": "m-1"},))],
            {"a/clean_up/0": []}, id="leftovers of an earlier operation are tried again",
        ),
        pytest.param(
            [change(Action.UPDATE, "a")],
            [resource("a", leftovers=({"image_id": "m-1"},), replacement_policy="Retain")],
            {}, id="leftovers that shall be kept",
        ),
        pytest.param(
            [change(Action.DELETE, "a")], [resource("a", leftovers=({"image_id": "m-1"},))],
            {"a/delete": [], "a/clean_up/0": []}, id="a deletion takes its leftovers along",
        ),
        pytest.param(
            [change(Action.UPDATE, "a"), change(Action.UPDATE, "b", "a")],
            [
                resource("a", leftovers=({"image_id": "m-1"},)),
                resource("b", "a", leftovers=({"image_id": "m-1"},)),
            ],
            {"a/clean_up/0": ["b/clean_up/0"], "b/clean_up/0": []},
            id="what was left over of a dependent goes first",
        ),
        pytest.param(
            [change(Action.UPDATE, "a"), change(Action.DELETE, "b")],
            [resource("a", leftovers=({"image_id": "m-1"},)), resource("b", "a")],
            {"a/clean_up/0": ["b/delete"], "b/delete": []},
            id="a dependent that goes is gone before what was left over",
        ),
    ],
)  # fmt: skip
def test_the_second_wave(
    changes: list[ResourceChange], there: list[Resource], expected: dict[str, list[str]]
) -> None:
    assert edges(closing_steps(change_set(*changes), resources(*there))) == expected


dependencies = st.dictionaries(
    st.integers(0, 6), st.sets(st.integers(0, 6), max_size=3), min_size=1, max_size=7
).map(lambda found: {
    name: sorted(other for other in others if other < name and other in found)
    for name, others in found.items()
})  # fmt: skip


@settings(max_examples=60)
@given(dependencies)
def test_deletion_reverses_the_edges_of_creation(found: Mapping[int, list[int]]) -> None:
    def needed(name: int) -> list[str]:
        return [f"r{other}" for other in found[name]]

    creations = [change(Action.CREATE, f"r{name}", *needed(name)) for name in found]
    making = making_steps(change_set(*creations), {})
    standing = Standing({}, change_set(*creations))
    there = resources(*(resource(f"r{name}", *needed(name)) for name in found))
    closing = closing_steps(
        change_set(*(change(Action.DELETE, f"r{name}") for name in found)), there
    )
    assert standing.now == {}
    forth = {(a, b.split("/")[0]) for a, before in making.graph.before.items() for b in before}
    back = {(a.split("/")[0], b) for a, before in closing.graph.before.items() for b in before}
    assert {(a.split("/")[0], b) for a, b in forth} == {(b.split("/")[0], a) for a, b in back}
    assert len(making.graph.order()) == len(closing.graph.order()) == len(found)


def test_the_same_change_set_makes_the_same_steps() -> None:
    changes = change_set(change(Action.REPLACE, "a", repairs=True), change(Action.CREATE, "b", "a"))
    there = resources(resource("a"))
    assert list(making_steps(changes, there).by_id) == list(making_steps(changes, there).by_id)
    assert making_steps(changes, there).by_id == making_steps(changes, there).by_id


# --- what a replacement leaves behind -------------------------------------------------------------


def replaced(policy: str, kind: ChangeKind, status: ResourceStatus) -> list[str]:
    """The steps of a replacement that its type does not carry out by itself."""
    wanted = Wanted(at("a"), THING, {}, replacement_policy=policy)
    changed = change(Action.REPLACE, "a", repairs=True, wanted=wanted)
    steps = making_steps(
        replace(change_set(changed), kind=kind), resources(resource("a", status=status))
    )
    return list(steps.by_id)


@pytest.mark.parametrize(
    ("policy", "kind", "status", "goes"),
    [
        pytest.param("Delete", ChangeKind.UPDATE, ResourceStatus.CREATED, True, id="deleted"),
        pytest.param("Retain", ChangeKind.UPDATE, ResourceStatus.CREATED, False, id="retained"),
        pytest.param("Retain", ChangeKind.UPDATE, ResourceStatus.CREATE_FAILED, True, id="remnant"),
        pytest.param("Retain", ChangeKind.ROLLBACK, ResourceStatus.CREATED, True, id="rollback"),
    ],
)
def test_the_replacement_policy_says_whether_the_old_one_goes(
    policy: str, kind: ChangeKind, status: ResourceStatus, goes: bool
) -> None:
    expected = ["a/delete_remnant", "a/create"] if goes else ["a/create"]
    assert replaced(policy, kind, status) == expected


@pytest.mark.parametrize(
    ("kind", "cleaned"),
    [
        pytest.param(ChangeKind.UPDATE, False, id="retained"),
        pytest.param(ChangeKind.ROLLBACK, True, id="a rollback takes it back"),
    ],
)
def test_what_an_update_has_replaced_stays_where_the_policy_says_so(
    kind: ChangeKind, cleaned: bool
) -> None:
    there = resource("a", leftovers=({"image_id": "m-1"},), replacement_policy="Retain")
    kept = change(Action.NONE, "a", wanted=Wanted(at("a"), THING, {}, replacement_policy="Retain"))
    changes = replace(change_set(kept), kind=kind)
    assert list(closing_steps(changes, resources(there)).by_id) == (
        ["a/clean_up/0"] if cleaned else []
    )
    standing = Standing(resources(there), changes)
    standing.forget_retained()
    assert bool(standing.now["a"].leftovers) == cleaned
