"""ACTIONS: every action of the ROS API that is served, with its parameters and the role it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.api.ros import (
    change_sets,
    constraints,
    drift,
    events,
    guarding,
    interruptions,
    listing,
    previews,
    resource_types,
    resources,
    stacks,
    surveys,
    tags,
    template_library,
    templates,
)
from imageferry.api.ros.asked import ANY_REGION, PAGES, REGION, STACK_ID, TOKEN, Row
from imageferry.api.ros.parameters import Field, boolean, integer, structures, text, texts
from imageferry.api.ros.template_sources import SOURCES
from imageferry.api.ros.wishes import COMMON, ENABLED, OF_CREATION, OF_UPDATE
from imageferry.model.access import Role

_STACK_NAME_SAYS: Final = (
    "it must be at most 255 letters, digits, hyphens and underscores, beginning with a letter"
    " or digit"
)
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}"
_STACK: Final[tuple[Field, ...]] = (REGION, STACK_ID)
_CHANGE_SET: Final[tuple[Field, ...]] = (REGION, text("ChangeSetId", needed=True, longest=64))


def _named(*, needed: bool) -> Field:
    return text("StackName", needed=needed, pattern=_NAME, says=_STACK_NAME_SAYS)


_SOME_STACK: Final[Field] = text("StackId", longest=2_048)

# ROS reference, version 2019-09-10: the parameters of each action.
_STACKS: Final[Mapping[str, Row]] = {
    "CreateStack": Row(
        stacks.create,
        (REGION, _named(needed=True), TOKEN, *COMMON, *OF_CREATION),
        Role.OPERATOR,
        is_once=True,
    ),
    "UpdateStack": Row(
        stacks.update,
        (*_STACK, TOKEN, *COMMON, *OF_UPDATE, boolean("DryRun"), texts("DryRunOptions")),
        Role.OPERATOR,
        is_once=True,
    ),
    "DeleteStack": Row(
        stacks.delete,
        (
            *_STACK,
            texts("RetainResources", most=20_000),
            boolean("RetainAllResources"),
            integer("Parallelism", 0, 1_000_000),
            text("RamRoleName", longest=64),
            texts("DeleteOptions"),
        ),
        Role.OPERATOR,
    ),
    "PreviewStack": Row(
        previews.preview,
        (
            REGION,
            _named(needed=False),
            _SOME_STACK,
            TOKEN,
            *COMMON,
            *OF_UPDATE,
            boolean("EnablePreConfig"),
        ),
    ),
    "GetStack": Row(
        stacks.get,
        (
            *_STACK,
            text("OutputOption", *stacks.OUTPUT_OPTIONS),
            text("ShowResourceProgress", *stacks.PROGRESS_OPTIONS),
            text("LogOption", *stacks.LOG_OPTIONS),
        ),
    ),
    "ListStacks": Row(
        listing.list_stacks,
        (
            REGION,
            *PAGES,
            _SOME_STACK,
            texts("StackIds"),
            texts("StackName"),
            texts("Status"),
            structures("Tag", "Key", optional=("Value",), most=20),
            text("ParentStackId", longest=2_048),
            boolean("ShowNestedStack"),
            text("ResourceGroupId", longest=64),
            text("StartTime", longest=32),
            text("EndTime", longest=32),
        ),
    ),
    "ListStackResources": Row(resources.list_resources, _STACK),
    "GetStackResource": Row(
        resources.get_resource,
        (
            *_STACK,
            text("LogicalResourceId", needed=True, longest=512),
            boolean("ShowResourceAttributes"),
            texts("ResourceAttributes"),
        ),
    ),
    "ListStackEvents": Row(
        events.list_events,
        (*_STACK, *PAGES, texts("LogicalResourceId"), texts("ResourceType"), texts("Status")),
    ),
}

_CHANGE_SETS: Final[Mapping[str, Row]] = {
    "CreateChangeSet": Row(
        change_sets.create,
        (
            REGION,
            text(
                "ChangeSetName",
                needed=True,
                pattern=_NAME,
                says=_STACK_NAME_SAYS,
            ),
            text("ChangeSetType", *change_sets.TYPES),
            text("Description", longest=1_024),
            _named(needed=False),
            _SOME_STACK,
            TOKEN,
            *COMMON,
            *OF_UPDATE,
            structures(
                "ResourcesToImport",
                "LogicalResourceId",
                "ResourceIdentifier",
                optional=("ResourceType",),
            ),
        ),
        Role.OPERATOR,
        is_once=True,
    ),
    "GetChangeSet": Row(change_sets.get, (*_CHANGE_SET, boolean("ShowTemplate"))),
    "ListChangeSets": Row(
        change_sets.list_all,
        (
            *_STACK,
            *PAGES,
            text("ChangeSetId", longest=64),
            texts("ChangeSetName"),
            texts("Status"),
            texts("ExecutionStatus"),
        ),
    ),
    "ExecuteChangeSet": Row(
        change_sets.execute, (*_CHANGE_SET, TOKEN), Role.OPERATOR, is_once=True
    ),
    "DeleteChangeSet": Row(change_sets.delete, _CHANGE_SET, Role.OPERATOR),
}

_TEMPLATES: Final[Mapping[str, Row]] = {
    "GetTemplate": Row(
        templates.get,
        (
            ANY_REGION,
            _SOME_STACK,
            text("ChangeSetId", longest=64),
            text("StackGroupName", longest=255),
            text("TemplateId", longest=64),
            text("TemplateVersion", longest=16),
            text("TemplateStage", *templates.STAGES),
            text("IncludePermission", *ENABLED),
            text("IncludeTags", *ENABLED),
        ),
    ),
    "ValidateTemplate": Row(
        templates.validate,
        (ANY_REGION, *SOURCES, texts("UpdateInfoOptions"), text("ValidationOption", longest=64)),
    ),
    "GetTemplateSummary": Row(
        templates.summary,
        (
            ANY_REGION,
            _SOME_STACK,
            text("ChangeSetId", longest=64),
            text("StackGroupName", longest=255),
            *SOURCES,
            structures("Parameters", optional=("ParameterKey", "ParameterValue")),
        ),
    ),
}

ACTIONS: Final[Mapping[str, Row]] = {
    **_STACKS,
    **_CHANGE_SETS,
    **_TEMPLATES,
    **drift.ROWS,
    **tags.ROWS,
    **guarding.ROWS,
    **interruptions.ROWS,
    **constraints.ROWS,
    **resource_types.ROWS,
    **template_library.ROWS,
    **surveys.ROWS,
}
"""By the name of the action."""
