"""The emulator on the world of a home: inside this process, served, or managed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from imageferry.assembly.senses import RealClock
from imageferry.dispatch.locks import LOCK_FOLDER, SERVERS, Presence
from imageferry.emulator import controls
from imageferry.emulator.app import Emulator
from imageferry.emulator.errors import EcsError
from imageferry.ports.keeping import StoreError
from imageferry.ports.senses import Clock
from imageferry.settings import ExtraMissing, Settings
from imageferry.store.keys import prepare_home


@contextmanager
def emulator_of(
    settings: Settings, clock: Clock, entropy: Callable[[int], bytes] = os.urandom
) -> Iterator[Emulator]:
    """The emulator on the world of the home, open for a while; raises StoreError."""
    prepare_home(settings.home)
    world = settings.home / "emulator.db"
    try:
        emulator = Emulator(
            world,
            now=clock.now,
            entropy=entropy,
            sleep=clock.sleep,
            speed=settings.emulator_speed,
        )
    except (ValueError, sqlite3.Error) as fault:
        said = str(fault) if isinstance(fault, ValueError) else f'"{world}": {fault}'
        raise StoreError(f"the emulated cloud cannot be opened: {said}") from fault
    try:
        yield emulator
    finally:
        emulator.close()


async def serve_emulator(
    settings: Settings, *, host: str, port: int, on_ready: Callable[[int], None]
) -> None:
    """Serve the emulator of the home on a loopback address until cancelled.

    Raises ExtraMissing, StoreError, or OSError where the port cannot be had.
    """
    try:
        from imageferry.emulator.server import serve
    except ModuleNotFoundError as fault:
        if fault.name != "httptools":
            raise
        raise ExtraMissing("server", "serving the emulator") from fault

    presence = Presence(settings.home / LOCK_FOLDER, SERVERS)
    with emulator_of(settings, RealClock()) as emulator:
        presence.announce()
        try:
            await serve(emulator, host=host, port=port, on_ready=on_ready)
        finally:
            presence.withdraw()


def call_emulator(
    settings: Settings, action: str, parameters: Sequence[tuple[str, str]], account: str = ""
) -> Any:
    """One ECS action on the world of the home, as its owner would in a console; its reply.

    `account` is the id of another account that calls, the world's own where it is empty. Raises ValueError with the cloud's code and words where it is refused.
    """
    with emulator_of(settings, RealClock()) as emulator:
        try:
            return emulator.call(action, tuple(parameters), account)
        except EcsError as refused:
            raise ValueError(f"{refused.code}: {refused.message}") from refused


def manage_emulator(settings: Settings, deed: str, **arguments: Any) -> Any:
    """One deed of the emulator's control API on the world of the home, as JSON data.

    Deeds: `images` (region), `snapshots`, `faults`, `add_fault` (wanted), `clear_faults`
    (number), `fault_kinds`, `settings`, `change_settings` (changes), `reset` (keep_settings).
    Raises KeyError for another deed, ValueError for arguments that it refuses.
    """
    deeds: Mapping[str, Callable[..., Any]] = {
        "images": controls.list_images,
        "snapshots": controls.list_snapshots,
        "faults": controls.list_faults,
        "add_fault": controls.add_fault,
        "clear_faults": controls.clear_faults,
        "settings": controls.read_settings,
        "change_settings": controls.change_settings,
        "reset": controls.reset,
    }
    if deed == "fault_kinds":
        return controls.fault_kinds()
    with emulator_of(settings, RealClock()) as emulator:
        return deeds[deed](emulator.world, **arguments)
