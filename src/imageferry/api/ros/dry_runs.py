"""What changing a parameter would do: DryRunResult of UpdateStack, UpdateInfo of ValidateTemplate."""

from __future__ import annotations

from collections.abc import Mapping

from imageferry.api.ros.asked import Asked
from imageferry.control.parameter_effects import Effects, parameter_effects
from imageferry.control.summaries import summarised
from imageferry.model.values import Json, Value


async def dry_run_reply(
    asked: Asked, template: bytes, parameters: Mapping[str, Value], *, replaces: bool = False
) -> dict[str, Json]:
    """DryRunResult for a template that would be given to a stack; raises TemplateError."""
    read = (await summarised(asked.desk, template, asked.region, parameters)).template
    return update_info(parameter_effects(read, asked.desk.catalog), replaces=replaces)


def update_info(effects: Effects, *, replaces: bool | None) -> dict[str, Json]:
    """The ten lists of parameters; each parameter stands in one of the four that say `Allowed`.

    `replaces`: whether replacements are allowed; None where nobody has said yet, and both is told.
    """
    refused = () if replaces else effects.replacing
    replacing = () if replaces is False else effects.replacing
    allowed = (*effects.free, *effects.replacing) if replaces else effects.free
    return {
        "ParametersAllowedToBeModified": list(allowed),
        "ParametersConditionallyAllowedToBeModified": list(effects.conditional),
        "ParametersUncertainlyAllowedToBeModified": list(effects.uncertain),
        "ParametersNotAllowedToBeModified": list(refused),
        "ParametersCauseInterruptionIfModified": [],
        "ParametersConditionallyCauseInterruptionIfModified": [],
        "ParametersUncertainlyCauseInterruptionIfModified": [],
        "ParametersCauseReplacementIfModified": list(replacing),
        "ParametersConditionallyCauseReplacementIfModified": [],
        "ParametersUncertainlyCauseReplacementIfModified": list(effects.uncertain),
    }
