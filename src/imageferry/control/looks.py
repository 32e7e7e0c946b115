"""look_request: what a handler is asked where only a look is wanted, outside of any operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from imageferry.control.desk import Desk
from imageferry.model.addresses import ResourceAddress
from imageferry.model.handlers import HandlerAction, HandlerRequest
from imageferry.model.stacks import Resource, Stack
from imageferry.model.values import Value


def look_request(
    desk: Desk,
    stack: Stack,
    type_name: str,
    address: ResourceAddress,
    installation: str,
    properties: Mapping[str, Value],
) -> HandlerRequest:
    """A READ of something that is wanted with these properties; nothing need be recorded of it."""
    now = desk.clock.now()
    return HandlerRequest(
        action=HandlerAction.READ,
        type_name=type_name,
        address=str(address),
        stack_id=stack.stack_id,
        stack_name=stack.name,
        region=stack.place.region,
        installation=installation,
        operation_id="",
        token="",
        now=now,
        intended_at=now,
        properties=properties,
    )


def recorded_look(
    desk: Desk, stack: Stack, resource: Resource, installation: str
) -> HandlerRequest:
    """A READ of a recorded resource."""
    return replace(
        look_request(
            desk, stack, resource.type_name, resource.address, installation, resource.properties
        ),
        physical_id=resource.physical_id,
        attributes=resource.attributes,
        leftovers=resource.leftovers,
    )
