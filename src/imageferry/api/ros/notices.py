"""notice_of: what the receivers of a stack's changes are told, in ROS's words."""

from __future__ import annotations

from imageferry.api.ros.names import plain_id, stack_word
from imageferry.api.ros.replies import outputs_reply
from imageferry.api.ros.stacks import template_of
from imageferry.control.desk import Desk
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json


def notice_of(desk: Desk, stack: Stack, status: StackStatus) -> Json:
    """What is posted (ROS reference, CreateStack, NotificationURLs); hidden values are stars.

    The outputs are those of this moment, as GetStack shows them.
    """
    template = template_of(desk, stack) if stack.outputs else None
    return {
        "StackId": plain_id(stack.stack_id),
        "StackName": stack.name,
        "Status": stack_word(status),
        "Outputs": outputs_reply(stack.outputs, None if template is None else template.outputs),
    }
