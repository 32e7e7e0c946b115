"""Connection, Connected: an account as types are connected to it, and what one type can do then."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from imageferry.cloud.client import Client
from imageferry.ports.foresight import Foresight
from imageferry.ports.traces import Adopter
from imageferry.ports.types import Handler, Verifier
from imageferry.resource_types.image_copies.cloud import ImageCloud
from imageferry.resource_types.image_copies.queues import Capacity
from imageferry.resource_types.image_copies.wanted import View

Looking = Callable[[ImageCloud, View, Capacity], Foresight]
"""Gives what looks at the cloud on behalf of planned changes of one type."""


class Connection(NamedTuple):
    """One cloud account: its calls, its images, and what is known of its limits."""

    client: Client
    images: ImageCloud
    capacity: Capacity
    looking: Looking | None


class Connected(NamedTuple):
    """What one type can do on an account."""

    handler: Handler
    adopter: Adopter | None = None
    foresight: Foresight | None = None
    verifier: Verifier | None = None
