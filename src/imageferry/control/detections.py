"""Detections: comparisons with the cloud that go on while whoever asked comes back for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from imageferry.control.desk import Desk
from imageferry.control.drift import detect_drift, recorded
from imageferry.control.papers import papers_of
from imageferry.control.requests import OperationHolds, RequestRefused, StackNotFound
from imageferry.control.signs import Body, carry_out, is_silent
from imageferry.model.addresses import PropertyPath
from imageferry.model.detections import (
    Detection,
    DetectionStatus,
    FoundDifference,
    FoundDrift,
)
from imageferry.model.drift import (
    Difference,
    ResourceDrift,
    ResourceDriftStatus,
    StackDrift,
    StackDriftStatus,
)
from imageferry.model.stacks import Resource, Stack
from imageferry.model.values import Json, mask
from imageferry.ports.documents import Document, DocumentChanged, DocumentExists, Documents
from imageferry.ports.keeping import StoreError

KIND: Final = "detection"
FOUND_KIND: Final = "found_drift"
"""One document a stack: what the last comparison of each of its resources found."""

_BROKEN_OFF: Final = "the process that compared has ended before it was done; begin again"


async def begin_detection(desk: Desk, stack: Stack, logical_ids: Collection[str] = ()) -> Detection:
    """Begin to compare a stack, or some of its resources; it goes on in this process.

    Raises OperationHolds, ResourceUnknown, StackNotFound.
    """
    await recorded(desk, stack, logical_ids)
    detection = Detection(
        desk.entropy.new_id(), stack.stack_id, DetectionStatus.IN_PROGRESS, desk.clock.now()
    )
    document = _document(desk, detection)
    await papers_of(desk).add(document)
    broken = replace(detection, status=DetectionStatus.FAILED, reason=_BROKEN_OFF)
    comparing = partial(_compared, desk, stack, tuple(logical_ids), detection)
    desk.errands.begin(carry_out(desk, document, comparing, _body(broken)))
    return detection


async def _compared(
    desk: Desk, stack: Stack, logical_ids: tuple[str, ...], detection: Detection
) -> Body:
    try:
        drift = await detect_drift(desk, stack, logical_ids)
        await keep_found(desk, stack, drift)
    except (OperationHolds, RequestRefused, StackNotFound, StoreError) as failure:
        return _body(replace(detection, status=DetectionStatus.FAILED, reason=str(failure)))
    return _body(
        replace(
            detection,
            status=DetectionStatus.COMPLETE,
            drift_status=drift.status,
            drifted=drift.mark.drifted,
        )
    )


async def find_detection(desk: Desk, detection_id: str) -> Detection | None:
    """A detection of this account, as far as it is."""
    found = await papers_of(desk).get(KIND, desk.place.account_id, detection_id)
    return None if found is None else _as_far(desk, found)


async def last_detection(desk: Desk, stack_id: str) -> Detection | None:
    """The detection of a stack that was begun last, as far as it is; None where none is kept."""
    found = await papers_of(desk).find(KIND, desk.place.account_id, parent=stack_id, limit=1)
    return _as_far(desk, found[0]) if found else None


def _as_far(desk: Desk, found: Document) -> Detection:
    detection = _detection(found)
    if detection.status is DetectionStatus.IN_PROGRESS and is_silent(desk, found):
        return replace(detection, status=DetectionStatus.FAILED, reason=_BROKEN_OFF)
    return detection


async def detect_resource(desk: Desk, stack: Stack, logical_id: str) -> FoundDrift:
    """Compare one resource now; raises OperationHolds, ResourceUnknown, StackNotFound."""
    drift = await detect_drift(desk, stack, [logical_id])
    found = await keep_found(desk, stack, drift)
    return found[0]


async def drifts_found(desk: Desk, stack_id: str) -> list[FoundDrift]:
    """What the last comparison of each resource of a stack found; empty where none was made."""
    resources = await desk.store.resources(stack_id)
    return [one for one in await found_before(desk, stack_id) if one.logical_id in resources]


async def found_before(desk: Desk, stack_id: str) -> list[FoundDrift]:
    """The same with what was found of resources that the stack has no more."""
    kept = await papers_of(desk).get(FOUND_KIND, desk.place.account_id, stack_id)
    if kept is None:
        return []
    return [_found(stack_id, name, body) for name, body in kept.body.items()]


async def keep_found(desk: Desk, stack: Stack, drift: StackDrift) -> list[FoundDrift]:
    """Keep what a comparison has found, beside what is kept of resources that were not compared."""
    resources = await desk.store.resources(stack.stack_id)
    found = [
        _shown(one, resources.get(str(one.address)), stack.stack_id, drift.checked_at)
        for one in drift.resources
    ]
    fresh = {one.logical_id: _written(one) for one in found}
    papers, account = papers_of(desk), desk.place.account_id
    while not await _merged(papers, account, stack.stack_id, fresh, desk.clock.now()):
        # Another comparison has ended at the same moment; both count.
        continue
    return found


async def _merged(
    papers: Documents, account: str, stack_id: str, fresh: Mapping[str, Json], now: float
) -> bool:
    kept = await papers.get(FOUND_KIND, account, stack_id)
    try:
        if kept is None:
            await papers.add(Document(FOUND_KIND, account, stack_id, fresh, now, now))
        else:
            await papers.change(replace(kept, body={**kept.body, **fresh}, updated_at=now))
    except (DocumentExists, DocumentChanged):
        return False
    return True


def _shown(drift: ResourceDrift, resource: Resource | None, stack_id: str, at: float) -> FoundDrift:
    expected: dict[str, Json] = {}
    actual: dict[str, Json] = {}
    compared = {ResourceDriftStatus.IN_SYNC, ResourceDriftStatus.MODIFIED}
    if resource is not None and drift.status in compared:
        expected = {name: mask(value) for name, value in resource.properties.items()}
        seen = {name: mask(value) for name, value in (drift.observed or {}).items()}
        actual = {**expected, **seen}
    return FoundDrift(
        stack_id,
        str(drift.address),
        drift.physical_id or "",
        drift.type_name,
        drift.status,
        at,
        expected,
        actual,
        tuple(_difference(one) for one in drift.differences),
        drift.reason,
    )


def _difference(one: Difference) -> FoundDifference:
    return FoundDifference(_pointer(one.path), one.kind.value, mask(one.wanted), mask(one.actual))


def _pointer(path: PropertyPath) -> str:
    # RFC 6901: the two characters that mean something in a pointer are written otherwise.
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


# --- as documents -----------------------------------------------------------------------------------


def _body(detection: Detection) -> Body:
    drift_status = detection.drift_status
    return {
        "status": detection.status.value,
        "reason": detection.reason,
        "drift_status": None if drift_status is None else drift_status.value,
        "drifted": detection.drifted,
    }


def _document(desk: Desk, detection: Detection) -> Document:
    return Document(
        KIND,
        desk.place.account_id,
        detection.detection_id,
        _body(detection),
        detection.at,
        desk.clock.now(),
        parent=detection.stack_id,
    )


def _detection(document: Document) -> Detection:
    body: Mapping[str, Any] = document.body
    drift_status = body["drift_status"]
    return Detection(
        document.document_id,
        document.parent,
        DetectionStatus(body["status"]),
        document.created_at,
        body["reason"],
        None if drift_status is None else StackDriftStatus(drift_status),
        body["drifted"],
    )


def _written(found: FoundDrift) -> Json:
    return {
        "physical_id": found.physical_id,
        "type": found.type_name,
        "status": found.status.value,
        "at": found.at,
        "expected": dict(found.expected),
        "actual": dict(found.actual),
        "differences": [
            [one.path, one.kind, one.expected, one.actual] for one in found.differences
        ],
        "reason": found.reason,
    }


def _found(stack_id: str, logical_id: str, body: Any) -> FoundDrift:
    return FoundDrift(
        stack_id,
        logical_id,
        body["physical_id"],
        body["type"],
        ResourceDriftStatus(body["status"]),
        body["at"],
        body["expected"],
        body["actual"],
        tuple(FoundDifference(*one) for one in body["differences"]),
        body["reason"],
    )
