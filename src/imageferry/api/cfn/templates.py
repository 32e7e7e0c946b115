"""Templates: given back, validated, and summarised for whoever asks for parameters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from imageferry.api.cfn.asks import Ask, Reply
from imageferry.api.cfn.describing import written
from imageferry.api.cfn.faults import CfnFault, refused
from imageferry.api.cfn.finding import WITH_ID, find_living, find_stack
from imageferry.api.cfn.names import is_arn, uuid_of
from imageferry.api.cfn.submitting import read_submitted, source_of, summary_of
from imageferry.api.cfn.type_schemas import identifier_of
from imageferry.control.examination import examine
from imageferry.control.named_changes import changes_of, find_named, named_of
from imageferry.control.summaries import TemplateSummary
from imageferry.model.diagnostics import TemplateError
from imageferry.model.stacks import Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.templates import Parameter, Template
from imageferry.model.values import MASK

_VERSION: Final = "2010-09-09"
_CALCULATOR: Final = "https://www.alibabacloud.com/pricing-calculator"

# CloudFormation quotas: the one of those it tells of that is kept here.
_LIMITS: Final = ({"Name": "StackOutputsLimit", "Value": 200},)


async def get_template(ask: Ask) -> Reply:
    """The template of a stack or change set, byte for byte as it was submitted."""
    name, change_set = ask.text("StackName"), ask.text("ChangeSetName")
    if change_set:
        source = await _of_change_set(ask, name, change_set)
    elif name:
        source = (await find_stack(ask, name, WITH_ID)).template
    else:
        raise refused("StackName is required if ChangeSetName is not specified.")
    is_rewritten = bool(await _transforms(ask, source))
    if is_rewritten and ask.text("TemplateStage") == "Processed":
        raise refused("The template is kept as it was submitted: its only stage is Original.")
    return {
        "TemplateBody": source.decode("utf-8", "replace"),
        "StagesAvailable": ["Original"] if is_rewritten else ["Original", "Processed"],
    }


async def _transforms(ask: Ask, source: bytes) -> Sequence[str]:
    if b"Transform" not in source:
        return ()
    try:
        return (await read_submitted(ask, source)).template.transforms
    except (TemplateError, CfnFault):
        return ()


async def _of_change_set(ask: Ask, name: str, change_set: str) -> bytes:
    if not name and not is_arn(change_set):
        raise refused("StackName is a required parameter.")
    missing = CfnFault("ChangeSetNotFound", f"ChangeSet [{change_set}] does not exist", 404)
    if is_arn(change_set):
        named = await find_named(ask.plane.desk, uuid_of(change_set))
    else:
        stack = await find_living(ask, name, WITH_ID)
        found = await named_of(ask.plane.desk, stack.stack_id, change_set)
        named = found[0] if found else None
    changes = None if named is None else await changes_of(ask.plane.desk, named)
    if changes is None:
        raise missing
    return changes.template


async def validate_template(ask: Ask) -> Reply:
    """Whether a template is one, and what it asks for; its types need not be installed."""
    summary = await _examined(ask)
    template = summary.template
    return {
        "Parameters": [
            {
                "ParameterKey": one.name,
                "DefaultValue": _default(one),
                "NoEcho": one.no_echo,
                "Description": one.description or None,
            }
            for one in template.parameters.values()
        ],
        "Description": template.description or None,
        **_acknowledgements(template),
    }


async def _examined(ask: Ask) -> TemplateSummary:
    """The template of a request; raises TemplateError for whatever the language forbids."""
    source = await source_of(ask)
    summary = await read_submitted(ask, source)
    catalog, region = ask.plane.desk.catalog, ask.region
    found = await ask.plane.desk.asides(
        source,
        lambda: examine(source, "template", catalog, allow_unknown_types=True, region=region),
    )
    if not found.is_valid:
        raise TemplateError(found.diagnostics)
    return summary


def _acknowledgements(template: Template) -> Mapping[str, Any]:
    """What a caller has to acknowledge before the template is used."""
    if not template.transforms:
        return {"DeclaredTransforms": []}
    return {
        "Capabilities": ["CAPABILITY_AUTO_EXPAND"],
        "CapabilitiesReason": "The following transforms rewrite the template: "
        + ", ".join(template.transforms),
        "DeclaredTransforms": list(template.transforms),
    }


def _default(one: Parameter) -> str | None:
    if not one.has_default:
        return None
    return MASK if one.no_echo else written(one.default)


async def get_template_summary(ask: Ask) -> Reply:
    """What a template, or that of a stack, asks for and declares."""
    if ask.text("StackSetName"):
        raise refused("StackSets are not supported by this endpoint.")
    template = (await _summarised(ask)).template
    types: dict[str, list[str]] = {}
    for one in template.resources.values():
        types.setdefault(one.type_name, []).append(one.logical_id)
    return {
        "Parameters": [_declaration(one) for one in template.parameters.values()],
        "Description": template.description or None,
        "ResourceTypes": list(types),
        "Version": _VERSION,
        "Metadata": None
        if template.metadata is None
        else json.dumps(template.metadata, ensure_ascii=False),
        "ResourceIdentifierSummaries": [
            {
                "ResourceType": name,
                "LogicalResourceIds": ids,
                "ResourceIdentifiers": _identifiers(ask, name),
            }
            for name, ids in types.items()
        ],
        **_acknowledgements(template),
        "Warnings": _unrecognised(ask, list(types)),
    }


def _identifiers(ask: Ask, type_name: str) -> list[str] | None:
    """What names a thing of the type in an import; None for a type that is not installed."""
    found = ask.plane.desk.catalog.find(type_name)
    return None if found is None else [identifier_of(found.schema)]


def _unrecognised(ask: Ask, type_names: Sequence[str]) -> Mapping[str, Any] | None:
    """The types that are not installed, where the caller wants to be told of them."""
    catalog = ask.plane.desk.catalog
    unknown = [name for name in type_names if catalog.find(name) is None]
    config: Mapping[str, Any] = ask.given.get("TemplateSummaryConfig") or {}
    if unknown and config.get("TreatUnrecognizedResourceTypesAsWarnings"):
        return {"UnrecognizedResourceTypes": unknown}
    return None


async def _summarised(ask: Ask) -> TemplateSummary:
    name = ask.text("StackName")
    if not name:
        return await read_submitted(ask, await source_of(ask))
    if ask.given.get("TemplateBody") is not None or ask.given.get("TemplateURL") is not None:
        raise refused("Only one of StackName, TemplateBody and TemplateURL can be specified.")
    stack = await find_living(ask, name, WITH_ID)
    if stack.status is StackStatus.REVIEWING:
        raise refused("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
    return await _kept(ask, stack)


async def _kept(ask: Ask, stack: Stack) -> TemplateSummary:
    summary = await summary_of(ask, stack)
    if summary is None:
        raise refused(f"The template of stack {stack.name} is not kept.")
    return summary


def _declaration(one: Parameter) -> Mapping[str, Any]:
    allowed = [] if one.allowed_values is None else [written(value) for value in one.allowed_values]
    return {
        "ParameterKey": one.name,
        "DefaultValue": _default(one),
        "ParameterType": one.type_name,
        "NoEcho": one.no_echo,
        "Description": one.description or None,
        "ParameterConstraints": {"AllowedValues": allowed} if allowed else {},
    }


async def estimate_template_cost(ask: Ask) -> Reply:
    """Where the cost of a valid template can be worked out; nothing is sent there."""
    await _examined(ask)
    return {"Url": _CALCULATOR}


async def describe_account_limits(ask: Ask) -> Reply:
    """The limits that are kept here."""
    return {"AccountLimits": list(_LIMITS)}
