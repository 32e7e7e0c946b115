"""served: `imageferry serve` as a process of its own; house_of_api: its door in virtual time, without a port."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from imageferry.api.admission import gate_of
from imageferry.api.desk import ApiDesk
from imageferry.api.door import Door, Passage
from imageferry.assembly.emulation import emulator_of
from imageferry.assembly.house import Calling, House, open_house
from imageferry.assembly.listening import apis_of, built_in_keys, desk_of
from imageferry.assembly.notifying import notifier_by
from imageferry.assembly.served import ServeChoices
from imageferry.assembly.working import Working
from imageferry.control.notifier import Notifier
from imageferry.emulator import controls
from imageferry.emulator.app import Emulator
from imageferry.ports.posting import Poster
from imageferry.settings import resolve
from imageferry.testing import SeededEntropy, VirtualClock
from imageferry.wire.alibaba_rpc import flatten
from imageferry.wire.alibaba_signing import Credentials, sign_v3
from imageferry.wire.aws_signing import sign_v4
from imageferry.wire.http import HttpRequest, HttpResponse
from tests.e2e.processes import COMMAND, environment
from tests.homes import lay_database
from tests.scenarios.emulated import TROUBLE

HOST = "127.0.0.1:8787"
EMULATOR = Credentials("emulator", "emulator")


# --- a process ------------------------------------------------------------------------------------


@dataclass
class Site:
    """`imageferry serve` in another process; `port` is where it listens.

    `console` is the link that signs one browser in, once.
    """

    address: str
    home: Path
    process: subprocess.Popen[str]
    log: Path
    console: str = ""

    @property
    def authority(self) -> str:
        """`host:port`, as SDKs want it."""
        return self.address.partition("://")[2]

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a GET."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def lines(self) -> list[dict[str, Any]]:
        """What the log says so far."""
        whole = self.log.read_text().rpartition("\n")[0]
        return [json.loads(one) for one in whole.splitlines() if one.startswith('{"time"')]

    def wait_for(self, seconds: float = 20, **fields: object) -> dict[str, Any]:
        """The first line of the log with these fields; a reply is there before its line is."""
        ends = time.monotonic() + seconds
        while True:
            for line in self.lines():
                if fields.items() <= {name: str(value) for name, value in line.items()}.items():
                    return line
            assert time.monotonic() < ends, self.log.read_text()[-2000:]
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20) -> int:
        """Tell it to stop; gives its exit code."""
        self.process.send_signal(number)
        return self.process.wait(seconds)


@contextmanager
def served(home: Path, *arguments: str, speed: float = 1e6, **settings: str) -> Iterator[Site]:
    """`imageferry serve` on a free port, with a fresh home; ended afterwards."""
    lay_database(home)
    log = home.parent / f"{home.name}-serve.log"
    with log.open("a") as errors:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", "--json", *arguments],
            env=environment(home, **{"IMAGEFERRY_EMULATOR_SPEED": str(speed), **settings}),
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            text=True,
        )
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("}"):
                break
        assert said, log.read_text()
        found = json.loads(said)
        assert "address" in found, found
        yield Site(found["address"], home, process, log, found.get("console", ""))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()
            process.stdout.close()


# --- in this process, in virtual time -------------------------------------------------------------


@dataclass
class Apis:
    """The door of a house that runs its own operations, and whoever knocks with the right key."""

    door: Door
    desk: ApiDesk
    house: House
    cloud: Emulator
    clock: VirtualClock
    key: Credentials = EMULATOR
    notifier: Notifier | None = None
    _count: int = 0

    async def ros(
        self, action: str, key: Credentials | None = None, form: bool = False, **given: object
    ) -> tuple[int, Any]:
        """Status and document of a ROS action, signed in the header; RegionId is cn-hangzhou."""
        passage = await self.knock(self.ros_request(action, key, form=form, **given))
        response = _response(passage)
        return response.status, json.loads(response.body)

    def ros_request(
        self,
        action: str,
        key: Credentials | None = None,
        *,
        form: bool = False,
        version: str = "2019-09-10",
        **given: object,
    ) -> HttpRequest:
        self._count += 1
        pairs = flatten({"RegionId": "cn-hangzhou", **given})
        headers = {"content-type": "application/x-www-form-urlencoded"} if form else {}
        bare = HttpRequest(
            "POST",
            "http",
            HOST,
            "/",
            query=() if form else pairs,
            headers={"host": HOST, **headers},
            body=urlencode(pairs).encode() if form else b"",
            form=pairs if form else (),
        )
        return sign_v3(
            bare,
            action=action,
            version=version,
            credentials=key or self.key,
            date=datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            nonce=f"nonce-{self._count}",
        )

    async def aws(
        self, action: str, key: Credentials | None = None, region: str = "cn-beijing", **given: str
    ) -> tuple[int, ElementTree.Element]:
        """Status and document of a CloudFormation action; names of parameters as on the wire."""
        response = _response(await self.knock(self.aws_request(action, key, region, **given)))
        return response.status, ElementTree.fromstring(response.body)

    def aws_request(
        self,
        action: str,
        key: Credentials | None = None,
        region: str = "cn-beijing",
        service: str = "cloudformation",
        version: str = "2010-05-15",
        **given: str,
    ) -> HttpRequest:
        self._count += 1
        # Signatures of one second that say the same are one and the same.
        pairs = (("Action", action), ("Version", version), *given.items())
        bare = HttpRequest(
            "POST",
            "http",
            HOST,
            "/",
            headers={
                "host": HOST,
                "content-type": "application/x-www-form-urlencoded; charset=utf-8",
                "x-amz-meta-count": str(self._count),
            },
            body=urlencode(pairs).encode(),
            form=pairs,
        )
        date = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y%m%dT%H%M%SZ")
        return sign_v4(bare, credentials=key or self.key, region=region, service=service, date=date)

    async def knock(self, request: HttpRequest, source: str = "127.0.0.1") -> Passage:
        """What the door answers."""
        return await self.door.answer(request, source)


def _response(passage: Passage) -> HttpResponse:
    assert passage.response is not None
    return passage.response


@asynccontextmanager
async def house_of_api(
    folder: Path,
    *,
    speed: float = 1.0,
    trouble: bool = True,
    seed: int = 1,
    choices: ServeChoices | None = None,
    environment: Mapping[str, str] | None = None,
    poster: Callable[[VirtualClock], Poster] | None = None,
) -> AsyncIterator[Apis]:
    """Everything behind the server's port, on a home in the folder; use it in `run_virtually`.

    `poster` makes who posts notices: in virtual time nothing is sent over a real line.
    """
    clock = VirtualClock()
    choices = choices or ServeChoices()
    home = folder / "home"
    usual = {"IMAGEFERRY_HOME": str(home), "IMAGEFERRY_EMULATOR_SPEED": str(speed)}
    settings = resolve({}, {**usual, **(environment or {})})
    lay_database(home)
    with emulator_of(settings, clock) as cloud:
        for fault in TROUBLE if trouble else ():
            controls.add_fault(cloud.world, fault)
        entropy = SeededEntropy(seed)
        async with AsyncExitStack() as opened:
            houses = []
            for name in choices.accounts or ("",):
                opening = open_house(
                    settings, clock=clock, entropy=entropy, calling=Calling(takes_up=True),
                    profile=name,
                )  # fmt: skip
                house = await opened.enter_async_context(opening)
                houses.append(Working(house, name, works=choices.works))
            desk = desk_of(houses, choices)
            if poster is not None:
                desk = replace(desk, poster=poster(clock))
                for one in houses:
                    one.notifier = notifier_by(one.house, desk.poster, lambda *_: None)
            gate = gate_of(desk, built_in_keys(houses, choices), choices.rate)
            first = houses[0].house
            door = Door(gate, apis_of(desk), first.voice.send)
            for one in houses:
                await one.start()
            try:
                yield Apis(door, desk, first, cloud, clock, notifier=houses[0].notifier)
            finally:
                for one in houses:
                    await one.stop(10.0)
