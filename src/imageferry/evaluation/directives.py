"""directives_of(definition, scope): what a resource's Metadata asks of imageferry itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from imageferry.evaluation.conversions import kind_of, truth_of_text
from imageferry.evaluation.errors import EvaluationError
from imageferry.evaluation.evaluator import evaluate
from imageferry.evaluation.scopes import Scope
from imageferry.model.diagnostics import Span, error
from imageferry.model.expressions import Expression, Literal, MapOf
from imageferry.model.suggestions import did_you_mean
from imageferry.model.templates import ResourceDefinition
from imageferry.model.values import NO_VALUE, UNKNOWN, reveal

SECTION: Final = "imageferry"
DELETE_SNAPSHOTS: Final = "DeleteSnapshots"


class Directives(NamedTuple):
    """`deletes_remains`: what the cloud keeps of the deleted resource, and bills, goes as well."""

    deletes_remains: bool = False


_NONE: Final = Directives()


def directives_of(definition: ResourceDefinition, scope: Scope) -> Directives:
    """What `Metadata.imageferry` of a resource says; what is not known yet counts as not said.

    Raises EvaluationError where it is no map of directives, or one of them has a wrong value.
    """
    section = _section(definition.metadata)
    if section is None:
        return _NONE
    value = reveal(evaluate(section, scope))
    if value is None or value is UNKNOWN or value is NO_VALUE:
        return _NONE
    span = section.span or definition.span
    where = f"'Metadata.{SECTION}' of '{definition.logical_id}'"
    if not isinstance(value, Mapping):
        raise _refused(f"{where} is {kind_of(value)}, and has to be a map", span)
    for word in value:
        if word != DELETE_SNAPSHOTS:
            known = (DELETE_SNAPSHOTS,)
            guess = did_you_mean(str(word), known, f"it knows '{DELETE_SNAPSHOTS}'")
            raise _refused(f"{where} has no field '{str(word)[:80]}'", span, guess)
    wish = value.get(DELETE_SNAPSHOTS)
    if wish is None or wish is UNKNOWN or wish is NO_VALUE:
        return _NONE
    truth = truth_of_text(wish) if isinstance(wish, str) else wish
    if not isinstance(truth, bool):
        says = f"'{DELETE_SNAPSHOTS}' in {where} is {kind_of(wish)}, and has to be true or false"
        raise _refused(says, span)
    return Directives(truth)


def _section(metadata: Expression | None) -> Expression | None:
    """The part of a resource's Metadata that speaks to us."""
    match metadata:
        case Literal(value=Mapping() as entries, span=span) if SECTION in entries:
            return Literal(entries[SECTION], span)
        case MapOf(entries=parts) if SECTION in parts:
            return parts[SECTION]
        case _:
            return None


def _refused(message: str, span: Span | None, remedy: str = "") -> EvaluationError:
    return EvaluationError(
        error(
            "IF848",
            message,
            why="what stands there is for imageferry and changes what a deletion does",
            remedy=remedy or f"write {SECTION}: {{{DELETE_SNAPSHOTS}: true}}, or leave it out",
            span=span,
        )
    )


def says_directives(definition: ResourceDefinition) -> bool:
    """True where a definition has anything for `directives_of` to read."""
    return _section(definition.metadata) is not None
