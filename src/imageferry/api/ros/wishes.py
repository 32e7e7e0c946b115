"""What a request wants of a stack: StackRequest and ExecutionOptions from ROS's parameters."""

from __future__ import annotations

from typing import Final

from imageferry.api.ros.asked import Asked
from imageferry.api.ros.errors import RosError, exclusive, invalid, not_supported
from imageferry.api.ros.names import LANGUAGE
from imageferry.api.ros.parameters import Field, Given, boolean, integer, structures, text, texts
from imageferry.api.ros.template_sources import SOURCES, Source, text_given
from imageferry.control.notices import OPTION
from imageferry.control.requests import ExecutionOptions, StackRequest
from imageferry.model.operations import OnFailure
from imageferry.model.stacks import Stack
from imageferry.model.values import Json
from imageferry.ports.posting import PostRefused

DEFAULT_TIMEOUT: Final = 60
LARGEST_POLICY: Final = 16_384

_KEEP: Final = "KeepStackOnCreationComplete"
_ABANDON: Final = "AbandonStackOnCreationComplete"
_ABANDON_UNDONE: Final = "AbandonStackOnCreationRollbackComplete"
_CREATE_OPTIONS: Final = (_KEEP, _ABANDON, _ABANDON_UNDONE, "ManuallyPay", "RetryOnNoStock")

PARAMETERS: Final = structures("Parameters", "ParameterKey", "ParameterValue", most=200)
TAGS: Final = structures("Tags", "Key", optional=("Value",), most=20)
ENABLED: Final = ("Enabled", "Disabled")

# ROS reference, CreateStack and UpdateStack.
COMMON: Final[tuple[Field, ...]] = (
    *SOURCES,
    PARAMETERS,
    boolean("DisableRollback"),
    integer("TimeoutInMinutes", 10, 1_440),
    integer("Parallelism", 0, 1_000_000),
    text("RamRoleName", longest=64),
    text("ResourceGroupId", longest=64),
    text("StackPolicyBody"),
    text("StackPolicyURL", longest=1_350),
    TAGS,
    texts("NotificationURLs", most=5),
)
OF_CREATION: Final[tuple[Field, ...]] = (
    text("CreateOption", *_CREATE_OPTIONS),
    texts("CreateOptions", *_CREATE_OPTIONS, most=5),
    text("DeletionProtection", *ENABLED),
)
OF_UPDATE: Final[tuple[Field, ...]] = (
    boolean("UsePreviousParameters"),
    text("ReplacementOption", *ENABLED),
    text("StackPolicyDuringUpdateBody"),
    text("StackPolicyDuringUpdateURL", longest=1_350),
    texts("TaintResources"),
)


def parameters_given(given: Given) -> dict[str, str]:
    """The values of the template's parameters; raises RosError for one that is given twice."""
    values: dict[str, str] = {}
    for number, one in enumerate(given.structures("Parameters"), start=1):
        name, value = one["ParameterKey"], one["ParameterValue"]
        if values.setdefault(name, value) != value:
            raise invalid(f"Parameters.{number}.ParameterKey", f"{name} is given twice")
    return values


# ROS reference, TagResources: what no tag may be.
_RESERVED: Final = ("aliyun", "acs:")
_ADDRESSES: Final = ("http://", "https://")
LONGEST_TAG: Final = 128


def checked_tags(given: Given, name: str) -> dict[str, str] | None:
    """The tags given under a name, or None where there are none; raises RosError for wrong ones."""
    if not given.has(name):
        return None
    tags: dict[str, str] = {}
    for number, one in enumerate(given.structures(name), start=1):
        key, value = one["Key"], one.get("Value", "")
        _check_tag(f"{name}.{number}.Key", key)
        if not key:
            raise invalid(f"{name}.{number}.Key", "it must not be empty")
        if key.startswith(_RESERVED):
            raise invalid(f"{name}.{number}.Key", "it must not begin with aliyun or acs:")
        _check_tag(f"{name}.{number}.Value", value)
        if key in tags:
            raise RosError("Duplicate.TagKey", f"The {name}.N.Key contain duplicate key.")
        tags[key] = value
    return tags


def _check_tag(name: str, words: str) -> None:
    if len(words) > LONGEST_TAG:
        raise invalid(name, f"it must have at most {LONGEST_TAG} characters")
    if any(address in words for address in _ADDRESSES):
        raise invalid(name, "it must not contain http:// or https://")


def create_options(given: Given) -> tuple[str, ...]:
    """What is to become of a stack that was created; raises RosError for what is not carried out."""
    if given.has("CreateOption") and given.texts("CreateOptions"):
        raise exclusive("CreateOption", "CreateOptions")
    chosen = given.texts("CreateOptions") or tuple(filter(None, [given.text("CreateOption")]))
    if _ABANDON in chosen:
        raise not_supported(f"CreateOption {_ABANDON}")
    return chosen


def options_wanted(asked: Asked, source: Source, stack: Stack | None) -> dict[str, Json]:
    """What the caller chose for the stack and wants to read again; as before where it says nothing."""
    given = asked.given
    former = {} if stack is None else stack.options
    chosen: dict[str, Json] = {
        "timeout_minutes": given.integer("TimeoutInMinutes"),
        "parallelism": given.integer("Parallelism"),
        "role": given.text("RamRoleName") or None,
        "resource_group_id": given.text("ResourceGroupId") or None,
        OPTION: _receivers(asked),
    }
    if stack is None:
        chosen["disable_rollback"] = given.boolean("DisableRollback")
        chosen["create_option"] = list(create_options(given)) or None
    kept = {name: value for name, value in former.items() if not name.startswith("template_")}
    kept |= {name: value for name, value in chosen.items() if value is not None}
    return {**kept, **source.details}


def _receivers(asked: Asked) -> list[str] | None:
    """Who is to be told of changes; raises RosError rather than that nobody would be."""
    if not asked.given.has("NotificationURLs"):
        return None
    urls = asked.given.texts("NotificationURLs")
    for number, url in enumerate(urls, start=1):
        name = f"NotificationURLs.{number}"
        if len(url.encode()) > 1_024:
            raise invalid(name, "it must have at most 1,024 bytes")
        if asked.api.poster is None:
            raise invalid(
                name,
                "nothing is posted to anybody here unless whoever serves allows the host by"
                " --notify-host",
            )
        try:
            asked.api.poster.check(url)
        except PostRefused as wrong:
            raise invalid(name, f"{wrong.message}; {wrong.remedy}") from wrong
    return list(urls)


async def wanted_stack(
    asked: Asked, name: str, source: Source, stack: Stack | None = None
) -> StackRequest:
    """The stack that a request wants; `stack` is the one that it updates. Raises RosError."""
    given = asked.given
    if given.texts("TaintResources"):
        raise not_supported("TaintResources")
    protection = given.text("DeletionProtection")
    kept: frozenset[str] = frozenset()
    if stack is not None and given.boolean("UsePreviousParameters"):
        kept = frozenset(stack.parameters)
    return StackRequest(
        stack_name=name,
        region=asked.region if stack is None else stack.place.region,
        template=source.body,
        template_name=source.name,
        parameters=parameters_given(given),
        replace=given.text("ReplacementOption") == "Enabled",
        is_protected=None if not protection else protection == "Enabled",
        policy=await _policy(asked, "StackPolicy"),
        policy_during_update=await _policy(asked, "StackPolicyDuringUpdate"),
        tags=checked_tags(given, "Tags"),
        options=options_wanted(asked, source, stack),
        kept=kept,
        is_strict=True,
        language=LANGUAGE,
    )


async def _policy(asked: Asked, name: str) -> str | None:
    body, url = f"{name}Body", f"{name}URL"
    policy = await text_given(asked, body, url, LARGEST_POLICY)
    if policy is not None and len(policy.encode()) > LARGEST_POLICY:
        raise invalid(body, f"it must have at most {LARGEST_POLICY:,} bytes")
    return policy


def execution_wanted(asked: Asked, request: StackRequest, *, is_new: bool) -> ExecutionOptions:
    """How a request wants its stack to be worked on; ROS, UpdateStack: DisableRollback is ignored."""
    options = request.options or {}
    minutes, parallel = options.get("timeout_minutes"), options.get("parallelism")
    on_failure = OnFailure.ROLLBACK
    if is_new and options.get("disable_rollback"):
        on_failure = OnFailure.KEEP
    elif is_new and _ABANDON_UNDONE in create_options(asked.given):
        on_failure = OnFailure.DELETE
    token = asked.given.text("ClientToken")
    return ExecutionOptions(
        on_failure,
        parallel if isinstance(parallel, int) else 0,
        60.0 * (minutes if isinstance(minutes, int) else DEFAULT_TIMEOUT),
        client_token=action_token(asked, token) if token else None,
    )


def action_token(asked: Asked, token: str) -> str:
    """A client token as it is kept with an operation: another action's, or account's, is another."""
    return f"ros:{asked.call.caller.account_id}:{asked.call.action}:{token}"
