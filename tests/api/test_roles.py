"""Which role each action of both APIs takes, as the page of keys says, and that no lesser one is let in."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageferry.api.calls import Refusal
from imageferry.api.cfn.actions import ACTIONS as CFN
from imageferry.api.ros.actions import ACTIONS as ROS
from imageferry.model.access import AccessKey, Role
from imageferry.testing import run_virtually
from imageferry.wire.alibaba_signing import Credentials
from tests.api.serving import Apis, house_of_api

LOOKING = ("Get", "List", "Describe", "Validate", "Preview", "Estimate", "BatchDescribe")
OF_THE_ACCOUNT = {
    "RegisterType", "DeregisterType", "SetTypeDefaultVersion", "SetTypeConfiguration",
}  # fmt: skip

ROLES = {
    **{f"ros {name}": row.needs for name, row in ROS.items()},
    **{f"cloudformation {name}": action.role for name, action in CFN.items()},
}


@pytest.mark.parametrize("named", ROLES)
def test_looking_takes_a_reader_and_what_concerns_the_account_an_admin(named: str) -> None:
    name = named.partition(" ")[2]
    wanted = Role.READER if name.startswith(LOOKING) else Role.OPERATOR
    assert ROLES[named] is (Role.ADMIN if name in OF_THE_ACCOUNT else wanted)


def test_no_action_lets_a_lesser_role_in(tmp_path: Path) -> None:
    """Each action, asked with a key of each lesser role: refused before anything sees it."""

    async def ask(apis: Apis, named: str, role: Role) -> Refusal | None:
        api, _, name = named.partition(" ")
        key = Credentials(f"IFAK{role.name}", "s" * 40)
        request = apis.ros_request(name, key) if api == "ros" else apis.aws_request(name, key)
        return (await apis.knock(request)).refusal

    async def run() -> None:
        async with house_of_api(tmp_path) as apis:
            for role in (Role.READER, Role.OPERATOR):
                key = AccessKey(f"IFAK{role.name}", "1000000000000001", role, "s" * 40, 1.0)
                await apis.house.keys.add(key)
            refused = {
                (named, role): await ask(apis, named, role)
                for named, needed in ROLES.items()
                for role in (Role.READER, Role.OPERATOR)
                if not role.covers(needed)
            }
            assert len(refused) > 40
            assert set(refused.values()) == {Refusal.FORBIDDEN}
            assert await apis.house.audit.records() == []

    run_virtually(run())
