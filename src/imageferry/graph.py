"""Graph: what must come before what; order, cycles and the reverse, over any hashable names."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)


class Graph(Generic[Name]):
    """Names and their direct predecessors. Predecessors that are no names themselves are dropped."""

    def __init__(self, edges: Mapping[Name, Iterable[Name]]) -> None:
        self.before: dict[Name, frozenset[Name]] = {
            name: frozenset(other for other in others if other in edges)
            for name, others in edges.items()
        }

    def after(self) -> dict[Name, list[Name]]:
        """The direct successors of each name."""
        successors: dict[Name, list[Name]] = {name: [] for name in self.before}
        for name, others in self.before.items():
            for other in others:
                successors[other].append(name)
        return successors

    def order(self) -> list[Name]:
        """Every name after all that come before it; names of a cycle and behind it are left out."""
        missing = {name: len(others) for name, others in self.before.items()}
        successors = self.after()
        ready = [name for name, count in missing.items() if count == 0]
        for name in ready:
            for successor in successors[name]:
                missing[successor] -= 1
                if missing[successor] == 0:
                    ready.append(successor)
        return ready

    def cycle(self) -> list[Name]:
        """One cycle, as names where each needs the next and the last needs the first; or nothing."""
        if not any(self.before.values()):
            return []
        ordered = set(self.order())
        stuck = [name for name in self.before if name not in ordered]
        if not stuck:
            return []
        # Every stuck name has a stuck predecessor, so walking back must meet itself.
        path: list[Name] = []
        place: dict[Name, int] = {}
        current = stuck[0]
        while current not in place:
            place[current] = len(path)
            path.append(current)
            current = next(other for other in self.before[current] if other not in ordered)
        return path[place[current] :]

    def reversed(self) -> Graph[Name]:
        """The same names, every edge turned round."""
        return Graph(self.after())
