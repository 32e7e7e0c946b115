"""Line: what a handler sends to its service passes here, is written down, and may go wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import NamedTuple, TypeVar

Reply = TypeVar("Reply")


class Trouble(Enum):
    """What goes wrong on the way of one call.

    DROPPED: it never arrives. LOST: it is carried out, and no reply comes. THROTTLED and
    UNAVAILABLE: the service refuses it for now and carries nothing out.
    """

    DROPPED = "dropped"
    LOST = "lost"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"


class Death(Enum):
    """When the process dies: before a changing call is carried out, or after, without its reply."""

    BEFORE = "before"
    AFTER = "after"


class ProcessDied(BaseException):
    """The process died at a call: nothing catches this but the suite."""


class Passage(NamedTuple):
    """One call on the line. `said` is all that it says; the same call again says the same."""

    name: str
    changes: bool
    said: str
    trouble: Trouble | None


class Line:
    """The way from a handler to its service, cut and disturbed on demand.

    A fake service of an author's own passes each of its calls through `carry`; the client of an
    EmulatedCloud does so by itself.
    """

    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self._changing = 0
        self._death: tuple[int, Death] | None = None
        self._troubles: list[tuple[int, bool, Trouble]] = []
        self._reading = 0

    @property
    def is_calm(self) -> bool:
        """True where nothing more is going to go wrong."""
        return self._death is None and not self._troubles

    @property
    def changes(self) -> list[str]:
        """The names of the changing calls that were made, in order."""
        return [one.name for one in self.passages if one.changes]

    def die(self, number: int, when: Death) -> None:
        """Let the process die at the changing call of that number, counted from 1 and from now."""
        self._death = (self._changing + number, when)

    def disturb(self, number: int, trouble: Trouble, *, changing: bool = True) -> None:
        """Disturb the changing, or the reading, call of that number, counted from 1 and from now."""
        counted = self._changing if changing else self._reading
        self._troubles.append((counted + number, changing, trouble))

    async def carry(
        self,
        name: str,
        deed: Callable[[], Awaitable[Reply]],
        *,
        changes: bool,
        said: str,
        refuse: Callable[[Trouble], Reply],
    ) -> Reply:
        """Pass one call on: `deed` carries it out and replies.

        `changes` says whether it changes something; `said` is its parameters as text, the token in
        them and nothing that differs between two tries. `refuse` gives the refusal that the
        service would give, or raises what its client raises where no reply comes.
        """
        if changes:
            self._changing += 1
        else:
            self._reading += 1
        number = self._changing if changes else self._reading
        trouble = self._met(number, changes)
        self.passages.append(Passage(name, changes, said, trouble))
        death = self._death
        dies = changes and death is not None and death[0] == number
        if dies:
            self._death = None
            if death is not None and death[1] is Death.BEFORE:
                raise ProcessDied(name)
        if trouble is not None and trouble is not Trouble.LOST:
            return refuse(trouble)
        reply = await deed()
        if dies:
            raise ProcessDied(name)
        return reply if trouble is None else refuse(trouble)

    def _met(self, number: int, changes: bool) -> Trouble | None:
        for entry in self._troubles:
            if entry[:2] == (number, changes):
                self._troubles.remove(entry)
                return entry[2]
        return None
