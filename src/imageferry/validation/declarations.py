"""Parameters as they are declared: their own defaults against their constraints, their patterns."""

from __future__ import annotations

from collections.abc import Iterator

from imageferry.evaluation.patterns import PatternFault, match_all
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.diagnostics import Diagnostic, error, warning
from imageferry.model.templates import Parameter, Template
from imageferry.validation.constraints import violations
from imageferry.validation.parameters import Unfit, convert, stored, unfit


def faults_of_parameters(template: Template) -> Iterator[Diagnostic]:
    """Every parameter that can never be right, or whose default is not."""
    manners = MANNERS[template.dialect]
    for parameter in template.parameters.values():
        if parameter.kind == "stored":
            yield stored(parameter)
            continue
        yield from _contradictions(parameter)
        unreadable = list(_pattern(parameter))
        yield from unreadable
        if not parameter.has_default or parameter.default is None:
            continue
        span = parameter.default_span or parameter.span
        try:
            default = convert(parameter, parameter.default, manners)
        except Unfit as fault:
            yield unfit(parameter, fault, span)
        else:
            for broken in violations(parameter, default, manners, span):
                if not (unreadable and broken.code == "IF409"):
                    yield broken
        if parameter.no_echo and parameter.default != "":
            yield warning(
                "IF408",
                f"the default of parameter '{parameter.name}' can be read by everybody",
                why="'NoEcho' hides what is given, not what stands in the template",
                remedy="take the default out",
                span=span,
            )


def _pattern(parameter: Parameter) -> Iterator[Diagnostic]:
    """A pattern that cannot be read is a fault even before a value is given."""
    if parameter.allowed_pattern is None:
        return
    try:
        match_all(parameter.allowed_pattern, [])
    except PatternFault as fault:
        yield error(
            "IF409",
            f"'AllowedPattern' of parameter '{parameter.name}' {fault}",
            remedy="write a regular expression that the whole value must match",
            span=parameter.pattern_span or parameter.span,
        )


def _contradictions(parameter: Parameter) -> Iterator[Diagnostic]:
    bounds = (
        ("MinLength", parameter.min_length, "MaxLength", parameter.max_length),
        ("MinValue", parameter.min_value, "MaxValue", parameter.max_value),
    )
    for least_word, least, most_word, most in bounds:
        if least is not None and most is not None and least > most:
            yield error(
                "IF407",
                f"parameter '{parameter.name}' can have no value",
                why=f"its '{least_word}' {least:g} is more than its '{most_word}' {most:g}",
                span=parameter.span,
            )
    if parameter.allowed_values is not None and not parameter.allowed_values:
        yield error(
            "IF404",
            f"parameter '{parameter.name}' can have no value",
            why="its 'AllowedValues' are empty",
            span=parameter.span,
        )
