"""A new reading that matters to nobody is no change; one that matters goes with what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, Reading
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import Value
from tests.planning.searches import EACH, SEARCH, changes, each, planned

TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Group: {Type: String, Default: rg-one}
  Position: {Type: Number, Default: 0}
  Extra: {Type: String, Default: 'no'}
Conditions: {Extra: !Equals [!Ref Extra, 'yes']}
Resources:
  Base:
    Type: DATASOURCE::ECS::Images
    Properties: {ImageName: 'golden-*'}
  Next:
    Type: DATASOURCE::ECS::Images
    Properties: {ImageId: !Select [0, !Ref Base]}
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: !Select [0, !Ref Next]
      DestinationRegionId: cn-beijing
      ResourceGroupId: !Ref Group
  Alone:
    Type: ALIYUN::ECS::CopyImage
    Condition: Extra
    Properties: {ImageId: m-1, DestinationRegionId: cn-shanghai}
"""


def seen(size: int) -> Mapping[str, Value]:
    return {"ImageIds": ["m-1"], "Images": [{"ImageId": "m-1", "Size": size}]}


def search(name: str, status: ResourceStatus = ResourceStatus.CREATED) -> Resource:
    properties: dict[str, Value] = (
        {"ImageName": "golden-*"} if name == "Base" else {"ImageId": "m-1"}
    )
    return Resource(
        ResourceAddress(name), SEARCH, status, physical_id=f"read-{name}",
        properties=properties, attributes=seen(40), generation=1,
    )  # fmt: skip


COPY = Resource(
    ResourceAddress("Copy"), "ALIYUN::ECS::CopyImage", ResourceStatus.CREATED, physical_id="m-copy",
    properties={"ImageId": "m-1", "DestinationRegionId": "cn-beijing", "ResourceGroupId": "rg-one"},
    attributes={"ImageId": "m-copy"}, generation=1,
)  # fmt: skip
STANDING = {"Base": search("Base"), "Next": search("Next"), "Copy": COPY}


def deeds(
    source: str = TEMPLATE, base: int = 50, after: int = 40, **given: Value
) -> dict[str, str]:
    """What is done where both searches find the same image, of those sizes; 40 is what they found before."""
    change_set = planned(STANDING, {"Base": seen(base), "Next": seen(after)}, source, **given)
    return {
        name: one.action.value
        for name, one in changes(change_set).items()
        if one.action is not Action.NONE
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"after": 50}, {}),
        ({"base": 40, "after": 50}, {}),
        ({"Extra": "yes"}, {"Alone": "Create"}),
        ({"Group": "rg-two"}, {"Copy": "Update"}),
        ({"Group": "rg-two", "after": 50}, {"Base": "Update", "Next": "Update", "Copy": "Update"}),
        (
            {"Group": "rg-two", "base": 40, "after": 50},
            {"Next": "Update", "Copy": "Update"},
        ),
    ],
    ids=[
        "nobody asks",
        "nor of what was found by it",
        "the second one alone",
        "what is created beside it",
        "what follows changes for another reason, through a search that found the same",
        "the whole chain is news, and its end changes",
        "the second one is news, and its end changes",
    ],
)
def test_a_reading_counts_where_something_changes_behind_it(
    given: dict[str, Value], expected: dict[str, str]
) -> None:
    assert deeds(**given) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("!GetAtt Base.Images", {"Base": "Update"}),
        ("!Jq [First, '.[0].Size', !GetAtt Base.Images]", {"Base": "Update"}),
        ("!Jq [First, '.[0].ImageId', !GetAtt Base.Images]", {}),
        ("!Ref Base", {}),
        ("!GetAtt Next.Images", {}),
        ("!Jq [First, '.[0].None.Deeper', !GetAtt Base.Images]", {}),
        ("!Select [9, !GetAtt Base.Images]", {}),
        ("!GetAtt Copy.ImageId", {}),
    ],
    ids=[
        "all",
        "what differs",
        "what is the same",
        "Ref",
        "another's",
        "nothing",
        "none",
        "a copy",
    ],
)
def test_a_reading_counts_where_an_output_shows_it(output: str, expected: dict[str, str]) -> None:
    source = f"{TEMPLATE}Outputs: {{Shown: {{Value: {output}}}}}\n"
    assert deeds(source) == expected


def test_an_output_that_is_known_later_takes_the_new_reading() -> None:
    source = TEMPLATE.replace("    Condition: Extra\n", "")
    both = "Outputs: {Shown: {Value: [!GetAtt Alone.ImageId, !Ref Base]}}\n"
    assert deeds(source + both) == {"Alone": "Create", "Base": "Update"}
    assert deeds(source + both.replace(", !Ref Base", "")) == {"Alone": "Create"}


def test_an_output_of_a_false_condition_shows_nothing() -> None:
    shown = "Outputs: {Shown: {Condition: Extra, Value: !GetAtt Base.Images}}\n"
    assert deeds(TEMPLATE + shown) == {}
    assert deeds(TEMPLATE + shown, Extra="yes") == {"Base": "Update", "Alone": "Create"}


def test_what_counts_is_recorded_as_it_was_read() -> None:
    change_set = planned(STANDING, {"Base": seen(40), "Next": seen(50)}, TEMPLATE, Group="rg-two")
    assert changes(change_set)["Next"].reading == Reading(seen(50))
    idle = planned(STANDING, {"Base": seen(40), "Next": seen(50)}, TEMPLATE)
    assert idle.is_empty
    assert changes(idle)["Next"].reading is None
    assert changes(idle)["Next"].properties == ()


@pytest.mark.parametrize(
    ("former", "action"),
    [
        (search("Base", ResourceStatus.UPDATE_FAILED), Action.UPDATE),
        (search("Base", ResourceStatus.CREATE_FAILED), Action.REPLACE),
        (replace(search("Base"), properties={"ImageName": "other-*"}), Action.UPDATE),
        (None, Action.CREATE),
    ],
    ids=["failed", "never made", "asked otherwise", "new"],
)
def test_only_news_can_be_idle(former: Resource | None, action: Action) -> None:
    resources = {name: one for name, one in STANDING.items() if name != "Base"}
    if former is not None:
        resources["Base"] = former
    change_set = planned(resources, {"Base": seen(50), "Next": seen(40)}, TEMPLATE)
    assert changes(change_set)["Base"].action is action


def test_a_search_that_moves_to_another_index_still_moves() -> None:
    resources = each({"a": seen(40), "b": seen(40)})
    after = changes(planned(resources, {"Each[0]": seen(50)}, EACH, Names="b"))
    assert {name: one.action for name, one in after.items()} == {
        "Each[0]": Action.MOVE,
        "Each[1]": Action.DELETE,
    }
    assert after["Each[0]"].reading is None
