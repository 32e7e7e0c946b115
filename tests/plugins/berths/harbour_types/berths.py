"""HARBOUR::Yard::Berth: a berth in a yard, a service that keeps them in a file, and none of the cloud's."""

import json
import os
from pathlib import Path
from typing import Any, Protocol

from imageferry import (
    Against,
    Candidate,
    Client,
    Comparison,
    Done,
    ErrorCode,
    Failed,
    HandlerRequest,
    Inspection,
    Outcome,
    Pending,
    Problem,
    Resource,
    Secret,
    TraceTrouble,
    TypeOffer,
    Verdict,
    text_note,
)


class YardBusy(Exception):
    """The yard did not answer, or asks to be asked again."""


class Yard(Protocol):
    """What a yard can be asked. Any call may raise YardBusy."""

    async def book(self, token: str, label: str, wanted: dict[str, Any]) -> str:
        """The number of a new berth; the same for the same token."""
        ...

    async def look(self, number: str) -> dict[str, Any] | None:
        """What is known of a berth; None where there is none."""
        ...

    async def find(self, label: str) -> str | None:
        """The number of the berth with that label."""
        ...

    async def change(self, number: str, wanted: dict[str, Any]) -> None:
        """Change a berth."""
        ...

    async def free(self, number: str) -> None:
        """Give a berth back."""
        ...


class FileYard:
    """A yard in a file, or in memory where there is none."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.berths: dict[str, dict[str, Any]] = {}
        if path is not None and path.exists():
            self.berths = json.loads(path.read_text(encoding="utf-8"))

    async def book(self, token: str, label: str, wanted: dict[str, Any]) -> str:
        for number, berth in self.berths.items():
            if berth["token"] == token:
                return number
        number = f"b-{len(self.berths) + 1}"
        self.berths[number] = {"token": token, "label": label, "is_free": False, **wanted}
        self._keep()
        return number

    async def look(self, number: str) -> dict[str, Any] | None:
        berth = self.berths.get(number)
        return None if berth is None or berth["is_free"] else dict(berth)

    async def find(self, label: str) -> str | None:
        found = [
            number
            for number, berth in self.berths.items()
            if berth["label"] == label and not berth["is_free"]
        ]
        return found[0] if found else None

    async def change(self, number: str, wanted: dict[str, Any]) -> None:
        self.berths[number].update(wanted)
        self._keep()

    async def free(self, number: str) -> None:
        self.berths[number]["is_free"] = True
        self._keep()

    def _keep(self) -> None:
        if self._path is not None:
            self._path.write_text(json.dumps(self.berths), encoding="utf-8")


class BerthHandler:
    """Books, changes and gives back one berth."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard

    async def create(self, request: HandlerRequest) -> Outcome:
        label = f"{request.installation}/{request.operation_id}/{request.address}"
        context = {**request.context, "label": label}
        if request.adopts is not None:
            return done(str(request.adopts["id"]))
        try:
            if request.uncertain:
                found = await self._yard.find(label)
                if found is not None:
                    return done(found)
                if request.now < request.visible_by:
                    return Pending(None, 30.0, context=context)
            return done(await self._yard.book(request.token, label, wanted(request)))
        except YardBusy:
            return busy(request, None, context)

    async def read(self, request: HandlerRequest) -> Outcome:
        number = request.physical_id or ""
        try:
            berth = await self._yard.look(number)
        except YardBusy:
            return Failed(ErrorCode.SERVICE_INTERNAL_ERROR, "the yard is busy", retriable=True)
        if berth is None:
            return gone(number)
        names = {"Metres": "metres", "Quay": "quay", "Gate": "gate"}
        return done(number, {name: berth.get(key) for name, key in names.items()})

    async def update(self, request: HandlerRequest) -> Outcome:
        number = request.physical_id or ""
        try:
            berth = await self._yard.look(number)
            if berth is None:
                return gone(number)
            if {**berth, **wanted(request)} == berth:
                return done(number)
            if request.context.get("phase") != "changing":
                return Pending(number, 0.0, context={"phase": "changing"})
            await self._yard.change(number, wanted(request))
        except YardBusy:
            return busy(request, number, dict(request.context))
        return done(number)

    async def delete(self, request: HandlerRequest) -> Outcome:
        number = request.physical_id
        label = text_note(request.context, "label")
        if request.adopts is not None:
            # It was there before, and stays.
            return Done(number)
        try:
            if number is None and label is not None:
                number = await self._yard.find(label)
            if number is None or await self._yard.look(number) is None:
                return Done(None)
            if request.context.get("phase") != "leaving":
                context = {**request.context, "phase": "leaving"}
                return Pending(request.physical_id, 0.0, context=context)
            await self._yard.free(number)
        except YardBusy:
            return busy(request, request.physical_id, dict(request.context))
        return Done(None)

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        return Done(request.physical_id)


class BerthAdopter:
    """Takes in berths that exist."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard

    async def inspect(self, candidate: Candidate) -> Inspection:
        try:
            berth = await self._yard.look(candidate.thing_id)
        except YardBusy as fault:
            raise TraceTrouble("the yard is busy") from fault
        if berth is None:
            words = f"the yard has no berth {candidate.thing_id}"
            return Inspection({"id": candidate.thing_id}, (Problem("HARBOUR1", (), words),))
        asked = candidate.properties["Metres"]
        changes = (("Metres", berth["metres"], asked),) if berth["metres"] != asked else ()
        return Inspection({"id": candidate.thing_id}, changes=changes)

    async def is_gone(self, resource: Resource, region: str) -> bool:
        return await self._yard.look(resource.physical_id or "") is None


class BerthVerifier:
    """Compares a berth with what was asked for."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard

    async def __call__(self, request: HandlerRequest) -> Verdict | Failed:
        number = request.physical_id or ""
        berth = await self._yard.look(number)
        if berth is None:
            return gone(number)
        asked, found = (f"{one} m" for one in (request.properties["Metres"], berth["metres"]))
        length = Comparison("length", asked, found, Against.ASKED)
        return Verdict(number, request.region, comparisons=(length,), kind="berth")


def wanted(request: HandlerRequest) -> dict[str, Any]:
    gate = request.properties.get("Gate")
    return {
        "metres": request.properties["Metres"],
        "quay": request.properties.get("Quay"),
        "gate": gate.revealed if isinstance(gate, Secret) else gate,
    }


def busy(request: HandlerRequest, number: str | None, context: dict[str, Any]) -> Outcome:
    if request.now - request.intended_at > 3600:
        return Failed(ErrorCode.NETWORK_FAILURE, "the yard does not answer", context=context)
    return Pending(number, 2.0, context=context, status_says="the yard is busy")


def done(number: str, observed: dict[str, Any] | None = None) -> Done:
    return Done(number, {"Number": number}, observed=observed)


def gone(number: str) -> Failed:
    return Failed(ErrorCode.NOT_FOUND, f"the yard has no berth {number}")


def yard_of(client: Client) -> FileYard:
    """The yard of this machine; the account does not matter to it."""
    return FileYard(Path(os.environ["HARBOUR_FILE"]))


OFFER = TypeOffer(
    Path(__file__).with_name("berth.schema.json"),
    connect=lambda client: BerthHandler(yard_of(client)),
    adopter=lambda client: BerthAdopter(yard_of(client)),
    verifier=lambda client: BerthVerifier(yard_of(client)),
)
