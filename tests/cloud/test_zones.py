"""The zones of a region, as the cloud tells them, and what is no region."""

from __future__ import annotations

import asyncio

import pytest

from imageferry.cloud.errors import CloudError
from imageferry.cloud.zones import CloudRegions
from tests.cloud.stubs import Answer, Line, client_of, refusal, reply


def regions(*answers: Answer) -> tuple[CloudRegions, Line]:
    line = Line(answers or [reply()])
    return CloudRegions(client_of(line)), line


def test_zones_are_told_in_order() -> None:
    told = [{"ZoneId": "cn-beijing-l"}, {"ZoneId": "cn-beijing-a"}]
    there, line = regions(reply(Zones={"Zone": told}))
    assert asyncio.run(there.zones("cn-beijing")) == ["cn-beijing-a", "cn-beijing-l"]
    (request,) = line.requests
    assert request.headers["x-acs-action"] == "DescribeZones"
    assert ("RegionId", "cn-beijing") in request.query
    assert request.host == "ecs.cn-beijing.aliyuncs.com"


def test_what_cannot_be_a_region_is_not_asked_for() -> None:
    there, line = regions()
    with pytest.raises(LookupError):
        asyncio.run(there.zones("example.com/?x"))
    assert line.requests == []
    assert there.nearest("cn-hangzou") == "cn-hangzhou"


def test_a_region_that_the_cloud_does_not_know() -> None:
    there, _ = regions(refusal("InvalidRegionId.NotFound", 404))
    with pytest.raises(LookupError):
        asyncio.run(there.zones("cn-nowhere"))


def test_another_fault_of_the_cloud_is_raised_as_it_is() -> None:
    there, _ = regions(refusal("Forbidden.RAM", 403))
    with pytest.raises(CloudError, match="no"):
        asyncio.run(there.zones("cn-beijing"))
