"""500 stacks created by 20 boto3 clients at once, beside moto's server; none may be lost."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from emulating import IMMEDIATE
from figures import COMMAND, Figure, environment, fresh_home, quantity, skipped
from peers import PEERS
from servers import served

STACKS = 500
CLIENTS = 20
REGION = "us-west-1"
_ARRIVAL = 30.0
_OURS = {
    "Resources": {
        "Copy": {
            "Type": "TF::Alicloud::ImageCopy",
            "Properties": {
                "SourceImageId": "m-golden0000000000001",
                "SourceRegionId": "cn-hangzhou",
                "ImageName": "{name}",
            },
        }
    }
}
# One of the cheapest kinds of resource that moto has.
_THEIRS = {
    "Resources": {"Copy": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "{name}"}}}
}


@dataclass(frozen=True, slots=True)
class Rush:
    """What a server made of it: seconds of each call, of all calls, to the end; its CPU seconds."""

    spent: Sequence[float]
    asked: float
    ended: float
    statuses: Mapping[str, int]
    cpu: float
    failures: Sequence[str] = ()
    images: int | None = None


def measure() -> Iterator[Figure]:
    """Ours, its durability included, and moto's, which keeps all in memory."""
    what = f"{STACKS} stacks by {CLIENTS} boto3 clients"
    if not PEERS.exists():
        yield skipped(what, "boto3 is not installed for this; make bench sets it up")
        return
    ours = _ours(STACKS)
    idle = _ours(0).cpu
    kept = ours.statuses == {"CREATE_COMPLETE": STACKS} and ours.images == STACKS
    yield Figure(
        f"{what}, none lost", f"{sum(ours.statuses.values())} stacks", f"{STACKS}", kept,
        f"{dict(ours.statuses)}, {ours.images} images",
    )  # fmt: skip
    yield from _told(f"{what}, serve", ours, idle)
    theirs = _moto(STACKS)
    if theirs is None:
        yield skipped(f"{what}, moto's server", "moto's server did not start")
        return
    resting = _moto(0)
    yield from _told(f"{what}, moto's server", theirs, resting.cpu if resting else 0.0)


def _told(what: str, rush: Rush, idle: float) -> Iterator[Figure]:
    spent = sorted(rush.spent)
    middle, late = spent[len(spent) // 2], spent[len(spent) * 99 // 100]
    yield Figure(
        what, f"{quantity(len(spent) / rush.asked, '')} requests/s",
        note=f"p50 {quantity(middle * 1000, 'ms')}, p99 {quantity(late * 1000, 'ms')}; all made"
        f" after {quantity(rush.ended, 's')}; CPU of the server {quantity(rush.cpu - idle, 's')}"
        f" beyond its start-up{_failed(rush)}",
    )  # fmt: skip


def _failed(rush: Rush) -> str:
    if not rush.failures:
        return ""
    return f"; {len(rush.failures)} calls failed, such as: {rush.failures[0]}"


def _ours(stacks: int) -> Rush:
    with fresh_home() as home:
        settings = environment(home, IMAGEFERRY_EMULATOR_SPEED=IMMEDIATE)
        with served(home, settings) as (address, server):
            found = _rush(address, stacks, json.dumps(_OURS), server)
        listed = subprocess.run(
            [COMMAND, "emulator", "images", "--json", "--region", REGION],
            env=settings, capture_output=True, text=True, check=False,
        )  # fmt: skip
        made = listed.stdout.count('"throng-')
        return replace(found, images=made)


def _moto(stacks: int) -> Rush | None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with fresh_home() as home:
        command = [str(PEERS.with_name("moto_server")), "-p", str(port)]
        server = subprocess.Popen(
            command, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if not _listens(address):
            server.kill()
            server.wait()
            return None
        return _rush(address, stacks, json.dumps(_THEIRS), server)


def _listens(address: str) -> bool:
    ends_at = time.perf_counter() + _ARRIVAL
    while time.perf_counter() < ends_at:
        try:
            with urllib.request.urlopen(f"{address}/moto-api/", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
    return False


def _rush(
    address: str,
    stacks: int,
    template: str,
    server: subprocess.Popen[str] | subprocess.Popen[bytes],
) -> Rush:
    """Let the clients loose on a server, and end it: its CPU is known then."""
    told = {"spent": [], "asked": 0.0, "ended": 0.0, "statuses": {}, "failures": []}
    if stacks:
        client = str(Path(__file__).with_name("throng.py"))
        done = subprocess.run(
            [str(PEERS), client, address, str(stacks), str(CLIENTS)],
            input=template, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        if done.returncode:
            server.kill()
            raise RuntimeError(done.stderr[-400:])
        told = json.loads(done.stdout)
    server.terminate()
    _, status, usage = os.wait4(server.pid, 0)
    server.returncode = os.waitstatus_to_exitcode(status)
    if server.stdout is not None:
        server.stdout.close()
    cpu = usage.ru_utime + usage.ru_stime
    return Rush(
        told["spent"], told["asked"], told["ended"], told["statuses"], cpu, told["failures"]
    )
