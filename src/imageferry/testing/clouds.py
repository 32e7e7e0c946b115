"""EmulatedCloud: an emulated ECS in virtual time, its client on a line that can be disturbed."""

from __future__ import annotations

from typing import Any, Final

from imageferry.cloud.client import Action, Client
from imageferry.cloud.credentials import emulator_credentials
from imageferry.cloud.endpoints import Endpoints, parse_endpoint
from imageferry.emulator.app import Emulator
from imageferry.emulator.controls import add_fault, change_settings, list_images, list_snapshots
from imageferry.testing.chance import SeededEntropy
from imageferry.testing.lines import Line, Trouble
from imageferry.testing.virtual_time import VirtualClock
from imageferry.wire.alibaba_rpc import ErrorReply, encode_error
from imageferry.wire.http import HttpRequest, HttpResponse

_READING: Final = ("Describe", "List", "Get", "Query", "Check")
_REFUSALS: Final = {
    Trouble.THROTTLED: (400, "Throttling.User"),
    Trouble.UNAVAILABLE: (503, "ServiceUnavailable"),
}


def changes_something(action: str, query: tuple[tuple[str, str], ...]) -> bool:
    """True for an ECS action that changes something; a dry run does not."""
    if action.startswith(_READING):
        return False
    return not any(name == "DryRun" and value.lower() == "true" for name, value in query)


class EmulatedCloud:
    """One emulated account. `others` holds the fake services of authors, by a name of theirs.

    It works inside `run_virtually` alone. `restart` is a new process: a new client, nothing in
    memory.
    """

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.entropy = SeededEntropy()
        self.line = Line()
        self.others: dict[str, Any] = {}
        self.restarts = 0
        seeds = SeededEntropy(7)
        self.emulator = Emulator(
            ":memory:",
            now=self.clock.now,
            entropy=lambda count: bytes.fromhex((seeds.nonce() * 4)[: 2 * count]),
            sleep=self.clock.sleep,
        )
        self.restart()

    def restart(self) -> None:
        """A new process: nothing in memory but what the cloud and the record hold."""
        self.restarts += 1
        self.client = self._client(self._send)

    def close(self) -> None:
        """Let go of the world."""
        self.emulator.close()

    async def _send(self, request: HttpRequest) -> HttpResponse:
        action = request.headers["x-acs-action"]
        # What is signed anew for each try stands in the headers: the query says what is asked.
        return await self.line.carry(
            action,
            lambda: self.emulator.handle(request),
            changes=changes_something(action, request.query),
            said="&".join(f"{name}={value}" for name, value in request.query),
            refuse=_refused,
        )

    def _client(self, send: Any) -> Client:
        endpoints = Endpoints(parse_endpoint("emulator.localhost"))
        return Client(send, emulator_credentials(), endpoints, self.clock, self.entropy, {})

    async def call(self, action: str, region: str, **parameters: Any) -> dict[str, Any]:
        """One call by somebody else, which the line knows nothing of. Raises CloudError."""
        client = self._client(self.emulator.handle)
        given = {"RegionId": region, **parameters}
        return await client.call(Action(action, repeatable=False), region, given)

    def fault(self, kind: str, **details: Any) -> None:
        """Let something go wrong in the emulator; `imageferry emulator fault kinds` lists what."""
        add_fault(self.emulator.world, {"kind": kind, **details})

    def choose(self, **settings: Any) -> None:
        """Change settings of the emulated world, such as `speed`."""
        change_settings(self.emulator.world, settings)

    def images(self, region: str | None = None) -> list[dict[str, Any]]:
        """The images of the account, of one region or of all, as JSON objects."""
        return list_images(self.emulator.world, region)

    def image(self, image_id: str) -> dict[str, Any]:
        """One image; raises LookupError."""
        for one in self.images():
            if one["image_id"] == image_id:
                return one
        raise LookupError(f"there is no image {image_id}")

    def snapshots(self) -> list[dict[str, Any]]:
        """The snapshots of the account, as JSON objects."""
        return list_snapshots(self.emulator.world)


def _refused(trouble: Trouble) -> HttpResponse:
    known = _REFUSALS.get(trouble)
    if known is None:
        raise ConnectionResetError(f"the connection ended: {trouble.value}")
    status, code = known
    body = encode_error(ErrorReply(code, "the suite says so", "0", "emulator.localhost"))
    return HttpResponse(status, {"content-type": "application/json"}, body)
