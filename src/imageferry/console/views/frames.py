"""frame: what every page about one stack shows around what it is about: status, tabs and deeds."""

from __future__ import annotations

from typing import Final

from imageferry.console.statuses import look_of, word_of
from imageferry.console.visits import Visit, stack_path
from imageferry.model.stacks import Stack
from imageferry.model.statuses import WAYS, StackStatus, Verb

TABS: Final = (
    ("overview", "", "Overview"),
    ("events", "events", "Events"),
    ("resources", "resources", "Resources"),
    ("outputs", "outputs", "Outputs"),
    ("parameters", "parameters", "Parameters"),
    ("template", "template", "Template"),
    ("change-sets", "change-sets", "Change sets"),
    ("drift", "drift", "Drift"),
)
"""The tabs of a stack in the order that the consoles of both clouds share: name, path and label."""

_DEEDS: Final = (
    # name of the page, label, and which verb must be open to it (None: whenever nothing runs)
    ("update", "Update", Verb.DEPLOY),
    ("retry", "Retry", Verb.RETRY),
    ("cancel", "Cancel", Verb.CANCEL),
    ("rollback", "Continue the rollback", Verb.CONTINUE_ROLLBACK),
    ("adopt", "Adopt", None),
    ("delete", "Delete", Verb.DELETE),
)


async def frame(visit: Visit, tab: str, stack: Stack | None = None) -> dict[str, object]:
    """The values that `stack.html` needs; raises StackNotFound. `stack` where it was read already."""
    found = stack or await visit.stack()
    ways = WAYS[found.status]
    is_over = found.status is StackStatus.DELETED
    deeds = [
        (stack_path(found.stack_id, name), visit.language(label), name)
        for name, label, verb in _DEEDS
        if not is_over
        and (verb in ways if verb is not None else found.status.is_final)
    ]
    return {
        "title": f"{found.name} · {visit.language(_label(tab))}",
        "section": "stacks",
        "stack": found,
        "status_look": look_of(found.status),
        "status_word": word_of(found.status, found.dialect),
        "tabs": [
            (stack_path(found.stack_id, path).rstrip("/"), visit.language(label), name == tab)
            for name, path, label in TABS
        ],
        "stack_deeds": deeds if visit.may_write else [],
    }


def _label(tab: str) -> str:
    return next((label for name, _, label in TABS if name == tab), "")
