"""A symptom that another resource of the stack wants is no drift, and says so."""

from __future__ import annotations

import pytest

from imageferry.model.addresses import ResourceAddress
from imageferry.model.drift import Difference, DifferenceKind, ResourceDrift, ResourceDriftStatus
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.values import Value
from imageferry.planning.explaining import causes, explained
from imageferry.resource_types.installed import InstalledTypes

FAMILY = "IMAGEFERRY::ECS::ImageFamily"
COPY = "TF::Alicloud::ImageCopy"
STATUS = Difference(("status",), DifferenceKind.NOT_EQUAL, "Available", "Deprecated", False)
LOST = Difference(("status",), DifferenceKind.NOT_EQUAL, "Available", "UnAvailable", False)
NAME = Difference(("ImageName",), DifferenceKind.NOT_EQUAL, "one", "two", True)


def resource(name: str, type_name: str, **attributes: Value) -> Resource:
    address = ResourceAddress(name)
    return Resource(
        address, type_name, ResourceStatus.CREATED, physical_id="x", attributes=attributes
    )


@pytest.mark.parametrize(
    ("image_id", "given", "left", "status"),
    [
        ("m-1", (STATUS,), (), ResourceDriftStatus.IN_SYNC),
        ("m-1", (STATUS, NAME), (NAME,), ResourceDriftStatus.MODIFIED),
        ("m-1", (LOST,), (LOST,), ResourceDriftStatus.MODIFIED),
        ("m-2", (STATUS,), (STATUS,), ResourceDriftStatus.MODIFIED),
        ("m-1", (NAME,), (NAME,), ResourceDriftStatus.MODIFIED),
    ],
    ids=["explained", "and renamed", "another symptom", "another image", "a property"],
)
def test_what_the_family_holds_back(
    image_id: str,
    given: tuple[Difference, ...],
    left: tuple[Difference, ...],
    status: ResourceDriftStatus,
) -> None:
    family = resource("Web", FAMILY, DeprecatedImageIds=["m-1", "m-3"], ImageId="m-0")
    copy = resource("Copy", COPY, Id=image_id, tfcfnid="track")
    drift = ResourceDrift(copy.address, COPY, "x", ResourceDriftStatus.MODIFIED, given)
    found = explained(drift, copy, causes([family, copy], InstalledTypes()))
    assert (found.differences, found.status) == (left, status)
    assert found.reason == ("" if left == given else 'Deprecated by "Web"')
