"""Replies that wait: a write is answered once what it began has ended, or the time is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageferry.api.calls import ApiCall, Caller
from imageferry.api.cfn.app import CfnApi
from imageferry.api.settling import Settling, settling
from imageferry.model.access import Role
from imageferry.testing import run_virtually
from tests.api.cfn.visits import COPY
from tests.api.serving import Apis, house_of_api


def call(apis: Apis, action: str, **given: str) -> ApiCall:
    account = next(iter(apis.desk.planes))
    caller = Caller("emulator", account, Role.ADMIN)
    now = apis.clock.now()
    return ApiCall(action, tuple(given.items()), caller, "cn-beijing", "id", "here", "host", now)


@pytest.mark.parametrize(
    ("seconds", "status"),
    [pytest.param(3600.0, "CREATE_COMPLETE", id="until it has ended"),
     pytest.param(0.5, "CREATE_IN_PROGRESS", id="no longer than asked")],
)  # fmt: skip
def test_a_write_waits_for_what_it_began(tmp_path: Path, seconds: float, status: str) -> None:
    async def run() -> None:
        async with house_of_api(tmp_path, speed=20) as apis:
            api = Settling(CfnApi(apis.desk), apis.desk, seconds)
            began = apis.clock.now()
            made = await api.answer(call(apis, "CreateStack", StackName="demo", TemplateBody=COPY))
            assert made.response.status == 200
            assert apis.clock.now() - began < seconds + 1
            # A question is answered at once, whatever runs.
            asked = apis.clock.now()
            told = await api.answer(call(apis, "DescribeStacks", StackName="demo"))
            assert f"<StackStatus>{status}<" in told.response.body.decode()
            assert apis.clock.now() - asked < 1
            assert api.needs("CreateStack") is Role.OPERATOR
            assert api.name == "cloudformation"

    run_virtually(run())


def test_without_a_time_the_apis_are_as_they_are(tmp_path: Path) -> None:
    async def run() -> None:
        async with house_of_api(tmp_path) as apis:
            found = {"cloudformation": CfnApi(apis.desk)}
            assert settling(found, apis.desk, 0.0) is found

    run_virtually(run())
