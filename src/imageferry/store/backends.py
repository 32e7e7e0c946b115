"""Backend: what differs between one database and another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from imageferry.ports.keeping import StoreError, StoreUnavailable


class Conflict(StoreError):
    """A row of that key is there already: another transaction was first."""


class Undone(StoreUnavailable):
    """The transaction certainly left nothing behind: it may be tried again at once."""


class DriverMissing(StoreError):
    """The library that speaks to a database of this kind is not installed."""


@dataclass(frozen=True, slots=True)
class Backend:
    """One database and how to speak to it.

    `where` names it in messages, without a password. `connect` raises StoreError. `begin` starts a
    transaction: one that writes has the right to do so from its beginning or gets it row by row,
    one that only reads sees one moment and never waits for writers. `take_turn` makes a
    transaction wait until it is the only one that has taken its turn. `in_words` says what a
    failure means, as the StoreError to raise. `lanes` is how many connections are of use to one
    process. `is_shared` is True where tables of other programs may stand beside ours.
    """

    where: str
    connect: Callable[[], Connection]
    begin: Callable[[Connection, bool], None]
    take_turn: Callable[[Connection], None]
    in_words: Callable[[SQLAlchemyError], StoreError]
    lanes: int = 1
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Failing:
    """What one kind of failure means. `passes`: the same may succeed a little later."""

    why: str
    mend: str
    passes: bool = False


REFUSED: Final = Failing("it refused a statement", "see the cause")


def look_up(failures: Mapping[str, Failing], name: str) -> Failing:
    """What the longest beginning of a failure's name says."""
    known = max((key for key in failures if name.startswith(key)), key=len, default="")
    return failures.get(known, REFUSED)


def said(where: str, failing: Failing, cause: str) -> StoreError:
    """The failure of a database as the exception to raise."""
    words = f'the database "{where}" cannot be used: {failing.why} ({cause}); {failing.mend}'
    return StoreUnavailable(words) if failing.passes else StoreError(words)
