"""What changing a parameter would do: DryRunResult of UpdateStack, UpdateInfo of ValidateTemplate."""

from __future__ import annotations

from imageferry.control.parameter_effects import Effects
from imageferry.model.values import Json


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
