"""Handler, Check, ResourceType, TypeOffer, Catalog: the sockets of resource types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from imageferry.model.counterparts import Counterpart
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.handlers import Failed, HandlerRequest, Outcome
from imageferry.model.schemas import Problem, ResourceSchema
from imageferry.model.values import Value
from imageferry.model.verdicts import Verdict
from imageferry.ports.foresight import Foresight
from imageferry.ports.traces import Adopter


class Handler(Protocol):
    """A resource type's code.

    A method never waits and never sleeps; it makes at most one call that changes something, and
    that call is the one its `context` announced. The same token twice makes one thing. An unknown
    id on `delete` is Done. It raises nothing for what the cloud or the user did wrong: that is a
    Failed.
    """

    async def create(self, request: HandlerRequest) -> Outcome:
        """Bring the resource into being."""
        ...

    async def read(self, request: HandlerRequest) -> Outcome:
        """Look at the resource: Done with its attributes, or Failed with NOT_FOUND."""
        ...

    async def update(self, request: HandlerRequest) -> Outcome:
        """Bring the resource from `previous` to `properties`."""
        ...

    async def delete(self, request: HandlerRequest) -> Outcome:
        """Remove the resource, finished or not, and whatever `context` says was begun."""
        ...

    async def clean_up(self, request: HandlerRequest) -> Outcome:
        """Remove one leftover of an earlier `update`. Failed keeps it recorded."""
        ...


class Check(Protocol):
    """A type's rules that no schema can say."""

    def __call__(self, properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
        """All faults of conformed properties (UNKNOWN inside) for a stack in `region`; pure."""
        ...


class Route(Protocol):
    """Where a type's resources come from and go to."""

    def __call__(self, properties: Mapping[str, Value], region: str) -> tuple[str, str] | None:
        """Source and destination region of conformed properties for a stack in `region`; pure.

        The source is empty where nothing is carried, and the thing is made where it stays.
        """
        ...


class Freight(NamedTuple):
    """What one resource carries or makes, for people: no secret is in it.

    `source_id` is the image that it is a copy of, empty where it is none; `name` what it is to be
    called, empty where the cloud finds a name. The regions are those of its route.
    """

    source_id: str
    name: str
    source_region: str
    region: str


class Manifest(Protocol):
    """Says what a type's resources carry."""

    def __call__(self, properties: Mapping[str, Value], region: str) -> Freight | None:
        """The image of conformed properties, for a stack in `region`; None where it is none; pure."""
        ...


def no_freight(properties: Mapping[str, Value], region: str) -> Freight | None:
    """The manifest of a type whose resources are no images."""
    return None


class Verifier(Protocol):
    """A type's way of telling whether what it has made is what was asked for."""

    async def __call__(self, request: HandlerRequest) -> Verdict | Failed:
        """Look at a recorded thing and at what it was made from, and compare them; changes nothing."""
        ...


def no_route(properties: Mapping[str, Value], region: str) -> tuple[str, str] | None:
    """The route of a type whose resources stay where they are."""
    return None


def no_objections(properties: Mapping[str, Value], region: str) -> Sequence[Problem]:
    """The check of a type whose schema says it all."""
    return ()


class Text(Protocol):
    """A file whose text can be read: a `pathlib.Path`, or a resource of a package."""

    def read_text(self, encoding: str) -> str:
        """The whole text; raises OSError."""
        ...


class TypeOffer(NamedTuple):
    """A resource type that an installed package offers.

    `schema` is the file with the schema's JSON. `connect` is given the `Client` of one cloud account
    and gives the type's handler on it; `adopter`, `foresight` and `verifier` are given it as well, and
    give what takes in a thing that exists, what looks ahead, and what compares a thing with what was
    asked for. None where the type cannot do that.
    """

    schema: Text
    connect: Callable[..., Handler]
    check: Check = no_objections
    route: Route = no_route
    adopter: Callable[..., Adopter] | None = None
    foresight: Callable[..., Foresight] | None = None
    verifier: Callable[..., Verifier] | None = None


class Package(NamedTuple):
    """The installed package that a type comes from; `entry_point` as the package declares it."""

    name: str
    version: str
    entry_point: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class BrokenType(NamedTuple):
    """A type that an installed package offers and that cannot be used: the fault says why."""

    type_name: str
    package: Package
    fault: Diagnostic


class ResourceType(NamedTuple):
    """A resource type: its schema, its rules, its handler, and where it carries things.

    `counterpart` is how the other language says it, where it can, and `apart` why it cannot; `adopter` takes in what exists
    already, where the type can do that; `foresight` looks at the cloud on behalf of planned changes;
    `verifier` compares what was made with what was asked for; `package` is where the type comes from,
    None for a built-in one. `manifest` says what image it carries or makes, where it does.
    """

    schema: ResourceSchema
    check: Check
    handler: Handler
    route: Route = no_route
    counterpart: Counterpart | None = None
    adopter: Adopter | None = None
    foresight: Foresight | None = None
    verifier: Verifier | None = None
    package: Package | None = None
    apart: str = ""
    manifest: Manifest = no_freight


class Catalog(Protocol):
    """The resource types that are installed."""

    def find(self, type_name: str) -> ResourceType | None:
        """The type of that name, or alias, if it is installed."""
        ...

    def names(self) -> Sequence[str]:
        """The names of all installed types, sorted, without aliases."""
        ...

    def broken(self, type_name: str | None = None) -> Sequence[BrokenType]:
        """What installed packages offer and cannot be used, by name; of one name, where given."""
        ...


def why_missing(catalog: Catalog, type_name: str) -> str:
    """Why a recorded resource's type cannot be asked, and what to do, as a sentence for people."""
    for one in catalog.broken(type_name):
        return f"{one.fault.message}: {one.fault.why}; {one.fault.remedy}"
    return f'the type "{type_name}" is not installed here: install the package that it came with'
