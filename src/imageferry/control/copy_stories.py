"""read_story(desk, stack, address): everything about one resource of a stack, for its own page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from imageferry.control.requests import ResourceView
from imageferry.model.command_lines import CommandLine
from imageferry.model.detections import FoundDrift
from imageferry.model.matrix import MatrixCell
from imageferry.model.operations import Operation
from imageferry.model.stacks import Stack
from imageferry.model.verifications import ResourceVerification


class MomentKind(Enum):
    """What a moment of a story tells of.

    EVENT: a change of status. INTENDED: the step was written down. CALLED: the cloud has answered with
    an id. ENDED: the step came to its end. PROGRESS: how far it is now. DRIFT, VERIFIED: when it was
    compared.
    """

    EVENT = "event"
    INTENDED = "intended"
    CALLED = "called"
    PROGRESS = "progress"
    ENDED = "ended"
    DRIFT = "drift"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class StoryMoment:
    """One line of a story. `at` is in seconds since 1970; `status` a word of the stack's language,
    empty where there is none; `says` a sentence for people without any secret.
    """

    at: float
    kind: MomentKind
    says: str
    status: str = ""
    image_id: str = ""
    operation_id: str = ""
    request_id: str = ""
    is_failure: bool = False


@dataclass(frozen=True, slots=True)
class CloudRequest:
    """A call to the cloud that was answered: its id there, what it was for, and whether it failed."""

    request_id: str
    action: str
    at: float
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class StoryId:
    """One id of a resource: `label` says which, such as `image`, `token`, `lineage`."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class KeptVerification:
    """What the last verification of a resource found, and when (seconds since 1970)."""

    verified_at: float
    found: ResourceVerification


@dataclass(frozen=True, slots=True)
class CopyStory:
    """Everything about one resource of a stack.

    `size` is in GiB, None where nobody has told it. `drift` and `verification` are those of the last
    comparison, None where nothing was ever compared. `timeline` is oldest first.
    """

    stack: Stack
    view: ResourceView
    cell: MatrixCell
    operation: Operation | None
    ids: tuple[StoryId, ...]
    timeline: tuple[StoryMoment, ...]
    requests: tuple[CloudRequest, ...]
    commands: tuple[CommandLine, ...]
    size: int | None = None
    drift: FoundDrift | None = None
    verification: KeptVerification | None = None
