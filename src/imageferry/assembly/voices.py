"""A voice to the chosen cloud: its line, its address, its keys, and a client that speaks by them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from imageferry.cloud.buckets import PUBLISHED_LIMITS
from imageferry.cloud.client import Client
from imageferry.cloud.credentials import CredentialSource
from imageferry.cloud.endpoints import Endpoints, parse_endpoint
from imageferry.ports.senses import Clock, Entropy
from imageferry.settings import Settings, SettingsError
from imageferry.wire.http import Send


@asynccontextmanager
async def open_line(settings: Settings, clock: Clock) -> AsyncIterator[Send]:
    """What requests to the chosen cloud go out on: the network, or the emulator in this process."""
    if settings.cloud == "emulator" and not settings.ecs_endpoint:
        # No port is opened, yet requests are signed and checked as over the network.
        with _emulator_inside(settings, clock) as send:
            yield send
    else:
        async with _network() as send:
            yield send


def client_on(
    send: Send, settings: Settings, credentials: CredentialSource, clock: Clock, entropy: Entropy
) -> Client:
    """A client of the chosen cloud that signs with those credentials; raises SettingsError."""
    limits = {} if settings.cloud == "emulator" else PUBLISHED_LIMITS
    return Client(send, credentials, endpoints_of(settings), clock, entropy, limits)


@contextmanager
def _emulator_inside(settings: Settings, clock: Clock) -> Iterator[Send]:
    """The emulator in this process; its rooms are loaded for nobody who does not use it."""
    from imageferry.assembly.emulation import emulator_of

    with emulator_of(settings, clock) as emulator:
        yield emulator.handle


@asynccontextmanager
async def _network() -> AsyncIterator[Send]:
    """Requests over the network, on one session."""
    from imageferry.cloud.transport import HttpTransport

    async with HttpTransport(os.environ) as transport:
        yield transport.send


def endpoints_of(settings: Settings) -> Endpoints:
    """Where the chosen cloud is asked; raises SettingsError."""
    is_emulated = settings.cloud == "emulator"
    if settings.ecs_endpoint:
        try:
            return Endpoints(parse_endpoint(settings.ecs_endpoint, plain_allowed=is_emulated))
        except ValueError as fault:
            raise SettingsError(str(fault), "mend IMAGEFERRY_ECS_ENDPOINT") from fault
    return Endpoints(parse_endpoint("emulator.localhost") if is_emulated else None)


def standard_chain(clock: Clock, profile: str = "") -> CredentialSource:
    """The standard credential chain; its library is loaded for the real cloud alone."""
    from imageferry.cloud.credential_chain import ChainCredentials

    return ChainCredentials(clock, profile)
