"""set_back(change_set, drifts, catalog): what was changed outside is brought back by the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from imageferry.model.changes import Action, ChangeSet, PropertyChange, ResourceChange, Wanted
from imageferry.model.diagnostics import Diagnostic, warning
from imageferry.model.drift import ResourceDrift, ResourceDriftStatus
from imageferry.model.expressions import Literal
from imageferry.model.schemas import ResourceSchema
from imageferry.model.stacks import Resource
from imageferry.model.values import UNKNOWN, Value
from imageferry.planning.differences import shrinks
from imageferry.planning.explaining import cause_of, cures
from imageferry.ports.types import Catalog

DRIFTED: Final = "drifted: set back"
_STAYING: Final = frozenset({Action.NONE, Action.MOVE, Action.UPDATE})


def set_back(
    change_set: ChangeSet,
    drifts: Sequence[ResourceDrift],
    catalog: Catalog,
    resources: Mapping[str, Resource],
) -> ChangeSet:
    """The change set with what drifted as its former values, and a warning for what cannot be mended.

    Only what the type calls restorable is set back in place; what is replaced anyway is made as it
    is wanted. `resources` are those recorded, by address: what setting one back mends of another is
    no doubt.
    """
    found = {str(drift.address): drift for drift in drifts}
    changes: list[ResourceChange] = []
    warnings: list[Diagnostic] = []
    for change in change_set.changes:
        drift = found.get(str(change.moved_from or change.address))
        known = catalog.find(change.type_name)
        if drift is None or known is None or change.wanted is None:
            changes.append(change)
            continue
        changes.append(_mended(change, change.wanted, drift, known.schema))
    cured = cures(_set_back_alone(changes, resources), catalog)
    for change in changes:
        address = str(change.moved_from or change.address)
        drift, known = found.get(address), catalog.find(change.type_name)
        if drift is None or known is None or change.wanted is None:
            continue
        recorded = resources.get(address)
        if recorded is not None:
            left = [
                one
                for one in drift.differences
                if one.is_property or cause_of(one, recorded, cured) is None
            ]
            drift = replace(drift, differences=tuple(left))
        warnings += _doubts(drift, change, change.wanted, known.schema)
    return replace(change_set, changes=tuple(changes), warnings=(*change_set.warnings, *warnings))


def _set_back_alone(
    changes: Iterable[ResourceChange], resources: Mapping[str, Resource]
) -> list[Resource]:
    """What is only brought back to what it was: it then does again what its record says."""
    return [
        resources[address]
        for change in changes
        if change.observed and all(one.remark == DRIFTED for one in change.properties)
        if (address := str(change.moved_from or change.address)) in resources
    ]


def _mended(
    change: ResourceChange, wanted: Wanted, drift: ResourceDrift, schema: ResourceSchema
) -> ResourceChange:
    observed = {
        name: value
        for name, value in (drift.observed or {}).items()
        if _returns(schema, wanted, name, value)
    }
    if not observed or change.action not in _STAYING:
        return change
    planned = {str(one.path[0]): one for one in change.properties}
    names = dict.fromkeys((*planned, *observed))
    properties = tuple(_property(name, observed, planned, wanted) for name in names)
    return replace(change, action=Action.UPDATE, properties=properties, observed=observed)


def _property(
    name: str,
    observed: Mapping[str, Value],
    planned: Mapping[str, PropertyChange],
    wanted: Wanted,
) -> PropertyChange:
    known = planned.get(name)
    if known is not None:
        return known if name not in observed else replace(known, before=observed[name])
    expression = wanted.properties.get(name)
    after: Value = None
    if expression is not None:
        after = expression.value if isinstance(expression, Literal) else UNKNOWN
    span = wanted.property_spans.get(name)
    return PropertyChange((name,), observed[name], after, remark=DRIFTED, span=span)


def _returns(schema: ResourceSchema, wanted: Wanted, name: str, observed: Value) -> bool:
    """Whether an update in place brings a property back from what it was found to be."""
    known, expression = schema.properties.get(name), wanted.properties.get(name)
    if known is None or not known.restorable:
        return False
    return not (isinstance(expression, Literal) and shrinks(known, observed, expression.value))


def _doubts(
    drift: ResourceDrift, change: ResourceChange, wanted: Wanted, schema: ResourceSchema
) -> Iterator[Diagnostic]:
    """What is to be known beside the changes: what is made anew, what stays as it is."""
    span = wanted.span
    if drift.status is ResourceDriftStatus.DELETED:
        said = f'"{drift.address}" was deleted outside, and is made anew'
        yield warning("IF849", said, why=drift.reason, span=span)
    if drift.status is ResourceDriftStatus.UNKNOWN:
        said = f'"{drift.address}" could not be looked at, and counts as it is recorded'
        yield warning("IF849", said, why=drift.reason, remedy="plan again", span=span)
    observed = drift.observed or {}
    mending = [
        (one, str(one.path[0]) if one.is_property else one.mended_by) for one in drift.differences
    ]
    stays = [
        str(one.path[0])
        for one, name in mending
        if not _returns(schema, wanted, name, observed.get(name))
    ]
    if stays and change.action in _STAYING:
        yield warning(
            "IF849",
            f'"{drift.address}" has drifted and cannot be set back in place:'
            f" {', '.join(dict.fromkeys(stays))}",
            remedy='"imageferry drift" shows how; mend it in the cloud, or have it made anew',
            span=span,
        )
