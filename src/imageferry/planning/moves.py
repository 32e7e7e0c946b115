"""Which existing instance of a counted definition stands for which wanted one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Matching:
    """`source[i]` is the existing index that the wanted index i takes over (itself, mostly).

    `doomed` are existing indexes that no wanted one takes over, each with the index at which it
    is recorded until it is gone, so that no two resources share an address.
    """

    source: Mapping[int, int]
    doomed: Mapping[int, int]


def match(wanted: Mapping[int, str | None], existing: Mapping[int, str | None]) -> Matching:
    """Match by what they are, then by where they are.

    Both map indexes to signatures: equal signatures change nothing, None is equal to nothing.
    First whoever is unchanged stays. Then a wanted instance takes over an existing one that is
    equal to it. What is left at the same index on both sides belongs together as a change.
    """
    source = {
        index: index
        for index, signature in wanted.items()
        if signature is not None and existing.get(index) == signature
    }
    by_signature: dict[str, list[int]] = {}
    for index, signature in existing.items():
        if signature is not None and index not in source:
            by_signature.setdefault(signature, []).append(index)
    for index, signature in wanted.items():
        if index not in source and signature is not None and by_signature.get(signature):
            source[index] = by_signature[signature].pop(0)
    used = set(source.values())
    for index in wanted:
        if index not in source and index in existing and index not in used:
            source[index] = index
            used.add(index)
    left = [index for index in existing if index not in used]
    taken = set(wanted)
    free = iter(index for index in range(len(wanted) + len(existing)) if index not in taken)
    stays = {index for index in left if index not in taken}
    doomed = {index: index for index in stays}
    for index in left:
        if index not in stays:
            doomed[index] = next(place for place in free if place not in stays)
    return Matching(source, doomed)
