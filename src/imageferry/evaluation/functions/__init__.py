"""The table of intrinsic functions by canonical name: one row is one function with its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.evaluation.functions import (
    encodings,
    lists,
    logic,
    lookups,
    maps,
    membership,
    modules,
    networks,
    numbers,
    rewriting,
    text,
    times,
    world,
)
from imageferry.evaluation.functions.rows import Function, Lazy, Reach, Shape, Strict

_ONE: Final = Shape(1, 1, whole=True)
_TWO: Final = Shape(2, 2)
_THREE: Final = Shape(3, 3)
_OWN: Final = Reach.OWN

_TEXTS: Final[Mapping[str, Function]] = {
    "sub": Strict(text.sub, Shape(0, None)),
    "sub_text": Lazy(text.sub_text, Shape(1, 2)),
    "join": Strict(text.join, _TWO, early=text.check_join),
    "split": Strict(text.split, _TWO, early=text.check_split),
    "replace": Strict(rewriting.replace, _TWO, early=rewriting.check_replace),
    "indent": Strict(rewriting.indent, Shape(2, 4), early=rewriting.check_indent),
    "match_pattern": Strict(rewriting.match_pattern, _TWO, early=rewriting.check_pattern),
    "format_time": Strict(times.format_time, _ONE, early=times.check_time),
    "cidr": Strict(networks.cidr, Shape(2, 3), early=networks.check_cidr),
    "base64": Strict(encodings.base64_mark, _ONE),
    "base64_encode": Strict(encodings.base64_encode, _ONE),
    "base64_decode": Strict(encodings.base64_decode, _ONE),
    "str": Strict(encodings.to_text, _ONE),
    "to_json_string": Strict(encodings.to_json_string, _ONE, early=encodings.check_structure),
    "get_json_value": Strict(
        encodings.get_json_value, _TWO, _OWN, early=encodings.check_json_value
    ),
}

_DATA: Final[Mapping[str, Function]] = {
    "select": Strict(lists.select, Shape(2, 4), _OWN),
    "length": Strict(lists.length, _ONE, _OWN),
    "list_merge": Strict(lists.list_merge, _ONE, _OWN, early=lists.check_lists),
    "merge_map": Strict(maps.merge_map, _TWO, _OWN, early=maps.check_maps),
    "merge_map_to_list": Strict(maps.merge_map_to_list, _ONE, _OWN, early=maps.check_columns),
    "select_map_list": Strict(maps.select_map_list, _TWO, _OWN, early=maps.check_map_list),
    "member_list_to_map": Strict(maps.member_list_to_map, _THREE, early=maps.check_members),
    "find_in_map": Strict(lookups.find_in_map, Shape(3, 4), _OWN, early=lookups.check_find_in_map),
    "jq": Strict(lookups.jq, _THREE, _OWN, early=lookups.check_jq),
    "add": Strict(numbers.add, _ONE, _OWN, early=numbers.check_addends),
    "avg": Strict(numbers.average, _TWO, early=numbers.check_average),
    "calculate": Strict(numbers.calculate, Shape(2, 3), early=numbers.check_calculation),
    "max": Strict(numbers.largest, _ONE, early=numbers.check_extreme),
    "min": Strict(numbers.smallest, _ONE, early=numbers.check_extreme),
}

_LOGIC: Final[Mapping[str, Function]] = {
    "if": Lazy(logic.choose, _THREE),
    "equals": Strict(logic.equals, _TWO, _OWN),
    "and": Lazy(logic.both, Shape(2, None)),
    "or": Lazy(logic.either, Shape(2, None)),
    "not": Lazy(logic.negate, Shape(1, 1, bare=True)),
    "any": Strict(membership.any_of, _ONE, _OWN),
    "contains": Strict(membership.contains, _TWO, _OWN, early=membership.check_contains),
    "each_member_in": Strict(
        membership.each_member_in, _TWO, _OWN, early=membership.check_both_lists
    ),
    "each_member_equals": Strict(
        membership.each_member_equals, _TWO, _OWN, early=membership.check_contains
    ),
    "index": Strict(membership.index, _TWO, _OWN, early=membership.check_index),
}

_WORLD: Final[Mapping[str, Function]] = {
    "ref": Strict(lookups.parameter, _ONE),
    "get_azs": Strict(world.get_azs, _ONE, _OWN, early=world.check_zones),
    "import_value": Strict(world.import_value, _ONE, _OWN, early=world.check_export),
    "get_stack_output": Strict(world.get_stack_output, _ONE, _OWN, early=world.check_stack_output),
    "marketplace_image": Strict(world.marketplace_image, _ONE, _OWN, early=world.check_product),
    "ref_all": Strict(world.elsewhere, _ONE),
    "value_of": Strict(world.elsewhere, _TWO),
    "value_of_all": Strict(world.elsewhere, _TWO),
    "unresolved": Strict(world.elsewhere, _ONE),
    "transform_namespace": Strict(
        modules.transform_namespace, _THREE, early=modules.check_namespace
    ),
    "resource_facade": Strict(modules.resource_facade, _ONE),
}

FUNCTIONS: Final[Mapping[str, Function]] = {**_TEXTS, **_DATA, **_LOGIC, **_WORLD}
"""Every function of both languages, and `unresolved`, which the readers put where there is none."""
