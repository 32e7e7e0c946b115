"""Courses: the operations of stacks as they are kept, and the status that shows how far one is."""

from __future__ import annotations

from imageferry.api.cfn.asks import Ask
from imageferry.api.cfn.histories import CLOSING, Course, course_of, is_closing
from imageferry.api.cfn.names import stack_word
from imageferry.model.stacks import Stack


async def find_course(ask: Ask, operation_id: str) -> Course:
    """One operation with its journal; an empty course where it is not known."""
    store = ask.plane.desk.store
    operation = await store.operation(operation_id) if operation_id else None
    if operation is None:
        return Course()
    planned = await store.change_set(operation.change_set_id)
    undone = operation.rollback_id and await store.change_set(operation.rollback_id)
    return course_of(operation, await store.records(operation_id), (planned, undone or None))


async def standing_word(ask: Ask, stack: Stack) -> str:
    """The status of a stack, which tells of an update whether it only cleans up any more."""
    closing = CLOSING.get(stack.status)
    if closing is None or stack.operation_id is None:
        return stack_word(stack.status)
    phase, word = closing
    course = await find_course(ask, stack.operation_id)
    return word if is_closing(course, phase) else stack_word(stack.status)
