"""Properties against their type: evaluated as far as known, conformed, checked, at each line."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from imageferry.dialects.recognition import DIALECTS
from imageferry.evaluation.conformance import conform
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.folding import may_fold, specialise
from imageferry.evaluation.references import contents
from imageferry.evaluation.scopes import MANNERS, Scope, Unresolved
from imageferry.model.addresses import ResourceAddress, render_path
from imageferry.model.diagnostics import Diagnostic, Severity, Span, error, warning
from imageferry.model.expressions import (
    Expression,
    ListOf,
    Literal,
    MapOf,
    Pseudo,
    walk,
)
from imageferry.model.schemas import Problem, ValueType
from imageferry.model.suggestions import did_you_mean
from imageferry.model.templates import Bindings, ResourceDefinition, Template
from imageferry.model.values import Value
from imageferry.ports.types import Catalog, ResourceType

_MOST_ALIKE: Final = 20
_MOST_NAMED: Final = 3
# Neither secrets nor what is known later may be compared, and lists need not be.
_COMPARED: Final = (str, int, float, bool, type(None))


def unknown_types(template: Template, catalog: Catalog) -> Iterator[Diagnostic]:
    """Resources of types that are not installed, or belong to another template language."""
    for definition in template.resources.values():
        found = catalog.find(definition.type_name)
        if found is not None and _speaks(found, template.dialect):
            continue
        here = [name for name in catalog.names() if _has(catalog, name, template.dialect)]
        words = f"there is no resource type '{definition.type_name}'"
        why, remedy = "", did_you_mean(definition.type_name, here)
        if found is not None:
            words = f"the resource type '{definition.type_name}' stands in the wrong language"
            why = f"it is a type of {', '.join(found.schema.dialects)} templates"
            remedy = remedy or _begun_otherwise(found.schema.dialects)
        else:
            fault = _fault_of(definition.type_name, catalog)
            if fault is not None:
                yield replace(fault, span=definition.type_span)
                continue
        yield error(
            "IF509",
            words,
            why=why,
            remedy=remedy or "'imageferry types' lists those that are installed",
            span=definition.type_span,
        )


def _begun_otherwise(languages: Container[str]) -> str:
    """How a template begins in which a type may stand: it may be that it lacks just that line."""
    heads = [f"{one.version_key}: '{one.versions[0]}'" for one in DIALECTS if one.name in languages]
    return f"begin the template with {' or '.join(heads)}" if heads else ""


def _speaks(found: ResourceType, dialect: str) -> bool:
    return not found.schema.dialects or dialect in found.schema.dialects


def _fault_of(type_name: str, catalog: Catalog) -> Diagnostic | None:
    """Why a type that an installed package offers cannot be used."""
    return next((one.fault for one in catalog.broken(type_name)), None)


def _has(catalog: Catalog, name: str, dialect: str) -> bool:
    found = catalog.find(name)
    return found is not None and _speaks(found, dialect)


def words_for_text(template: Template, catalog: Catalog) -> Iterator[Diagnostic]:
    """Booleans that are written where a text is wanted: YAML reads `no` and `on` as such."""
    for definition in template.resources.values():
        found = catalog.find(definition.type_name)
        if found is None:
            continue
        for key, expression in definition.properties.items():
            if type(expression) is not Literal or type(expression.value) is not bool:
                continue
            schema = found.schema.properties.get(key)
            if schema is not None and schema.value_type is ValueType.STRING:
                word = str(expression.value).lower()
                yield warning(
                    "IF122",
                    f"{definition.logical_id}: '{key}' is text, and the boolean {word} stands here",
                    why=f"it becomes the text '{word}'; YAML 1.1 reads yes, no, on and off as booleans",
                    remedy="write the text in quotes",
                    span=expression.span or definition.property_spans.get(key),
                )


class _Fault(NamedTuple):
    """What is wrong with one instance; with all of them where there is no address."""

    address: ResourceAddress | None
    diagnostic: Diagnostic


def faults_of_properties(
    template: Template,
    bindings: Bindings,
    catalog: Catalog,
    region: str,
    only: Container[str] | None = None,
) -> Iterator[Diagnostic]:
    """Every fault of every instance that shall be; a fault that several share is told once.

    A resource whose count is not in the bindings is looked at once, with its index unknown.
    `only` are the logical ids to look at, where it is not all.
    """
    resources = Unresolved()
    scope = Scope(bindings, resources, MANNERS[template.dialect])
    for name, definition in template.resources.items():
        found = catalog.find(definition.type_name)
        if found is None or name in bindings.absent or (only is not None and name not in only):
            continue
        count = bindings.counts.get(name)
        if count is not None:
            faults = _of_counted(definition, found, scope, count, region)
            yield from _merged(faults, definition, count)
        elif lone := _of_one(definition, found, scope, region):
            yield from _merged(lone, definition, None)


def _of_one(
    definition: ResourceDefinition, found: ResourceType, scope: Scope, region: str
) -> list[_Fault]:
    """The faults of a resource that is one."""
    properties = definition.properties
    values, diagnostics = _values(properties, _folding(definition, scope), scope, definition)
    conformed = conform(found.schema, values)
    diagnostics += [
        _told(problem, definition)
        for problem in conformed.problems
        # What has no value for another fault is not missing.
        if problem.code != "IF502" or problem.path[0] in values or problem.path[0] not in properties
    ]
    problems = found.check(conformed.values, region)
    diagnostics += [_told(problem, definition) for problem in problems]
    address = ResourceAddress(definition.logical_id) if diagnostics else None
    return [_Fault(address, diagnostic) for diagnostic in diagnostics]


def _folding(definition: ResourceDefinition, scope: Scope) -> set[str]:
    """The properties whose expressions are folded before they are evaluated."""
    bindings = scope.bindings
    if not bindings.counts:
        return set()
    return {
        key
        for key, expression in definition.properties.items()
        if may_fold(contents(expression), bindings)
    }


def _of_counted(
    definition: ResourceDefinition, found: ResourceType, known: Scope, count: int, region: str
) -> Iterator[_Fault]:
    """The faults of every instance; what does not vary is looked at once."""
    name = definition.logical_id
    properties = definition.properties
    varying = {key: expression for key, expression in properties.items() if _varies(expression)}
    folds = _folding(definition, known)
    constant: dict[str, Value] | None = None
    seen: dict[tuple[Value, ...], ResourceAddress] = {}
    for index in range(count):
        address = ResourceAddress(name, index)
        scope = Scope(known.bindings, known.resources, known.manners, index)
        expressions = properties if constant is None else varying
        values, faults = _values(expressions, folds, scope, definition)
        yield from (_Fault(address, fault) for fault in faults)
        conformed = conform(found.schema, values)
        broken = {fault_key for fault_key in expressions if fault_key not in values}
        for problem in conformed.problems:
            if problem.code == "IF502" and (
                problem.path[0] in broken
                or (constant is not None and problem.path[0] not in varying)
            ):
                continue
            shared = problem.path[0] not in varying
            yield _Fault(None if shared else address, _told(problem, definition))
        if constant is None:
            constant = {k: v for k, v in conformed.values.items() if k not in varying}
        complete = {**constant, **conformed.values}
        for problem in found.check(complete, region):
            yield _Fault(address, _told(problem, definition))
        if varying:
            yield from _twins(address, varying, conformed.values, seen, definition)


def _varies(expression: Expression) -> bool:
    return any(isinstance(part, Pseudo) and part.name == "index" for part in walk(expression))


def _values(
    expressions: Mapping[str, Expression],
    folds: set[str],
    scope: Scope,
    definition: ResourceDefinition,
) -> tuple[dict[str, Value], list[Diagnostic]]:
    values: dict[str, Value] = {}
    faults: list[Diagnostic] = []
    for key, expression in expressions.items():
        if type(expression) is Literal:
            values[key] = expression.value
            continue
        try:
            values[key] = (
                settled_value(expression, scope) if key in folds else evaluate(expression, scope)
            )
        except EvaluationError as fault:
            faults.append(placed(fault.diagnostic, definition.property_spans.get(key)))
    return values, faults


def settled_value(expression: Expression, scope: Scope) -> Value:
    """The value of an expression after folding, which can refuse an index of its own."""
    folded = specialise(expression, scope.bindings, scope.index, scope.manners)
    return evaluate(folded, scope)


def placed(diagnostic: Diagnostic, span: Span | None) -> Diagnostic:
    """The diagnostic at a place, where it has none of its own."""
    if diagnostic.span is not None or span is None:
        return diagnostic
    return replace(diagnostic, span=span)


def _told(problem: Problem, definition: ResourceDefinition) -> Diagnostic:
    return Diagnostic(
        problem.code,
        problem.severity,
        problem.message,
        problem.why,
        problem.remedy,
        span_of(problem, definition),
    )


def span_of(problem: Problem, definition: ResourceDefinition) -> Span:
    """The most precise place that a problem's path has in the template."""
    path = problem.path
    for length in range(len(path), 0, -1):
        span = definition.property_spans.get(render_path(path[:length]))
        if span is None and length > 1:
            span = _inner_span(definition.properties.get(str(path[0])), path[1:length])
        if span is not None:
            return span
    return definition.span


def _inner_span(expression: Expression | None, path: tuple[str | int, ...]) -> Span | None:
    """The place of a path inside an expression, as far as it is written out there."""
    current = expression
    span: Span | None = None
    for part in path:
        match current:
            case ListOf(items=items) if isinstance(part, int) and part < len(items):
                current = items[part]
                span = current.span
            case MapOf(entries=entries, key_spans=key_spans) if part in entries:
                current = entries[str(part)]
                span = (key_spans or {}).get(str(part), current.span)
            case _:
                return None
    return span


def _twins(
    address: ResourceAddress,
    varying: Mapping[str, Expression],
    values: Mapping[str, Value],
    seen: dict[tuple[Value, ...], ResourceAddress],
    definition: ResourceDefinition,
) -> Iterator[_Fault]:
    """Two instances that differ by their index and yet want the same."""
    own = tuple(values.get(key) for key in varying)
    if not all(isinstance(value, _COMPARED) for value in own):
        return
    twin = seen.setdefault(own, address)
    if twin is not address:
        keys = ", ".join(f"'{key}'" for key in varying)
        yield _Fault(
            address,
            warning(
                "IF510",
                f"'{address}' wants the same as '{twin}'",
                why=f"{keys} {'is' if len(varying) == 1 else 'are'} equal in both",
                remedy="take one of them out of the list",
                span=definition.span,
            ),
        )


def _merged(
    faults: Iterable[_Fault], definition: ResourceDefinition, count: int | None
) -> Iterator[Diagnostic]:
    """Each fault once, with the instances that have it; not too many that are alike."""
    by_fault: dict[Diagnostic, dict[ResourceAddress | None, None]] = {}
    for fault in faults:
        by_fault.setdefault(fault.diagnostic, {})[fault.address] = None
    alike: dict[tuple[str, Severity, Span | None], int] = {}
    for diagnostic, addresses in by_fault.items():
        kind = (diagnostic.code, diagnostic.severity, diagnostic.span)
        alike[kind] = alike.get(kind, 0) + 1
        if alike[kind] > _MOST_ALIKE:
            continue
        if diagnostic.code == "IF510":
            yield diagnostic
            continue
        named = _named(list(addresses), definition.logical_id, count)
        yield replace(diagnostic, message=f"{named}: {diagnostic.message}")
    for (code, severity, span), number in alike.items():
        if number > _MOST_ALIKE:
            rest = f"there are {number - _MOST_ALIKE} more like these"
            yield Diagnostic(code, severity, rest, span=span)


def _named(addresses: list[ResourceAddress | None], logical_id: str, count: int | None) -> str:
    """The instances, or `A[*]` for all of them."""
    if count is None:
        return logical_id
    if None in addresses or (len(addresses) == count and count > 1):
        return f"{logical_id}[*]"
    named = ", ".join(str(address) for address in addresses[:_MOST_NAMED])
    more = len(addresses) - _MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named
