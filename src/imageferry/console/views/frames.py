"""frame: what every page about one stack shows around what it is about: status, tabs and deeds."""

from __future__ import annotations

from typing import Final

from imageferry.console.notices import notice_of
from imageferry.console.statuses import look_of, word_of
from imageferry.console.visits import PageRefused, Visit, stack_path
from imageferry.control.ways import open_ways
from imageferry.model.stacks import Stack
from imageferry.model.statuses import LATE_ROLLBACKS, WAYS, OperationStatus, StackStatus, Verb

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
    ("protect", "Protection", None),
    ("delete", "Delete", Verb.DELETE),
)


async def frame(visit: Visit, tab: str, stack: Stack | None = None) -> dict[str, object]:
    """The values that `stack.html` needs; raises StackNotFound. `stack` where it was read already."""
    found = stack or await visit.stack()
    ways = await _open_verbs(visit, found)
    is_over = found.status is StackStatus.DELETED
    deeds = [
        (stack_path(found.stack_id, name), visit.language(label), name)
        for name, label, verb in _DEEDS
        if not is_over and (verb in ways if verb is not None else found.status.is_final)
    ]
    if found.status in LATE_ROLLBACKS:
        label = visit.language("Roll back")
        deeds.insert(2, (stack_path(found.stack_id, "rollback"), label, "rollback"))
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
        "notice": notice_of(visit),
    }


async def _open_verbs(visit: Visit, stack: Stack) -> frozenset[Verb]:
    """What may be asked of a stack; what somebody works on needs nobody to try it again."""
    if stack.status.is_final:
        return frozenset(WAYS[stack.status])
    operation = await visit.core.store.last_operation(stack.stack_id)
    is_run: bool | None = None
    if operation is not None and operation.status is OperationStatus.RUNNING:
        is_run = await visit.core.dispatcher.is_run(operation.operation_id)
    return frozenset(way.verb for way in open_ways(stack, operation, is_run))


def need_living(visit: Visit, stack: Stack) -> None:
    """Raise PageRefused where a stack is deleted: nothing is done with it any more."""
    if stack.status is StackStatus.DELETED:
        raise PageRefused(409, visit.language("the stack is deleted"))


def need_way(visit: Visit, stack: Stack, verb: Verb) -> None:
    """Raise PageRefused where a stack is in no status for a deed."""
    need_living(visit, stack)
    if verb in WAYS[stack.status]:
        return
    said = visit.language(
        "that cannot be done while the stack is {status}",
        status=word_of(stack.status, stack.dialect),
    )
    remedy = (
        ""
        if stack.status.is_final
        else visit.language("wait until that operation has ended, or cancel it")
    )
    raise PageRefused(409, said, remedy)


def _label(tab: str) -> str:
    return next((label for name, _, label in TABS if name == tab), "")
