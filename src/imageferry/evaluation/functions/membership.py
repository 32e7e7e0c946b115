"""Questions about lists: any, contains, each_member_in, each_member_equals, index."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Final

from imageferry.evaluation.conversions import kind_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.functions.logic import comparable
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.evaluation.seals import opened, sealed
from imageferry.model.values import UNKNOWN, Unknown, Value, holds_secret, is_known, reveal

_MOST_MEMBERS: Final = 10_000


def frozen(value: Value) -> Hashable:
    """A plain value in a form that can be looked up, equal where the values are."""
    if isinstance(value, Mapping):
        return ("map", frozenset((key, frozen(entry)) for key, entry in value.items()))
    if isinstance(value, (list, tuple)):
        return ("list", tuple(map(frozen, value)))
    assert isinstance(value, Hashable)
    return value


def _key(value: Value, manners: Manners) -> Hashable:
    plain = reveal(value)
    return frozen(comparable(plain, manners) if manners.equals_compares_text else plain)


def _members(value: Value, manners: Manners, what: str) -> Sequence[Value] | Unknown:
    """The members of a list; null has none where null counts as empty."""
    plain, _ = opened(value)
    if plain is UNKNOWN:
        return UNKNOWN
    if plain is None and manners.null_is_empty:
        return ()
    if not isinstance(plain, (list, tuple)):
        raise Refusal(f"needs a list as {what}, not {kind_of(plain)}")
    return plain


def _answer(answer: Value, arguments: Sequence[Value]) -> Value:
    return sealed(answer, any(map(holds_secret, arguments)))


def any_of(arguments: Sequence[Value], scope: Scope) -> Value:
    """A list: whether one member counts as true, as in Python; null gives null."""
    plain, _ = opened(arguments[0])
    if plain is None:
        return None
    members = _members(plain, scope.manners, "its argument")
    if members is UNKNOWN:
        return UNKNOWN
    result: Value = False
    for member in members:
        inner, _ = opened(member)
        if inner is UNKNOWN:
            result = UNKNOWN
        elif inner:
            return _answer(True, arguments)
    return _answer(result, arguments)


def check_contains(arguments: Sequence[Value], manners: Manners) -> None:
    """A list first, where it is written out."""
    _members(arguments[0], manners, "its first argument")


def _compared(arguments: Sequence[Value], scope: Scope, *, deciding: bool) -> Value:
    """`[list, value]`: `deciding` where one member's being equal is so, else its opposite."""
    manners = scope.manners
    members = _members(arguments[0], manners, "its first argument")
    if members is UNKNOWN:
        return UNKNOWN
    if not is_known(arguments[1]):
        return UNKNOWN if members else not deciding
    wanted = _key(arguments[1], manners)
    result: Value = not deciding
    for member in members:
        if not is_known(member):
            result = UNKNOWN
        elif (_key(member, manners) == wanted) is deciding:
            return _answer(deciding, arguments)
    return _answer(result, arguments)


def contains(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[list, value]`: whether a member equals the value."""
    return _compared(arguments, scope, deciding=True)


def each_member_equals(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[list, value]`: whether every member equals the value."""
    return _compared(arguments, scope, deciding=False)


def check_both_lists(arguments: Sequence[Value], manners: Manners) -> None:
    """Two lists of bounded length, where they are written out."""
    for value, what in zip(arguments, ("its first list", "its second list"), strict=True):
        members = _members(value, manners, what)
        if members is not UNKNOWN and len(members) > _MOST_MEMBERS:
            raise Refusal(f"takes lists of at most {_MOST_MEMBERS} members", discreet=True)


def each_member_in(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[list, list]`: whether every member of the first is in the second."""
    manners = scope.manners
    check_both_lists(arguments, manners)
    members = _members(arguments[0], manners, "its first list")
    others = _members(arguments[1], manners, "its second list")
    if members is UNKNOWN:
        return UNKNOWN
    if others is UNKNOWN:
        return UNKNOWN if members else True
    known = {_key(other, manners) for other in others if is_known(other)}
    all_known = all(map(is_known, others))
    result: Value = True
    for member in members:
        if not is_known(member):
            # Nothing is in an empty list.
            result = UNKNOWN if others else False
        elif _key(member, manners) not in known:
            if all_known:
                return _answer(False, arguments)
            result = UNKNOWN
    return _answer(result, arguments)


def check_index(arguments: Sequence[Value], manners: Manners) -> None:
    """A list second, where it is written out."""
    _members(arguments[1], manners, "its second argument")


def index(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[value, list]`: where the value stands first, counted from 0; null where it does not."""
    manners = scope.manners
    members = _members(arguments[1], manners, "its second argument")
    if members is UNKNOWN:
        return UNKNOWN
    if not is_known(arguments[0]):
        return UNKNOWN if members else None
    wanted = _key(arguments[0], manners)
    for position, member in enumerate(members):
        if not is_known(member):
            return UNKNOWN
        if _key(member, manners) == wanted:
            return _answer(position, arguments)
    return None
