"""shrink(voyage): a voyage that fails, made as small as it still fails in the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from imageferry.model.operations import OnFailure
from tests.worlds.lines import named_by
from tests.worlds.voyages import Leg, Voyage
from tests.worlds.wishes import PLAIN, Wishes

MOST_TRIES = 400
_NEEDED = frozenset({"kind", "of", "region", "accounts", "image"})
_KIND = re.compile(r"(I[1-7]|it broke: \w+|expected|[a-z ]{12})")


def kinds_of(wrongs: list[str]) -> set[str]:
    """Which invariants are broken, whatever ids the sentences name."""
    return {found[1] for wrong in wrongs if (found := _KIND.match(wrong))}


def shrink(
    voyage: Voyage, wrongs_of: Callable[[Voyage], list[str]], most_tries: int = MOST_TRIES
) -> tuple[Voyage, list[str]]:
    """The smallest voyage found that breaks one of the same invariants, and what is wrong with it.

    Greedy and without chance: the first simpler voyage that still fails takes the place, until none
    does or `most_tries` are spent.
    """
    wrongs = wrongs_of(voyage)
    wanted = kinds_of(wrongs)
    tries = 0
    found = True
    while found:
        found = False
        for simpler in _simpler(voyage):
            if tries >= most_tries:
                return voyage, wrongs
            tries += 1
            seen = wrongs_of(simpler)
            if kinds_of(seen) & wanted:
                voyage, wrongs, found = simpler, seen, True
                break
    return voyage, wrongs


def _simpler(voyage: Voyage) -> Iterator[Voyage]:
    legs = voyage.legs
    for number in reversed(range(len(legs))):
        if len(legs) > 1:
            yield _without_leg(voyage, number)
    if voyage.restores is not None:
        yield replace(voyage, restores=None)
    if voyage.neighbours and all(leg.deed != "adopt" for leg in legs):
        yield replace(voyage, neighbours=())
    if voyage.skew:
        yield replace(voyage, skew=0.0)
    for number, leg in enumerate(legs):
        for simpler in _simpler_leg(leg):
            yield replace(voyage, legs=(*legs[:number], simpler, *legs[number + 1 :]))
    for name in voyage.settings:
        rest = {key: value for key, value in voyage.settings.items() if key != name}
        yield replace(voyage, settings=rest)


def _without_leg(voyage: Voyage, number: int) -> Voyage:
    legs = voyage.legs[:number] + voyage.legs[number + 1 :]
    restores = voyage.restores
    if restores is not None and number <= restores:
        restores = max(restores - 1, 0)
    return replace(voyage, legs=legs, restores=restores)


def _simpler_leg(leg: Leg) -> Iterator[Leg]:
    for name in (
        "cancel_at", "stop_at", "usurp_at", "rival_at", "meddles", "jumps", "timeout", "outage",
    ):  # fmt: skip
        if getattr(leg, name) is not None:
            yield replace(leg, **{name: None})
    for name in ("refresh", "sweeps", "drifts", "protects"):
        if getattr(leg, name):
            yield replace(leg, **{name: False})
    for number in range(len(leg.fates)):
        yield replace(
            leg,
            fates=leg.fates[:number] + leg.fates[number + 1 :],
            absences=leg.absences[:number] + leg.absences[number + 1 :],
        )
    for number in range(len(leg.faults)):
        yield replace(leg, faults=leg.faults[:number] + leg.faults[number + 1 :])
    for wishes in _simpler_wishes(leg.wishes) if leg.deed == "deploy" else ():
        yield replace(leg, wishes=wishes)
    if leg.parallel:
        yield replace(leg, parallel=0)
    if leg.on_failure is not OnFailure.KEEP:
        yield replace(leg, on_failure=OnFailure.KEEP)
    for number, fault in enumerate(leg.faults):
        for name, least in (("skip", 0), ("count", 1), ("region", None)):
            if name in fault and fault[name] != least:
                less = {**fault, name: least} if least is not None else dict(fault)
                if least is None:
                    del less[name]
                yield replace(leg, faults=(*leg.faults[:number], less, *leg.faults[number + 1 :]))
    for number, away in enumerate(leg.absences):
        if away:
            yield replace(leg, absences=(*leg.absences[:number], 0.0, *leg.absences[number + 1 :]))
    for number, fate in enumerate(leg.fates):
        if fate.at > 1:
            less_far = replace(fate, at=fate.at - 1)
            yield replace(leg, fates=(*leg.fates[:number], less_far, *leg.fates[number + 1 :]))


def _simpler_wishes(wishes: Wishes) -> Iterator[Wishes]:
    for number in range(len(wishes.fan)):
        yield replace(wishes, fan=wishes.fan[:number] + wishes.fan[number + 1 :])
    for number, berth in enumerate(wishes.fan):
        if set(berth) != {"region"}:
            plain = {"region": berth["region"]}
            yield replace(wishes, fan=(*wishes.fan[:number], plain, *wishes.fan[number + 1 :]))
    yield from _simpler_lines(wishes)
    needed = {one.get("of") for one in wishes.singles.values()}
    for name, one in wishes.singles.items():
        if name not in needed:
            rest = {other: kept for other, kept in wishes.singles.items() if other != name}
            yield replace(wishes, singles=rest)
        for key, value in one.items():
            if key == "name":
                continue
            if key not in PLAIN or PLAIN[key] != value:
                less = {other: kept for other, kept in one.items() if other != key}
                yield replace(wishes, singles={**wishes.singles, name: less})


def _simpler_lines(wishes: Wishes) -> Iterator[Wishes]:
    for name, part in wishes.line.items():
        rest = {other: kept for other, kept in wishes.line.items() if other != name}
        if rest and name not in named_by(rest):
            yield replace(wishes, line=rest)
        for key in part:
            if key not in _NEEDED:
                less = {other: kept for other, kept in part.items() if other != key}
                yield replace(wishes, line={**wishes.line, name: less})
