"""Resources of a stack as boxes, arrows, ways and places."""

from __future__ import annotations

import pytest

from imageferry.drawing.nodes import Edge
from imageferry.drawing.palette import StatusClass
from imageferry.drawing.recorded import edges_of, ends_of, node_of, places_of, route_of
from imageferry.model.addresses import ResourceAddress
from imageferry.model.operations import StepProgress
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import UNKNOWN, Secret, Value

HOME = "cn-hangzhou"


def resource(status: ResourceStatus, **properties: Value) -> Resource:
    return Resource(
        ResourceAddress("Copy", 2),
        "ALIYUN::ECS::CopyImage",
        status,
        properties=properties,
        depends_on=(ResourceAddress("Source"),),
    )


ENDS = {
    "from the stack's region": ({"DestinationRegionId": "us-west-1"}, (HOME, "us-west-1")),
    "to the stack's region": ({"SourceRegionId": "us-west-1"}, ("us-west-1", HOME)),
    "between others": (
        {"SourceRegionId": "a-1", "DestinationRegionId": "b-1"},
        ("a-1", "b-1"),
    ),
    "an end left empty": ({"DestinationRegionId": ""}, (HOME, HOME)),
    "nothing is carried": ({"ImageId": "m-1"}, None),
    "not known yet": ({"DestinationRegionId": UNKNOWN}, None),
    "a secret": ({"DestinationRegionId": Secret("us-west-1")}, None),
}


@pytest.mark.parametrize(
    ("properties", "ends"), [pytest.param(*case, id=name) for name, case in ENDS.items()]
)
def test_ends(properties: dict[str, Value], ends: tuple[str, str] | None) -> None:
    assert ends_of(properties, HOME) == ends
    way = route_of(resource(ResourceStatus.CREATED, **properties), HOME, "ros")
    assert (None if way is None else (way.source, way.destination)) == ends


def test_a_resource_that_waits_for_its_turn() -> None:
    one = resource(ResourceStatus.CREATING, DestinationRegionId="us-west-1")
    progress = StepProgress("Copy[2]", 0, "waiting for a slot", None, (3, 8))
    node = node_of(one, HOME, "ros", progress, href="/x")
    assert (node.key, node.status_class) == ("Copy[2]", StatusClass.QUEUED)
    assert node.status_text == "CREATE_IN_PROGRESS (3/8)"
    assert (node.note, node.href, node.percent) == ("cn-hangzhou → us-west-1", "/x", 0)
    assert edges_of([one]) == [Edge("Source", "Copy[2]")]


def test_a_status_is_told_in_the_words_of_the_language() -> None:
    one = resource(ResourceStatus.RETAINED)
    assert node_of(one, HOME, "ros").status_text == "DELETE_COMPLETE"
    assert node_of(one, HOME, "cloudformation").status_text == "DELETE_SKIPPED"
    idle = resource(ResourceStatus.NOT_STARTED)
    assert node_of(idle, HOME, "ros", is_worked_on=False).status_class is StatusClass.CANCELLED


def test_places_are_where_something_is_carried_to() -> None:
    ways = [
        route_of(resource(status, DestinationRegionId=region), HOME, "ros")
        for status, region in (
            (ResourceStatus.CREATED, "us-west-1"),
            (ResourceStatus.CREATE_FAILED, "us-west-1"),
            (ResourceStatus.CREATED, "eu-west-1"),
        )
    ]
    assert [way.percent for way in ways if way is not None] == [100, None, 100]
    places = places_of(way for way in ways if way is not None)
    assert [(one.region, one.count, one.status_class) for one in places] == [
        ("us-west-1", 2, StatusClass.FAILED),
        ("eu-west-1", 1, StatusClass.DONE),
    ]
