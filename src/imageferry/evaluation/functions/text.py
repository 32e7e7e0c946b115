"""Text functions: sub, join, split, base64."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from imageferry.evaluation.conversions import bounded, joined, kind_of, text_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.functions.rows import Evaluate
from imageferry.evaluation.scopes import Scope
from imageferry.evaluation.seals import opened, sealed
from imageferry.evaluation.substitution import parts_of, variables_of
from imageferry.model.expressions import Call, Expression, ListOf
from imageferry.model.values import NO_VALUE, UNKNOWN, Value


def sub(arguments: Sequence[Value], scope: Scope) -> Value:
    """The parts of the text, each as text, one after the other."""
    manners = scope.manners
    return joined("", [part if type(part) is str else text_of(part, manners) for part in arguments])


def sub_text(arguments: Sequence[Expression], scope: Scope, evaluate: Evaluate) -> Value:
    """Sub whose text is itself an expression, so that its names are known only now."""
    text, secret = opened(evaluate(arguments[0]))
    if text is UNKNOWN or text is NO_VALUE:
        return text
    if not isinstance(text, str):
        raise Refusal(f"needs a text to fill in, not {kind_of(text)}")
    variables = variables_of(arguments[1]) if len(arguments) > 1 else {}
    span = arguments[0].span
    parts = ListOf(parts_of(text, variables, scope.manners, span), span)
    return sealed(evaluate(Call("sub", parts, "Fn::Sub", span)), secret)


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
    if not isinstance(delimiter, str) or not delimiter:
        raise Refusal("needs a text that is not empty as its delimiter")
    if text is None and scope.manners.null_is_empty:
        return []
    if not isinstance(text, str):
        raise Refusal(f"needs a text to split, not {kind_of(text)}")
    return list(text.split(delimiter))


def base64_encode(arguments: Sequence[Value], scope: Scope) -> Value:
    """The text, in UTF-8, as Base64 without line ends."""
    (text,) = arguments
    if text is None and scope.manners.null_is_empty:
        return None
    if isinstance(text, (list, tuple, dict)):
        raise Refusal(f"needs a text, not {kind_of(text)}")
    try:
        encoded = text_of(text, scope.manners).encode()
    except UnicodeEncodeError:
        raise Refusal("cannot encode a text that holds half a surrogate pair") from None
    return bounded(base64.b64encode(encoded).decode())


def base64_mark(arguments: Sequence[Value], scope: Scope) -> Value:
    """ROS's `Fn::Base64`: its text, unchanged, for whoever encodes it later."""
    return arguments[0]
