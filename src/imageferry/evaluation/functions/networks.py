"""cidr: a block of addresses, cut into smaller ones."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from imageferry.evaluation.conversions import kind_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.functions.numbers import whole_number_of
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.model.values import UNKNOWN, Value

_MOST_BLOCKS: Final = 256
_DEFAULT_BITS: Final = 8

_Block = ipaddress.IPv4Network | ipaddress.IPv6Network


def _block(value: Value, manners: Manners) -> _Block:
    if not isinstance(value, str):
        raise Refusal(f"needs a block of addresses such as '192.168.0.0/24', not {kind_of(value)}")
    try:
        if "/" not in value:
            raise ValueError
        block = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        raise Refusal(
            f"needs a block of addresses, and '{value[:80]}' is none",
            remedy="write one such as '192.168.0.0/24'",
        ) from None
    if block.version == 6 and not manners.cuts_long_addresses:
        raise Refusal("takes IPv4 addresses only", remedy="write a block such as '192.168.0.0/24'")
    return block


def check_cidr(arguments: Sequence[Value], manners: Manners) -> None:
    """Block, number and bits, where they are written out."""
    width = 128 if manners.cuts_long_addresses else 32
    if arguments[0] is not UNKNOWN and (arguments[0] is not None or not manners.null_is_empty):
        width = _block(arguments[0], manners).max_prefixlen
    if arguments[1] is not UNKNOWN:
        whole_number_of(arguments[1], "a number of blocks", 1, _MOST_BLOCKS)
    if len(arguments) > 2 and arguments[2] is not UNKNOWN:
        whole_number_of(arguments[2], "a number of bits", 1, width)
    if len(arguments) == 2 and not manners.cuts_long_addresses:
        raise Refusal("needs a list of 3, not 2", code="IF302")


def cidr(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[block, number, bits]`: so many blocks of 2^bits addresses, from the block's beginning."""
    check_cidr(arguments, scope.manners)
    if arguments[0] is None:
        return None
    block = _block(arguments[0], scope.manners)
    count = whole_number_of(arguments[1], "a number of blocks", 1, _MOST_BLOCKS)
    given = arguments[2] if len(arguments) > 2 else _DEFAULT_BITS
    bits = whole_number_of(given, "a number of bits", 1, block.max_prefixlen)
    prefix = block.max_prefixlen - bits
    if prefix < block.prefixlen:
        raise Refusal(
            f"cannot cut blocks of '/{prefix}' from one of '/{block.prefixlen}'",
            why=f"{bits} bits of {block.max_prefixlen} make blocks larger than the whole",
            remedy="take fewer bits, or a larger block",
            discreet=True,
        )
    available = 1 << (prefix - block.prefixlen)
    if count > available:
        raise Refusal(
            f"cannot cut {count} blocks of '/{prefix}' from one of '/{block.prefixlen}'",
            why=f"there are {available}",
            remedy="take fewer blocks, or smaller ones",
            discreet=True,
        )
    first = int(block.network_address)
    address = ipaddress.IPv4Address if block.version == 4 else ipaddress.IPv6Address
    return [f"{address(first + (number << bits))}/{prefix}" for number in range(count)]
