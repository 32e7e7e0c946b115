"""The APIs in one process after the other, each killed behind its next write that no other met.

`python -m tests.e2e.dying_server FOLDER`. Each life is forked from one process that has loaded
everything, opens the home in the folder in virtual time, sends the request whose turn it is through the door,
and kills itself with SIGKILL behind one of the writes of the control plane or of the audit, before
anybody hears of it; each of these is met once a request. The client sends the same request again,
signed anew, until it is answered, and once more when all has come to its end. It prints every
answer, and what the lives were killed at.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from imageferry.api.admission import gate_of
from imageferry.api.calls import Api
from imageferry.api.cfn.app import CfnApi
from imageferry.api.desk import ApiDesk
from imageferry.api.door import Door
from imageferry.api.recognition import Wanted
from imageferry.api.ros.app import RosApi
from imageferry.assembly.emulation import emulator_of
from imageferry.assembly.house import Calling, House, open_house
from imageferry.assembly.listening import built_in_keys, desk_of
from imageferry.assembly.served import ServeChoices
from imageferry.assembly.working import Working
from imageferry.control.plane import ControlPlane
from imageferry.settings import resolve
from imageferry.testing import START, SeededEntropy, VirtualClock, run_virtually
from imageferry.wire.http import HttpRequest
from tests.api.serving import Apis
from tests.homes import lay_database

MOST_LIVES = 40
LIFETIME = 1000.0
"""Virtual seconds from the beginning of one life to that of the next."""

AWS_REGION = "cn-beijing"
TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Name: {Type: String}
Resources:
  Golden:
    Type: ALIYUN::ECS::CopyImage
    Properties:
      ImageId: m-golden0000000000001
      DestinationRegionId: cn-beijing
      DestinationImageName: {Ref: Name}
"""
AWS_TEMPLATE = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Name: {Type: String}
Resources:
  Golden:
    Type: TF::Alicloud::ImageCopy
    Properties:
      SourceImageId: m-golden0000000000001
      SourceRegionId: cn-hangzhou
      ImageName: {Ref: Name}
"""

_WRITES = {
    "audit": ("begin", "end"),
    "documents": ("add", "change", "remove"),
    "store": ("add_stack", "change_stack", "open_operation", "save_change_set"),
}


@dataclass
class Turn:
    """One request: by which API, which action, and what is given."""

    api: str
    action: str
    given: Mapping[str, str]


def _ros(action: str, **given: str) -> Turn:
    return Turn("ros", action, given)


def _aws(action: str, **given: str) -> Turn:
    return Turn("aws", action, given)


def _named(name: str) -> dict[str, str]:
    return {
        "Parameters.1.ParameterKey": "Name",
        "Parameters.1.ParameterValue": name,
        "TemplateBody": TEMPLATE,
        "ReplacementOption": "Enabled",
    }


def _member(name: str) -> dict[str, str]:
    return {
        "Parameters.member.1.ParameterKey": "Name",
        "Parameters.member.1.ParameterValue": name,
        "TemplateBody": AWS_TEMPLATE,
    }


def turns(known: Mapping[str, str]) -> list[Turn]:
    """What is asked, one after the other; `known` are the ids that were answered so far."""
    stack, proposed = known.get("0 StackId", ""), known.get("2 ChangeSetId", "")
    return [
        _ros("CreateStack", StackName="a", ClientToken="1", **_named("image-a")),
        _ros("UpdateStack", StackId=stack, ClientToken="2", **_named("image-b")),
        _ros(
            "CreateChangeSet", StackId=stack, ChangeSetName="p", ClientToken="3", **_named("image-c")
        ),
        _ros("ExecuteChangeSet", ChangeSetId=proposed, ClientToken="4"),
        _aws("CreateStack", StackName="d", ClientRequestToken="1", **_member("image-d")),
        _aws("UpdateStack", StackName="d", ClientRequestToken="2", **_member("image-e")),
        _aws(
            "CreateChangeSet", StackName="g", ChangeSetName="q", ClientToken="5",
            ChangeSetType="CREATE", **_member("image-g"),
        ),
        _aws("ExecuteChangeSet", StackName="g", ChangeSetName="q", ClientRequestToken="6"),
        _ros("DeleteStack", StackId=stack),
        _aws("DeleteStack", StackName="g", ClientRequestToken="7"),
    ]  # fmt: skip


class Ledger:
    """What was met already; whoever comes to something new does not survive it."""

    def __init__(self, met: Path) -> None:
        self._met = met

    def meet(self, point: str) -> None:
        if point in self._met.read_text().splitlines():
            return
        with self._met.open("a") as file:
            file.write(f"{point}\n")
        os.kill(os.getpid(), signal.SIGKILL)


class Mortal:
    """A store, documents or audit whose writes a process survives once they were met."""

    def __init__(self, inner: Any, name: str, ledger: Ledger) -> None:
        self._inner, self._name, self._ledger = inner, name, ledger

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._inner, method)
        if method not in _WRITES[self._name]:
            return found

        async def written(*given: Any, **named: Any) -> Any:
            kind = f" {given[0].kind}" if self._name == "documents" else ""
            point = f"{self._name}.{method}{kind}"
            result = await found(*given, **named)
            self._ledger.meet(point)
            return result

        return written


def _mortal(house: House, ledger: Ledger) -> House:
    store: Any = Mortal(house.store, "store", ledger)
    documents: Any = Mortal(house.documents, "documents", ledger)
    audit: Any = Mortal(house.audit, "audit", ledger)
    desk = replace(house.plane.desk, store=store, documents=documents)
    return replace(house, plane=ControlPlane(desk), audit=audit, documents=documents)


@asynccontextmanager
async def _life(
    folder: Path, number: int, api: Callable[[ApiDesk], Api], ledger: Ledger | None
) -> AsyncIterator[Apis]:
    clock = VirtualClock(START + number * LIFETIME)
    home, choices = folder / "home", ServeChoices()
    usual = {"IMAGEFERRY_HOME": str(home), "IMAGEFERRY_EMULATOR_SPEED": "100"}
    settings = resolve({}, usual)
    # Each process has luck of its own.
    entropy = SeededEntropy(number)
    with emulator_of(settings, clock) as cloud:
        calling = Calling(takes_up=True)
        async with open_house(settings, clock=clock, entropy=entropy, calling=calling) as house:
            served = house if ledger is None else _mortal(house, ledger)
            working = Working(served, "", works=True)
            desk = desk_of([working], choices)
            gate = gate_of(desk, built_in_keys([working], choices))
            await working.start()
            try:
                wanted = Wanted.CLOUDFORMATION if api is CfnApi else Wanted.ROS
                apis = Apis(Door(gate, {wanted: api(desk)}), desk, house, cloud, clock)
                # No two lives sign the same nonce.
                apis._count = number * 1000
                yield apis
            finally:
                await working.stop(10.0)


async def _ask(apis: Apis, turn: Turn) -> dict[str, str]:
    if turn.api == "ros":
        status, document = await apis.ros(turn.action, **turn.given)
        found = {name: str(value) for name, value in document.items() if name != "RequestId"}
    else:
        status, tree = await apis.aws(turn.action, region=AWS_REGION, **turn.given)
        found = _leaves(tree)
    return {"status": str(status), **found}


def _leaves(tree: ElementTree.Element) -> dict[str, str]:
    return {
        one.tag.rpartition("}")[2]: one.text or ""
        for one in tree.iter()
        if not len(one) and not one.tag.endswith("RequestId")
    }


async def _settled(apis: Apis) -> None:
    while await apis.house.store.open_operations():
        await apis.clock.sleep(0.5)


async def _live(folder: Path, number: int, turn: Turn, ledger: Ledger | None) -> None:
    api: Callable[[ApiDesk], Api] = RosApi if turn.api == "ros" else CfnApi
    async with _life(folder, number, api, ledger) as apis:
        first = await _ask(apis, turn)
        await _settled(apis)
        again = await _ask(apis, turn)
        (folder / "answers").write_text(json.dumps([first, again]))


async def _images(apis: Apis) -> list[str]:
    asked = HttpRequest("GET", "http", "emulator.localhost", "/_emulator/images")
    reply = await apis.house.voice.send(asked)
    found = json.loads(reply.body)["images"]
    return [one["name"] for one in found if one["source_image_id"]]


async def _standing(folder: Path, number: int) -> dict[str, Any]:
    async with _life(folder, number, RosApi, None) as apis:
        house = apis.house
        stacks = await house.plane.stacks(None, with_deleted=True)
        records = await house.audit.records(limit=1000)
        return {
            "stacks": {one.name: one.status.name for one in stacks},
            "images": sorted(await _images(apis)),
            "outcomes": [(one.action, one.outcome) for one in records],
        }


def _forked(folder: Path, number: int, turn: Turn, ledger: Ledger | None) -> int:
    child = os.fork()
    if child == 0:
        run_virtually(_live(folder, number, turn, ledger))
        os._exit(0)
    return os.waitpid(child, 0)[1]


def main(folder: Path) -> None:
    """Bring every request to its answer, and tell what came of it all."""
    lay_database(folder / "home")
    known: dict[str, str] = {}
    told: list[dict[str, Any]] = []
    number = 0
    for step in range(len(turns({}))):
        turn = turns(known)[step]
        met, answers = folder / f"met-{step}", folder / "answers"
        met.touch()
        kills = 0
        while True:
            number += 1
            status = _forked(folder, number, turn, Ledger(met))
            if not os.WIFSIGNALED(status):
                break
            kills += 1
            assert kills < MOST_LIVES, met.read_text()
        first, again = json.loads(answers.read_text())
        known |= {f"{step} {name}": value for name, value in first.items()}
        points = met.read_text().splitlines()
        told.append({"action": f"{turn.api} {turn.action}", "first": first, "again": again,
                     "kills": kills, "points": points})  # fmt: skip
    standing = run_virtually(_standing(folder, number + 1))
    print(json.dumps({"told": told, **standing}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
