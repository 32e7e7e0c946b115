"""ROS's words for what we have: statuses, ids, times, and the id of its stacks' own type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from imageferry.model.statuses import RESOURCE_WORDS, STACK_WORDS, ResourceStatus, StackStatus
from imageferry.model.values import MASK, Json, Value, mask

LANGUAGE: Final = "ros"
"""The dialect whose words this API speaks, whatever a stack was made from."""

STACK_TYPE: Final = "ALIYUN::ROS::Stack"
"""The type by which events speak of the stack itself (ROS reference, ListStackEvents)."""

HIDDEN: Final = "******"
"""What stands for the value of a NoEcho parameter (ROS reference, GetStack)."""


def moment(seconds: float) -> str:
    """A time since 1970 as ROS writes it: UTC, to the second, without a zone."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def stack_word(status: StackStatus) -> str:
    """The status of a stack in ROS's words."""
    return STACK_WORDS[LANGUAGE][status]


def resource_word(status: ResourceStatus) -> str:
    """The status of a resource in ROS's words."""
    return RESOURCE_WORDS[LANGUAGE][status]


def status_word(status: StackStatus | ResourceStatus) -> str:
    """Either status in ROS's words."""
    if isinstance(status, StackStatus):
        return stack_word(status)
    return resource_word(status)


def plain_id(stack_id: str) -> str:
    """The UUID of a stack, also where its own id is longer: the last part of an ARN."""
    return stack_id.rpartition("/")[2]


def shown_value(value: Value) -> Json:
    """A value as answers show it: ROS's own stars stand for what is hidden anywhere inside it."""
    return _starred(mask(value))


def _starred(value: Json) -> Json:
    if value == MASK:
        return HIDDEN
    if isinstance(value, Mapping):
        return {name: _starred(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_starred(inner) for inner in value]
    return value
