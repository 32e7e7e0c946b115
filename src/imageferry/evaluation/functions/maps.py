"""Map functions: merge_map, merge_map_to_list, select_map_list, member_list_to_map."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.evaluation.conversions import DATA_BOUND, bounded_data, crowded, kind_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.evaluation.seals import opened, sealed
from imageferry.model.values import UNKNOWN, Value

_DEEPEST: Final = 200
_MEMBER: Final = r"(?s)\.?member\.([0-9]{1,9})\.(.*)\Z"


def check_maps(arguments: Sequence[Value], manners: Manners) -> None:
    """Two maps, where they are written out."""
    for value in arguments:
        plain, _ = opened(value)
        if plain is not None and plain is not UNKNOWN and not isinstance(plain, Mapping):
            raise Refusal(f"needs maps to merge, not {kind_of(plain)}")


def merge_map(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[map, map]`: both in one, maps inside merged likewise, the second's word the last."""
    check_maps(arguments, scope.manners)
    (first, hidden_first), (second, hidden_second) = map(opened, arguments)
    if first is UNKNOWN or second is UNKNOWN:
        return UNKNOWN
    secret = hidden_first or hidden_second
    if first is None or second is None:
        return sealed(first if second is None else second, secret)
    return sealed(bounded_data(_merged(first, second, 0)), secret)


def _merged(first: Value, second: Value, depth: int) -> Value:
    if depth > _DEEPEST:
        raise Refusal(f"needs maps that are at most {_DEEPEST} deep", discreet=True)
    if first is UNKNOWN and isinstance(second, Mapping):
        return UNKNOWN
    if not isinstance(first, Mapping) or not isinstance(second, Mapping):
        return second
    both = dict(first)
    for key, entry in second.items():
        if key not in both:
            both[key] = entry
            continue
        (old, hidden_old), (new, hidden_new) = opened(both[key]), opened(entry)
        merged = _merged(old, new, depth + 1)
        both[key] = sealed(merged, hidden_new or (hidden_old and merged is not new))
    return both


def _columns(given: Sequence[Value]) -> tuple[list[tuple[str, Sequence[Value], bool]], bool, bool]:
    """Each map's key, list and whether it is secret; then whether something is not yet known."""
    columns: list[tuple[str, Sequence[Value], bool]] = []
    open_ends = False
    secret = False
    for one in given:
        entry, hidden_map = opened(one)
        if entry is UNKNOWN:
            open_ends = True
            continue
        if not isinstance(entry, Mapping) or len(entry) != 1:
            what = f"a map of {len(entry)}" if isinstance(entry, Mapping) else kind_of(entry)
            raise Refusal(f"needs maps with exactly one key each, not {what}")
        ((key, value),) = entry.items()
        values, hidden = opened(value)
        if values is UNKNOWN:
            open_ends = True
        elif values is None:
            columns.append((key, ("",), hidden_map))
        elif not isinstance(values, (list, tuple)):
            raise Refusal(f"needs a list under each key, not {kind_of(values)}")
        elif values:
            columns.append((key, values, hidden_map or hidden))
        secret = secret or hidden_map or hidden
    return columns, open_ends, secret


def check_columns(arguments: Sequence[Value], manners: Manners) -> None:
    """A list of maps of lists, as far as it is written out."""
    given, _ = opened(arguments[0])
    if given is None or given is UNKNOWN:
        return
    if not isinstance(given, (list, tuple)):
        raise Refusal(f"needs a list of maps, not {kind_of(given)}")
    _columns(given)


def merge_map_to_list(arguments: Sequence[Value], scope: Scope) -> Value:
    """A list of maps of one list each, to a list of maps; shorter lists repeat their last value."""
    given, hidden = opened(arguments[0])
    if given is None or given is UNKNOWN:
        return given
    if not isinstance(given, (list, tuple)):
        raise Refusal(f"needs a list of maps, not {kind_of(given)}")
    columns, open_ends, secret = _columns(given)
    if open_ends:
        # How long the result is follows from the longest list.
        return UNKNOWN
    if not columns:
        return None
    longest = max(len(values) for _, values, _ in columns)
    if longest * len(columns) > DATA_BOUND:
        raise crowded()
    rows = [
        {
            key: sealed(values[min(position, len(values) - 1)], inner)
            for key, values, inner in columns
        }
        for position in range(longest)
    ]
    bounded_data(rows)
    return sealed(rows, hidden or secret)


def check_map_list(arguments: Sequence[Value], manners: Manners) -> None:
    """A text, and a list of maps, where they are written out."""
    key, given = (opened(one)[0] for one in arguments)
    if key is not None and key is not UNKNOWN and not isinstance(key, str):
        raise Refusal(f"needs a text as its key, not {kind_of(key)}")
    if given is None or given is UNKNOWN:
        return
    if not isinstance(given, (list, tuple)):
        raise Refusal(f"needs a list of maps, not {kind_of(given)}")
    for one in given:
        plain, _ = opened(one)
        if plain is not None and plain is not UNKNOWN and not isinstance(plain, Mapping):
            raise Refusal(f"needs maps in its list, not {kind_of(plain)}")


def select_map_list(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[key, maps]`: the values of that key, of those maps that have it."""
    check_map_list(arguments, scope.manners)
    (key, hidden_key), (given, hidden) = map(opened, arguments)
    if key is None or given is None:
        return None
    if key is UNKNOWN or given is UNKNOWN or not isinstance(given, (list, tuple)):
        return UNKNOWN
    found: list[Value] = []
    for one in given:
        entry, hidden_map = opened(one)
        if entry is UNKNOWN:
            return UNKNOWN
        if isinstance(entry, Mapping) and isinstance(key, str) and key in entry:
            found.append(sealed(entry[key], hidden_map))
    return sealed(found, hidden_key or hidden)


def check_members(arguments: Sequence[Value], manners: Manners) -> None:
    """Two texts and a list of texts `key=value`, where they are written out."""
    for value in arguments[:2]:
        if value is not UNKNOWN and not isinstance(value, str):
            raise Refusal(f"needs two texts as its names, not {kind_of(value)}")
    given = arguments[2]
    if given is None or given is UNKNOWN:
        return
    if not isinstance(given, (list, tuple)):
        raise Refusal(f"needs a list of texts 'key=value', not {kind_of(given)}")
    for one in given:
        if one is not UNKNOWN and (not isinstance(one, str) or "=" not in one):
            what = "other text" if isinstance(one, str) else kind_of(one)
            raise Refusal(f"needs texts 'key=value' in its list, not {what}")


def member_list_to_map(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[name field, value field, texts]`: `.member.0.Name=a`, `.member.0.Value=b` to `{a: b}`.

    Texts without a member number are taken as names with their values.
    """
    name_field, value_field, given = arguments
    check_members(arguments, scope.manners)
    if given is None or not isinstance(given, (list, tuple)):
        return None
    plain: dict[str, Value] = {}
    numbered: dict[int, dict[str, str]] = {}
    for one in given:
        left, _, right = str(one).partition("=")
        found = re.match(_MEMBER, left)
        if found is None:
            plain[left] = right
        else:
            numbered.setdefault(int(found[1]), {})[found[2]] = right
    for _, fields in sorted(numbered.items()):
        name, value = fields.get(str(name_field)), fields.get(str(value_field))
        if name is not None and value is not None:
            plain[name] = value
    return plain
