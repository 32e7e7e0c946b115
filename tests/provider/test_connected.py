"""The type connected as commands and functions connect it: configuration, cloud, HTTP, lists."""

from __future__ import annotations

import asyncio
import json
import logging
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from imageferry import settings
from imageferry.assembly import provider
from imageferry.assembly.emulation import manage_emulator
from imageferry.model.handlers import Context
from imageferry.ports.traces import Trace, TraceRemoval
from imageferry.provider.account import Account
from imageferry.provider.envelope import read_call
from imageferry.provider.lifecycle import answer
from imageferry.provider.packaging import SchemaName
from imageferry.resource_types.catalog import TypeCatalog
from imageferry.settings import Settings
from imageferry.testing import VirtualClock, run_virtually
from tests.homes import lay_database
from tests.provider.registry import GOLDEN
from tests.resource_types.copying import TF

SECRET = "an-unmistakable-secret"


def chosen(home: Path, **flags: str) -> Settings:
    return settings.resolve(
        {"region": "cn-beijing", "home": str(home), "emulator_speed": "1000000", **flags}, {}
    )


def request(action: str, properties: Any = None, **more: Any) -> dict[str, Any]:
    given = {"resourceProperties": properties, "typeConfiguration": more.pop("configuration", None)}
    return {
        "action": action, "bearerToken": "one", "resourceType": TF, "awsAccountId": "1",
        "region": "us-east-1", "requestData": given, **more,
    }  # fmt: skip


def invoke(of: Settings, event: object, *, needs_key: bool = False) -> dict[str, Any]:
    return asyncio.run(provider.invoke(of, event, SchemaName.OURS, needs_key=needs_key))


@pytest.mark.parametrize(
    ("configuration", "code", "word"),
    [
        ({"AccessKey": "k" * 20, "SecretKey": SECRET}, "InvalidCredentials", ""),
        ({"AccessKey": "emulator", "SecretKey": SECRET}, "InvalidCredentials", ""),
        ({"AccountId": "1"}, "InvalidTypeConfiguration", "AccountId"),
        ({"SecretKey": SECRET}, "InvalidTypeConfiguration", "AccessKey"),
        ({"Password": SECRET}, "InvalidTypeConfiguration", "Password"),
        ({"EcsEndpoint": "http://example.com"}, "InvalidTypeConfiguration", "EcsEndpoint"),
    ],
    ids=["unknown key", "wrong secret", "other account", "half a key", "no member", "endpoint"],
)
def test_a_wrong_configuration_is_told_without_its_secrets(
    configuration: dict[str, str],
    code: str,
    word: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    said = invoke(chosen(tmp_path), request("LIST", configuration=configuration))
    assert (said["status"], said["errorCode"]) == ("FAILED", code), said
    assert word in said["message"]
    assert SECRET not in json.dumps(said) + caplog.text


def test_the_real_cloud_is_not_called_without_a_key(tmp_path: Path) -> None:
    said = invoke(chosen(tmp_path, cloud="alibaba"), request("LIST"), needs_key=True)
    assert said["errorCode"] == "InvalidTypeConfiguration"


def test_the_destination_is_that_of_the_configuration(tmp_path: Path) -> None:
    configuration = {
        "AccessKey": "emulator", "SecretKey": "emulator", "Region": "cn-shanghai",
        "AccountId": "1000000000000001",
    }  # fmt: skip
    of = chosen(tmp_path)
    event = request("READ", {"tfcfnid": "x"}, configuration=configuration)
    assert "cn-shanghai" in invoke(of, event)["message"]


OWN = {"AccessKey": "emulator", "SecretKey": "emulator", "AccountId": "1000000000000001"}
TROUBLE: dict[str, dict[str, Any]] = {
    "throttled": {"kind": "throttle", "count": 40},
    "slow": {"kind": "slow", "seconds": 90, "count": 2},
    "away": {"kind": "drop", "count": 9},
}


def virtual(
    home: Path, perform: Callable[[Settings, VirtualClock], Awaitable[None]], **fault: Any
) -> None:
    """Play on an emulated cloud in virtual time, on which a fault lies."""
    of, clock = chosen(home, emulator_speed="1"), VirtualClock()
    lay_database(home)
    manage_emulator(of, "add_fault", wanted={"action": "GetCallerIdentity", **fault})
    run_virtually(perform(of, clock))


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_copy_begins_once_somebody_says_whose_key_it_is(trouble: str, tmp_path: Path) -> None:
    async def perform(of: Settings, clock: VirtualClock) -> None:
        context, answers = None, []
        properties: Any = {**GOLDEN, "Encrypted": "false", "Force": "true"}
        while not answers or answers[-1]["status"] == "IN_PROGRESS":
            began = clock.now()
            event = request("CREATE", properties, configuration=OWN, callbackContext=context)
            said = await provider.invoke(of, event, SchemaName.OURS, clock=clock)
            assert clock.now() - began <= 60
            answers.append(said)
            properties, context = said["resourceModel"], said.get("callbackContext")
            assert properties["Encrypted"] is False
            assert "Force" not in properties
            await clock.sleep(said["callbackDelaySeconds"])
        assert answers[0]["callbackContext"]["phase"] == "begin"
        assert answers[-1]["status"] == "SUCCESS", answers[-1]
        assert len({one["resourceModel"]["tfcfnid"] for one in answers}) == 1

    virtual(tmp_path, perform, **TROUBLE[trouble])


@pytest.mark.parametrize("action", ["READ", "LIST"])
@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_look_does_not_wait_long_for_whose_key_it_is(
    action: str, trouble: str, tmp_path: Path
) -> None:
    async def perform(of: Settings, clock: VirtualClock) -> None:
        began = clock.now()
        event = request(action, {"tfcfnid": "x"}, configuration=OWN)
        said = await provider.invoke(of, event, SchemaName.OURS, clock=clock)
        assert clock.now() - began <= 30
        assert said["errorCode"] == ("Throttling" if trouble == "throttled" else "NetworkFailure")

    virtual(tmp_path, perform, **TROUBLE[trouble])


@pytest.mark.parametrize(
    "event",
    [None, [], {}, {"action": "CREATE"}, {**request("LIST"), "resourceType": "Other::Type::Here"}],
    ids=["null", "list", "empty", "half", "other type"],
)
def test_a_request_that_cannot_be_read_is_an_invalid_one(event: object, tmp_path: Path) -> None:
    said = invoke(chosen(tmp_path), event)
    assert (said["status"], said["errorCode"]) == ("FAILED", "InvalidRequest")


def test_a_copy_through_the_entry_of_a_function(tmp_path: Path) -> None:
    of, context, said = chosen(tmp_path), None, {"status": "IN_PROGRESS"}
    while said["status"] == "IN_PROGRESS":
        said = invoke(of, request("CREATE", GOLDEN, callbackContext=context))
        context = said.get("callbackContext")
    model = said["resourceModel"]
    assert GOLDEN.items() <= model.items()
    only = {"tfcfnid": model["tfcfnid"]}
    assert invoke(of, request("LIST"))["resourceModels"] == [only]


def test_the_entry_of_a_packaged_function() -> None:
    said = provider.resource({"action": "LIST"})
    assert (said["status"], said["errorCode"]) == ("FAILED", "InvalidRequest")
    said = provider.resource(request("LIST"))
    assert (said["status"], said["errorCode"]) == ("FAILED", "InvalidTypeConfiguration")
    assert "AccessKey" in said["message"]


def test_the_function_server(tmp_path: Path) -> None:
    def post(port: int, name: str, body: bytes) -> tuple[int, dict[str, Any]]:
        address = f"http://127.0.0.1:{port}/2015-03-31/functions/{name}/invocations"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, body), timeout=20) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    async def scenario() -> list[tuple[int, dict[str, Any]]]:
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        serving = asyncio.ensure_future(
            provider.serve_function(chosen(tmp_path), "ours", port=0, on_ready=ready.set_result)
        )
        port = await ready
        asked = [
            ("TypeFunction", json.dumps(request("LIST")).encode()),
            ("Other", b"{}"),
            ("TypeFunction", b"no json"),
            ("TypeFunction", b""),
            ("TypeFunction", b"[" * 100_000),
            ("TypeFunction", b'"text"'),
            ("TestEntrypoint", b" " * (6 << 20) + b"{}"),
            ("TypeFunction", json.dumps(request("CREATE", GOLDEN | {"Name": 1e999})).encode()),
            ("TypeFunction", json.dumps(request("CREATE", GOLDEN | {"Name": "\ud800"})).encode()),
        ]
        try:
            return [await asyncio.to_thread(post, port, name, body) for name, body in asked]
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    found = asyncio.run(scenario())
    assert [status for status, _ in found] == [200, 404, 400, 400, 400, 200, 413, 200, 200]
    assert found[0][1]["resourceModels"] == []
    assert {found[at][1]["errorCode"] for at in (5, 7, 8)} == {"InvalidRequest"}
    assert all(said["Message"] for status, said in found if status >= 400)


class Crowd:
    """A region that shows so many copies, whatever is asked of it."""

    kinds = adoptable = ("image",)

    def __init__(self, installation: str, count: int) -> None:
        self._traces = [
            Trace("cn-beijing", f"m-{n}", installation, f"id-{n:04}", "cn-hangzhou/m-0/aaaaaaaa")
            for n in reversed(range(count))
        ]

    async def regions(self) -> Sequence[str]:
        return ["cn-beijing"]

    async def traces(self, region: str, kind: str) -> Sequence[Trace]:
        return self._traces

    async def remove(self, trace: Trace, notes: Context, now: float) -> TraceRemoval:
        raise AssertionError("a list removes nothing")

    def is_for(self, trace: Trace, address: object) -> bool:
        return False


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_a_list_is_whole_over_its_pages(count: int) -> None:
    async def scenario() -> list[str]:
        kind = TypeCatalog(None).find(TF)
        assert kind is not None
        crowd = Crowd("cfn-00000000", count)
        account = Account(kind, crowd, "cn-beijing", "cfn-00000000", VirtualClock(), frozenset())
        found: list[str] = []
        token: str | None = None
        while True:
            said = await answer(account, read_call({**request("LIST"), "nextToken": token}))
            assert said.models is not None
            assert len(said.models) <= 100
            found += [str(one["tfcfnid"]) for one in said.models]
            token = said.next_token
            if token is None:
                return found

    assert run_virtually(scenario()) == [f"id-{n:04}" for n in range(count)]
