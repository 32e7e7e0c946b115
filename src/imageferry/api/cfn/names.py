"""Names: stacks, change sets, events and statuses in the words of CloudFormation."""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import UUID

from imageferry.model.events import Event
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import RESOURCE_WORDS, STACK_WORDS, ResourceStatus, StackStatus

LANGUAGE: Final = "cloudformation"
STACK_TYPE: Final = "AWS::CloudFormation::Stack"
STACK_LIST: Final = STACK_WORDS[LANGUAGE]
_PREFIX: Final = "arn:"


def is_arn(text: str) -> bool:
    """True for what is an id with its place, and no plain name."""
    return text.startswith(_PREFIX)


def uuid_of(text: str) -> str:
    """The UUID at the end of an ARN; a text without one as it is."""
    return text.rsplit("/", 1)[-1]


def stack_arn(stack: Stack) -> str:
    """The id of a stack as CloudFormation writes it, made from its place where it has another."""
    if is_arn(stack.stack_id):
        return stack.stack_id
    return arn_of(stack.place, "stack", stack.name, stack.stack_id)


def change_set_arn(place: Place, name: str, change_set_id: str) -> str:
    """The id of a change set as CloudFormation writes it."""
    return arn_of(place, "changeSet", name, change_set_id)


def arn_of(place: Place, kind: str, name: str, uuid: str) -> str:
    """An ARN of CloudFormation: `arn:aws:cloudformation:REGION:ACCOUNT:KIND/NAME/UUID`."""
    return f"arn:aws:cloudformation:{place.region}:{place.account_id}:{kind}/{name}/{uuid}"


def stack_word(status: StackStatus) -> str:
    """The status of a stack."""
    return STACK_LIST[status]


def resource_word(status: ResourceStatus) -> str:
    """The status of a resource."""
    return RESOURCE_WORDS[LANGUAGE][status]


def event_word(event: Event) -> str:
    """The status that an event tells of."""
    if isinstance(event.status, StackStatus):
        return stack_word(event.status)
    return resource_word(event.status)


def event_id(event: Event, word: str, turn: int = 0) -> str:
    """The id of an event, always the same one: of a stack's a UUID, of a resource's its own words.

    `word` is the status that is told, `turn` tells apart what one event of ours becomes here.
    """
    seed = hashlib.sha256(f"{event.stack_id} {event.sequence} {turn}".encode()).digest()
    unique = str(UUID(bytes=seed[:16], version=4))
    if not event.address:
        return unique
    # The reference's form is `Logical-STATUS-timestamp`; two events of one moment stay apart.
    return f"{event.address}-{word}-{unique}"
