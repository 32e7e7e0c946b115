"""Instances."""

from __future__ import annotations

from imageferry.resource_types.connecting.connections import Connected, Connection
from imageferry.resource_types.instances.cloud import connect_instances
from imageferry.resource_types.instances.handler import InstanceHandler


def instance(on: Connection) -> Connected:
    """ALIYUN::ECS::Instance."""
    return Connected(InstanceHandler(connect_instances(on.client)))
