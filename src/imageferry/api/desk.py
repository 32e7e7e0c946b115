"""ApiDesk: what the actions of the APIs work with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imageferry.control.plane import ControlPlane
from imageferry.ports.access import AccessKeys, Audit
from imageferry.ports.fetching import Fetch
from imageferry.ports.posting import Poster
from imageferry.ports.senses import Clock, Entropy


@dataclass(frozen=True, slots=True)
class ApiChoices:
    """What whoever serves has chosen.

    `regions` gives the stack's region for a region of CloudFormation's signing scope, where it is
    another; `destination_region` is that of every CloudFormation stack, where it is not empty.
    `clock_window` is in seconds.
    """

    regions: Mapping[str, str] = field(default_factory=dict)
    destination_region: str = ""
    clock_window: float = 900.0


@dataclass(frozen=True, slots=True)
class ApiDesk:
    """What the actions of the APIs work with; one control plane for each account that is served.

    `poster` is None where nothing is posted to anybody.
    """

    planes: Mapping[str, ControlPlane]
    keys: AccessKeys
    audit: Audit
    fetch: Fetch
    clock: Clock
    entropy: Entropy
    choices: ApiChoices = field(default_factory=ApiChoices)
    poster: Poster | None = None
