"""Read a template and bind it to its parameters, with everything checked at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from imageferry.control.examination import without_doubles
from imageferry.dialects.customs import CUSTOMS
from imageferry.dialects.reader import read
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.stacks import Place
from imageferry.model.templates import Bindings, Template
from imageferry.model.values import Value
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate_given


def read_template(source: bytes, name: str) -> tuple[Template, tuple[Diagnostic, ...]]:
    """The template and its warnings; raises TemplateError."""
    reading = read(source, name)
    if reading.template is None or any(d.is_error for d in reading.diagnostics):
        raise TemplateError(reading.diagnostics)
    return reading.template, reading.diagnostics


@dataclass(frozen=True, slots=True)
class Prepared:
    """A template that met its parameters, and its warnings."""

    template: Template
    bindings: Bindings
    warnings: tuple[Diagnostic, ...]


def prepare(
    template: Template,
    given: Mapping[str, Value],
    previous: Mapping[str, Value],
    place: Place,
    stack_id: str,
    stack_name: str,
    catalog: Catalog,
    found: tuple[Diagnostic, ...] = (),
) -> Prepared:
    """Bind and check everything at once; raises TemplateError with all that was found.

    A parameter that is not given and has no default keeps the value it had.
    """
    kept = {
        name: value
        for name, value in previous.items()
        if name in template.parameters and not template.parameters[name].has_default
    }
    pseudo = pseudo_parameters(place, stack_id, stack_name)
    bound = validate_given(template, catalog, given, pseudo, kept)
    diagnostics = without_doubles([*found, *bound.diagnostics])
    if bound.bindings is None:
        raise TemplateError(diagnostics)
    return Prepared(template, bound.bindings, diagnostics)


def pseudo_parameters(place: Place, stack_id: str, stack_name: str) -> dict[str, Value]:
    """The pseudo parameters of a stack, by canonical name."""
    return {
        "stack_id": stack_id,
        "stack_name": stack_name,
        "region": place.region,
        "account_id": place.account_id,
        "tenant_id": place.account_id,
        "resource_group_id": "",
        "notification_arns": [],
        "partition": "aws",
        "url_suffix": "amazonaws.com",
    }


def language_of(dialect: str) -> str:
    """The dialect's name for people."""
    return CUSTOMS[dialect].language
