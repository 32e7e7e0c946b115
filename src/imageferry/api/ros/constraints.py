"""GetTemplateParameterConstraints and GetTemplateEstimateCost: what may be given, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from imageferry.api.ros.asked import REGION, TOKEN, Asked, Reply, Row, stack_of
from imageferry.api.ros.errors import invalid
from imageferry.api.ros.parameters import text, texts
from imageferry.api.ros.template_sources import SOURCES, Source, template_source
from imageferry.api.ros.wishes import PARAMETERS, parameters_given
from imageferry.control.summaries import summarised
from imageferry.model.templates import Parameter, Template
from imageferry.model.values import Json, Value, mask

_NO_LIMIT: Final = "NoLimit"


async def _template(asked: Asked) -> Template:
    """The template of the request, or that of the stack it names."""
    if asked.given.text("StackId") and not any(map(asked.given.text, _SOURCE_NAMES)):
        stack = await stack_of(asked)
        source = Source(stack.template, stack.template_name, {})
    else:
        source = await template_source(asked)
    given = parameters_given(asked.given)
    read = await summarised(asked.desk, source.body, asked.region, given, name=source.name)
    return read.template


_SOURCE_NAMES: Final = ("TemplateBody", "TemplateURL", "TemplateId", "TemplateScratchId")


async def get_template_parameter_constraints(asked: Asked) -> Reply:
    """GetTemplateParameterConstraints: the values that the template itself allows.

    No cloud is asked: a parameter whose values only a service could list has no limit here.
    """
    template = await _template(asked)
    wanted = asked.given.texts("ParametersKeyFilter") or tuple(template.parameters)
    unknown = [name for name in wanted if name not in template.parameters]
    if unknown:
        raise invalid("ParametersKeyFilter", f"the template has no parameter {', '.join(unknown)}")
    order = {name: index for index, name in enumerate(asked.given.texts("ParametersOrder"))}
    names = sorted(wanted, key=lambda name: order.get(name, len(order)))
    return {"ParameterConstraints": [_constraint(template.parameters[name]) for name in names]}


def _constraint(parameter: Parameter) -> dict[str, Json]:
    told: dict[str, Json] = {
        "ParameterKey": parameter.name,
        "Type": parameter.type_name,
        "AssociationParameterNames": sorted(parameter.pickers),
    }
    allowed = parameter.allowed_values
    if allowed is None:
        reason = f"No resource property limits the values of {parameter.name}"
        return {**told, "Behavior": _NO_LIMIT, "BehaviorReason": reason}
    fitting = [value for value in allowed if _fits(parameter, value)]
    others = [mask(value) for value in allowed if value not in fitting]
    told["AllowedValues"] = [mask(value) for value in fitting]
    if others:
        told["IllegalValueByParameterConstraints"] = others
    return told


def _fits(parameter: Parameter, value: Value) -> bool:
    """Whether an allowed value passes the other constraints of its parameter."""
    if isinstance(value, str):
        pattern = parameter.allowed_pattern
        return (
            (pattern is None or _matches(pattern, value))
            and (parameter.min_length is None or len(value) >= parameter.min_length)
            and (parameter.max_length is None or len(value) <= parameter.max_length)
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (parameter.min_value is None or value >= parameter.min_value) and (
            parameter.max_value is None or value <= parameter.max_value
        )
    return True


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.match(pattern, value) is not None
    except re.error:
        # The reader has said so already.
        return True


async def get_template_estimate_cost(asked: Asked) -> Reply:
    """GetTemplateEstimateCost: prices are the cloud's; the template is read, and none is told."""
    await _template(asked)
    return {"Resources": {}}


ROWS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "GetTemplateParameterConstraints": Row(
            get_template_parameter_constraints,
            (
                REGION,
                *SOURCES,
                PARAMETERS,
                TOKEN,
                texts("ParametersKeyFilter"),
                texts("ParametersOrder"),
                text("StackId", longest=2_048),
            ),
        ),
        "GetTemplateEstimateCost": Row(
            get_template_estimate_cost,
            (REGION, *SOURCES, PARAMETERS, TOKEN, text("StackId", longest=2_048)),
        ),
    }
)
"""The actions about what a template may be given, by name."""
