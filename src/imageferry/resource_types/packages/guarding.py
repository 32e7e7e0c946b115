"""Types of packages: what an offer's type can do on an account, a fault of its own told as a trouble."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from imageferry.cloud.client import Client
from imageferry.model.forecasts import Doubt, Experience, Forecast, Objection, Proposal, Sight
from imageferry.model.stacks import Resource
from imageferry.ports.foresight import Foresight
from imageferry.ports.traces import Adopter, Candidate, Inspection, TraceTrouble
from imageferry.ports.types import TypeOffer
from imageferry.resource_types.connected import Connected

log = logging.getLogger(__name__)


def connect_offer(offer: TypeOffer, client: Client) -> Connected:
    """What a package's type can do on an account; raises what the package raises.

    A fault in what it does later is told as the cloud's would be: it ends no command.
    """
    return Connected(
        offer.connect(client),
        None if offer.adopter is None else _GuardedAdopter(offer.adopter(client)),
        None if offer.foresight is None else _GuardedForesight(offer.foresight(client)),
        None if offer.verifier is None else offer.verifier(client),
    )


def _trouble(what: str, fault: Exception) -> str:
    log.error("a package's %s failed", what, exc_info=fault)
    return f"internal fault of its {what}: {type(fault).__name__} (its traceback is in the log)"


@dataclass(frozen=True, slots=True)
class _GuardedAdopter:
    """An adopter whose faults are troubles of the look."""

    inner: Adopter

    async def inspect(self, candidate: Candidate) -> Inspection:
        try:
            return await self.inner.inspect(candidate)
        except TraceTrouble:
            raise
        except Exception as fault:
            raise TraceTrouble(_trouble("adopter", fault)) from fault

    async def is_gone(self, resource: Resource, region: str) -> bool:
        try:
            return await self.inner.is_gone(resource, region)
        except TraceTrouble:
            raise
        except Exception as fault:
            raise TraceTrouble(_trouble("adopter", fault)) from fault


@dataclass(frozen=True, slots=True)
class _GuardedForesight:
    """A foresight whose faults leave its changes unchecked."""

    inner: Foresight

    async def __call__(
        self,
        proposals: Sequence[Proposal],
        installation: str,
        experience: Sequence[Experience] = (),
    ) -> Sight:
        try:
            return await self.inner(proposals, installation, experience)
        except Exception as fault:
            unchecked = (Objection(Doubt.UNCHECKED, _trouble("foresight", fault)),)
            return Sight(tuple(Forecast(one.address, unchecked) for one in proposals))
