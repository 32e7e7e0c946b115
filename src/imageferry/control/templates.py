"""Read a template and bind it to its parameters, with everything checked at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from imageferry.control.inquiries import Answered
from imageferry.control.surroundings import pseudo_parameters
from imageferry.dialects.customs import CUSTOMS
from imageferry.dialects.limits import BY_ONE_WAY, LIMIT_CODES
from imageferry.dialects.reader import read
from imageferry.evaluation.scopes import written_names
from imageferry.model.diagnostics import Diagnostic, Severity, TemplateError, error
from imageferry.model.reports import ordered
from imageferry.model.stacks import Place
from imageferry.model.templates import Bindings, Template
from imageferry.model.values import Value
from imageferry.ports.types import Catalog
from imageferry.validation.validator import validate_given


def read_template(
    source: bytes,
    name: str,
    given: Mapping[str, Value] | None = None,
    previous: Mapping[str, Value] | None = None,
    pseudo: Mapping[str, Value] | None = None,
    named: frozenset[str] | None = None,
    *,
    is_strict: bool = False,
) -> tuple[Template, tuple[Diagnostic, ...]]:
    """The template and its warnings, its loops run over the parameters; raises TemplateError.

    `previous` are the parameters of the stack as it is, and `named` those that keep their values
    (see `kept_parameters`); `pseudo` the pseudo parameters that are known before there is a stack,
    by canonical name. `is_strict`: what passes a limit of the language's owner is an error.
    """
    chosen = {key: value for key, value in (given or {}).items() if value is not None}
    known = written_names(pseudo or {}).items()
    chosen |= {word: value for word, value in known if value is not None}
    # Which of the former values are kept is only known once the parameters have been read.
    reading = read(source, name, {**(previous or {}), **chosen})
    template = reading.template
    if template is not None and template.transforms and previous:
        kept = kept_parameters(template, previous, named)
        if any(key not in kept and key not in chosen for key in previous):
            reading = read(source, name, {**kept, **chosen})
            template = reading.template
    if template is None or reading.has_errors:
        raise TemplateError(reading.diagnostics)
    if is_strict and any(map(_is_limit, reading.diagnostics)):
        raise TemplateError([strict(one) for one in reading.diagnostics])
    return template, reading.diagnostics


def strict(found: Diagnostic) -> Diagnostic:
    """The diagnostic as the language's owner has it: what passes a limit is an error."""
    if not _is_limit(found):
        return found
    # What follows the limit itself says that it is overlooked here.
    return replace(found, severity=Severity.ERROR, why=found.why.partition("; ")[0])


def _is_limit(found: Diagnostic) -> bool:
    return found.code in LIMIT_CODES and BY_ONE_WAY not in found.names


@dataclass(frozen=True, slots=True)
class Prepared:
    """A template that met its parameters, and its warnings."""

    template: Template
    bindings: Bindings
    warnings: tuple[Diagnostic, ...]


def kept_parameters(
    template: Template, previous: Mapping[str, Value], named: frozenset[str] | None = None
) -> dict[str, Value]:
    """The former values that count where nothing is given: of those named, else without a default."""
    return {
        name: value
        for name, value in previous.items()
        if name in template.parameters
        and (not template.parameters[name].has_default if named is None else name in named)
    }


def prepare(
    template: Template,
    given: Mapping[str, Value],
    previous: Mapping[str, Value],
    place: Place,
    stack_id: str,
    stack_name: str,
    catalog: Catalog,
    found: tuple[Diagnostic, ...] = (),
    answered: Answered | None = None,
    named: frozenset[str] | None = None,
) -> Prepared:
    """Bind and check everything at once; raises TemplateError with all that was found.

    A parameter that is not given keeps the value it had where it is `named`; where none are named,
    where it has no default.
    """
    answered = answered or Answered()
    kept = kept_parameters(template, previous, named)
    pseudo = pseudo_parameters(place, stack_id, stack_name)
    bound = validate_given(template, catalog, given, pseudo, kept, answered.answers)
    # What waits for an answer that cannot be given is not told a second time.
    told = [d for d in bound.diagnostics if not (answered.faults and d.code in _WAITING)]
    diagnostics = ordered([*found, *answered.faults, *told])
    if bound.bindings is None or answered.faults:
        raise TemplateError(diagnostics)
    return Prepared(template, bound.bindings, diagnostics)


_WAITING: Final = frozenset({"IF315"})


def language_of(dialect: str) -> str:
    """The dialect's name for people."""
    return CUSTOMS[dialect].language


def stack_name_fault(dialect: str, name: str) -> Diagnostic | None:
    """What forbids that a new stack of a dialect is called so; None where nothing does."""
    customs = CUSTOMS[dialect]
    if customs.stack_name.fullmatch(name) is not None:
        return None
    return error(
        "IF604",
        f"{name!r} cannot name a stack",
        why=f"a {customs.language} stack's name is {customs.stack_name_says}",
    )
