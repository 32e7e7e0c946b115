"""ECS actions as typed functions: what is sent, and what is read from the answer."""

from __future__ import annotations

import asyncio

from imageferry.cloud.ecs import CopyRequest, copy_image, region_words
from tests.cloud.stubs import Line, client_of, reply


def test_a_copy_is_asked_for_with_its_token() -> None:
    line = Line([reply(ImageId="m-2")])
    wanted = CopyRequest("m-1", "cn-hangzhou", "cn-shanghai", "t-1", tags=(("a", "b"),))
    assert asyncio.run(copy_image(client_of(line), wanted)) == "m-2"
    (request,) = line.requests
    parameters = dict(request.query)
    assert parameters["ClientToken"] == "t-1"
    assert (parameters["Tag.1.Key"], parameters["Tag.1.Value"]) == ("a", "b")
    assert "DestinationImageName" not in parameters, "what is not wanted is left to the cloud"


def test_regions_and_their_words() -> None:
    regions = [{"RegionId": "cn-beijing", "Status": "available"}, {"RegionId": "ap-south-1"}]
    line = Line([reply(Regions={"Region": regions})])
    words = asyncio.run(region_words(client_of(line), "cn-beijing"))
    assert words == {"cn-beijing": "available", "ap-south-1": ""}
