"""InstanceCloud: what the handler of instances works with: calls, and looks that share pages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imageferry.cloud.client import Client
from imageferry.cloud.instances import InstanceLoader
from imageferry.model.handlers import Confirm


@dataclass(frozen=True, slots=True)
class InstanceCloud:
    """One account's instance calls; all steps have the loader in common."""

    client: Client
    loader: InstanceLoader

    def confirmed(self, confirm: Confirm) -> InstanceCloud:
        """The same, whose calls without a token are each confirmed before they are sent."""
        return replace(self, client=self.client.confirmed(confirm))


def connect_instances(client: Client) -> InstanceCloud:
    """The instance calls of a client's account."""
    return InstanceCloud(client, InstanceLoader(client))
