"""Forecast, Lookahead: what the cloud says of a change set before anything of it is done.

Every command that opens a house loads these, and few make any: they are cheap to load.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from imageferry.model.addresses import ResourceAddress
from imageferry.model.changes import Action
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.stacks import Resource
from imageferry.model.values import Value

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Doubt(Enum):
    """How an objection stands: the cloud would refuse for sure, may refuse, or was not asked."""

    NAME_TAKEN = "name taken"
    REFUSED = "refused"
    POSSIBLE = "possible"
    UNCHECKED = "unchecked"

    @property
    def is_certain(self) -> bool:
        """True where the change would fail if it were carried out now."""
        return self in {Doubt.NAME_TAKEN, Doubt.REFUSED}


class Objection(NamedTuple):
    """Why the cloud would refuse a change, or why that is not known.

    `property_name` is the property that it is about, empty where it is about none; `cloud_code` the
    code that the cloud gives, or would give.
    """

    doubt: Doubt
    message: str
    why: str = ""
    remedy: str = ""
    property_name: str = ""
    cloud_code: str = ""


class Lookalike(NamedTuple):
    """Something that is there already where a change would make its like.

    `is_ours`: it carries this installation's lineage, of `operation_id` and `address`. `fits`: all
    that the cloud tells of it is as wanted. `holder` is the stack, with its address, that has it
    in its record. `adoption` is the command that would take it in, where that can be done.
    """

    physical_id: str
    region: str
    name: str
    is_ours: bool = False
    fits: bool = False
    operation_id: str = ""
    address: str = ""
    holder: str = ""
    adoption: str = ""


class Remains(NamedTuple):
    """Snapshots that stay, and are billed, once the image they belong to has gone."""

    region: str
    physical_id: str
    snapshots: int
    gib: int


class Proposal(NamedTuple):
    """One change, as those who know its type are asked about it.

    `properties` are those wanted, UNKNOWN where known later, empty for a deletion; `resource` is
    what is recorded at present. `repairs`: that is deleted before the new one is made.
    `deletes_remains`: when it goes, so does what the cloud would keep of it.
    """

    address: ResourceAddress
    type_name: str
    action: Action
    region: str
    properties: Mapping[str, Value] = _NOTHING
    resource: Resource | None = None
    repairs: bool = False
    deletes_remains: bool = False


class Experience(NamedTuple):
    """A resource of some stack in `region`, and the `seconds` that making it has taken."""

    region: str
    resource: Resource
    seconds: float


class Forecast(NamedTuple):
    """What is foreseen of one change. `gib` and `seconds` are None where they are not known.

    `route` is source and destination of what would be copied, None where nothing is. `seconds` is
    how long the copy takes once it runs. `notes` are sentences for people.
    """

    address: ResourceAddress
    objections: tuple[Objection, ...] = ()
    lookalike: Lookalike | None = None
    route: tuple[str, str] | None = None
    gib: int | None = None
    seconds: float | None = None
    remains: tuple[Remains, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """True where the cloud would refuse the change for sure."""
        return any(objection.doubt.is_certain for objection in self.objections)


class Backlog(NamedTuple):
    """The queue of one destination region, and how our copies go through it.

    `slots` copies run at once, `ahead` are there before ours; `waves` is in how many turns ours
    run. `seconds` until the last of them ends; `is_measured`: from what copies to the region have
    taken, otherwise from a first guess.
    """

    region: str
    copies: int
    gib: int
    slots: int
    ahead: int
    waves: int
    seconds: float
    is_measured: bool = False


class Sight(NamedTuple):
    """What the types of one kind foresee of their changes, gathered.

    `calls` were made for it; `calls_ahead` is about how many carrying the changes out takes.
    """

    forecasts: tuple[Forecast, ...] = ()
    backlogs: tuple[Backlog, ...] = ()
    calls: int = 0
    calls_ahead: int = 0
    notes: tuple[str, ...] = ()


class Lookahead(NamedTuple):
    """What is foreseen of a whole change set; `forecasts` and `diagnostics` by address text.

    `is_looked` is False where there was nothing to ask about.
    """

    forecasts: Mapping[str, Forecast] = _NOTHING
    diagnostics: Mapping[str, tuple[Diagnostic, ...]] = _NOTHING
    backlogs: tuple[Backlog, ...] = ()
    calls: int = 0
    calls_ahead: int = 0
    notes: tuple[str, ...] = ()
    is_looked: bool = False

    @property
    def refused(self) -> tuple[str, ...]:
        """The addresses of the changes that the cloud would refuse for sure."""
        return tuple(address for address, forecast in self.forecasts.items() if forecast.is_refused)

    @property
    def seconds(self) -> float | None:
        """Seconds until the last copy has ended, regions working side by side; None without any."""
        return max((backlog.seconds for backlog in self.backlogs), default=None)
