"""Pages that were left open: sent twice, sent late, or sent from two tabs; nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from imageferry.api.limits import Limits
from imageferry.api.metrics import Metrics
from imageferry.api.server import Site, make_site
from imageferry.console.app import make_console
from imageferry.control.plane import ControlPlane
from imageferry.model.statuses import StackStatus
from imageferry.ports.keeping import Store, StoreError
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
        async with browsing(tmp_path, speed=60) as browser:
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
        async with browsing(tmp_path, speed=60) as browser:

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


_STEPS = (0, 2, 4, 6, 9, 11)
"""After so many answers: before anything is written, between two writings, and after the last."""


class Away:
    """A store that answers so often, and then no more."""

    def __init__(self, store: Store, left: int) -> None:
        self._store, self._left = store, left

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def asked(*given: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise StoreError("the database is away")
            return await found(*given, **named)

        return asked


async def _failing(browser: Browser, left: int) -> Browser:
    """The same browser before a server that loses its database after so many answers."""
    apis, plane = browser.apis, browser.apis.house.plane
    store: Any = Away(plane.desk.store, left)
    planes = {plane.place.account_id: ControlPlane(replace(plane.desk, store=store))}
    desk = replace(browser.desk, planes=planes)
    console = make_console(desk)
    app = make_site(Site(apis.door, Metrics(), apis.clock, Limits(), beside=console.routes))
    token = await browser.csrf()
    return Browser(app, apis, desk, console, [], cookies=dict(browser.cookies), _csrf=token)


def test_a_database_that_goes_away_at_any_step_of_a_deed(tmp_path: Path) -> None:
    """Whatever was said before it went: afterwards the same form does what it says, once."""

    async def main() -> None:
        async with browsing(tmp_path, speed=60) as browser:
            store = browser.apis.house.plane.desk.store
            said = set()
            for left in _STEPS:
                fields = {"name": f"fan-{left}", "region": "cn-hangzhou", "step": "propose"}
                fields |= {"template": FAN_OUT.decode(), "once": "a", "p.Name": f"image-{left}"}
                server = await _failing(browser, left)
                pairs = list(fields.items())
                first = await server.send_pairs("/console/create", pairs, follow=False)
                again = await browser.send_pairs("/console/create", pairs, follow=False)
                assert again.status == 303, again.text
                path = again.location.partition("?")[0]
                server = await _failing(browser, left)
                lost = await server.send(f"{path}/approve", follow=False)
                said |= {("create", first.status), ("approve", lost.status)}
                # Of an approval that was broken off nobody knows for a minute what became of it.
                late = await browser.send(f"{path}/approve", follow=False)
                if lost.status == 503 and late.status == 409:
                    await browser.apis.clock.sleep(61)
                    assert (await browser.send(f"{path}/approve", follow=False)).status == 303
                stack = await store.stack_of_uuid(path.split("/")[3])
                assert stack is not None
                assert (await ended(browser, stack.stack_id)).status is StackStatus.CREATED
                assert (await browser.send(f"{path}/approve", follow=False)).status == 409
            assert said == {(name, code) for name in ("create", "approve") for code in (303, 503)}
            assert images(browser, "cn-shanghai") == {f"image-{left}" for left in _STEPS}

    run_virtually(main())
