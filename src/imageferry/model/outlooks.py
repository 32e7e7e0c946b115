"""Outlook: what a template alone would make, as far as that can be told without any stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from imageferry.model.addresses import PropertyPath, ResourceAddress
from imageferry.model.diagnostics import Diagnostic, Span
from imageferry.model.values import Value


@dataclass(frozen=True, slots=True)
class Gap:
    """A place inside a value that is not known yet, and why not: every reason in words."""

    path: PropertyPath
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prospect:
    """A value as far as it is known: UNKNOWN inside, and a gap for each place that is."""

    name: str
    value: Value
    gaps: tuple[Gap, ...] = ()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What must be there first, and every reason for it: `Ref`, `GetAtt ImageId`, `DependsOn`."""

    address: ResourceAddress
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A resource that would be made, or may be.

    `is_open`: how often it is made is not known (its address has no index then), `count_reasons`
    say why. `condition` is the name of its condition; `condition_reasons` say why it is not settled,
    and are empty where it holds. `wave` counts from 1: everything of one wave can be made at the same
    time. `route` is source and destination region, empty for the stack's own where that is not
    given and None for an end that is not known yet; the whole is None for what does not travel.
    `parameters` are those it mentions.
    """

    address: ResourceAddress
    type_name: str
    properties: tuple[Prospect, ...]
    needs: tuple[Need, ...]
    wave: int
    route: tuple[str | None, str | None] | None = None
    condition: str | None = None
    condition_reasons: tuple[str, ...] = ()
    is_open: bool = False
    count_reasons: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    span: Span | None = None

    @property
    def is_certain(self) -> bool:
        """True where nothing stands between the template and this resource."""
        return not self.condition_reasons


@dataclass(frozen=True, slots=True)
class Unmade:
    """A resource that is not made: its condition is false."""

    logical_id: str
    type_name: str
    condition: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a template alone would make.

    `region` is empty where none is given. `missing` are the parameters without a value. Resources
    stand in waves, in each wave in the order of the template.
    """

    template_name: str
    dialect: str
    description: str
    region: str
    parameters: Mapping[str, Value]
    missing: tuple[str, ...]
    conditions: Mapping[str, bool | None]
    resources: tuple[Foreseen, ...]
    unmade: tuple[Unmade, ...]
    outputs: tuple[Prospect, ...]
    warnings: tuple[Diagnostic, ...] = ()
