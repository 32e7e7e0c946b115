"""The actions that look over everything: the regions, how many stacks there are, what a deletion risks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from imageferry.api.ros.asked import (
    ANY_REGION,
    REGION,
    TOKEN,
    Asked,
    Reply,
    Row,
    stack_of,
)
from imageferry.api.ros.errors import missing
from imageferry.api.ros.kept_templates import KIND as TEMPLATES
from imageferry.api.ros.names import stack_word
from imageferry.api.ros.parameters import boolean, text, texts
from imageferry.api.ros.template_sources import SOURCES, template_source
from imageferry.control.deletions import create_deletion
from imageferry.control.papers import papers_of
from imageferry.control.requests import RequestRefused
from imageferry.control.summaries import summarised
from imageferry.model.stacks import Resource
from imageferry.model.statuses import StackStatus
from imageferry.model.values import Json

_CHINESE, _ENGLISH, _JAPANESE = "zh-CN", "en-US", "ja"


async def describe_regions(asked: Asked) -> Reply:
    """DescribeRegions: every published region; this server is the endpoint of each."""
    language = asked.given.text("AcceptLanguage", _CHINESE)
    host = asked.call.host
    regions: list[Json] = []
    for one in asked.desk.regions.published():
        names = {_CHINESE: one.chinese, _ENGLISH: one.english, _JAPANESE: one.japanese}
        regions.append(
            {"RegionId": one.region, "LocalName": names[language], "RegionEndpoint": host}
        )
    return {"Regions": regions}


async def list_summaries(asked: Asked) -> Reply:
    """ListSummaries: how many stacks each region has, and how they are, in three words."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    found = await asked.store.count_stacks(asked.plane.place)
    for (region, status), number in found.items():
        counts[region][_brief(status)] += number
    kept = await papers_of(asked.desk).count(TEMPLATES, asked.plane.place.account_id)
    return {
        "RegionSummaries": [
            {
                "RegionId": region,
                "StackCount": str(words.total()),
                "StackGroupCount": "0",
                "TemplateScratchCount": 0,
                "StackDetails": [
                    {"BriefStatus": word, "Count": str(number)}
                    for word, number in sorted(words.items())
                ],
            }
            for region, words in sorted(counts.items())
        ],
        "CenterSummary": {"TemplateCount": str(kept), "RegisteredResourceTypeCount": 0},
    }


def _brief(status: StackStatus) -> str:
    word = stack_word(status)
    return next(end for end in ("IN_PROGRESS", "COMPLETE", "FAILED") if word.endswith(end))


async def list_stack_operation_risks(asked: Asked) -> Reply:
    """ListStackOperationRisks: what would keep a stack from being deleted, resource by resource.

    What a creation would lack in permissions only the cloud could say, and it is not asked.
    """
    risks: list[Json] = []
    if asked.given.text("OperationType", "DeleteStack") == "DeleteStack":
        risks = await _risks_of_deletion(asked)
    else:
        source = await template_source(asked)
        await summarised(asked.desk, source.body, asked.region, name=source.name)
    return {"RiskResources": risks, "MissingPolicyActions": []}


async def _risks_of_deletion(asked: Asked) -> list[Json]:
    if not asked.given.text("StackId"):
        raise missing("StackId")
    stack = await stack_of(asked)
    resources = await asked.store.resources(stack.stack_id)
    retained = frozenset(asked.given.texts("RetainResources"))
    if asked.given.boolean("RetainAllResources"):
        retained = frozenset(resources)
    try:
        await create_deletion(asked.desk, stack, sorted(retained))
    except RequestRefused as refused:
        reason = refused.message
        return [_risk(one, reason) for name, one in resources.items() if name not in retained]
    return []


def _risk(resource: Resource, reason: str) -> dict[str, Json]:
    return {
        "LogicalResourceId": str(resource.address),
        "PhysicalResourceId": resource.physical_id or "",
        "ResourceType": resource.type_name,
        "RiskType": "Referenced",
        "Code": "NotSupported",
        "Message": f"{reason}.",
        "Reason": reason,
    }


ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "DescribeRegions": Row(
            describe_regions,
            (ANY_REGION, text("AcceptLanguage", _CHINESE, _ENGLISH, _JAPANESE)),
        ),
        "ListSummaries": Row(list_summaries, (ANY_REGION, text("Option", longest=64))),
        "ListStackOperationRisks": Row(
            list_stack_operation_risks,
            (
                REGION,
                TOKEN,
                *SOURCES,
                text("StackId", longest=2_048),
                text("OperationType", "DeleteStack", "CreateStack"),
                text("RamRoleName", longest=64),
                texts("RetainResources"),
                boolean("RetainAllResources"),
            ),
        ),
    }
)
"""The actions that look over everything, by name."""
