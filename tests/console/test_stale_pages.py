"""Pages that were left open: sent twice, sent late, or sent from two tabs; nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from imageferry.model.statuses import StackStatus
from imageferry.testing import run_virtually
from tests.console.browsing import Browser, Reply, browsing
from tests.console.standing import FAN_OUT, deployed, ended, images

_FORMS = {
    "adopt": {"more": "Copy[0]=m-golden0000000000001"},
    "cancel": {},
    "delete": {"name": "fan"},
    "drift": {},
    "protect": {"on": "on"},
    "retry": {"what": "all"},
    "rollback": {},
    "update": {"step": "propose", "template": FAN_OUT.decode()},
    "verify": {},
    "copies/Copy%5B0%5D/verify": {},
}


async def _sent(browser: Browser, uuid: str) -> dict[str, Reply]:
    path = f"/console/stacks/{uuid}"
    return {
        name: await browser.send(f"{path}/{name}", follow=False, **fields)
        for name, fields in _FORMS.items()
    }


def test_forms_of_a_stack_that_is_busy_or_gone(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:
            store = browser.apis.house.plane.desk.store
            stack = await deployed(browser, waits=False)
            uuid = stack.stack_id.rpartition("/")[2]
            # Trying again follows what runs, and protection is a matter of the record alone.
            busy = {name: one.status for name, one in (await _sent(browser, uuid)).items()}
            allowed = {"cancel", "protect", "retry", "update"}
            assert {name for name, status in busy.items() if status != 409} <= allowed, busy
            assert {status for name, status in busy.items() if name in allowed} <= {303, 409}
            await browser.send(f"/console/stacks/{uuid}/protect", on="")
            assert (await ended(browser, stack.stack_id)).status is StackStatus.CREATE_ROLLED_BACK
            path = f"/console/stacks/{uuid}/delete"
            twice = await asyncio.gather(
                *(browser.send(path, name="fan", follow=False) for _ in range(2))
            )
            assert [one.status for one in twice] == [303, 303]
            gone = await ended(browser, stack.stack_id)
            assert gone.status is StackStatus.DELETED
            operation = await store.last_operation(stack.stack_id)
            for name, reply in (await _sent(browser, uuid)).items():
                assert reply.status in {404, 409}, (name, reply.status)
                assert reply.page.all(class_="refusal"), name
                assert (await browser.get(f"/console/stacks/{uuid}/{name}")).status in {
                    200,
                    404,
                    409,
                }
            assert await store.stack(stack.stack_id) == gone
            assert await store.last_operation(stack.stack_id) == operation

    run_virtually(main())


def test_of_many_tabs_that_approve_one_operation_begins(tmp_path: Path) -> None:
    async def main() -> None:
        async with browsing(tmp_path) as browser:

            async def proposed(name: str, once: str) -> str:
                fields = {"name": "fan", "region": "cn-hangzhou", "template": FAN_OUT.decode()}
                fields |= {"step": "propose", "once": once, "p.Name": name}
                pairs = list(fields.items())
                reply = await browser.send_pairs("/console/create", pairs, follow=False)
                assert reply.status == 303, reply.text
                return reply.location.partition("?")[0]

            tabs = [("first", "a"), ("first", "a"), ("second", "b"), ("third", "c")]
            paths = await asyncio.gather(*(proposed(name, once) for name, once in tabs))
            # What was sent twice is one, whoever was the faster.
            assert paths[0] == paths[1] and len(set(paths)) == 3
            replies = await asyncio.gather(
                *(browser.send(f"{path}/approve", follow=False) for path in paths),
                *(browser.send(f"{paths[3]}/reject", comment="no", follow=False) for _ in range(2)),
            )
            assert Counter(one.status for one in replies)[303] in {1, 2}, replies
            assert {one.status for one in replies} == {303, 409}
            stack = await browser.apis.house.plane.desk.store.stack_of_uuid(paths[0].split("/")[3])
            assert stack is not None
            assert (await ended(browser, stack.stack_id)).status is StackStatus.CREATED
            assert len(images(browser, "cn-shanghai")) == 1
            for path in {*paths}:
                late = await browser.send(f"{path}/approve", follow=False)
                assert late.status == 409 and late.page.all(class_="refusal")

    run_virtually(main())
