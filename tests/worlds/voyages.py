"""Voyages as values: what is deployed, what goes wrong meanwhile, and when a process dies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imageferry.model.operations import OnFailure
from tests.worlds.ships import Fate
from tests.worlds.wishes import Wishes


@dataclass(frozen=True)
class Leg:
    """One deed (deploy, adopt, delete, retry, continue, wait), and its weather.

    Times count from its begin. `parts` are the resources that a retry is for, that a rollback is
    continued without, or that a delete retains. Who adopts takes the first neighbour in as the
    resource `Own`.

    `fates` are the ends of the processes that run it, one after the other, `absences` how long
    nobody lives after each. `meddles` is what somebody else does to one of our copies, `jumps` when
    our clock is set, and by how much; `rival_at` is when somebody asks for another deed meanwhile.
    `outage`: from the so-manieth write on, so many writes find the database away, before or (True)
    behind their commit. `refresh`: the deploy looks at the cloud first. `sweeps`: what the cloud
    keeps of deleted images goes too. `drifts`: afterwards the stack is compared with the cloud;
    `protects`: it is protected for a moment, and must not be deleted then. `expects` is what has to
    hold afterwards: the stack's status, and how many copies live.
    """

    deed: str
    wishes: Wishes = field(default_factory=Wishes)
    parts: tuple[str, ...] = ()
    on_failure: OnFailure = OnFailure.KEEP
    replaces: bool | None = None
    parallel: int = 0
    timeout: float | None = None
    faults: tuple[Mapping[str, object], ...] = ()
    fates: tuple[Fate, ...] = ()
    absences: tuple[float, ...] = ()
    cancel_at: float | None = None
    stop_at: float | None = None
    usurp_at: float | None = None
    rival_at: float | None = None
    meddles: tuple[float, str] | None = None
    jumps: tuple[float, float] | None = None
    outage: tuple[int, int, bool] | None = None
    refresh: bool = False
    sweeps: bool = False
    drifts: bool = False
    protects: bool = False
    lasts: float = 0.0
    expects: tuple[tuple[str, object], ...] = ()

    @property
    def is_calm(self) -> bool:
        troubles = (
            self.faults, self.fates, self.stop_at, self.usurp_at, self.meddles, self.jumps,
            self.outage,
        )  # fmt: skip
        return not any(troubles)


@dataclass(frozen=True)
class Voyage:
    """What is known before it begins. `neighbours` are images of others: region and name.

    `skew` is by how many seconds our clock is before the cloud's. `restores`: the home is copied
    after this leg, and that copy put back before the end.
    """

    seed: int
    is_ros: bool = True
    region: str = "cn-hangzhou"
    settings: Mapping[str, object] = field(default_factory=dict)
    neighbours: tuple[tuple[str, str], ...] = ()
    legs: tuple[Leg, ...] = ()
    skew: float = 0.0
    restores: int | None = None

    @property
    def has_line(self) -> bool:
        """Whether its stack does more than copy."""
        return any(leg.wishes.line for leg in self.legs)

    @property
    def secret(self) -> str:
        return f"Verschwiegen{self.seed}q"

    @property
    def retained(self) -> set[str]:
        wished = {name for leg in self.legs for name in leg.wishes.retained}
        return wished | {
            part.split("[")[0] for leg in self.legs if leg.deed == "delete" for part in leg.parts
        }
