"""Judge: what is wrong after a leg, asked of the product itself wherever it has an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from imageferry.control.requests import OperationHolds, RequestRefused, StackNotFound
from imageferry.emulator import controls
from imageferry.model.diagnostics import TemplateError
from imageferry.model.drift import ResourceDrift
from imageferry.model.operations import Operation
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from tests.worlds.harbours import RENAMED, Harbour
from tests.worlds.kinds import KIND_OF, Kind, launches, shared_with, things
from tests.worlds.lines import HOME
from tests.worlds.ships import CHANGES, LINEAGE, Ship, Started
from tests.worlds.soundings import NAME, Soundings, current_image, faults_of_leg, unexplained
from tests.worlds.stock import faults_of_things
from tests.worlds.voyages import Leg
from tests.worlds.wishes import SEAS

VISIBLE = 300.0
"""Seconds after which everything that was made is shown, with its tags."""
_HONEST = frozenset({"IF601", "IF602", "IF527", "IF826", "IF840"})
_WHOLE = frozenset({ResourceStatus.CREATED, ResourceStatus.UPDATED})


class Judge:
    """Looks at everything that can be seen, from outside and through the control plane."""

    def __init__(self, harbour: Harbour, wrongs: list[str], words: list[str]) -> None:
        self.harbour, self.wrongs, self.words = harbour, wrongs, words
        self.port, self.voyage = harbour.port, harbour.voyage
        self.exports: set[str] = set()

    async def leg(self, operation: Operation, leg: Leg) -> Soundings:
        """Every invariant after an operation."""
        seen = await self.sound(operation.stack_id, operation.operation_id)
        if leg.deed == "adopt":
            self._promote(seen)
        self.wrongs += faults_of_leg(seen, leg)
        self.wrongs += faults_of_things(seen)
        self.wrongs += self.harbour.theirs_kept()
        self.exports |= seen.things.keys()
        await self._must_be_listed(unexplained(seen), repr(seen.events))
        return seen

    def _promote(self, seen: Soundings) -> None:
        """What was taken in is ours from now on, as if it had been made here."""
        for resource in seen.resources:
            image_id = current_image(resource)
            if image_id in self.harbour.lent and resource.status in _WHOLE:
                (image,) = (one for one in seen.images if one["image_id"] == image_id)
                lineage = f"{seen.installation}/{seen.operation.operation_id}/{resource.address}"
                self.port.log.started[image_id] = Started(
                    image_id, image["region"], "adopted", lineage, self.port.clock.now()
                )
                self.harbour.note(f"{image_id} is taken in", "adoption")

    async def _must_be_listed(self, lost: Mapping[str, Mapping[str, str]], told: str) -> None:
        """I2: what is in no record is told by the product itself, and is there for a known reason.

        What the cloud has never given its tag was told in an event, as one that may be ours.
        """
        ids = [one for one, tags in lost.items() if LINEAGE in tags or one not in told]
        if not ids:
            return
        sighting = await Ship(self.port).plane.orphans(SEAS, VISIBLE)
        listed = {one.trace.thing_id for one in sighting.orphans}
        for thing_id in ids:
            started, is_late = self.port.log.started[thing_id], thing_id in self.port.log.late
            where = f"{thing_id} (in {started.region}, {started.lineage})"
            # An export has no tag: nothing tells whose it is but the record.
            if thing_id not in listed and not (is_late and not started.lineage):
                self.wrongs.append(f"I2: {where} is lost, and no orphan either")
            elif not is_late:
                self.wrongs.append(f"I2: {where} is an orphan without need")
            else:
                self.harbour.note(f"{thing_id} is an orphan", "orphan listed")

    async def sound(self, stack_id: str, operation_id: str) -> Soundings:
        ship = Ship(self.port)
        view = await ship.plane.view(stack_id)
        events = await ship.plane.events(stack_id, 0, 100_000)
        operation = await ship.plane.operation(operation_id)
        installation = await ship.store.installation()
        assert operation is not None
        self.port.log.lines.append(
            f"{operation.kind.value} ended as {operation.status.value} / {view.stack.status.value}:"
            f" {view.stack.status_reason}"
        )
        for one in view.resources:
            self.port.log.lines.append(f"    {one.resource}")
        driver: Any = self.port.database.connection.connection.driver_connection
        return Soundings(
            voyage=self.voyage,
            view=view,
            events=events,
            operation=operation,
            installation=installation,
            log=self.port.log,
            images=controls.list_images(self.port.cloud.world),
            others=self.harbour.others(),
            others_before=self.harbour.before,
            things_before=self.harbour.things_before,
            things=things(self.port.cloud.world),
            exports_before=frozenset(self.exports),
            shares=shared_with(self.port.cloud.world),
            launching={
                str(one.resource.address): launches(
                    self.port.cloud.world,
                    str(
                        one.resource.attributes.get("RegionId")
                        or one.resource.properties.get("RegionId")
                        or HOME
                    ),
                    str(one.resource.properties.get("ImageFamily")),
                )
                for one in view.resources
                if KIND_OF[one.resource.type_name] is Kind.FAMILY
            },
            words=self.words,
            pages=driver.serialize(),
            meddled=self.harbour.meddled,
        )

    def must_be_honest(self, refused: Exception) -> None:
        """What is refused at planning is refused for a reason that a voyage may have."""
        if self.voyage.secret in str(refused):
            self.wrongs.append(f"I5: the secret is in {refused}")
        if isinstance(refused, TemplateError):
            codes = {d.code for d in refused.diagnostics if d.is_error}
            if not codes <= _HONEST:
                self.wrongs.append(f"a sound template was refused: {refused.diagnostics}")

    # --- what changes nothing -----------------------------------------------------------------------

    async def drift(self, leg: Leg) -> None:
        """A comparison with the cloud changes nothing there, and finds what was meddled with."""
        if not leg.drifts:
            return
        await self.port.clock.sleep(VISIBLE)
        plane, log = Ship(self.port).plane, self.port.log
        counts = log.counts.copy()
        try:
            stack = await plane.find(NAME)
            resources = {
                one.resource.address: one.resource
                for one in (await plane.view(stack.stack_id)).resources
            }
            found = await plane.drift(stack)
        except (StackNotFound, OperationHolds):
            return
        log.met["comparison with the cloud"] += 1
        changed = [key for key in log.counts - counts if key[1] in CHANGES | {"CopyImage"}]
        if changed:
            self.wrongs.append(f"I3: a comparison has made the calls {changed}")
        images = {one["image_id"]: one for one in controls.list_images(self.port.cloud.world)}
        for one in found.resources:
            self._judge_drift(one, resources[one.address], images)

    def _judge_drift(
        self, found: ResourceDrift, resource: Resource, images: dict[str, dict[str, Any]]
    ) -> None:
        if KIND_OF[resource.type_name] is not Kind.IMAGE or self.voyage.has_line:
            self._judge_line_drift(found, resource)
            return
        image_id = current_image(resource)
        if resource.status not in _WHOLE or image_id is None or image_id.startswith("m-golden"):
            return
        image = images.get(image_id)
        if image is None:
            is_changed = True
        else:
            wanted = {"DestinationImageName", "ImageName"} & set(resource.properties)
            is_changed = bool(image["name"] == RENAMED and wanted)
            if not is_changed and any(fault["kind"] == "tagless" for fault in self._faults()):
                return
        if found.status.is_drift is not is_changed:
            self.wrongs.append(
                f"drift: {resource.address} is {found.status} ({found.reason},"
                f" {found.differences}), and the image is {image}"
            )

    def _judge_line_drift(self, found: ResourceDrift, resource: Resource) -> None:
        """Where nobody else has changed anything nothing has drifted."""
        is_blurred = any(fault["kind"] == "tagless" for fault in self._faults())
        if resource.status not in _WHOLE or self.harbour.meddled or is_blurred:
            return
        if found.status.is_drift:
            self.wrongs.append(
                f"drift: {resource.address} is {found.status} ({found.reason},"
                f" {found.differences}), and nobody has changed anything"
            )

    def _faults(self) -> list[Any]:
        return [fault for leg in self.voyage.legs for fault in leg.faults]

    async def protection(self, leg: Leg) -> None:
        """A protected stack is not deleted."""
        if not leg.protects:
            return
        plane = Ship(self.port).plane
        try:
            stack = await plane.protect(await plane.find(NAME), is_protected=True)
        except StackNotFound:
            return
        self.port.log.met["protection"] += 1
        try:
            await plane.plan_delete(stack)
            self.wrongs.append("I4: a protected stack would be deleted")
        except RequestRefused:
            await plane.protect(stack, is_protected=False)

    def snapshots(self, named: str, *, swept: bool) -> None:
        """Every snapshot of an image of ours that is gone was named; none is left where they go."""
        choices = self.port.cloud.world.choices
        # Of a copy that was cancelled before it named any, nobody can know.
        is_unknowable = choices.cancel_leaves_snapshots and not choices.snapshot_ids_while_creating
        told = set(re.findall(r"\bs-[0-9a-z]+", named))
        for one in controls.list_snapshots(self.port.cloud.world):
            is_ours = one["image_id"] in self.port.log.started
            if one["image_exists"] or not is_ours or one["image_id"] in self.harbour.meddled:
                continue
            if is_unknowable:
                continue
            if one["snapshot_id"] not in told:
                self.wrongs.append(f"snapshots: {one} is left, and nobody has named it")
            elif swept:
                self.harbour.note(f"{one['snapshot_id']} stays", "snapshot left")
