"""Text functions: sub, join, split."""

from __future__ import annotations

from collections.abc import Sequence

from imageferry.evaluation.conversions import DATA_BOUND, crowded, joined, kind_of, text_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.functions.rows import Evaluate
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.evaluation.seals import opened, sealed
from imageferry.evaluation.substitution import parts_of, variables_of
from imageferry.model.expressions import Call, Expression, ListOf, Literal
from imageferry.model.values import NO_VALUE, UNKNOWN, Value


def sub(arguments: Sequence[Value], scope: Scope) -> Value:
    """The parts of the text, each as text, one after the other."""
    texts: list[str] = []
    manners = scope.manners
    for part in arguments:
        if type(part) is str:
            texts.append(part)
        elif part is not NO_VALUE:
            texts.append(text_of(part, manners))
        elif not manners.no_value_is_text:
            return NO_VALUE
    return joined("", texts)


def sub_text(arguments: Sequence[Expression], scope: Scope, evaluate: Evaluate) -> Value:
    """Sub whose text is itself an expression, so that its names are known only now."""
    text, secret = opened(evaluate(arguments[0]))
    if text is UNKNOWN or text is NO_VALUE:
        return text
    if not isinstance(text, str):
        raise Refusal(f"needs a text to fill in, not {kind_of(text)}")
    variables = variables_of(arguments[1]) if len(arguments) > 1 else {}
    span = arguments[0].span
    # However often the text names a variable, it is evaluated once, and only if it is named.
    values = {
        name: Literal(evaluate(variable), variable.span)
        for name, variable in variables.items()
        if name in text
    }
    parts = ListOf(parts_of(text, values, scope.manners, span), span)
    return sealed(evaluate(Call("sub", parts, "Fn::Sub", span)), secret)


def check_join(arguments: Sequence[Value], manners: Manners) -> None:
    """The delimiter and the list, as far as they are written out."""
    delimiter, items = arguments
    if delimiter is not UNKNOWN and not isinstance(delimiter, str):
        raise Refusal(f"needs a text as its delimiter, not {kind_of(delimiter)}")
    if items is UNKNOWN or (items is None and manners.null_is_empty):
        return
    if not isinstance(items, (list, tuple)):
        raise Refusal(f"needs a list to join, not {kind_of(items)}")


def check_split(arguments: Sequence[Value], manners: Manners) -> None:
    """The delimiter, where it is written out."""
    delimiter = arguments[0]
    if delimiter is not UNKNOWN and (not isinstance(delimiter, str) or not delimiter):
        raise Refusal("needs a text that is not empty as its delimiter")


def join(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[delimiter, list]`: the items as texts with the delimiter between."""
    delimiter, items = arguments
    if not isinstance(delimiter, str):
        raise Refusal(f"needs a text as its delimiter, not {kind_of(delimiter)}")
    manners = scope.manners
    if items is None and manners.null_is_empty:
        return ""
    if not isinstance(items, (list, tuple)):
        raise Refusal(f"needs a list to join, not {kind_of(items)}")
    texts = []
    for position, part in enumerate(items):
        if isinstance(part, (list, tuple, dict)) or (
            isinstance(part, float) and not manners.joins_fractions
        ):
            what = "a number with a fraction" if isinstance(part, float) else kind_of(part)
            raise Refusal(f"cannot join {what}, which is item {position} of its list")
        texts.append(part if isinstance(part, str) else text_of(part, manners))
    return joined(delimiter, texts)


def split(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[delimiter, text]`: the pieces of the text, nothing trimmed, empty ones kept."""
    delimiter, text = arguments
    check_split(arguments, scope.manners)
    assert isinstance(delimiter, str)
    if text is None and scope.manners.null_is_empty:
        return []
    if not isinstance(text, str):
        raise Refusal(f"needs a text to split, not {kind_of(text)}")
    if text.count(delimiter) >= DATA_BOUND:
        raise crowded()
    return list(text.split(delimiter))
