"""Functions where they may not stand, with arguments that could never work, or that ask too early."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.evaluator import misshapen
from imageferry.evaluation.functions import FUNCTIONS
from imageferry.evaluation.functions.rows import Function, Place, Strict
from imageferry.evaluation.functions.standing import (
    EXTENDED_KEYS,
    INQUIRIES,
    LANGUAGE_EXTENSIONS,
    LITERALS,
    PLAIN_KEYS,
    POLICY_FUNCTIONS,
    may_stand,
    places_of,
)
from imageferry.evaluation.references import MentionKind, mentions
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.diagnostics import Diagnostic, Span, error, warning
from imageferry.model.expressions import (
    Attribute,
    Call,
    ConditionReference,
    Expression,
    ListOf,
    Literal,
    MapOf,
    children,
)
from imageferry.model.templates import Template
from imageferry.model.values import UNKNOWN, Value
from imageferry.validation.places import Site

# CloudFormation guide, condition functions: Fn::And and Fn::Or.
_MOST_CONDITIONS: Final = 10

# CloudFormation guide, rule-specific functions: these three look into the account.
_ACCOUNT: Final = frozenset({"ref_all", "value_of", "value_of_all"})


def faults_of_contexts(template: Template, sites: list[Site]) -> Iterator[Diagnostic]:
    """Every function that cannot be where it is or as it is."""
    for site in sites:
        if site.attributes or any(call.function == "if" for call in site.calls):
            yield from _of_site(site, template)
        else:
            # Most: whatever stands inside stands in the same place.
            for call in site.calls:
                yield from _of_call(call, site.place, site, template)


def _of_site(site: Site, template: Template) -> Iterator[Diagnostic]:
    pending: list[tuple[Expression, Place]] = [(site.expression, site.place)]
    while pending:
        expression, place = pending.pop()
        if isinstance(expression, Call):
            yield from _of_call(expression, place, site, template)
        elif isinstance(expression, Attribute):
            yield from _of_attribute(expression, site, template)
        pending.extend(_inside(expression, place))


def _inside(expression: Expression, place: Place) -> Iterator[tuple[Expression, Place]]:
    match expression:
        case Call(function="if", argument=ListOf(items=(condition, *branches))):
            # What If asks is a condition, wherever the If stands.
            yield condition, Place.RULE if place is Place.RULE else Place.CONDITION
            for branch in branches:
                yield branch, place
        case _:
            for inner in children(expression):
                yield inner, place


def _of_attribute(attribute: Attribute, site: Site, template: Template) -> Iterator[Diagnostic]:
    span = attribute.span or site.span
    if not site.sees_resources:
        yield error(
            "IF304",
            f"'Fn::GetAtt' may not stand in {site.says}",
            why="it is settled before any resource exists",
            span=span,
        )
    parts = (attribute.resource, attribute.attribute)
    if _needs_transform(template) and any(isinstance(part, Call) for part in parts):
        yield _without_transform("a function inside 'Fn::GetAtt'", span)


def _of_call(call: Call, place: Place, site: Site, template: Template) -> Iterator[Diagnostic]:
    span = call.span or site.span
    function = FUNCTIONS[call.function]
    if call.function == "unresolved":
        return
    if not (site.takes_calls and may_stand(call.function, place, template.dialect)):
        yield from _standing(call, place, site, template, span)
    if call.function == "find_in_map":
        yield from _keys(call, template, span)
    elif call.function in ("and", "or") and template.dialect == "cloudformation":
        yield from _number_of_conditions(call, span)
    elif call.function == "if" and template.dialect == "cloudformation":
        yield from _named_condition(call, place, span)
    elif call.function in INQUIRIES:
        yield from _early_mentions(call, template, span)
    elif call.function in _ACCOUNT:
        yield warning(
            "IF336",
            f"what '{call.written}' asks for is not looked up",
            why="it looks into an account of the other cloud; the assertion counts as not settled",
            remedy="constrain the parameter itself if the check matters here",
            span=span,
        )
    yield from _arguments(call, function, template, span)


def _standing(
    call: Call, place: Place, site: Site, template: Template, span: Span
) -> Iterator[Diagnostic]:
    name = call.function
    if not site.takes_calls:
        # Without the transform, reading has refused every function there.
        if template.dialect == "cloudformation" and name in POLICY_FUNCTIONS:
            return
        if name != "ref":
            yield error(
                "IF304",
                f"'{call.written}' may not stand in {site.says}",
                remedy="write a word, or 'Ref' of a parameter",
                span=span,
            )
    else:
        allowed = places_of(name, template.dialect)
        where = site.says if place is site.place else f"a condition inside {site.says}"
        yield error(
            "IF304",
            f"'{call.written}' may not stand in {where}",
            why=f"it may stand in {', or in '.join(one.value for one in allowed)}"
            if allowed
            else "it stands only in the template that implements a type",
            remedy="name the condition under 'Conditions', and use 'Fn::If'"
            if name in ("equals", "and", "or", "not") and place is Place.NORMAL
            else "let a parameter give the value, or compare what it is made from"
            if allowed and place is not Place.NORMAL
            else "",
            span=span,
        )


def _needs_transform(template: Template) -> bool:
    return template.dialect == "cloudformation" and LANGUAGE_EXTENSIONS not in template.transforms


def _without_transform(what: str, span: Span) -> Diagnostic:
    """Reading says the same of the functions and sections that the transform brings."""
    return error(
        "IF152",
        f"{what} needs the language extensions",
        why="without them CloudFormation refuses it",
        remedy=f"add the line 'Transform: {LANGUAGE_EXTENSIONS}'",
        span=span,
    )


def _keys(call: Call, template: Template, span: Span) -> Iterator[Diagnostic]:
    """The keys of FindInMap that CloudFormation takes."""
    if template.dialect != "cloudformation" or not isinstance(call.argument, ListOf):
        return
    bare = _needs_transform(template)
    for key in call.argument.items[:3]:
        name = key.function if isinstance(key, Call) else "get_att"
        if not isinstance(key, Call | Attribute) or name in PLAIN_KEYS or name == "unresolved":
            continue
        if name not in EXTENDED_KEYS:
            written = key.written if isinstance(key, Call) else "Fn::GetAtt"
            yield error(
                "IF304",
                f"'{written}' may not stand in the keys of '{call.written}'",
                why="a key is text, 'Ref' or 'Fn::FindInMap'",
                remedy="use a parameter, or another mapping",
                span=key.span or span,
            )
        elif bare and isinstance(key, Call):
            yield _without_transform(f"'{key.written}' as a key of '{call.written}'", span)


def _number_of_conditions(call: Call, span: Span) -> Iterator[Diagnostic]:
    match call.argument:
        case ListOf(items=items) if len(items) > _MOST_CONDITIONS:
            yield error(
                "IF302",
                f"'{call.written}' takes {_MOST_CONDITIONS} conditions at most, not {len(items)}",
                remedy="name some of them together as a condition of their own",
                span=span,
            )
        case _:
            return


def _named_condition(call: Call, place: Place, span: Span) -> Iterator[Diagnostic]:
    """CloudFormation guide, Fn::If: outside of rules its first item is the name of a condition."""
    match call.argument:
        case ListOf(items=(condition, *_)) if place is Place.NORMAL:
            if not isinstance(condition, ConditionReference):
                yield error(
                    "IF302",
                    f"'{call.written}' needs the name of a condition as its first item",
                    why="CloudFormation takes no expression there",
                    remedy="name the expression under 'Conditions'",
                    span=condition.span or span,
                )
        case _:
            return


def _early_mentions(call: Call, template: Template, span: Span) -> Iterator[Diagnostic]:
    """What is asked of the world is asked before any resource exists."""
    for mention in mentions(call.argument):
        name = mention.name
        if mention.kind is MentionKind.NAME and name in template.parameters:
            continue
        if mention.kind in (MentionKind.NAME, MentionKind.ATTRIBUTE):
            yield error(
                "IF333",
                f"'{call.written}' asks with the resource '{name}'",
                why="what it asks for is looked up before any resource exists",
                remedy="use a parameter, or text",
                span=mention.span or span,
            )


def _arguments(
    call: Call, function: Function, template: Template, span: Span
) -> Iterator[Diagnostic]:
    """The number of the arguments, those that must be written out, and what they say as written."""
    shape = function.shape
    parts: tuple[Expression, ...] | None
    literals = LITERALS[template.dialect].get(call.function)
    match call.argument:
        case argument if shape.whole:
            parts = (argument,)
        case ListOf(items=items):
            parts = items
        case Literal(value=list() | tuple() as values, span=inner):
            parts = tuple(Literal(value, inner) for value in values)
        case Literal() if not shape.bare:
            parts = None
        case _:
            return
    if parts is None or (not shape.whole and not shape.fits(len(parts))):
        got = "one value" if parts is None else str(len(parts))
        yield misshapen(call, function, got)
        return
    for position, what in literals.items() if literals else ():
        if position < len(parts) and not _is_written(parts[position]):
            yield error(
                "IF331",
                f"'{call.written}' needs {what} written out",
                why="it is read before parameters and resources have values",
                remedy="write the text itself",
                span=parts[position].span or span,
            )
            return
    if isinstance(function, Strict) and function.early is not None:
        try:
            function.early([_written(part) for part in parts], MANNERS[template.dialect])
        except Refusal as refusal:
            yield error(
                refusal.code,
                f"'{call.written}' {refusal.message}",
                why=refusal.why,
                remedy=refusal.remedy,
                span=span,
            )


def _is_written(expression: Expression) -> bool:
    """True for data, also where it holds functions deeper inside (Replace's new texts do)."""
    match expression:
        case Literal() | MapOf() | ListOf() | Call(function="unresolved"):
            return True
        case _:
            return False


def _written(expression: Expression) -> Value:
    """What is written of an argument, with UNKNOWN for what a function or a name will give."""
    match expression:
        case Literal(value=value):
            return value
        case ListOf(items=items):
            return [_written(one) for one in items]
        case MapOf(entries=entries):
            return {key: _written(entry) for key, entry in entries.items()}
        case _:
            return UNKNOWN
