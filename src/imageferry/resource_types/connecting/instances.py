"""Instances."""

from __future__ import annotations

from imageferry.resource_types.connected import Connected
from imageferry.resource_types.connecting.connections import Connection, foreseen
from imageferry.resource_types.instances.cloud import connect_instances
from imageferry.resource_types.instances.handler import InstanceHandler
from imageferry.resource_types.instances.verification import instance_verifier


def instance(on: Connection) -> Connected:
    """ALIYUN::ECS::Instance."""
    cloud = connect_instances(on.client)
    return Connected(
        InstanceHandler(cloud),
        foresight=foreseen(on, "instances.foresight", on.client),
        verifier=instance_verifier(cloud),
    )
