"""Stack, Export and Resource: what exists now; StackQuery: which of the stacks are meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imageferry.model.addresses import ResourceAddress
from imageferry.model.drift import DriftMark
from imageferry.model.handlers import Context
from imageferry.model.inquiries import Inquiry
from imageferry.model.statuses import ResourceStatus, StackStatus
from imageferry.model.values import Json, Value


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack lives: it never changes cloud, account or region."""

    cloud: str
    account_id: str
    region: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack, as recorded.

    `properties` are the evaluated values it was last brought to; `context` the handler's notes of
    an unfinished or failed step; `leftovers` what a replacement left behind and could not delete.
    `depends_on` is kept for the order of deletion. `generation` counts the creations at this
    address in this stack. `deletes_remains`: when it goes, so does what the cloud would keep of it.
    """

    address: ResourceAddress
    type_name: str
    status: ResourceStatus
    status_reason: str = ""
    physical_id: str | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)
    attributes: Mapping[str, Value] = field(default_factory=dict)
    context: Context = field(default_factory=dict)
    leftovers: tuple[Context, ...] = ()
    depends_on: tuple[ResourceAddress, ...] = ()
    deletion_policy: str = "Delete"
    replacement_policy: str = "Delete"
    created_at: float = 0.0
    updated_at: float = 0.0
    generation: int = 0
    deletes_remains: bool = False


@dataclass(frozen=True, slots=True)
class Export:
    """What a stack gives to every other stack of its place, by a name that only it may have."""

    name: str
    output: str
    value: Value


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack. `template` is the source as it was given; `outputs` of the last success.

    `parameters` are the converted values, NoEcho ones as Secret. `exports` are those of the last
    success; `asked` is what its resources and outputs were made from that other stacks have said.
    `is_protected`: nobody deletes it before that is taken back. `policy` is the text of its stack
    policy, empty where every update is allowed. `drift` is what the last comparison of the whole
    stack with the cloud found. `options` is what callers of the APIs have chosen for it beside
    that. Times are seconds since 1970; a deleted stack was deleted at `updated_at`.
    """

    stack_id: str
    name: str
    place: Place
    dialect: str
    status: StackStatus
    status_reason: str = ""
    template: bytes = b""
    template_name: str = ""
    parameters: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    description: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    operation_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    exports: tuple[Export, ...] = ()
    asked: tuple[Inquiry, ...] = ()
    drift: DriftMark | None = None
    is_protected: bool = False
    policy: str = ""
    options: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StackQuery:
    """Which stacks are meant; what is empty narrows nothing.

    An empty `region` of the place matches every region. Each of `names` is a whole name, in which
    `*` stands for anything. Of `tags` each one has to be there, with that value where it is not
    None. Deleted stacks are left out unless `with_deleted`, or `statuses` names theirs. Times are
    seconds since 1970, both ends belong to it. `search` is a part of the name or of the id, in
    capitals or not. `dialect` is that of the template. `open_first`: what an operation is open on
    comes before all others.
    """

    place: Place
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    statuses: tuple[StackStatus, ...] = ()
    tags: Mapping[str, str | None] = field(default_factory=dict)
    with_deleted: bool = False
    created_from: float | None = None
    created_to: float | None = None
    search: str = ""
    dialect: str = ""
    open_first: bool = False
