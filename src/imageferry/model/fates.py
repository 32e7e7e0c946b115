"""Fates: what becomes of each resource of a change set, as a sign, a word, a route and remarks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from imageferry.model.changes import (
    Action,
    ChangeSet,
    PropertyChange,
    Replacement,
    ResourceChange,
)
from imageferry.model.expressions import Expression, Literal
from imageferry.model.values import Value, mask

SIGNS: Final[Mapping[Action, str]] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
    Action.MOVE: ">",
    Action.ADOPT: "=",
    Action.NONE: " ",
}
BLOCKED_SIGN: Final = "!"

FATES: Final[tuple[tuple[str, str], ...]] = (
    ("create", "to create"),
    ("update", "to update"),
    ("replace", "to replace"),
    ("move", "to move"),
    ("adopt", "to adopt"),
    ("delete", "to delete"),
    ("retain", "to leave behind"),
    ("blocked", "blocked"),
    ("unchanged", "unchanged"),
)
"""Every fate, and its words in a summary, in the order in which they are told."""

_SOURCE: Final = "SourceRegionId"
_DESTINATION: Final = "DestinationRegionId"

WHOLE: Final = frozenset({Action.CREATE, Action.DELETE})
"""What is shown of these are values, not differences."""


def fate_of(change: ResourceChange) -> str:
    """The fate of a resource, one of FATES; a blocked one has only that."""
    if change.blocked:
        return "blocked"
    if change.action is Action.DELETE and change.retained:
        return "retain"
    return "unchanged" if change.action is Action.NONE else change.action.value.lower()


def summary_of(change_set: ChangeSet) -> dict[str, int]:
    """How many resources meet which fate."""
    met = Counter(fate_of(change) for change in change_set.changes)
    return {fate: met.get(fate, 0) for fate, _ in FATES}


def is_told(change: ResourceChange) -> bool:
    """False where there is nothing to say of a resource: it stays as it is."""
    return bool(change.action is not Action.NONE or change.blocked or change.properties)


def known_properties(properties: Mapping[str, Expression]) -> dict[str, Value]:
    """The properties whose values are known before anything is done."""
    return {
        name: expression.value
        for name, expression in properties.items()
        if isinstance(expression, Literal)
    }


def route(properties: Mapping[str, Value], region: str) -> tuple[str, str] | None:
    """Source and destination of what names a region; the one it leaves out is the stack's own."""
    if _SOURCE not in properties and _DESTINATION not in properties:
        return None
    source, destination = (properties.get(name) or region for name in (_SOURCE, _DESTINATION))
    return str(mask(source)), str(mask(destination))


def route_of(change: ResourceChange, region: str) -> tuple[str, str] | None:
    """Source and destination of a change, where its resource has such."""
    if change.wanted is not None:
        return route(known_properties(change.wanted.properties), region)
    return route({str(one.path[0]): one.before for one in change.properties if one.path}, region)


def remarks_of(change: ResourceChange) -> list[str]:
    """What is to be known of a change beside its action, for people."""
    parts = []
    if change.action in {Action.DELETE, Action.ADOPT} and change.physical_id:
        parts.append(change.physical_id)
    if change.moved_from is not None:
        # A deletion may be of what has no index any longer, under the index that is left over.
        was = "it was" if change.action is Action.DELETE else "moved from"
        parts.append(f"{was} {change.moved_from}")
    keeps_old = change.wanted is not None and change.wanted.replacement_policy == "Retain"
    if change.action is Action.REPLACE and keeps_old:
        parts.append("the old one stays in the cloud, as its policy says")
    elif change.repairs:
        parts.append("after deleting what an earlier attempt left unfinished")
    elif change.action is Action.UPDATE and not (
        change.properties or change.reading or change.renews
    ):
        parts.append("once more, since its last update failed")
    if change.reading is not None and change.action is not Action.DELETE:
        parts.append("read" if change.reading.attributes is not None else "read in its turn")
    if change.renews:
        parts.append("made anew behind its Ref, since it is gone from the cloud")
    if change.retained:
        parts.append("stays in the cloud")
    if change.replacement is Replacement.MAYBE:
        parts.append("replaced if a value known later differs")
    return parts


def forcing(changed: PropertyChange) -> str:
    """Whether the new value of a property makes a new resource, for people; empty where not."""
    match changed.requires_replacement:
        case Replacement.YES:
            return "forces replacement"
        case Replacement.MAYBE:
            return "forces replacement if it differs"
        case Replacement.NO:
            return ""


def told_properties(change: ResourceChange) -> tuple[PropertyChange, ...]:
    """The changed properties; all those of a new resource, whether or not the plan lists them."""
    if change.properties or change.action is not Action.CREATE or change.wanted is None:
        return change.properties
    spans = change.wanted.property_spans
    return tuple(
        PropertyChange((name,), None, _known(expression), span=spans.get(name))
        for name, expression in change.wanted.properties.items()
    )


def _known(expression: Expression) -> Value:
    return expression.value if isinstance(expression, Literal) else "(known later)"
