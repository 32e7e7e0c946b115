"""The emulator on the world of a home: inside this process, served, or managed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from imageferry.assembly.senses import RealClock
from imageferry.emulator import controls
from imageferry.emulator.app import Emulator
from imageferry.ports.senses import Clock
from imageferry.settings import Settings
from imageferry.store.keys import prepare_home


@contextmanager
def emulator_of(
    settings: Settings, clock: Clock, entropy: Callable[[int], bytes] = os.urandom
) -> Iterator[Emulator]:
    """The emulator on the world of the home, open for a while."""
    prepare_home(settings.home)
    emulator = Emulator(
        settings.home / "emulator.db",
        now=clock.now,
        entropy=entropy,
        sleep=clock.sleep,
        speed=settings.emulator_speed,
    )
    try:
        yield emulator
    finally:
        emulator.close()


async def serve_emulator(
    settings: Settings, *, host: str, port: int, on_ready: Callable[[int], None]
) -> None:
    """Serve the emulator of the home on a loopback address until cancelled."""
    from imageferry.emulator.server import serve

    with emulator_of(settings, RealClock()) as emulator:
        await serve(emulator, host=host, port=port, on_ready=on_ready)


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
