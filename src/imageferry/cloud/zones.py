"""CloudRegions: the zones of a region, asked of the cloud."""

from __future__ import annotations

from collections.abc import Sequence

from imageferry.cloud.client import Client
from imageferry.cloud.ecs import zone_ids
from imageferry.cloud.errors import CloudError
from imageferry.cloud.region_names import region_names
from imageferry.cloud.regions import is_well_formed, nearest_region
from imageferry.ports.regions import RegionNames

# ECS, DescribeZones: the error of a region id that does not exist.
_UNKNOWN_REGION = "InvalidRegionId"


class CloudRegions:
    """The Regions socket over a client of the cloud."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def zones(self, region: str) -> Sequence[str]:
        """The ids of a region's zones, sorted; raises LookupError and CloudError."""
        if not is_well_formed(region):
            raise LookupError(region)
        try:
            return sorted(await zone_ids(self._client, region))
        except CloudError as fault:
            if fault.code.startswith(_UNKNOWN_REGION):
                raise LookupError(region) from fault
            raise

    def nearest(self, region: str) -> str | None:
        """The region that was probably meant."""
        return nearest_region(region)

    def published(self) -> Sequence[RegionNames]:
        """The published regions with their names."""
        return region_names()
