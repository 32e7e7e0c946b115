"""An output of another stack, as each dialect's owner gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.suggestions import did_you_mean
from imageferry.model.values import Value
from imageferry.ports.keeping import Store

DEEPEST: Final = 3
"""ROS reference, Fn::GetStackOutput: how many stacks may read one from the other."""

# ROS reference, Fn::GetStackOutput: the output of a stack that is being worked on, that was
# deleted, or whose deletion has failed is null.
_SILENT: Final = frozenset(
    {
        StackStatus.REVIEWING,
        StackStatus.CREATING,
        StackStatus.CREATE_ROLLING_BACK,
        StackStatus.UPDATING,
        StackStatus.UPDATE_ROLLING_BACK,
        StackStatus.DELETING,
        StackStatus.DELETED,
        StackStatus.DELETE_FAILED,
    }
)


class Unanswered(Exception):
    """A question has no answer: the code, what, why and how to mend it."""

    def __init__(self, code: str, message: str, *, why: str = "", remedy: str = "") -> None:
        self.code = code
        self.message = message
        self.why = why
        self.remedy = remedy
        super().__init__(message)


async def output_of_stack(store: Store, asker: Stack, arguments: Sequence[str]) -> Value:
    """What another stack of the same cloud and account has as an output; raises Unanswered.

    `arguments` are the stack's name or id, the output's name, and a region (or nothing: the
    asker's). A ROS template is given null where there is nothing to give; a CloudFormation
    template is refused.
    """
    name, output, *rest = arguments
    region = rest[0] if rest and rest[0] else asker.place.region
    target = await _find(store, asker, name, region)
    if asker.dialect == "ros":
        if target is None or target.stack_id == asker.stack_id or target.status in _SILENT:
            return None
        await _check_chain(store, asker, [asker.name], target)
        return target.outputs.get(output)
    return _strictly(asker, target, name, output, region)


async def _find(store: Store, asker: Stack, name: str, region: str) -> Stack | None:
    by_id = await store.stack(name)
    if by_id is not None:
        same = replace(asker.place, region=by_id.place.region) == by_id.place
        return by_id if same and by_id.place.region == region else None
    found = await store.find_stacks(replace(asker.place, region=region), name)
    return found[0] if found else None


def _strictly(asker: Stack, target: Stack | None, name: str, output: str, region: str) -> Value:
    if target is None or target.status is StackStatus.DELETED:
        raise Unanswered(
            "IF367",
            f"no stack '{name}' lives in '{region}', so it has no output '{output}'",
            remedy="deploy that stack first, or name the region it lives in",
        )
    if target.stack_id == asker.stack_id:
        raise Unanswered(
            "IF367",
            f"the stack '{name}' cannot ask for an output of its own",
            why="its outputs are known only once it is done",
            remedy="write what the output's value is made from",
        )
    if target.status in _SILENT:
        raise Unanswered(
            "IF369",
            f"the stack '{name}' has no outputs at the moment",
            why=f"its status is {target.status.value}",
            remedy="give the command again once it is complete",
        )
    if target.outputs.get(output) is None:
        raise Unanswered(
            "IF368",
            f"the stack '{name}' has no output '{output}' with a value",
            remedy=did_you_mean(
                output,
                [one for one, value in target.outputs.items() if value is not None],
                "declare it in that stack's template, and deploy that first",
            ),
        )
    return target.outputs[output]


async def _check_chain(store: Store, asker: Stack, above: list[str], target: Stack) -> None:
    """Raise Unanswered where stacks read one another in a circle, or too many in a row."""
    chain = [*above, target.name]
    if len(chain) > DEEPEST:
        raise Unanswered(
            "IF370",
            f"too many stacks read outputs one from the other: {' -> '.join(chain)}",
            why=f"ROS lets {DEEPEST} stacks in a row do so",
            remedy="read the output where it comes from",
        )
    for inquiry in target.asked:
        below = await _asked_stack(store, target, inquiry)
        if below is None:
            continue
        if below.stack_id == asker.stack_id:
            raise Unanswered(
                "IF370",
                "stacks read outputs one from the other in a circle: "
                + " -> ".join([*chain, asker.name]),
                why="ROS allows it in one direction only",
                remedy="take one of the outputs from a parameter",
            )
        await _check_chain(store, asker, chain, below)


async def _asked_stack(store: Store, stack: Stack, inquiry: Inquiry) -> Stack | None:
    if inquiry.kind is not InquiryKind.STACK_OUTPUT:
        return None
    name, _, *rest = inquiry.arguments
    found = await _find(store, stack, name, rest[0] if rest and rest[0] else stack.place.region)
    if found is None or found.status is StackStatus.DELETED or found.stack_id == stack.stack_id:
        return None
    return found
