"""World: a scenario told in plain Python, carried out in virtual time, and told again as source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from imageferry.model.operations import OnFailure
from tests.worlds.lines import HOME
from tests.worlds.sailing import MEMORY, Passage, sail
from tests.worlds.ships import Fate
from tests.worlds.voyages import Leg, Voyage
from tests.worlds.wishes import Wishes

REGION = {"ros": "cn-hangzhou", "cfn": "cn-shanghai"}


@dataclass(frozen=True)
class World:
    """A whole house, an emulated cloud and a clock, from a seed; every method gives a new one.

    `deploy`, `retry`, `delete` and `advance` begin a step; the others say what happens during the
    step before them. Times are virtual seconds after the step began. After each step, and after a
    last delete in calm weather, the seven invariants are checked.
    """

    seed: int = 1
    language: str = "ros"
    region: str = ""
    settings: Mapping[str, object] = field(default_factory=lambda: {"speed": 60.0})
    neighbours: tuple[tuple[str, str], ...] = ()
    skew: float = 0.0
    legs: tuple[Leg, ...] = ()
    restores: int | None = None

    # --- steps ------------------------------------------------------------------------------------

    def deploy(
        self,
        *regions: str | Mapping[str, Any],
        named: str = "same",
        singles: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> World:
        """A stack with one copy in each region (ROS), and the single copies by name."""
        fan = tuple({"region": one} if isinstance(one, str) else dict(one) for one in regions)
        return self._begun(Leg("deploy", Wishes(fan, named, dict(singles or {}))))

    def line(self, **parts: Mapping[str, Any]) -> World:
        """A stack that does more than copy: its resources by name, as `tests.worlds.lines` has them."""
        return self._begun(Leg("deploy", Wishes(line=dict(parts))))

    def adopt(self, **own: Any) -> World:
        """The first neighbour's image is taken in, as the resource `Own`."""
        return self._begun(Leg("adopt", Wishes(singles={"Own": own})))

    def retry(self, *parts: str) -> World:
        """What failed is tried again, or of it only these resources."""
        return self._begun(Leg("retry", parts=parts))

    def continue_rollback(self, *skipped: str) -> World:
        """A rollback that failed goes on, without these resources."""
        return self._begun(Leg("continue", parts=skipped))

    def delete(self, *retained: str) -> World:
        return self._begun(Leg("delete", parts=retained))

    def advance(self, seconds: float) -> World:
        """Nobody lives for a while."""
        return self._begun(Leg("wait", lasts=seconds))

    # --- how a step is asked for ------------------------------------------------------------------

    def options(
        self,
        on_failure: str = "keep",
        *,
        replaces: bool | None = None,
        parallel: int = 0,
        timeout: float | None = None,
    ) -> World:
        return self._last(
            on_failure=OnFailure(on_failure), replaces=replaces, parallel=parallel, timeout=timeout
        )

    # --- what goes wrong meanwhile ----------------------------------------------------------------

    def crash(self, *, away: float = 0.0, **point: int) -> World:
        """The process dies at a point: `before_call=2`, `after_write=1` …; nobody lives for a while."""
        return self._doomed(_fate(point), away)

    def pause(self, *, seconds: float, away: float = 0.0, **point: int) -> World:
        """The process stands still at a point, another takes over, and the first comes back."""
        return self._doomed(replace(_fate(point), pause=seconds), away)

    def fault(self, kind: str, action: str = "CopyImage", **details: object) -> World:
        """The cloud errs; kinds and details are the emulator's."""
        fault = {"kind": kind, "action": action, **details}
        return self._last(faults=(*self.legs[-1].faults, fault))

    def cancel(self, at: float) -> World:
        return self._last(cancel_at=at)

    def stop(self, at: float) -> World:
        """Whoever works is asked to end in order; the next process goes on."""
        return self._last(stop_at=at)

    def usurp(self, at: float) -> World:
        """A second engine enters while the first one lives."""
        return self._last(usurp_at=at)

    def rival(self, at: float) -> World:
        """Somebody who planned at the same moment executes a little later."""
        return self._last(rival_at=at)

    def meddle(self, at: float, deed: str) -> World:
        """Somebody deletes or renames our newest copy, or occupies a name."""
        return self._last(meddles=(at, deed))

    def outage(self, *, at: int, writes: int = 1, behind: bool = False) -> World:
        """The database is away for some writes, from one on; `behind`: each was committed."""
        return self._last(outage=(at, writes, behind))

    def refresh(self) -> World:
        """The deploy looks at the cloud first."""
        return self._last(refresh=True)

    def sweep(self) -> World:
        """The snapshots of deleted images go too."""
        return self._last(sweeps=True)

    def compare(self) -> World:
        """Afterwards the stack is compared with the cloud."""
        return self._last(drifts=True)

    def protect(self) -> World:
        """Afterwards the stack is protected for a moment, and is not deleted then."""
        return self._last(protects=True)

    def restore(self) -> World:
        """The home is copied after this step, and before the end that copy comes back."""
        return replace(self, restores=len(self.legs) - 1)

    def jump(self, at: float, by: float) -> World:
        """Our clock is set."""
        return self._last(jumps=(at, by))

    # --- what is expected, and the run ------------------------------------------------------------

    def expect(self, **wanted: object) -> World:
        """After the step: `status` of the stack, `operation`, and how many `copies` live."""
        return self._last(expects=(*self.legs[-1].expects, *wanted.items()))

    def voyage(self) -> Voyage:
        return Voyage(
            self.seed,
            self.language == "ros",
            self.region or (HOME if self._has_line else REGION[self.language]),
            self.settings,
            self.neighbours,
            self.legs,
            self.skew,
            self.restores,
        )

    def sail(self, database: str = MEMORY) -> Passage:
        return sail(self.voyage(), database)

    def must_hold(self, database: str = MEMORY) -> None:
        """Carry it out; AssertionError with everything that was wrong, and the log."""
        passage = self.sail(database)
        assert not passage.wrongs, "\n".join([*passage.wrongs, *passage.lines])

    @property
    def _has_line(self) -> bool:
        return any(leg.wishes.line for leg in self.legs)

    def _begun(self, leg: Leg) -> World:
        return replace(self, legs=(*self.legs, leg))

    def _last(self, **changes: Any) -> World:
        return replace(self, legs=(*self.legs[:-1], replace(self.legs[-1], **changes)))

    def _doomed(self, fate: Fate, away: float) -> World:
        last = self.legs[-1]
        return self._last(fates=(*last.fates, fate), absences=(*last.absences, away))


def _fate(point: Mapping[str, int]) -> Fate:
    ((where, at),) = point.items()
    side, _, kind = where.partition("_")
    if side not in {"before", "after"} or kind not in {"call", "write"}:
        raise TypeError(f"no process dies {where}")
    return Fate(kind, at, side == "after")


# --- told again -------------------------------------------------------------------------------------


def world_of(voyage: Voyage) -> World:
    """A voyage that was drawn, as a scenario."""
    return World(
        voyage.seed,
        "ros" if voyage.is_ros else "cfn",
        voyage.region,
        voyage.settings,
        voyage.neighbours,
        voyage.skew,
        voyage.legs,
        voyage.restores,
    )


def source_of(world: World) -> str:
    """The scenario as Python that gives it again."""
    usual = World()
    given = [
        f"{one.name}={getattr(world, one.name)!r}"
        for one in fields(World)
        if one.name not in {"legs", "restores"}
        and getattr(world, one.name) != getattr(usual, one.name)
    ]
    lines = [f"World({', '.join(given)})"]
    for number, leg in enumerate(world.legs):
        lines += [f"    .{text}" for text in _leg_lines(leg)]
        if number == world.restores:
            lines.append("    .restore()")
    return "(\n    " + "\n    ".join(lines) + "\n)"


def _leg_lines(leg: Leg) -> list[str]:
    lines = [_deed(leg)]
    options = [] if leg.on_failure is OnFailure.KEEP else [repr(leg.on_failure.value)]
    options += [
        f"{name}={getattr(leg, name)!r}"
        for name in ("replaces", "parallel", "timeout")
        if getattr(leg, name) != getattr(Leg(""), name)
    ]
    if options:
        lines.append(f"options({', '.join(options)})")
    for number, fate in enumerate(leg.fates):
        away = leg.absences[number] if number < len(leg.absences) else 0.0
        point = f"{'after' if fate.after else 'before'}_{fate.kind}={fate.at}"
        deed = f"pause(seconds={fate.pause!r}, " if fate.pause else "crash("
        lines.append(f"{deed}{point}, away={away!r})")
    for fault in leg.faults:
        details = {name: value for name, value in fault.items() if name not in {"kind", "action"}}
        words = "".join(f", {name}={value!r}" for name, value in details.items())
        lines.append(f"fault({fault['kind']!r}, {fault.get('action', 'CopyImage')!r}{words})")
    for word, name in (
        ("cancel", "cancel_at"),
        ("stop", "stop_at"),
        ("usurp", "usurp_at"),
        ("rival", "rival_at"),
    ):
        if getattr(leg, name) is not None:
            lines.append(f"{word}(at={getattr(leg, name)!r})")
    if leg.meddles is not None:
        lines.append(f"meddle(at={leg.meddles[0]!r}, deed={leg.meddles[1]!r})")
    if leg.outage is not None:
        at, writes, behind = leg.outage
        lines.append(f"outage(at={at}, writes={writes}, behind={behind})")
    for word, name in (
        ("refresh", "refresh"),
        ("sweep", "sweeps"),
        ("compare", "drifts"),
        ("protect", "protects"),
    ):
        if getattr(leg, name):
            lines.append(f"{word}()")
    if leg.jumps is not None:
        lines.append(f"jump(at={leg.jumps[0]!r}, by={leg.jumps[1]!r})")
    if leg.expects:
        lines.append(f"expect({', '.join(f'{name}={value!r}' for name, value in leg.expects)})")
    return lines


def _deed(leg: Leg) -> str:
    match leg.deed:
        case "wait":
            return f"advance({leg.lasts!r})"
        case "adopt":
            own = leg.wishes.singles["Own"]
            return f"adopt({', '.join(f'{name}={value!r}' for name, value in own.items())})"
        case "deploy":
            wishes = leg.wishes
            if wishes.line:
                return f"line({', '.join(f'{name}={dict(one)!r}' for name, one in wishes.line.items())})"
            words = [
                repr(one["region"] if set(one) == {"region"} else dict(one)) for one in wishes.fan
            ]
            if wishes.fan_name != "same":
                words.append(f"named={wishes.fan_name!r}")
            if wishes.singles:
                singles = {name: dict(one) for name, one in wishes.singles.items()}
                words.append(f"singles={singles!r}")
            return f"deploy({', '.join(words)})"
        case deed:
            name = "continue_rollback" if deed == "continue" else deed
            return f"{name}({', '.join(map(repr, leg.parts))})"
