"""From a template and what exists to a change set: which action each address gets, and why."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imageferry.model.changes import Action, ChangeKind, Replacement
from imageferry.model.diagnostics import TemplateError
from imageferry.model.expressions import Literal
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import UNKNOWN, Value
from tests.planning.plots import THINGS, actions, carried_out, planned, removal


def built(**parameters: Value) -> dict[str, Resource]:
    return carried_out(planned(THINGS, **parameters))


@pytest.mark.parametrize(
    ("parameters", "replaces", "expected"),
    [
        pytest.param({}, False, {}, id="the same again"),
        pytest.param(
            {"Names": "a,c"}, False, {"Each[1]": "Move", "Each[2]": "Delete"},
            id="one less in the middle",
        ),
        pytest.param({"Names": "a,b,c,d"}, False, {"Each[3]": "Create"}, id="one more at the end"),
        pytest.param(
            {"Names": "z,a,b,c"}, False,
            {"Each[0]": "Create", "Each[1]": "Move", "Each[2]": "Move", "Each[3]": "Move"},
            id="one more at the front",
        ),
        pytest.param({"Names": "a,x,c"}, False, {"Each[1]": "Update"}, id="another name in place"),
        pytest.param(
            {"Size": 2}, True, {f"Each[{i}]": "Replace" for i in range(3)}, id="replaced"
        ),
        pytest.param(
            {"Material": "wood"}, False,
            {"Base": "Update", **{f"Each[{i}]": "Update" for i in range(3)}},
            id="what is renewed reaches who depends on it",
        ),
    ],
)  # fmt: skip
def test_actions(parameters: dict[str, Value], replaces: bool, expected: dict[str, str]) -> None:
    change_set = planned(THINGS, built(), replaces=replaces, **parameters)
    found = {key: action for key, action in actions(change_set).items() if action != "None"}
    assert found == expected
    assert change_set.blocked == ()


def test_definitions_come_after_what_they_need() -> None:
    assert [str(change.address) for change in planned(THINGS).changes] == [
        "Base", "Each[0]", "Each[1]", "Each[2]",
    ]  # fmt: skip


def test_a_replacement_that_is_not_allowed_is_shown_and_blocked() -> None:
    change_set = planned(THINGS, built(), Size=2)
    assert [d.code for d in change_set.blocked] == ["IF601"] * 3
    assert "only Name, Material, Parts, Password can be edited" in change_set.blocked[0].why
    assert {d.span.line for d in change_set.blocked if d.span} == {13}
    assert {change.replacement for change in change_set.changes[1:]} == {Replacement.YES}


def test_moves_are_found_before_anything_is_refused() -> None:
    """With another size for one of them, the instances whose size is right are moved to it."""
    source = THINGS.replace("Size: !Ref Size", "Size: !Length {'Fn::Select': ['0', [abc]]}")
    resources = carried_out(planned(source))
    assert planned(source, resources, Names="c,b,a").blocked == ()


def test_values_known_later_are_unknown_and_evaluated_when_due() -> None:
    change_set = planned(THINGS)
    each = change_set.changes[1]
    values = {change.path[0]: change.after for change in each.properties}
    assert values["Name"] == "a"
    assert values["Parts"] == [UNKNOWN]
    assert each.wanted is not None
    assert isinstance(each.wanted.properties["Name"], Literal)
    assert not isinstance(each.wanted.properties["Parts"], Literal)


@pytest.mark.parametrize(
    ("status", "physical_id", "action"),
    [
        (ResourceStatus.CREATE_FAILED, "t-9", Action.REPLACE),
        (ResourceStatus.CREATE_FAILED, None, Action.CREATE),
        (ResourceStatus.CREATING, "t-9", Action.REPLACE),
        (ResourceStatus.DELETE_FAILED, "t-9", Action.REPLACE),
    ],
    ids=["failed with an id", "failed without one", "given up half way", "half deleted"],
)
def test_what_was_never_finished_is_removed_and_made_again(
    status: ResourceStatus, physical_id: str | None, action: Action
) -> None:
    resources = built()
    resources["Each[1]"] = replace(resources["Each[1]"], status=status, physical_id=physical_id)
    change = planned(THINGS, resources).changes[2]
    assert (change.action, change.repairs) == (action, True)
    assert planned(THINGS, resources).blocked == (), "nobody needs to allow a repair"


def test_an_update_that_failed_is_tried_again() -> None:
    resources = built()
    failed = replace(resources["Base"], status=ResourceStatus.UPDATE_FAILED)
    resources["Base"] = failed
    assert actions(planned(THINGS, resources))["Base"] == "Update"


@pytest.mark.parametrize(
    ("policy", "retained"), [("Delete", False), ("Retain", True), ("RetainExceptOnCreate", True)]
)
def test_what_is_no_longer_wanted(policy: str, retained: bool) -> None:
    resources = built()
    resources["Base"] = replace(resources["Base"], deletion_policy=policy)
    change = {str(c.address): c for c in removal(resources).changes}["Base"]
    assert (change.action, change.retained) == (Action.DELETE, retained)
    assert ("Base" in carried_out(removal(resources), resources)) is False


def test_every_fault_is_said_at_once() -> None:
    source = THINGS.replace("Size: !Ref Size", "Size: !Ref Material").replace(
        "Material: {Ref: Material}", "Material: [no, text]"
    )
    with pytest.raises(TemplateError) as refused:
        planned(source)
    said = " ".join(d.message for d in refused.value.diagnostics)
    assert "Size" in said
    assert "Material" in said


# --- properties -----------------------------------------------------------------------------------

names = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5).map(",".join)


@settings(max_examples=40, deadline=None)
@given(names)
def test_planning_what_exists_plans_nothing(found: str) -> None:
    change_set = planned(THINGS, built(Names=found), Names=found)
    assert change_set.is_empty


@settings(max_examples=40, deadline=None)
@given(names, names)
def test_any_update_arrives_at_what_is_wanted(before: str, after: str) -> None:
    resources = built(Names=before)
    arrived = carried_out(planned(THINGS, resources, Names=after), resources)
    each = sorted((r for r in arrived.values() if r.address.logical_id == "Each"),
                  key=lambda r: r.address)  # fmt: skip
    assert ",".join(str(r.properties["Name"]) for r in each) == after
    assert planned(THINGS, arrived, Names=after).is_empty
    ids = [r.physical_id for r in arrived.values()]
    assert len(set(ids)) == len(ids)


@settings(max_examples=40, deadline=None)
@given(names, names)
def test_whoever_is_wanted_before_and_after_keeps_its_thing(before: str, after: str) -> None:
    resources = built(Names=before)
    arrived = carried_out(planned(THINGS, resources, Names=after), resources)

    def things(found: dict[str, Resource], name: str) -> set[str | None]:
        return {r.physical_id for r in found.values() if r.properties.get("Name") == name}

    for name in set(before.split(",")) & set(after.split(",")):
        kept = things(resources, name) & things(arrived, name)
        fewest = min(before.split(",").count(name), after.split(",").count(name))
        assert len(kept) >= fewest


def test_a_change_set_for_nothing_is_a_deletion_of_everything() -> None:
    change_set = removal(built())
    assert change_set.kind is ChangeKind.DELETE
    assert set(actions(change_set).values()) == {"Delete"}
    assert json.dumps(sorted(actions(change_set))) == '["Base", "Each[0]", "Each[1]", "Each[2]"]'
