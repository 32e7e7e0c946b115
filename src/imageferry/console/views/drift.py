"""Drift: what the last comparison with the cloud has found, each value before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from imageferry.console.views.frames import frame
from imageferry.console.visits import Visit, stack_path
from imageferry.control.detections import begin_detection, drifts_found, last_detection
from imageferry.control.distributions.versions import TEMPLATE_NAME
from imageferry.model.command_lines import CommandLine, command_line, of_place, stack_line
from imageferry.model.detections import DetectionStatus, FoundDifference, FoundDrift
from imageferry.model.drift import (
    RESOURCE_DRIFT_WORDS,
    STACK_DRIFT_WORDS,
    ResourceDriftStatus,
    StackDriftStatus,
)
from imageferry.model.stacks import Stack, StackQuery
from imageferry.model.statuses import StackStatus

_ON_A_PAGE: Final = 50

_LOOKS: Final[Mapping[ResourceDriftStatus, str]] = {
    ResourceDriftStatus.IN_SYNC: "there",
    ResourceDriftStatus.MODIFIED: "drifted",
    ResourceDriftStatus.DELETED: "missing",
    ResourceDriftStatus.NOT_CHECKED: "unknown",
    ResourceDriftStatus.UNKNOWN: "failed",
}
_STACK_LOOKS: Final[Mapping[StackDriftStatus, str]] = {
    StackDriftStatus.IN_SYNC: "there",
    StackDriftStatus.DRIFTED: "drifted",
    StackDriftStatus.NOT_CHECKED: "unknown",
    StackDriftStatus.UNKNOWN: "failed",
}
_URGENCY: Final = (
    ResourceDriftStatus.MODIFIED,
    ResourceDriftStatus.DELETED,
    ResourceDriftStatus.UNKNOWN,
)
"""What comes first in the list."""

_KINDS: Final[Mapping[str, str]] = {
    "ADD": "was added",
    "REMOVE": "was removed",
    "NOT_EQUAL": "is another one",
}


@dataclass(frozen=True, slots=True)
class DriftLine:
    """One resource, with its properties as recorded and as the cloud has them where they differ."""

    found: FoundDrift
    look: str
    word: str
    differences: Sequence[tuple[FoundDifference, str, str]]


async def drift(visit: Visit) -> Mapping[str, object]:
    """What was found last; no cloud is asked for it."""
    stack = await visit.stack()
    found = await drifts_found(visit.core, stack.stack_id)
    # Out of what is remembered: of a large stack much is to be read otherwise.
    query = StackQuery(stack.place, ids=(stack.stack_id,), with_deleted=True)
    survey = await visit.core.store.survey(query, 0, 1)
    resources = survey.resources.get(stack.stack_id, {})
    only = visit.query.get("only") == "drifted"
    listed = sorted((one for one in found if one.status.is_drift or not only), key=_urgency)
    pages = max(1, -(-len(listed) // _ON_A_PAGE))
    page = min(visit.page_number, pages)
    detection = await last_detection(visit.core, stack.stack_id)
    mark = stack.drift
    is_going_on = detection is not None and detection.status is DetectionStatus.IN_PROGRESS
    return {
        **await frame(visit, "drift", stack),
        "detection": detection,
        "is_going_on": is_going_on,
        "has_failed": detection is not None and detection.status is DetectionStatus.FAILED,
        "may_detect": stack.status.is_final and stack.status is not StackStatus.DELETED,
        "mark": mark,
        "mark_look": "" if mark is None else _STACK_LOOKS[mark.status],
        "mark_word": "" if mark is None else STACK_DRIFT_WORDS[stack.dialect][mark.status],
        "lines": [
            _line(visit, stack, one) for one in listed[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
        ],
        "found": len(found),
        "drifted": sum(one.status.is_drift for one in found),
        "never": len(resources.keys() - {one.logical_id for one in found}),
        "only": only,
        "page": page,
        "pages": pages,
        "verify_path": stack_path(stack.stack_id, "verify"),
        "update_path": stack_path(stack.stack_id, "update"),
        "setting_back": _setting_back(stack).text,
        "commands": [stack_line("drift", stack).text],
    }


async def detect(visit: Visit) -> Response:
    """Begin to compare the stack with the cloud, unless that goes on already."""
    stack = await visit.stack()
    last = await last_detection(visit.core, stack.stack_id)
    if last is None or last.status is not DetectionStatus.IN_PROGRESS:
        await begin_detection(visit.core, stack)
    return RedirectResponse(stack_path(stack.stack_id, "drift"), 303)


def _setting_back(stack: Stack) -> CommandLine:
    """The command that sets back what can be; what was distributed has its template in no file."""
    if stack.template_name == TEMPLATE_NAME:
        place = of_place(stack.place)
        options = {"from": place["region"], "to": "REGIONS", "cloud": place["cloud"]}
        return command_line(
            "distribute", {**options, "stack": stack.name, "refresh": True}, "IMAGE"
        )
    return stack_line("deploy", stack, stack.template_name or "TEMPLATE", refresh=True)


def _urgency(found: FoundDrift) -> int:
    return _URGENCY.index(found.status) if found.status in _URGENCY else len(_URGENCY)


def _line(visit: Visit, stack: Stack, found: FoundDrift) -> DriftLine:
    words = RESOURCE_DRIFT_WORDS[stack.dialect]
    return DriftLine(
        found,
        _LOOKS[found.status],
        words[found.status],
        [
            (one, _name(one.path), visit.language(_KINDS.get(one.kind, one.kind)))
            for one in found.differences
        ],
    )


def _name(pointer: str) -> str:
    """A JSON pointer as people write a property: what follows the first part is in brackets."""
    head, *rest = (
        part.replace("~1", "/").replace("~0", "~") for part in pointer.lstrip("/").split("/")
    )
    return head + "".join(f"[{part}]" for part in rest)
