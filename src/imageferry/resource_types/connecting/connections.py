"""Connection: an account as types are connected to it, and what plans ask there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from imageferry.cloud.client import Client
from imageferry.model.forecasts import Experience, Proposal, Sight
from imageferry.ports.foresight import Foresight
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.queues import Capacity
from imageferry.resource_types.image_copies.wanted import View
from imageferry.resource_types.rooms import load

Looking = Callable[[ImageCloud, View, Capacity], Foresight]
"""Gives what looks at the cloud on behalf of planned changes of one type."""


class Connection(NamedTuple):
    """One cloud account: its calls, its images, and what is known of its limits."""

    client: Client
    images: ImageCloud
    capacity: Capacity
    looking: Looking | None


def foreseen(on: Connection, room: str, *parts: object) -> Foresight | None:
    """What plans of a type ask the cloud: `foresight(*parts)` of a room, loaded once it is asked.

    None where nothing is to be asked.
    """
    if on.looking is None:
        return None

    async def ask(
        proposals: Sequence[Proposal], installation: str, experience: Sequence[Experience] = ()
    ) -> Sight:
        foresight: Foresight = load(room).foresight(*parts)
        return await foresight(proposals, installation, experience)

    return ask
