"""Asked and Row: one request of an action with all it needs, and how an action is declared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from imageferry.api.calls import ApiCall
from imageferry.api.desk import ApiDesk
from imageferry.api.ros.errors import stack_not_found
from imageferry.api.ros.parameters import Field, Given, integer, text
from imageferry.control.desk import Desk
from imageferry.control.plane import ControlPlane
from imageferry.model.access import Role
from imageferry.model.stacks import Stack
from imageferry.model.values import Json
from imageferry.ports.keeping import Store

Reply = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of an action: what was given, and the control plane of the caller's account."""

    call: ApiCall
    given: Given
    plane: ControlPlane
    api: ApiDesk

    @property
    def desk(self) -> Desk:
        """What the control plane works with."""
        return self.plane.desk

    @property
    def store(self) -> Store:
        """Where stacks are kept."""
        return self.plane.desk.store

    @property
    def region(self) -> str:
        """The region that was named, or empty where the action does without one."""
        return self.given.text("RegionId")


Perform = Callable[[Asked], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Row:
    """An action: what carries it out, what it may be given, and the least role that it takes.

    `is_once`: a repeated ClientToken gives the first answer again, and has no second effect.
    """

    perform: Perform
    fields: tuple[Field, ...]
    needs: Role = Role.READER
    is_once: bool = False


REGION: Final = text(
    "RegionId",
    needed=True,
    pattern=r"[a-z]{2,8}(-[a-z0-9]+)+",
    says="it must be the id of a region, such as cn-hangzhou",
)
ANY_REGION: Final = text("RegionId", pattern=REGION.pattern, says=REGION.says)
STACK_ID: Final = text("StackId", needed=True, longest=2_048)
TOKEN: Final = text(
    "ClientToken",
    longest=64,
    pattern=r"[\x21-\x7e]+",
    says="it must be ASCII characters without blanks",
)
PAGES: Final = (integer("PageNumber", 1, 100_000_000), integer("PageSize", 1, 50))

FIRST_PAGE: Final = 1
PAGE_SIZE: Final = 10
"""How many entries a page has unless the caller says otherwise (ROS reference)."""


def page_of(given: Given) -> tuple[int, int]:
    """The number and the size of the page that is asked for."""
    return given.integer("PageNumber") or FIRST_PAGE, given.integer("PageSize") or PAGE_SIZE


async def stack_of(asked: Asked, stack_id: str = "") -> Stack:
    """The stack that StackId means, deleted ones too; raises RosError (StackNotFound).

    A UUID, or the whole id of a CloudFormation stack. One of another account or region is not found.
    """
    wanted = stack_id or asked.given.text("StackId")
    place = asked.plane.place
    found = await asked.store.stack(wanted)
    if found is None:
        found = await asked.store.stack_of_uuid(wanted)
    if found is None or (found.place.cloud, found.place.account_id) != (
        place.cloud,
        place.account_id,
    ):
        raise stack_not_found(wanted)
    if asked.region and found.place.region != asked.region:
        raise stack_not_found(wanted)
    return found
