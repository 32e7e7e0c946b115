"""What only reads: when it can be read, what the result means, and how references see it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from imageferry.control.templates import read_template
from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action, Reading
from imageferry.model.diagnostics import TemplateError
from imageferry.model.expressions import Attribute, Call, ListOf, Literal, Reference
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import UNKNOWN, Value
from imageferry.planning.continuing import plan_continuation
from imageferry.planning.readings import with_results
from imageferry.planning.selection import only
from imageferry.planning.undoing import plan_undoing
from tests.planning.searches import CATALOG, EACH, SEARCH, changes, each, planned

COPY = "ALIYUN::ECS::CopyImage"
TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Refresh: {Type: String, Default: Null}
  Pattern: {Type: String, Default: 'golden-*'}
Resources:
  Golden:
    Type: DATASOURCE::ECS::Images
    Properties: {ImageName: !Ref Pattern, RefreshOptions: !Ref Refresh}
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties: {ImageId: !Select [0, !Ref Golden], DestinationRegionId: cn-beijing}
  After:
    Type: DATASOURCE::ECS::Images
    DependsOn: Copy
    Properties: {Usage: none}
"""
FOUND: Mapping[str, Value] = {"ImageIds": ["m-1"], "Images": [{"ImageId": "m-1", "Size": 40}]}
OTHER: Mapping[str, Value] = {"ImageIds": ["m-2", "m-1"], "Images": []}
GROWN: Mapping[str, Value] = {"ImageIds": ["m-1"], "Images": [{"ImageId": "m-1", "Size": 50}]}


def search(
    name: str = "Golden",
    found: Mapping[str, Value] = FOUND,
    status: ResourceStatus = ResourceStatus.CREATED,
    **properties: Value,
) -> Resource:
    return Resource(
        ResourceAddress(name), SEARCH, status, physical_id="read-1",
        properties=properties or {"ImageName": "golden-*"}, attributes=found, generation=1,
    )  # fmt: skip


def copy(image_id: str = "m-1") -> Resource:
    return Resource(
        ResourceAddress("Copy"), COPY, ResourceStatus.CREATED, physical_id="m-copy",
        properties={"ImageId": image_id, "DestinationRegionId": "cn-beijing"},
        attributes={"ImageId": "m-copy"}, generation=1,
    )  # fmt: skip


AFTER = search("After", Usage="none")
STANDING = {"Golden": search(), "Copy": copy(), "After": AFTER}


def test_what_is_known_can_be_read_and_what_waits_cannot() -> None:
    first = changes(planned({}, {}, TEMPLATE))
    assert first["Golden"].reading == Reading(is_due=True)
    # It comes after something that is still to be made.
    assert first["After"].reading == Reading()
    [wanted] = [one for one in first["Copy"].properties if one.path == ("ImageId",)]
    assert wanted.after is UNKNOWN
    second = changes(planned({}, {"Golden": FOUND}, TEMPLATE))
    assert second["Golden"].reading == Reading(FOUND)
    assert second["After"].reading == Reading()
    [wanted] = [one for one in second["Copy"].properties if one.path == ("ImageId",)]
    assert wanted.after == "m-1"


@pytest.mark.parametrize(
    ("found", "golden", "copied", "paths"),
    [
        (FOUND, Action.NONE, Action.NONE, []),
        (OTHER, Action.UPDATE, Action.REPLACE, [("ImageIds",)]),
        (GROWN, Action.NONE, Action.NONE, []),
    ],
    ids=["the same", "another image", "the same image, changed where nobody looks"],
)
def test_what_was_found_decides(
    found: Mapping[str, Value], golden: Action, copied: Action, paths: list[tuple[object, ...]]
) -> None:
    after = changes(planned(STANDING, {"Golden": found, "After": FOUND}, TEMPLATE))
    assert (after["Golden"].action, after["Copy"].action) == (golden, copied)
    assert [one.path for one in after["Golden"].properties] == paths
    waits = copied is Action.REPLACE
    assert after["After"].action is (Action.UPDATE if waits else Action.NONE)
    assert after["After"].reading == (Reading() if waits else None)


@pytest.mark.parametrize(
    ("refresh", "pattern", "reading"),
    [
        (None, "golden-*", Reading(is_due=True)),
        ("Always", "golden-*", Reading(is_due=True)),
        ("Never", "golden-*", None),
        ("Never", "other-*", Reading(is_due=True)),
    ],
    ids=["unset", "always", "never", "never, but asked otherwise"],
)
def test_what_was_found_once_may_be_kept(
    refresh: str | None, pattern: str, reading: Reading | None
) -> None:
    kept = {"ImageName": "golden-*"} | ({"RefreshOptions": refresh} if refresh else {})
    resources = {**STANDING, "Golden": search(**kept)}
    after = changes(
        planned(resources, {"After": FOUND}, TEMPLATE, Refresh=refresh, Pattern=pattern)
    )
    assert after["Golden"].reading == reading
    if reading is None:
        assert after["Copy"].action is Action.NONE


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (ResourceStatus.UPDATE_FAILED, Action.UPDATE),
        (ResourceStatus.CREATE_FAILED, Action.REPLACE),
        (ResourceStatus.CREATED, Action.NONE),
    ],
    ids=lambda one: one.value,
)
def test_what_had_failed_is_read_again(status: ResourceStatus, action: Action) -> None:
    resources = {**STANDING, "Golden": search(status=status)}
    after = changes(planned(resources, {"Golden": FOUND, "After": FOUND}, TEMPLATE))
    assert after["Golden"].action is action
    assert after["Copy"].action is Action.NONE


def test_a_result_goes_with_the_index_it_belongs_to() -> None:
    resources = each({name: {"ImageIds": [name], "Images": []} for name in "abc"})
    readings: dict[str, Mapping[str, Value]] = {
        f"Each[{index}]": {"ImageIds": [name], "Images": []} for index, name in enumerate("bc")
    }
    after = changes(planned(resources, readings, EACH, Names="b,c"))
    moved = {"Each[0]": Action.MOVE, "Each[1]": Action.MOVE, "Each[2]": Action.DELETE}
    assert {name: one.action for name, one in after.items()} == moved


def test_a_rollback_wants_the_former_result() -> None:
    change_set = planned(STANDING, {"Golden": OTHER, "After": FOUND}, TEMPLATE)
    current = {**STANDING, "Golden": search(found=OTHER, status=ResourceStatus.UPDATED)}
    rollback = plan_undoing(change_set, "r-1", STANDING, current, CATALOG, 9.0)
    assert changes(rollback)["Golden"].action is Action.UPDATE
    assert changes(rollback)["Golden"].reading == Reading(FOUND)
    assert changes(rollback)["Copy"].action is Action.NONE
    rest = plan_continuation(rollback, "r-2", current, CATALOG, frozenset(), 10.0)
    assert changes(rest)["Golden"].reading == Reading(FOUND)
    assert changes(rest)["Golden"].action is Action.UPDATE
    done = plan_continuation(rollback, "r-2", STANDING, CATALOG, frozenset(), 10.0)
    assert changes(done)["Golden"].action is Action.NONE
    gone = {name: one for name, one in STANDING.items() if name != "Golden"}
    again = plan_undoing(change_set, "r-1", STANDING, gone, CATALOG, 9.0)
    assert changes(again)["Golden"].action is Action.CREATE
    assert changes(again)["Golden"].reading == Reading(FOUND)


def test_references_are_written_as_what_they_give() -> None:
    template, _ = read_template(TEMPLATE.encode(), "t.yml")
    written = with_results(template, CATALOG)
    chosen = written.resources["Copy"].properties["ImageId"]
    assert isinstance(chosen, Call)
    assert isinstance(chosen.argument, ListOf)
    given = chosen.argument.items[1]
    assert isinstance(given, Attribute)
    assert isinstance(given.resource, Literal)
    assert isinstance(given.attribute, Literal)
    assert (given.resource.value, given.attribute.value) == ("Golden", "ImageIds")
    assert isinstance(written.resources["Golden"].properties["ImageName"], Reference)


def test_a_template_without_searches_stays_as_it_is() -> None:
    source = TEMPLATE.replace(SEARCH, COPY)
    template, _ = read_template(source.encode(), "t.yml")
    assert with_results(template, CATALOG) is template


def test_what_is_named_takes_along_what_was_read_for_it() -> None:
    change_set = planned(STANDING, {"Golden": OTHER, "After": FOUND}, TEMPLATE)
    part = only(change_set, ["Copy"])
    assert [str(one.address) for one in part.changes] == ["Golden", "Copy"]
    assert [str(one) for one in part.left_out] == ["After"]
    assert part.warnings == change_set.warnings


def test_what_is_found_must_fit_where_it_is_used() -> None:
    source = TEMPLATE.replace(
        "DestinationRegionId: cn-beijing",
        "DestinationRegionId: cn-beijing,"
        " DestinationImageName: !Jq [First, '.[0].ImageName', !GetAtt Golden.Images]",
    )
    found: Mapping[str, Value] = {"ImageIds": ["m-1"], "Images": [{"ImageName": "acs:reserved"}]}
    with pytest.raises(TemplateError) as refused:
        planned({}, {"Golden": found}, source)
    [said] = refused.value.diagnostics
    assert (said.code, said.span and said.span.line) == ("IF524", 12)


def test_a_list_where_a_text_is_wanted_is_told_before_anything_is_read() -> None:
    source = TEMPLATE.replace("!Select [0, !Ref Golden]", "!Ref Golden")
    with pytest.raises(TemplateError) as refused:
        planned({}, {}, source)
    [said] = refused.value.diagnostics
    assert (said.code, said.why) == ("IF503", "'Golden' is a list")
