"""Between data and text: base64 and back, str, to_json_string, get_json_value."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

from imageferry.evaluation.conversions import (
    bounded,
    compact_json_text,
    json_text,
    kind_of,
    text_of,
)
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.functions.lists import data_of_text
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.evaluation.seals import opened, sealed
from imageferry.model.values import UNKNOWN, Value, holds_secret, is_known, reveal


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
    (text,) = arguments
    if isinstance(text, (list, tuple, dict)):
        raise Refusal(f"needs a text, not {kind_of(text)}")
    return text


def base64_decode(arguments: Sequence[Value], scope: Scope) -> Value:
    """Base64, with or without line ends, to the UTF-8 text in it; null gives null."""
    (text,) = arguments
    if text is None:
        return None
    if not isinstance(text, str):
        raise Refusal(f"needs a text, not {kind_of(text)}")
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except UnicodeDecodeError:
        raise Refusal("decodes to bytes that are no UTF-8 text", discreet=True) from None
    except (binascii.Error, ValueError):
        raise Refusal("needs a text that is Base64", discreet=True) from None


def to_text(arguments: Sequence[Value], scope: Scope) -> Value:
    """Str: lists and maps as JSON text, everything else as Python writes it (`True`, `None`)."""
    (value,) = arguments
    return bounded(str(value)) if _is_scalar(value) else json_text(value)


def _is_scalar(value: Value) -> bool:
    return value is None or isinstance(value, (bool, int, float, str))


def check_structure(arguments: Sequence[Value], manners: Manners) -> None:
    """A list or a map, where it is written out."""
    (value,) = arguments
    if value is not UNKNOWN and not isinstance(value, (list, tuple, Mapping)):
        raise Refusal(f"needs a list or a map, not {kind_of(value)}")


def to_json_string(arguments: Sequence[Value], scope: Scope) -> Value:
    """ToJsonString: a list or a map as JSON text without blanks."""
    check_structure(arguments, scope.manners)
    return compact_json_text(arguments[0])


def check_json_value(arguments: Sequence[Value], manners: Manners) -> None:
    """The key, where it is written out."""
    key, _ = opened(arguments[0])
    if key is not UNKNOWN and not isinstance(key, str):
        raise Refusal(f"needs a text as its key, not {kind_of(key)}")


def get_json_value(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[key, JSON text or map]`: the key's value, texts as they are, others as JSON text.

    Null where the key is missing, and where there is nothing to look into.
    """
    check_json_value(arguments, scope.manners)
    key, hidden_key = opened(arguments[0])
    given, hidden = opened(arguments[1])
    if given is None or given == "":
        return None
    if key is UNKNOWN or given is UNKNOWN:
        return UNKNOWN
    if isinstance(given, str):
        given = data_of_text(given, secret=hidden)
    if not isinstance(given, Mapping):
        raise Refusal(f"needs a map, or JSON text that holds one, not {kind_of(given)}")
    found, hidden_inside = opened(given.get(str(key)))
    if not is_known(found):
        return UNKNOWN
    secret = hidden_key or hidden or hidden_inside or holds_secret(found)
    if found is not None and not isinstance(found, str):
        found = json_text(reveal(found))
    return sealed(found, secret)
