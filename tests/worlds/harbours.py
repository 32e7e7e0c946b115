"""Harbour: a cloud with others in it, who settle there, meddle with our copies and take names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from imageferry.cloud.client import Client
from imageferry.cloud.credentials import emulator_credentials
from imageferry.cloud.ecs import CopyRequest, copy_image, delete_image, modify_image
from imageferry.cloud.endpoints import Endpoints, parse_endpoint
from imageferry.cloud.errors import CloudError
from imageferry.cloud.shares import modify_shares
from imageferry.emulator import controls
from tests.worlds.kinds import OURS, THEIRS, Kind, Thing, shared_with, things
from tests.worlds.lines import HOME, IMAGE
from tests.worlds.ships import Port, is_image
from tests.worlds.voyages import Leg, Voyage
from tests.worlds.wishes import GOLDEN, NAMES, REGIONS

_STEADY = ("image_id", "region", "name", "family", "size", "encrypted", "public", "tags")
"""What of somebody else's image never changes by itself."""
RENAMED = "renamed-by-others"


@dataclass
class Harbour:
    """The cloud of one voyage. `settled` are the neighbours' images, as they are drawn, by id;
    `before` is what others had when the voyage began, and made since; `lent` are those of their
    images that are to be taken in, as they were.
    """

    voyage: Voyage
    port: Port
    settled: list[str] = field(default_factory=list)
    before: list[dict[str, Any]] = field(default_factory=list)
    things_before: list[Thing] = field(default_factory=list)
    lent: dict[str, dict[str, Any]] = field(default_factory=dict)
    meddled: set[str] = field(default_factory=set)
    added: dict[int, dict[str, Any]] = field(default_factory=dict)

    def note(self, words: str, kind: str) -> None:
        """A line of the log, and a count of what was met."""
        self.port.log.met[kind] += 1
        self.port.log.lines.append(f"{self.port.clock.now():.2f} {words}")

    def trouble(self, leg: Leg) -> None:
        """The faults of a leg begin."""
        for fault in leg.faults:
            added = controls.add_fault(self.port.cloud.world, fault)
            self.added[added["id"]] = added
        outage = self.port.outage
        outage.before, outage.writes, outage.is_behind = leg.outage or (0, 0, False)

    def mend(self) -> None:
        """All faults end, and those that were met are counted."""
        world, met = self.port.cloud.world, self.port.log.met
        left = {fault["id"]: fault["count"] for fault in controls.list_faults(world)}
        for number, fault in self.added.items():
            times = 1 if fault["count"] is None else fault["count"] - left.get(number, 0)
            if times > 0:
                met[f"fault {fault['kind']}"] += times
        self.added = {}
        controls.clear_faults(world)
        self.port.outage.writes = 0

    def _other_client(self) -> Client:
        port = self.port
        endpoints = Endpoints(parse_endpoint("emulator.localhost"))
        return Client(
            port.cloud.handle, emulator_credentials(), endpoints, port.clock, port.entropy, {}
        )

    async def settle(self) -> None:
        image, source = GOLDEN[0]
        for number, (region, name) in enumerate(self.voyage.neighbours):
            copy = CopyRequest(
                image, source, region, f"neighbour-{number}", name, encrypted=region == source
            )
            self.settled.append(await copy_image(self._other_client(), copy))
            await self.port.clock.sleep(4000)
        if self.voyage.has_line:
            await modify_shares(self._other_client(), HOME, IMAGE, added=[THEIRS])
        self.before = self.others()
        self.things_before = self.others_things()

    def others(self) -> list[dict[str, Any]]:
        """Everything that was not made through our own calls; one under way may not be noted yet."""
        return [
            {key: image[key] for key in _STEADY}
            for image in controls.list_images(self.port.cloud.world)
            if image["image_id"] not in self.port.log.started
            and image["image_id"] not in self.port.log.adopting
            and not image["tags"]
        ]

    def others_things(self) -> list[Thing]:
        """The instances and snapshots of others."""
        return [
            one
            for one in things(self.port.cloud.world).values()
            if one.thing_id not in self.port.log.started and one.kind is not Kind.EXPORT
        ]

    def shares_left(self) -> list[str]:
        """What is wrong with who may have the images of others, once nothing of ours is there."""
        if any(one.get("keep") for one in self._parts()) or self.voyage.retained:
            return []
        now, late = shared_with(self.port.cloud.world), self.port.log.late
        return [
            f"I3: {one['image_id']} is left shared with {sorted(left)}"
            for one in self.before
            if one["image_id"] not in late
            and (left := now.get(one["image_id"], set()) & {*OURS, "public"})
        ]

    def theirs_kept(self) -> list[str]:
        """What is wrong with the accounts that others have let in."""
        if not self.voyage.has_line or THEIRS in shared_with(self.port.cloud.world)[IMAGE]:
            return []
        return [f"I3: {IMAGE} was taken from {THEIRS}"]

    def _parts(self) -> Iterator[Mapping[str, Any]]:
        for leg in self.voyage.legs:
            yield from leg.wishes.line.values()

    def lend(self) -> str:
        """An image of the first neighbour, which is to be taken in; gives its id."""
        image_id = self.settled[0]
        (found,) = (one for one in self.before if one["image_id"] == image_id)
        self.lent[image_id] = found
        self.port.log.adopting.add(image_id)
        self.before.remove(found)
        return image_id

    def not_given_back(self) -> list[str]:
        """What is wrong with images that were to be taken in, and are not ours in the end."""
        now = {
            one["image_id"]: {key: one[key] for key in _STEADY}
            for one in controls.list_images(self.port.cloud.world)
        }
        return [
            f"I3: {image_id} was not given back as it was: {was} -> {now.get(image_id)}"
            for image_id, was in self.lent.items()
            if image_id not in self.port.log.started and now.get(image_id) != was
        ]

    async def meddle(self, after: float, deed: str) -> None:
        await self.port.clock.sleep(after)
        if deed == "occupy":
            await self._occupy()
            return
        world = self.port.cloud.world
        ours = [one for one in self.port.log.started.values() if is_image(world, one.thing_id)]
        if not ours:
            return
        victim = ours[-1]
        self.port.log.lines.append(
            f"{self.port.clock.now():.2f} somebody: {deed} {victim.thing_id}"
        )
        self.meddled.add(victim.thing_id)
        with contextlib.suppress(Exception):
            if deed == "delete":
                await delete_image(self._other_client(), victim.region, victim.thing_id, force=True)
            else:
                await modify_image(
                    self._other_client(), victim.region, victim.thing_id, name=RENAMED
                )

    async def _occupy(self) -> None:
        """Somebody makes an image of their own, under a name that the stack may want."""
        chance, (image, source) = self.port.chance, GOLDEN[0]
        region, name = chance.choice(REGIONS), chance.choice((*NAMES, "carried"))
        self.port.log.lines.append(f"{self.port.clock.now():.2f} somebody takes {name} in {region}")
        token = f"late-{len(self.before)}"
        try:
            with contextlib.suppress(CloudError):
                wish = CopyRequest(image, source, region, token, name)
                await copy_image(self._other_client(), wish)
        finally:
            # Also where the operation ends before their reply has come.
            self._note_theirs(name)

    def _note_theirs(self, name: str) -> None:
        # Ours that is just being made under no tag could not be told from theirs.
        known = {image["image_id"] for image in self.before}
        self.before += [
            image
            for image in self.others()
            if image["image_id"] not in known and image["name"] == name
        ]
