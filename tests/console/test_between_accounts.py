"""Two accounts of one server: no page, stream, file or deed of the one reaches what the other has."""

from __future__ import annotations

from pathlib import Path

from imageferry.assembly.served import ServeChoices
from imageferry.console.pages import DEEDS, PAGES
from imageferry.model.access import Role
from imageferry.model.statuses import StackStatus
from imageferry.testing import run_virtually
from tests.console.browsing import Browser, browsing
from tests.console.standing import FAN_OUT, approve, deployed

_NAME = "of-the-first-alone"


async def _proposed(browser: Browser, name: str) -> tuple[str, str]:
    """The ids of a stack that waits for review, and of its change set."""
    fields = {"name": name, "region": "cn-hangzhou", "template": FAN_OUT.decode()}
    fields |= {"step": "propose", "p.Name": name}
    reply = await browser.send_pairs("/console/create", list(fields.items()), follow=False)
    assert reply.status == 303, reply.text
    parts = reply.location.partition("?")[0].split("/")
    return parts[3], parts[5]


def _filled(path: str, uuid: str, change_set: str) -> str:
    named = {"{stack}": uuid, "{change_set}": change_set, "{address:path}": "Copy%5B0%5D"}
    for name, value in named.items():
        path = path.replace(name, value)
    return f"/console{path}"


def test_nothing_of_another_account_is_read_or_changed(tmp_path: Path) -> None:
    async def main() -> None:
        choices = ServeChoices(accounts=("emulator", "emulator-2"))
        async with browsing(tmp_path, choices=choices, speed=60) as browser:
            _, account = browser.apis.desk.planes
            other = await browser.as_role(Role.ADMIN, account)
            stack = await deployed(browser, name=_NAME)
            uuid = stack.stack_id.rpartition("/")[2]
            await browser.send(f"/console/stacks/{uuid}/verify")
            waiting, change_set = await _proposed(browser, f"{_NAME}-2")
            own, own_set = await _proposed(other, "own")
            secrets = (_NAME, uuid, waiting, change_set)
            ways = {(uuid, change_set), (waiting, change_set), (waiting, own_set)}
            for page in PAGES:
                if "{stack}" not in page.path:
                    shown = await other.get(_filled(page.path, "", ""))
                    assert shown.status == 200, page.path
                    assert not [one for one in secrets if one in shown.source], page.path
                    continue
                for pair in ways | ({(own, change_set)} if "{change_set}" in page.path else set()):
                    path = _filled(page.path, *pair)
                    for asked in (path, f"{path}?format=csv", f"{path}?format=receipt&file=1"):
                        assert (await other.get(asked)).status == 404, asked
                    if page.live:
                        stream = await other.get(path.replace("/console", "/console/live"))
                        # Of a stack of one's own there is a stream, which has nothing to say.
                        assert stream.status == (200 if pair[0] == own else 404), path
                        assert _NAME not in stream.source, path
            before = await browser.apis.house.plane.stacks(None)
            for deed in DEEDS:
                if "{stack}" in deed.path:
                    for pair in ways | ({(own, change_set)} if "set}" in deed.path else set()):
                        path = _filled(deed.path, *pair)
                        sent = await other.send(path, name=_NAME, comment="no", what="all", on="on")
                        assert sent.status == 404, (path, sent.text)
            assert await browser.apis.house.plane.stacks(None) == before
            # What waits for the first is not decided by that, and can be carried out still.
            assert (await approve(browser, waiting)).status is StackStatus.CREATED

    run_virtually(main())
