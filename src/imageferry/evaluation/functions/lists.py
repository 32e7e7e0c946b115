"""List functions: select, length, list_merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from imageferry.evaluation.conversions import bounded_data, integer_of_text, kind_of, parse_json
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.evaluation.seals import opened, sealed
from imageferry.model.values import NO_VALUE, UNKNOWN, Value

# The same text is read once for every instance of a counted resource.
_parsed_once = lru_cache(maxsize=8)(parse_json)


def data_of_text(text: str, *, secret: bool) -> Value:
    """JSON text as data; raises Refusal, without the text in it. Secrets are not remembered."""
    try:
        return parse_json(text) if secret else _parsed_once(text)
    except ValueError as fault:
        raise Refusal("cannot read its text as JSON", why=str(fault)) from None


def slice_of(text: str) -> slice:
    """`start:stop` or `start:stop:step`, each part optional, as a slice; raises Refusal."""
    parts = text.split(":")
    bounds = [integer_of_text(part.strip()) if part.strip() else None for part in parts]
    wrong = any(part.strip() and bound is None for part, bound in zip(parts, bounds, strict=True))
    if len(parts) > 3 or wrong:
        raise Refusal("needs an index, a slice such as '1:3', or a key")
    step = bounds[2] if len(bounds) == 3 else None
    if step == 0:
        raise Refusal("cannot take a slice with a step of 0")
    return slice(bounds[0], bounds[1], step)


class _Missed(Exception):
    """No such index or key."""


def _from_list(items: Sequence[Value], lookup: Value) -> Value:
    position: int | None
    if isinstance(lookup, (bool, int, float)):
        position = int(lookup)
    elif isinstance(lookup, str):
        position = integer_of_text(lookup.strip())
        if position is None:
            if ":" not in lookup:
                raise Refusal("needs an index or a slice to select from a list, not other text")
            return list(items[slice_of(lookup)])
    else:
        raise Refusal(f"needs an index or a slice to select from a list, not {kind_of(lookup)}")
    if -len(items) <= position < len(items):
        return items[position]
    raise _Missed


def _from_map(entries: Mapping[str, Value], lookup: Value) -> Value:
    if not isinstance(lookup, str):
        raise Refusal(f"needs a text as key to select from a map, not {kind_of(lookup)}")
    if lookup not in entries:
        raise _Missed
    return entries[lookup]


def select(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[index, collection, default, error text]`, by the dialect's manners."""
    lookup, secret_lookup = opened(arguments[0])
    collection, secret_collection = opened(arguments[1])
    if lookup is UNKNOWN or collection is UNKNOWN:
        return UNKNOWN
    if not scope.manners.selects_widely:
        selected = _select_strictly(lookup, collection)
        return sealed(selected, secret_lookup or secret_collection)
    default = arguments[2] if len(arguments) > 2 and arguments[2] is not None else ""
    if lookup is None or collection is None or collection == "":
        return default
    if isinstance(collection, str):
        collection = data_of_text(collection, secret=secret_collection)
        if collection is None:
            return default
    try:
        if isinstance(collection, (list, tuple)):
            selected = _from_list(collection, lookup)
        elif isinstance(collection, Mapping):
            selected = _from_map(collection, lookup)
        else:
            raise Refusal(f"needs a list or a map to select from, not {kind_of(collection)}")
    except _Missed:
        told = arguments[3] if len(arguments) > 3 else None
        if isinstance(told, str):
            raise Refusal(f"finds nothing: {told}", code="IF309") from None
        return default
    return sealed(selected, secret_lookup or secret_collection)


def _select_strictly(lookup: Value, collection: Value) -> Value:
    """`[index, list]` as CloudFormation takes it: from 0, in range, nothing null."""
    position = integer_of_text(lookup) if isinstance(lookup, str) else lookup
    if isinstance(position, bool) or not isinstance(position, int):
        raise Refusal("needs a number as its index")
    if not isinstance(collection, (list, tuple)):
        raise Refusal(f"needs a list to select from, not {kind_of(collection)}")
    if not 0 <= position < len(collection):
        raise Refusal(
            f"has no item at index {position}",
            code="IF309",
            why=f"its list has {len(collection)}, counted from 0",
            remedy="correct the index, or add to the list",
        )
    selected: Value = collection[position]
    if selected is None:
        raise Refusal(f"finds null at index {position}", code="IF309")
    return selected


def length(arguments: Sequence[Value], scope: Scope) -> Value:
    """How many characters, items or entries; null has none."""
    counted, secret = opened(arguments[0])
    if counted is UNKNOWN or counted is NO_VALUE:
        return counted
    if counted is None and scope.manners.null_is_empty:
        return 0
    if scope.manners.measures_lists_only:
        if not isinstance(counted, (list, tuple)):
            raise Refusal(f"needs a list, not {kind_of(counted)}")
    elif not isinstance(counted, (str, list, tuple, Mapping)):
        raise Refusal(f"needs a text, a list or a map, not {kind_of(counted)}")
    return sealed(len(counted), secret)


def check_lists(arguments: Sequence[Value], manners: Manners) -> None:
    """A list of lists, as far as it is written out."""
    given, _ = opened(arguments[0])
    if given is None or given is UNKNOWN:
        return
    if not isinstance(given, (list, tuple)):
        raise Refusal(f"needs a list of lists, not {kind_of(given)}")
    for position, one in enumerate(given):
        plain, _ = opened(one)
        if plain is not None and plain is not UNKNOWN and not isinstance(plain, (list, tuple)):
            raise Refusal(f"needs lists to merge, and item {position} is {kind_of(plain)}")


def list_merge(arguments: Sequence[Value], scope: Scope) -> Value:
    """A list of lists, to one list; null ones are left out, and nothing else gives null."""
    check_lists(arguments, scope.manners)
    given, secret = opened(arguments[0])
    if given is None or given is UNKNOWN or not isinstance(given, (list, tuple)):
        return given
    merged: list[Value] = []
    nothing = True
    for one in given:
        items, hidden = opened(one)
        if items is UNKNOWN:
            return UNKNOWN
        if isinstance(items, (list, tuple)):
            merged += [sealed(item, True) for item in items] if hidden else items
            nothing = False
    return None if nothing else sealed(bounded_data(merged), secret)
