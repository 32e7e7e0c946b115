"""A voyage, carried out: every leg to its final status through whatever weather, then cleared away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from imageferry.cloud.client import Client
from imageferry.cloud.credentials import emulator_credentials
from imageferry.cloud.ecs import CopyRequest, copy_image, delete_image, modify_image
from imageferry.cloud.endpoints import Endpoints, parse_endpoint
from imageferry.cloud.errors import CloudError
from imageferry.control.requests import (
    ExecutionOptions,
    Planned,
    RequestRefused,
    StackNotFound,
    StackRequest,
)
from imageferry.emulator import controls
from imageferry.emulator.app import Emulator
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.testing import SeededEntropy, VirtualClock
from tests.properties.charts import GOLDEN, NAMES, REGIONS, Leg, Voyage
from tests.properties.ships import (
    Crash,
    Fate,
    LocalClock,
    Logbook,
    Port,
    Ship,
    is_alive,
    run_steadily,
)
from tests.properties.soundings import Soundings, faults_of_calls, faults_of_end, faults_of_leg

_STEADY = ("image_id", "region", "name", "size", "encrypted", "tags")
"""What of somebody else's image never changes by itself."""
LONGEST = 40 * 86_400.0
"""Virtual seconds after which a leg counts as endless."""
NAME = "voyage"


class Lines(logging.Handler):
    """Every word that the program logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


@contextlib.contextmanager
def listening() -> Iterator[list[str]]:
    handler, root = Lines(), logging.getLogger("imageferry")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def sail(voyage: Voyage, home: Path) -> tuple[list[str], list[str]]:
    """Carry out a voyage in `home`; what was wrong, and the log of all calls and legs."""
    wrongs: list[str] = []
    log = Logbook()
    with listening() as words:
        try:
            wrongs += run_steadily(_Voyage(voyage, home, log, wrongs, words).sail())
        except BaseException as failure:
            if isinstance(failure, KeyboardInterrupt):
                raise
            wrongs.append(f"it broke: {failure!r}")
            log.lines.extend(_trace(failure))
    return wrongs, log.lines


def _trace(failure: BaseException) -> list[str]:
    import traceback

    return traceback.format_exception(failure)


class _Voyage:
    def __init__(
        self, voyage: Voyage, home: Path, log: Logbook, wrongs: list[str], words: list[str]
    ) -> None:
        self.voyage, self.home, self.log, self.wrongs, self.words = voyage, home, log, wrongs, words
        self.stack_id: str | None = None
        self.meddled: set[str] = set()

    async def sail(self) -> None:
        voyage = self.voyage
        chance = random.Random(voyage.seed * 7 + 1)
        clock, entropy = VirtualClock(), SeededEntropy(voyage.seed)
        cloud = Emulator(":memory:", now=clock.now, entropy=chance.randbytes, sleep=clock.sleep)
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = Port(self.home, cloud, clock, entropy, chance, LocalClock(clock), self.log)
        self.port.local.skew = voyage.skew
        try:
            controls.change_settings(cloud.world, voyage.settings)
            await self._settle_neighbours()
            for number, leg in enumerate(voyage.legs):
                self.log.lines.append(f"--- leg {number}: {_shown(leg)}")
                await self._sail_leg(leg)
                controls.clear_faults(cloud.world)
            self.log.lines.append("--- the end: delete")
            await self._end()
        finally:
            cloud.close()

    # --- others in the same cloud -----------------------------------------------------------------

    def _other_client(self) -> Client:
        port = self.port
        endpoints = Endpoints(parse_endpoint("emulator.localhost"))
        return Client(
            port.cloud.handle, emulator_credentials(), endpoints, port.clock, port.entropy, {}
        )

    async def _settle_neighbours(self) -> None:
        image, source = GOLDEN[0]
        for number, (region, name) in enumerate(self.voyage.neighbours):
            copy = CopyRequest(
                image, source, region, f"neighbour-{number}", name, encrypted=region == source
            )
            await copy_image(self._other_client(), copy)
            await self.port.clock.sleep(4000)
        self.before = self._others()

    def _others(self) -> list[dict[str, Any]]:
        """Everything that was not made through our own calls; one under way may not be noted yet."""
        return [
            {key: image[key] for key in _STEADY}
            for image in controls.list_images(self.port.cloud.world)
            if image["image_id"] not in self.log.started and not image["tags"]
        ]

    async def _meddle(self, after: float, deed: str) -> None:
        await self.port.clock.sleep(after)
        if deed == "occupy":
            await self._occupy()
            return
        world = self.port.cloud.world
        ours = [one for one in self.log.started.values() if is_alive(world, one.image_id)]
        if not ours:
            return
        victim = ours[-1]
        self.log.lines.append(f"{self.port.clock.now():.2f} somebody: {deed} {victim.image_id}")
        with contextlib.suppress(Exception):
            if deed == "delete":
                await delete_image(self._other_client(), victim.region, victim.image_id, force=True)
                self.meddled.add(victim.image_id)
            else:
                await modify_image(
                    self._other_client(), victim.region, victim.image_id, name="renamed-by-others"
                )
                self.meddled.add(victim.image_id)

    async def _occupy(self) -> None:
        """Somebody makes an image of their own, under a name that the stack may want."""
        chance, (image, source) = self.port.chance, GOLDEN[0]
        region, name = chance.choice(REGIONS), chance.choice((*NAMES, "carried"))
        self.log.lines.append(f"{self.port.clock.now():.2f} somebody takes {name} in {region}")
        token = f"late-{len(self.before)}"
        with contextlib.suppress(CloudError):
            await copy_image(self._other_client(), CopyRequest(image, source, region, token, name))
        # Ours that is just being made under no tag could not be told from theirs.
        known = {image["image_id"] for image in self.before}
        self.before += [
            image
            for image in self._others()
            if image["image_id"] not in known and image["name"] == name
        ]

    # --- one leg ----------------------------------------------------------------------------------

    async def _sail_leg(self, leg: Leg) -> None:
        began, calls, copies = self.port.clock.now(), self.log.counts.copy(), len(self.log.started)
        ship = Ship(self.port)
        try:
            planned = await self._planned(ship, leg)
            if planned is None:
                return
            operation = await self._opened(ship, planned, leg)
            if operation is None:
                return
            for fault in leg.faults:
                controls.add_fault(self.port.cloud.world, fault)
        finally:
            await ship.sink()
        self.stack_id = operation.stack_id
        await self._run(operation.operation_id, leg)
        await self._sound(operation, leg)
        took = self.port.clock.now() - began
        started = len(self.log.started) - copies
        self.wrongs += faults_of_calls(self.log.counts - calls, started, took, leg)

    async def _planned(self, ship: Ship, leg: Leg) -> Planned | Operation | None:
        try:
            if leg.deed == "deploy":
                return await ship.plane.plan(
                    StackRequest(
                        NAME, self.voyage.region, leg.template, "t.json", leg.parameters,
                        leg.replaces,
                    )
                )  # fmt: skip
            stack = await ship.plane.find(NAME)
            if leg.deed == "retry":
                return await ship.plane.retry(stack)
            return await ship.plane.plan_delete(stack)
        except StackNotFound:
            return None
        except (TemplateError, RequestRefused) as refused:
            self.log.lines.append(f"refused: {refused}")
            self._must_be_honest(refused)
            return None

    def _must_be_honest(self, refused: TemplateError | RequestRefused) -> None:
        """What is refused at planning is refused for a reason that a voyage may have."""
        if self.voyage.secret in str(refused):
            self.wrongs.append(f"I5: the secret is in {refused}")
        if isinstance(refused, TemplateError):
            codes = {d.code for d in refused.diagnostics if d.is_error}
            if not codes <= {"IF601", "IF602", "IF527"}:
                self.wrongs.append(f"a sound template was refused: {refused.diagnostics}")

    async def _opened(self, ship: Ship, planned: Planned | Operation, leg: Leg) -> Operation | None:
        if isinstance(planned, Operation):
            return planned
        options = ExecutionOptions(leg.on_failure, leg.parallel, leg.timeout)
        try:
            return await ship.plane.execute(planned, options)
        except TemplateError as refused:
            self.log.lines.append(f"refused: {refused}")
            self._must_be_honest(refused)
            return None

    async def _run(self, operation_id: str, leg: Leg) -> None:
        """Processes one after the other, until the operation is closed."""
        asides = [asyncio.ensure_future(aside) for aside in self._asides(operation_id, leg)]
        deadline = self.port.clock.now() + LONGEST
        fates = [*(replace(fate) for fate in leg.fates), Fate()]
        absences = [*leg.absences, 0.0]
        while True:
            fate = fates.pop(0) if fates else Fate()
            is_over = await self._one_process(operation_id, fate, deadline)
            if is_over:
                break
            away = absences.pop(0) if absences else 1.0
            self.log.lines.append(f"{self.port.clock.now():.2f} nobody for {away} s")
            await self.port.clock.sleep(away)
        for aside in asides:
            aside.cancel()
        await asyncio.gather(*asides, return_exceptions=True)

    def _asides(self, operation_id: str, leg: Leg) -> Iterator[Awaitable[None]]:
        if leg.cancel_at is not None:
            yield self._cancel(leg.cancel_at)
        if leg.usurp_at is not None:
            yield self._usurp(operation_id, leg.usurp_at)
        if leg.stop_at is not None:
            yield self._stop(leg.stop_at)
        if leg.jumps is not None:
            yield self._jump(*leg.jumps)
        if leg.meddles is not None:
            yield self._meddle(*leg.meddles)

    async def _one_process(self, operation_id: str, fate: Fate, deadline: float) -> bool:
        """True where the operation is closed afterwards."""
        self.ship = ship = Ship(self.port, fate)
        running = asyncio.ensure_future(ship.worker.run(operation_id))
        try:
            left = deadline - self.port.clock.now()
            done, _ = await asyncio.wait({running}, timeout=max(left, 1.0))
            if not done:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                raise AssertionError(f"I4: operation {operation_id} goes on without end")
            try:
                result = running.result()
            except Crash:
                return False
            if result.status is not None:
                return not result.status.is_open
        finally:
            await ship.sink()
        # Another process has taken it over: wait until that one is done.
        return await self._is_closed(operation_id)

    async def _is_closed(self, operation_id: str) -> bool:
        for _ in range(10_000):
            ship = Ship(self.port)
            try:
                operation = await ship.plane.operation(operation_id)
            finally:
                await ship.sink()
            if operation is None or not operation.status.is_open or not self._usurping:
                return operation is None or not operation.status.is_open
            await self.port.clock.sleep(30)
        return False

    async def _cancel(self, after: float) -> None:
        await self.port.clock.sleep(after)
        ship = Ship(self.port)
        try:
            await ship.plane.cancel(await ship.plane.find(NAME))
            self.log.lines.append(f"{self.port.clock.now():.2f} cancel requested")
        except (RequestRefused, StackNotFound):
            return
        finally:
            await ship.sink()

    async def _jump(self, after: float, seconds: float) -> None:
        """Somebody sets this machine's clock."""
        await self.port.clock.sleep(after)
        self.log.lines.append(f"{self.port.clock.now():.2f} the clock jumps by {seconds} s")
        skew = self.port.local.skew + seconds
        # Beyond a quarter of an hour the cloud would refuse every call, and rightly.
        self.port.local.skew = max(-850.0, min(850.0, skew))

    async def _stop(self, after: float) -> None:
        """Whoever runs the operation at that moment is asked to end."""
        await self.port.clock.sleep(after)
        self.log.lines.append(f"{self.port.clock.now():.2f} stop")
        self.ship.worker.stop()

    _usurping = False

    async def _usurp(self, operation_id: str, after: float) -> None:
        """A second process believes that the first is dead, and enters."""
        await self.port.clock.sleep(after)
        self.log.lines.append(f"{self.port.clock.now():.2f} usurped")
        self._usurping = True
        ship = Ship(self.port)
        try:
            await ship.worker.run(operation_id)
        finally:
            self._usurping = False
            await ship.sink()

    # --- judging ----------------------------------------------------------------------------------

    async def _sound(self, operation: Operation, leg: Leg) -> None:
        self.wrongs += faults_of_leg(await self._soundings(operation.operation_id), leg)

    async def _soundings(self, operation_id: str) -> Soundings:
        assert self.stack_id is not None
        ship = Ship(self.port)
        try:
            view = await ship.plane.view(self.stack_id)
            events = await ship.plane.events(self.stack_id, 0, 100_000)
            operation = await ship.plane.operation(operation_id)
            installation = await ship.store.installation()
        finally:
            await ship.sink()
        assert operation is not None
        self.log.lines.append(
            f"{operation.kind.value} ended as {operation.status.value} / {view.stack.status.value}:"
            f" {view.stack.status_reason}"
        )
        for one in view.resources:
            self.log.lines.append(f"    {one.resource}")
        return Soundings(
            voyage=self.voyage,
            view=view,
            events=events,
            operation=operation,
            installation=installation,
            log=self.log,
            images=controls.list_images(self.port.cloud.world),
            others=self._others(),
            others_before=self.before,
            words=self.words,
            home=self.home,
            meddled=self.meddled,
        )

    async def _end(self) -> None:
        """With every fault mended, one delete ends it all."""
        if self.stack_id is None:
            return
        ship = Ship(self.port)
        try:
            stack = await self._living(ship)
            if stack is None:
                planned = None
            else:
                planned = await ship.plane.plan_delete(stack)
                operation = await ship.plane.execute(planned, ExecutionOptions())
        finally:
            await ship.sink()
        if planned is not None:
            leg = Leg("delete")
            await self._run(operation.operation_id, leg)
            self.wrongs += faults_of_leg(await self._soundings(operation.operation_id), leg)
            self.wrongs += faults_of_end(await self._soundings(operation.operation_id))

    async def _living(self, ship: Ship) -> Stack | None:
        try:
            return await ship.plane.find(NAME)
        except StackNotFound:
            return None


def _shown(leg: Leg) -> str:
    return str(replace(leg, template=b"...")) + "\n" + leg.template.decode()
