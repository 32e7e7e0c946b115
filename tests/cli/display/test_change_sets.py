"""Change sets as text and JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from imageferry.cli.display.change_sets import (
    change_count,
    change_set_lines,
    route,
    summary_line,
)
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import (
    Action,
    ChangeKind,
    ChangeSet,
    PropertyChange,
    Reading,
    Replacement,
    ResourceChange,
    Wanted,
)
from imageferry.model.diagnostics import Span, error, warning
from imageferry.model.expressions import Expression, Literal, Reference
from imageferry.model.plan_json import change_set_json
from imageferry.model.values import UNKNOWN, Secret, Value
from tests.cli.golden import check

COPY = "ALIYUN::ECS::CopyImage"


def wanted(address: ResourceAddress, **properties: Expression) -> Wanted:
    return Wanted(
        address,
        COPY,
        properties,
        property_spans={name: Span("copy.yml", 9, 7) for name in properties},
    )


def created(index: int, region: str) -> ResourceChange:
    address = ResourceAddress("Copy", index)
    properties: dict[str, Expression] = {
        "ImageId": Literal("m-golden0000000000001"),
        "DestinationRegionId": Literal(region),
        "DestinationDescription": Reference("Other"),
        "KMSKeyId": Literal(Secret("key-1")),
    }
    return ResourceChange(address, COPY, Action.CREATE, wanted=wanted(address, **properties))


def changed(path: str, before: Value, after: Value, **more: object) -> PropertyChange:
    return PropertyChange((path,), before, after, span=Span("copy.yml", 12, 7), **more)  # type: ignore[arg-type]


CHANGES = (
    created(0, "ap-southeast-1"),
    ResourceChange(
        ResourceAddress("Share"),
        "ALIYUN::ECS::ImageSharePermission",
        Action.UPDATE,
        properties=(changed("Accounts", ["1"], ["1", "2"]),),
    ),
    ResourceChange(
        ResourceAddress("Renamed"),
        COPY,
        Action.REPLACE,
        Replacement.YES,
        properties=(
            changed("DestinationImageName", "old", "new", requires_replacement=Replacement.YES),
            changed("ResourceGroupId", None, "rg-1"),
        ),
    ),
    ResourceChange(
        ResourceAddress("Later"),
        COPY,
        Action.REPLACE,
        Replacement.MAYBE,
        properties=(changed("ImageId", "m-1", UNKNOWN, requires_replacement=Replacement.MAYBE),),
    ),
    ResourceChange(
        ResourceAddress("Copy", 1), COPY, Action.MOVE, moved_from=ResourceAddress("Copy", 2)
    ),
    ResourceChange(ResourceAddress("Gone"), COPY, Action.DELETE, physical_id="m-gone\x1b[1m"),
    ResourceChange(
        ResourceAddress("Kept"), COPY, Action.DELETE, physical_id="m-kept", retained=True
    ),
    ResourceChange(
        ResourceAddress("Fixed"),
        COPY,
        Action.REPLACE,
        Replacement.YES,
        properties=(changed("Encrypted", False, True, requires_replacement=Replacement.YES),),
        blocked=(
            error(
                "IF610",
                'the property "Encrypted" of "Fixed" cannot be edited',
                why="only ResourceGroupId of ALIYUN::ECS::CopyImage is editable",
                remedy="give --replace to make a new image",
                span=Span("copy.yml", 12, 7),
            ),
        ),
    ),
    ResourceChange(ResourceAddress("Same"), COPY, Action.NONE),
)


def change_set(*changes: ResourceChange, kind: ChangeKind = ChangeKind.UPDATE) -> ChangeSet:
    return ChangeSet(
        change_set_id="c-1",
        stack_id="s-1",
        stack_name="golden",
        kind=kind,
        dialect="ros",
        region="cn-hangzhou",
        changes=changes,
        template_name="copy.yml",
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("plan-update.txt", change_set(*CHANGES), id="every kind of change"),
        pytest.param(
            "plan-create.txt",
            replace(
                change_set(
                    created(0, "ap-southeast-1"), created(1, "eu-central-1"), kind=ChangeKind.CREATE
                ),
                warnings=(warning("IF611", "20 tags leave no room for our own"),),
            ),
            id="create",
        ),
        pytest.param("plan-nothing.txt", change_set(CHANGES[-1]), id="nothing to do"),
        pytest.param(
            "plan-delete.txt",
            replace(change_set(*CHANGES[5:7], kind=ChangeKind.DELETE), template_name=""),
            id="delete",
        ),
    ],
)
def test_what_people_see(name: str, shown: ChangeSet) -> None:
    check(name, "\n".join(change_set_lines(shown)) + "\n")


def test_a_secret_and_control_characters_are_not_shown() -> None:
    text = "\n".join(change_set_lines(change_set(*CHANGES)))
    assert "key-1" not in text
    assert "\x1b" not in text
    assert "key-1" not in str(change_set_json(change_set(*CHANGES), "emulator"))


def test_values_of_many_new_resources_are_left_out() -> None:
    many = change_set(*(created(index, "eu-central-1") for index in range(500)))
    lines = change_set_lines(many)
    assert len(lines) < 510
    assert sum("eu-central-1" in line for line in lines) == 500
    assert not any("ImageId" in line for line in lines)
    assert change_count(many) == "500 changes"


def test_reasons_can_be_left_to_others() -> None:
    text = "\n".join(change_set_lines(change_set(*CHANGES), with_reasons=False))
    assert "IF610" not in text
    assert "!" in text


def test_json_of_a_plan() -> None:
    document = change_set_json(change_set(*CHANGES), "emulator")
    assert document["stack_name"] == "golden"
    assert document["cloud"] == "emulator"
    assert document["foresight"] is None, "nobody has asked the cloud"
    assert document["summary"] == {
        "create": 1, "update": 1, "replace": 2, "move": 1, "adopt": 0, "delete": 1,
        "retain": 1, "blocked": 1, "unchanged": 1,
    }  # fmt: skip
    changes = document["changes"]
    assert isinstance(changes, list)
    by_id = {one["logical_id"]: one for one in changes if isinstance(one, dict)}
    assert by_id["Renamed"]["action"] == "Replace"
    assert by_id["Renamed"]["replacement"] == "True"
    assert by_id["Later"]["replacement"] == "Conditional"
    assert by_id["Copy[1]"]["moved_from"] == "Copy[2]"
    assert by_id["Same"] == {
        "logical_id": "Same", "type": COPY, "action": "None", "replacement": "False",
        "physical_id": None, "moved_from": None, "route": None, "blocked": [], "foresight": None,
        "properties": [],
    }  # fmt: skip
    first = by_id["Renamed"]["properties"]
    assert isinstance(first, list)
    assert first[0] == {
        "path": "DestinationImageName", "before": "old", "after": "new",
        "requires_replacement": "True", "remark": "", "line": 12, "column": 7,
    }  # fmt: skip
    assert [one["path"] for one in by_id["Copy[0]"]["properties"]] == [  # type: ignore[union-attr,index,call-overload]
        "ImageId", "DestinationRegionId", "DestinationDescription", "KMSKeyId",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("properties", "shown"),
    [
        pytest.param({"DestinationRegionId": "b"}, "home -> b", id="ros: source is the stack's"),
        pytest.param({"SourceRegionId": "a"}, "a -> home", id="cloudformation: destination is"),
        pytest.param({"SourceRegionId": "a", "DestinationRegionId": "b"}, "a -> b", id="both"),
        pytest.param({"SourceRegionId": None, "DestinationRegionId": "b"}, "home -> b", id="null"),
        pytest.param({"DestinationRegionId": UNKNOWN}, "home -> (known later)", id="known later"),
        pytest.param({"Name": "x"}, "", id="no regions"),
    ],
)
def test_routes(properties: dict[str, Value], shown: str) -> None:
    assert route(properties, "home") == shown


def test_the_summary_names_only_what_there_is() -> None:
    assert summary_line(change_set(CHANGES[0], CHANGES[-1])) == "plan: 1 to create, 1 unchanged"
    assert summary_line(change_set()) == "plan: nothing to do"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param({}, "once more, since its last update failed", id="nothing else differs"),
        pytest.param({"properties": (changed("A", 1, 2),)}, "", id="something differs"),
        pytest.param({"reading": Reading()}, "read in its turn", id="a search"),
        pytest.param(
            {"renews": True}, "made anew behind its Ref, since it is gone from the cloud", id="gone"
        ),
    ],
)
def test_why_an_update_is_made(change: dict[str, Any], says: str) -> None:
    update = ResourceChange(ResourceAddress("Shared"), "T::Thing", Action.UPDATE, **change)
    [line] = [one for one in change_set_lines(change_set(update)) if "Shared" in one]
    assert line.rstrip() == f"  ~   Shared  T::Thing  {says}".rstrip()
