"""What a caller submits for a stack: template, policy, parameters, tags and choices, as a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from imageferry.api.cfn.asks import Ask
from imageferry.api.cfn.faults import CfnFault, refused
from imageferry.control.requests import StackRequest
from imageferry.control.summaries import TemplateSummary, summarised
from imageferry.model.diagnostics import TemplateError
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Stack
from imageferry.model.values import Json, Value
from imageferry.ports.fetching import FetchRefused

MOST_INLINE: Final = 51_200
"""CloudFormation quotas: bytes of a template that is given in a request."""
_MOST_FETCHED: Final = 1_048_576
_MOST_POLICY: Final = 16_384

_KEPT: Final[Mapping[str, str]] = {
    "TimeoutInMinutes": "timeout_minutes",
    "DisableRollback": "disable_rollback",
    "OnFailure": "on_failure",
    "NotificationARNs": "notifications",
    "Capabilities": "capabilities",
    "RoleARN": "role",
    "ResourceTypes": "resource_types",
}
"""What is kept with a stack to be told again, by the name of the request and of the record."""

ON_FAILURE: Final[Mapping[str, OnFailure]] = {
    "DO_NOTHING": OnFailure.KEEP,
    "ROLLBACK": OnFailure.ROLLBACK,
    "DELETE": OnFailure.DELETE,
}


@dataclass(frozen=True, slots=True)
class Given:
    """The parameters of a request: texts by name, and those that keep their former value."""

    values: Mapping[str, Value]
    kept: frozenset[str]


async def fetched(ask: Ask, url: str, most: int, word: str) -> bytes:
    """What stands at an address; raises CfnFault, `word` being the parameter that names it."""
    try:
        return await ask.desk.fetch(url, most)
    except FetchRefused as wrong:
        if wrong.is_forbidden:
            raise refused(f"{word} must be a supported URL.") from wrong
        raise refused(f"S3 error: {wrong.message}") from wrong


async def source_of(ask: Ask, former: Stack | None = None) -> bytes:
    """The template of a request: its body, what its URL leads to, or that of the stack as it is."""
    body, url = ask.given.get("TemplateBody"), ask.given.get("TemplateURL")
    uses_former = bool(ask.given.get("UsePreviousTemplate"))
    if sum((body is not None, url is not None, uses_former)) != 1:
        raise refused("Either Template URL or Template Body must be specified.")
    if uses_former:
        if former is None or not former.template:
            raise refused("The template of the stack is not there to be used again.")
        return former.template
    if url is not None:
        return await fetched(ask, url, _MOST_FETCHED, "TemplateURL")
    source = ask.text("TemplateBody").encode()
    if len(source) > MOST_INLINE:
        raise refused(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint:"
            f" Member must have length less than or equal to {MOST_INLINE}"
        )
    return source


async def policy_of(ask: Ask, *, during_update: bool = False) -> str | None:
    """The stack policy of a request, or the one for this update alone; None where there is none."""
    word = "StackPolicyDuringUpdate" if during_update else "StackPolicy"
    body, url = ask.given.get(f"{word}Body"), ask.given.get(f"{word}URL")
    if body is not None and url is not None:
        raise refused(f"You cannot specify both {word}URL and {word}Body")
    if url is None:
        return None if body is None else ask.text(f"{word}Body")
    source = await fetched(ask, url, _MOST_POLICY, f"{word}URL")
    return source.decode("utf-8", "replace")


def parameters_of(ask: Ask, former: Stack | None = None) -> Given:
    """The parameters of a request; raises CfnFault where one says two things."""
    values: dict[str, Value] = {}
    kept: set[str] = set()
    for one in ask.given.get("Parameters") or ():
        name, value = one.get("ParameterKey", ""), one.get("ParameterValue")
        if name in values or name in kept:
            raise refused(f"Parameter {name} is given more than once.")
        if not one.get("UsePreviousValue"):
            values[name] = "" if value is None else value
            continue
        if value:
            raise refused(
                f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true"
                " and non empty value for a parameter"
            )
        if former is None or name not in former.parameters:
            raise refused(
                f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true"
                " for a parameter key not in the previous template"
            )
        kept.add(name)
    return Given(values, frozenset(kept))


def tags_of(ask: Ask) -> dict[str, str] | None:
    """The tags of a request; None where it has none, and those of the stack stay."""
    given = ask.given.get("Tags")
    if given is None:
        return None
    tags = {one["Key"]: one["Value"] for one in given}
    if len(tags) != len(given):
        raise refused("Duplicate tag keys found. Please provide unique tag keys")
    return tags


def options_of(ask: Ask, former: Stack | None = None) -> dict[str, Json]:
    """What is kept with the stack: what the caller chose now, and what was chosen before."""
    chosen: dict[str, Json] = {} if former is None else dict(former.options)
    chosen |= {word: ask.given[name] for name, word in _KEPT.items() if name in ask.given}
    return chosen


def refuse_unsupported(ask: Ask) -> None:
    """Raise CfnFault for what is asked and would not be done: better told than passed over."""
    watched: Mapping[str, Any] = ask.given.get("RollbackConfiguration") or {}
    if watched.get("RollbackTriggers") or watched.get("MonitoringTimeInMinutes"):
        raise refused(
            "RollbackConfiguration with RollbackTriggers or MonitoringTimeInMinutes is not"
            " supported: there are no alarms to be watched."
        )
    if ask.given.get("RetainExceptOnCreate"):
        raise refused(
            "RetainExceptOnCreate is not supported: write the DeletionPolicy RetainExceptOnCreate"
            " into the template."
        )
    deployment: Mapping[str, Any] = ask.given.get("DeploymentConfig") or {}
    if deployment.get("Mode", "STANDARD") != "STANDARD":
        raise refused("DeploymentConfig with a Mode other than STANDARD is not supported.")


def on_failure_of(ask: Ask) -> OnFailure:
    """What follows when something fails; raises CfnFault where two things are asked."""
    deployment: Mapping[str, Any] = ask.given.get("DeploymentConfig") or {}
    keeps = ask.given.get("DisableRollback", deployment.get("DisableRollback"))
    word = ask.text("OnFailure")
    if keeps is not None and word:
        raise refused("Either DisableRollback or OnFailure can be specified, not both.")
    if keeps:
        return OnFailure.KEEP
    return ON_FAILURE[word or "ROLLBACK"]


async def read_submitted(
    ask: Ask, source: bytes, given: Given | None = None, former: Stack | None = None
) -> TemplateSummary:
    """The template that is submitted; raises CfnFault for one of the other language, TemplateError."""
    values: dict[str, Value] = {}
    if given is not None:
        before: Mapping[str, Value] = {} if former is None else former.parameters
        values = {name: before[name] for name in given.kept if name in before}
        values |= given.values
    summary = await summarised(ask.plane.desk, source, ask.region, values)
    if summary.template.dialect != "cloudformation":
        raise refused("Invalid template property or properties [ROSTemplateFormatVersion]")
    return summary


def refuse_unacknowledged(ask: Ask, transforms: Sequence[str]) -> None:
    """Raise CfnFault where macros rewrite the template, and the caller did not say so."""
    if transforms and "CAPABILITY_AUTO_EXPAND" not in (ask.given.get("Capabilities") or ()):
        raise CfnFault(
            "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
        )


def refuse_other_types(ask: Ask, type_names: Sequence[str]) -> None:
    """Raise CfnFault for a type that `ResourceTypes` does not allow; `AWS::*` allows many."""
    allowed = ask.given.get("ResourceTypes")
    if not allowed:
        return
    for name in type_names:
        if not any(
            name == one or (one[-1:] == "*" and name.startswith(one[:-1])) for one in allowed
        ):
            listed = ", ".join(allowed)
            raise refused(
                f"Resource type {name} is not allowed by parameter ResourceTypes [{listed}]"
            )


async def request_of(
    ask: Ask, name: str, former: Stack | None = None, *, needs_leave: bool = True
) -> StackRequest:
    """The stack that a caller wants; `former` is the one that is there.

    `needs_leave`: macros must be acknowledged, as nobody looks at what they make before it is made.
    Raises CfnFault and TemplateError.
    """
    refuse_unsupported(ask)
    source, given = await source_of(ask, former), parameters_of(ask, former)
    policy = await policy_of(ask)
    during = await policy_of(ask, during_update=True) if former is not None else None
    template = (await read_submitted(ask, source, given, former)).template
    if needs_leave:
        refuse_unacknowledged(ask, template.transforms)
    refuse_other_types(ask, [one.type_name for one in template.resources.values()])
    return StackRequest(
        stack_name=name,
        region=ask.region if former is None else former.place.region,
        template=source,
        template_name="template",
        parameters=given.values,
        kept=given.kept,
        is_protected=ask.given.get("EnableTerminationProtection"),
        policy=policy,
        policy_during_update=during,
        tags=tags_of(ask),
        options=options_of(ask, former),
        is_strict=True,
    )


async def summary_of(ask: Ask, stack: Stack) -> TemplateSummary | None:
    """What the template of a stack says, in whatever language; None where it is not kept."""
    try:
        return await summarised(
            ask.plane.desk, stack.template, stack.place.region, stack.parameters, is_strict=False
        )
    except TemplateError:
        return None
