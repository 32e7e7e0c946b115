"""A stack that is read while it is worked on, and planned for when that has ended, is not planned for."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageferry.control.requests import OperationHolds
from imageferry.model.statuses import StackStatus
from imageferry.testing import run_virtually
from tests.api.serving import house_of_api

TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Copy:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: halfway
"""


def test_a_deletion_is_not_planned_for_a_stack_that_was_halfway(tmp_path: Path) -> None:
    async def run() -> None:
        async with house_of_api(tmp_path) as apis:
            status, made = await apis.ros("CreateStack", StackName="one", TemplateBody=TEMPLATE)
            assert status == 200, made
            stack_id = made["StackId"]
            halfway = await apis.house.store.stack(stack_id)
            assert halfway is not None
            assert halfway.status is StackStatus.CREATING
            while True:
                now = await apis.house.store.stack(stack_id)
                assert now is not None
                if now.status.is_final:
                    break
                await apis.clock.sleep(10)
            assert now.status is StackStatus.CREATED
            with pytest.raises(OperationHolds):
                await apis.house.plane.plan_delete(halfway)
            assert await apis.house.plane.plan_delete(now)

    run_virtually(run())
