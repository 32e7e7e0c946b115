"""SnapshotLoader: looks of one moment share a page, a failure reaches everybody who asked."""

from __future__ import annotations

import asyncio

import pytest

from imageferry.cloud.errors import CloudError
from imageferry.cloud.snapshots import SnapshotLoader, delete_snapshot
from imageferry.testing import run_virtually
from tests.resource_types.copying import Cloud

HERE, THERE = "cn-hangzhou", "ap-southeast-1"
FIRST, SECOND = "s-golden0000000000001", "s-golden0000000000002"


def test_looks_of_one_moment_share_a_page_a_region() -> None:
    async def main() -> None:
        cloud = Cloud()
        loader = SnapshotLoader(cloud.client)
        found = await asyncio.gather(
            loader.look(HERE, [FIRST]),
            loader.look(HERE, [FIRST, "s-none"]),
            loader.look(HERE, ["s-none"]),
            loader.look(THERE, [SECOND]),
        )
        ids = [[one.snapshot_id for one in each] for each in found]
        assert ids == [[FIRST], [FIRST], [], [SECOND]]
        assert cloud.client.counts["DescribeSnapshots"] == 2
        await loader.look(HERE, [FIRST])
        assert cloud.client.counts["DescribeSnapshots"] == 3
        cloud.emulator.close()

    run_virtually(main())


def test_more_than_a_page_is_asked_in_pages() -> None:
    async def main() -> None:
        cloud = Cloud()
        ids = [f"s-{number:05}" for number in range(150)]
        assert await SnapshotLoader(cloud.client).look(HERE, [*ids, FIRST]) != []
        assert cloud.client.counts["DescribeSnapshots"] == 2
        cloud.emulator.close()

    run_virtually(main())


def test_a_failure_reaches_everybody_who_asked() -> None:
    async def main() -> None:
        cloud = Cloud()
        cloud.fault("error", action="DescribeSnapshots", code="Odd", count=1)
        loader = SnapshotLoader(cloud.client)
        looks = [loader.look(HERE, [FIRST]), loader.look(HERE, [FIRST])]
        found = await asyncio.gather(*looks, return_exceptions=True)
        assert [getattr(one, "code", None) for one in found] == ["Odd", "Odd"]
        assert len(await loader.look(HERE, [FIRST])) == 1
        cloud.emulator.close()

    run_virtually(main())


def test_a_snapshot_in_use_is_not_forced() -> None:
    async def main() -> None:
        cloud = Cloud()
        with pytest.raises(CloudError, match="SnapshotCreatedImage"):
            await delete_snapshot(cloud.client, HERE, FIRST)
        assert "Force" not in str(cloud.sent[-1])
        cloud.emulator.close()

    run_virtually(main())
