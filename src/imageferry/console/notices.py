"""told_path, notice_of: what a page says after a deed, sealed so that no link can make it say anything."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import urlencode

from imageferry.console.visits import Visit, stack_path
from imageferry.model.named_changes import ExecutionStatus, NamedChangeSet

DONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "proposed": "The change set is made. Nothing has happened yet: look at it, then approve it.",
        "approved": "The change set is approved. What becomes of it is told below.",
        "dropped": "The change set is deleted. Nothing of the stack was changed by that.",
        "blocked": "The change set is made, and cannot be carried out as it is: see below why.",
        "nothing": "There is nothing to change: the stack is already as it was asked for.",
        "cancelled": "The operation was told to stop. What it did is being undone.",
        "broken-off": "The rollback was told to stop. What is not undone yet stays as it is.",
        "retried": "It is being tried again.",
        "rolling-back": "It is being rolled back.",
        "deleting": "The stack is being deleted.",
        "protected": "The stack is protected: it cannot be deleted.",
        "unprotected": "The stack can be deleted again.",
        "followed": "That is being done already.",
    }
)
"""What there is to say, by the word that stands for it in a path."""

_LONGEST: Final = 1_200


class Notice(NamedTuple):
    """What was done, and what to type for it; the line is empty where it is too long for a path."""

    said: str
    line: str


def told_path(visit: Visit, path: str, word: str, line: str = "") -> str:
    """The path of a page that says, to this session alone, what was done."""
    kept = line if len(line) <= _LONGEST else ""
    query = {"done": word, **({"line": kept} if kept else {}), "seal": _seal(visit, word, kept)}
    return f"{path}?{urlencode(query)}"


def proposed_path(visit: Visit, named: NamedChangeSet) -> str:
    """The page of a change set that a form has made, saying whether it can be approved."""
    path = stack_path(named.stack_id, "change-sets", named.change_set_id)
    if named.is_empty:
        return told_path(visit, path, "nothing")
    is_open = named.execution is ExecutionStatus.AVAILABLE
    return told_path(visit, path, "proposed" if is_open else "blocked")


def notice_of(visit: Visit) -> Notice | None:
    """What the path of this visit says was done; None where nothing, or not by us."""
    word, line = visit.query.get("done", ""), visit.query.get("line", "")
    if word not in DONE:
        return None
    given = visit.query.get("seal", "").encode()
    if not hmac.compare_digest(_seal(visit, word, line).encode(), given):
        return None
    return Notice(visit.language(DONE[word]), line)


def _seal(visit: Visit, word: str, line: str) -> str:
    said = f"notice\0{word}\0{line}".encode()
    return hmac.new(visit.session.token.encode(), said, hashlib.sha256).hexdigest()[:32]
