"""Ask: one decoded request with all that carries it out, and Action: how that is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imageferry.api.calls import ApiCall
from imageferry.api.cfn.recollection import Recollection
from imageferry.api.desk import ApiDesk
from imageferry.control.plane import ControlPlane
from imageferry.model.access import Role

Reply = Mapping[str, Any]
"""A result by the names of the model; times are seconds since 1970, what is None is left out."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `given` are its values by the names of the model; `region` is that of stacks.

    `recollection` is what all requests remember together.
    """

    call: ApiCall
    given: Mapping[str, Any]
    plane: ControlPlane
    desk: ApiDesk
    region: str
    recollection: Recollection

    def text(self, name: str) -> str:
        """A text that was given, or an empty one."""
        found = self.given.get(name)
        return found if isinstance(found, str) else ""


Perform = Callable[[Ask], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Action:
    """How an operation of the API is carried out, and the least role that it takes."""

    perform: Perform
    role: Role = Role.READER
