"""Stack policies: the document, read with all its faults, and what it says of a change; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from imageferry.model.changes import Action, ChangeKind, ChangeSet, Replacement, ResourceChange
from imageferry.model.diagnostics import Diagnostic, Span, TemplateError, error
from imageferry.model.stacks import Resource
from imageferry.model.statuses import ResourceStatus
from imageferry.model.suggestions import did_you_mean

MAX_POLICY_BYTES: Final = 16_384
"""ROS reference, SetStackPolicy; CloudFormation user guide, quotas."""

_MODIFY, _REPLACE, _DELETE = "Update:Modify", "Update:Replace", "Update:Delete"
_ANY: Final = "Update:*"
_ACTIONS: Final = (_MODIFY, _REPLACE, _DELETE, _ANY)
_PREFIX: Final = "LogicalResourceId/"
_KEYS: Final = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Principal",
    "Resource",
    "NotResource",
    "Condition",
)
_OPERATORS: Final = ("StringEquals", "StringLike")
_NEVER_MADE: Final = {ResourceStatus.CREATE_FAILED, ResourceStatus.CREATING}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. A list that is `excepted` means everything but what is in it."""

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    types: tuple[str, ...] = ()
    excepts_actions: bool = False
    excepts_resources: bool = False


@dataclass(frozen=True, slots=True)
class StackPolicy:
    """Which changes of an update are allowed: a denial counts more, and silence denies."""

    statements: tuple[Statement, ...]


def parse_policy(text: str, name: str) -> StackPolicy:
    """The policy in a JSON document called `name`; raises TemplateError with all its faults."""
    size = len(text.encode())
    if not 0 < size <= MAX_POLICY_BYTES:
        why = f"a stack policy has 1 to {MAX_POLICY_BYTES:,} bytes, and this one has {size:,}"
        raise TemplateError([_fault("the stack policy has not the right size", name, why=why)])
    try:
        document = json.loads(text)
    except json.JSONDecodeError as fault:
        span = Span(name, fault.lineno, fault.colno)
        said = f"the stack policy is no JSON: {fault.msg.lower()}"
        raise TemplateError([replace(_fault(said, name), span=span)]) from None
    except ValueError:
        # Python reads no number of more than some thousand digits.
        raise TemplateError([_fault("a number in the stack policy is too long", name)]) from None
    except RecursionError:
        raise TemplateError([_fault("the stack policy is nested too deeply", name)]) from None
    faults: list[Diagnostic] = []
    statements = [
        statement
        for place, part in _statements(document, name, faults)
        if (statement := _statement(part, place, name, faults)) is not None
    ]
    if faults:
        raise TemplateError(faults)
    return StackPolicy(tuple(statements))


def _fault(message: str, name: str, *, why: str = "", remedy: str = "") -> Diagnostic:
    return error("IF832", message, why=why, remedy=remedy, span=Span(name, 1, 1))


def _statements(
    document: Any, name: str, faults: list[Diagnostic]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(document, dict) or "Statement" not in document:
        why = 'a stack policy is a map with the key "Statement"'
        faults.append(_fault("the stack policy has no statements", name, why=why))
        return
    for key in document:
        if key not in {"Statement", "Version"}:
            remedy = did_you_mean(key, ["Statement"], "leave it out")
            faults.append(_fault(f'a stack policy has no key "{key}"', name, remedy=remedy))
    found = document["Statement"]
    parts = found if isinstance(found, list) else [found]
    if not parts:
        faults.append(_fault("the stack policy has an empty list of statements", name))
    for number, part in enumerate(parts, 1):
        if isinstance(part, dict):
            yield f"statement {number}", part
        else:
            faults.append(_fault(f"statement {number} is no map", name))


def _statement(
    part: Mapping[str, Any], place: str, name: str, faults: list[Diagnostic]
) -> Statement | None:
    before = len(faults)
    for key in part:
        if key not in _KEYS:
            remedy = did_you_mean(key, _KEYS, f"it may have {', '.join(_KEYS)}")
            faults.append(_fault(f'{place} has the unknown key "{key}"', name, remedy=remedy))
    effect = part.get("Effect")
    if effect not in ("Allow", "Deny"):
        faults.append(_fault(f'{place}: "Effect" is neither Allow nor Deny', name))
    if part.get("Principal") != "*":
        why = "a stack policy is the same for everybody"
        faults.append(_fault(f'{place}: "Principal" is not "*"', name, why=why))
    actions, excepts_actions = _either(part, "Action", place, name, faults)
    for action in actions:
        if action not in _ACTIONS:
            remedy = did_you_mean(action, _ACTIONS, f"it is one of {', '.join(_ACTIONS)}")
            faults.append(_fault(f'{place}: there is no action "{action}"', name, remedy=remedy))
    resources, excepts_resources = _either(part, "Resource", place, name, faults)
    for resource in resources:
        if resource != "*" and not resource.startswith(_PREFIX):
            remedy = f'say "{_PREFIX}{resource}", or "*" for all'
            faults.append(_fault(f'{place}: "{resource}" means no resource', name, remedy=remedy))
    types = _types(part, place, name, faults)
    if len(faults) > before:
        return None
    return Statement(
        effect == "Allow", actions, resources, types, excepts_actions, excepts_resources
    )


def _either(
    part: Mapping[str, Any], key: str, place: str, name: str, faults: list[Diagnostic]
) -> tuple[tuple[str, ...], bool]:
    """The list under a key or under its opposite (`NotAction`), and whether it is the opposite."""
    opposite = f"Not{key}"
    if (key in part) == (opposite in part):
        faults.append(_fault(f'{place} has not exactly one of "{key}" and "{opposite}"', name))
        return (), False
    used = key if key in part else opposite
    return _texts(part[used], f'{place}: "{used}"', name, faults), used == opposite


def _texts(found: Any, what: str, name: str, faults: list[Diagnostic]) -> tuple[str, ...]:
    listed = found if isinstance(found, list) else [found]
    if not listed or not all(isinstance(one, str) and one for one in listed):
        faults.append(_fault(f"{what} is no text and no list of texts", name))
        return ()
    return tuple(listed)


def _types(
    part: Mapping[str, Any], place: str, name: str, faults: list[Diagnostic]
) -> tuple[str, ...]:
    """The types that a condition names; empty where it holds for all."""
    if "Condition" not in part:
        return ()
    condition = part["Condition"]
    types: list[str] = []
    if not isinstance(condition, dict) or not condition:
        faults.append(_fault(f'{place}: "Condition" is no map', name))
        return ()
    for operator, compared in condition.items():
        if operator not in _OPERATORS:
            remedy = did_you_mean(operator, _OPERATORS, f"it is one of {', '.join(_OPERATORS)}")
            faults.append(
                _fault(f'{place}: there is no condition "{operator}"', name, remedy=remedy)
            )
        elif not isinstance(compared, dict) or set(compared) != {"ResourceType"}:
            why = "nothing else of a resource can be compared"
            faults.append(
                _fault(f'{place}: "{operator}" compares not just "ResourceType"', name, why=why)
            )
        else:
            types += _texts(compared["ResourceType"], f'{place}: "ResourceType"', name, faults)
    return tuple(types)


def under_policy(
    change_set: ChangeSet, policy: StackPolicy, resources: Mapping[str, Resource]
) -> ChangeSet:
    """The change set with every change blocked that the policy forbids.

    Only updates are judged; a resource that was never whole may always be mended.
    """
    if change_set.kind is not ChangeKind.UPDATE:
        return change_set
    changes = [
        replace(change, blocked=(*change.blocked, *refusals))
        if (refusals := tuple(_refusals(change, policy, resources)))
        else change
        for change in change_set.changes
    ]
    return replace(change_set, changes=tuple(changes))


def _refusals(
    change: ResourceChange, policy: StackPolicy, resources: Mapping[str, Resource]
) -> Iterator[Diagnostic]:
    resource = resources.get(str(change.moved_from or change.address))
    if resource is None or resource.status in _NEVER_MADE:
        return
    for action in _asked(change):
        reason = _denial(policy, action, change)
        if reason is not None:
            yield error(
                "IF831",
                f'the stack policy forbids {action} of "{change.address}"',
                why=reason,
                remedy="take the change back, or allow it for this deploy with"
                " --stack-policy-during-update FILE",
                span=None if change.wanted is None else change.wanted.span,
            )


def _asked(change: ResourceChange) -> Sequence[str]:
    """What a change asks of a policy; where only later is known whether it replaces, both."""
    match change.action:
        case Action.UPDATE | Action.REPLACE:
            match change.replacement:
                case Replacement.YES:
                    return (_REPLACE,)
                case Replacement.MAYBE:
                    return (_MODIFY, _REPLACE)
                case Replacement.NO:
                    return (_MODIFY,)
        case Action.DELETE:
            return (_DELETE,)
        case Action.CREATE | Action.MOVE | Action.ADOPT | Action.NONE:
            return ()


def _denial(policy: StackPolicy, action: str, change: ResourceChange) -> str | None:
    """Why a policy denies an action; None where it allows it."""
    is_allowed = False
    for number, statement in enumerate(policy.statements, 1):
        if not _speaks_of(statement, action, change):
            continue
        if not statement.allows:
            return f"its statement {number} denies it"
        is_allowed = True
    return None if is_allowed else "none of its statements allows it, and silence denies"


def _speaks_of(statement: Statement, action: str, change: ResourceChange) -> bool:
    is_action = any(one in (action, _ANY) for one in statement.actions)
    names = (change.address.logical_id, str(change.address))
    is_resource = any(
        pattern == "*" or any(_matches(pattern.removeprefix(_PREFIX), name) for name in names)
        for pattern in statement.resources
    )
    is_type = not statement.types or any(
        _matches(pattern, change.type_name) for pattern in statement.types
    )
    return (
        is_action is not statement.excepts_actions
        and is_resource is not statement.excepts_resources
        and is_type
    )


def _matches(pattern: str, text: str) -> bool:
    """True where the whole text is as the pattern says; `*` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None
