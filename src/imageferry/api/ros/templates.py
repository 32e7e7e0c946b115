"""GetTemplate, ValidateTemplate, GetTemplateSummary: what is asked of a template."""

from __future__ import annotations

from typing import Final

from imageferry.api.ros.asked import Asked, Reply, stack_of
from imageferry.api.ros.change_sets import named_meant, template_text
from imageferry.api.ros.declarations import (
    VERSIONS,
    identifiers_declared,
    metadata_declared,
    outputs_declared,
    parameters_declared,
    resources_declared,
    types_declared,
)
from imageferry.api.ros.dry_runs import update_info
from imageferry.api.ros.errors import (
    change_set_not_found,
    exclusive,
    missing,
    not_supported,
)
from imageferry.api.ros.names import LANGUAGE, moment, plain_id
from imageferry.api.ros.stacks import interface_of, template_beside
from imageferry.api.ros.template_library import get_kept_template
from imageferry.api.ros.template_sources import template_source
from imageferry.control.examination import examine
from imageferry.control.named_changes import changes_of
from imageferry.control.parameter_effects import parameter_effects
from imageferry.control.requests import LanguageForeign
from imageferry.control.summaries import summarised
from imageferry.model.diagnostics import TemplateError
from imageferry.model.templates import Template
from imageferry.model.values import Value

STAGES: Final = ("Processed", "Original")
_OWNERS: Final = ("StackId", "ChangeSetId", "StackGroupName", "TemplateId")


async def get(asked: Asked) -> Reply:
    """GetTemplate: the text as it was given, of a stack, a change set, or a kept template."""
    match _one_of(asked, _OWNERS):
        case "StackId":
            stack = await stack_of(asked)
            template = await template_beside(asked.desk, stack)
            return {
                **({} if template is None else interface_of(template)),
                "StackId": plain_id(stack.stack_id),
                "RegionId": stack.place.region,
                "Description": stack.description,
                "CreateTime": moment(stack.created_at),
                "UpdateTime": moment(stack.updated_at),
                "TemplateBody": stack.template.decode("utf-8", "replace"),
            }
        case "ChangeSetId":
            named = await named_meant(asked)
            change_set = await changes_of(asked.desk, named)
            if change_set is None:
                raise change_set_not_found(named.change_set_id)
            return {
                "ChangeSetId": named.change_set_id,
                "StackId": plain_id(named.stack_id),
                "RegionId": named.place.region,
                "Description": change_set.description,
                "CreateTime": moment(named.created_at),
                "TemplateBody": template_text(change_set),
            }
        case "TemplateId":
            return await get_kept_template(asked)
        case other:
            raise not_supported(other)


def _one_of(asked: Asked, names: tuple[str, ...]) -> str:
    given = [name for name in names if asked.given.text(name)]
    if not given:
        raise missing(*names)
    if len(given) > 1:
        raise exclusive(*given)
    return given[0]


async def validate(asked: Asked) -> Reply:
    """ValidateTemplate: every fault of a template in one InvalidTemplate, or what it declares."""
    source = await template_source(asked)
    catalog = asked.desk.catalog
    region = asked.region
    found = await asked.desk.asides(
        source.body, lambda: examine(source.body, source.name, catalog, region=region)
    )
    if not found.is_valid:
        raise TemplateError(found.diagnostics)
    template = await _read(asked, source.body, source.name, {})
    effects = parameter_effects(template, catalog)
    return {
        "Description": template.description,
        "Parameters": parameters_declared(template),
        "Outputs": outputs_declared(template),
        "Resources": resources_declared(template),
        "ResourceTypes": types_declared(template),
        "UpdateInfo": update_info(effects, replaces=None),
    }


async def _read(
    asked: Asked, source: bytes, name: str, parameters: dict[str, Value], *, is_kept: bool = False
) -> Template:
    """The template; one that `is_kept` of a stack or change set may be of the other language."""
    read = await summarised(
        asked.desk, source, asked.region, parameters, name=name, is_strict=not is_kept
    )
    template = read.template
    if template.dialect != LANGUAGE and not is_kept:
        raise LanguageForeign(template.dialect, LANGUAGE)
    return template


_KEPT: Final = frozenset({"StackId", "ChangeSetId"})
_SUMMARISED: Final = (
    "TemplateBody",
    "TemplateURL",
    "TemplateId",
    "StackId",
    "ChangeSetId",
    "StackGroupName",
)


async def summary(asked: Asked) -> Reply:
    """GetTemplateSummary: what a template declares, wherever it is kept."""
    given: dict[str, Value] = {
        one["ParameterKey"]: one["ParameterValue"]
        for one in asked.given.structures("Parameters")
        if "ParameterKey" in one and "ParameterValue" in one
    }
    body, name = await _summarised(asked, given)
    template = await _read(asked, body, name, given, is_kept=name in _KEPT)
    types = types_declared(template)
    return {
        "Description": template.description,
        "Version": VERSIONS.get(template.dialect, ""),
        "Metadata": metadata_declared(template),
        "Parameters": parameters_declared(template),
        "ResourceTypes": [*types["Resources"], *types["DataSources"]],
        "ResourceIdentifierSummaries": identifiers_declared(template, asked.desk.catalog),
    }


async def _summarised(asked: Asked, given: dict[str, Value]) -> tuple[bytes, str]:
    match _one_of(asked, _SUMMARISED):
        case "StackId":
            stack = await stack_of(asked)
            for key, value in stack.parameters.items():
                given.setdefault(key, value)
            return stack.template, "StackId"
        case "ChangeSetId":
            named = await named_meant(asked)
            change_set = await changes_of(asked.desk, named)
            if change_set is None:
                raise change_set_not_found(named.change_set_id)
            return change_set.template, "ChangeSetId"
        case "StackGroupName":
            raise not_supported("StackGroupName")
        case _:
            source = await template_source(asked)
            return source.body, source.name
