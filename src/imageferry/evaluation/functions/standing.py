"""Where each function may stand, what must be written out, and what asks for a transform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from imageferry.evaluation.functions.rows import Place

LANGUAGE_EXTENSIONS: Final = "AWS::LanguageExtensions"

_ROS_LOGIC: Final = frozenset({"equals", "and", "or", "not"})

# ROS reference, functions: what conditions, rules and counts know, inside one another.
_ROS_EARLY: Final = frozenset(
    {
        "add",
        "any",
        "avg",
        "base64_decode",
        "base64_encode",
        "calculate",
        "cidr",
        "contains",
        "each_member_in",
        "find_in_map",
        "format_time",
        "get_azs",
        "get_json_value",
        "if",
        "indent",
        "index",
        "join",
        "jq",
        "length",
        "list_merge",
        "match_pattern",
        "max",
        "member_list_to_map",
        "merge_map",
        "merge_map_to_list",
        "min",
        "ref",
        "replace",
        "select",
        "select_map_list",
        "split",
        "str",
        "transform_namespace",
    }
)
_ROS_NORMAL: Final = _ROS_EARLY | {
    "base64",
    "get_stack_output",
    "marketplace_image",
    "sub",
    "sub_text",
}

# CloudFormation guide, intrinsic functions, condition functions, rule-specific functions.
_CFN_NORMAL: Final = frozenset(
    {
        "base64_encode",
        "cidr",
        "find_in_map",
        "get_azs",
        "get_stack_output",
        "if",
        "import_value",
        "join",
        "length",
        "ref",
        "select",
        "split",
        "sub",
        "sub_text",
        "to_json_string",
    }
)
_CFN_CONDITION: Final = frozenset(
    {
        "and",
        "equals",
        "find_in_map",
        "join",
        "length",
        "not",
        "or",
        "ref",
        "select",
        "split",
        "sub",
        "sub_text",
        "to_json_string",
    }
)
_CFN_RULE: Final = frozenset(
    {
        "and",
        "contains",
        "each_member_equals",
        "each_member_in",
        "equals",
        "if",
        "not",
        "or",
        "ref",
        "ref_all",
        "value_of",
        "value_of_all",
    }
)

STANDING: Final[Mapping[str, Mapping[Place, frozenset[str]]]] = {
    "ros": {
        Place.NORMAL: _ROS_NORMAL,
        Place.CONDITION: _ROS_EARLY | _ROS_LOGIC,
        Place.RULE: _ROS_EARLY | _ROS_LOGIC,
        Place.COUNT: _ROS_EARLY,
    },
    "cloudformation": {
        Place.NORMAL: _CFN_NORMAL,
        Place.CONDITION: _CFN_CONDITION,
        Place.RULE: _CFN_RULE,
        Place.COUNT: frozenset(),
    },
}
"""The functions of each place, by `Template.dialect`."""

LITERALS: Final[Mapping[str, Mapping[str, Mapping[int, str]]]] = {
    "ros": {
        "calculate": {0: "its expression"},
        "get_json_value": {0: "its key"},
        "marketplace_image": {0: "the product's code"},
        "replace": {0: "its map of old and new texts"},
        "select": {3: "its error text"},
        "split": {0: "its delimiter"},
    },
    "cloudformation": {
        "join": {0: "its delimiter"},
        "ref_all": {0: "the type of parameters"},
        "split": {0: "its delimiter"},
        "value_of": {0: "the parameter's name", 1: "the attribute"},
        "value_of_all": {0: "the type of parameters", 1: "the attribute"},
    },
}
"""The arguments that must be written out, by dialect, function and position."""

POLICY_FUNCTIONS: Final = frozenset(
    {"find_in_map", "if", "join", "length", "ref", "select", "split", "sub", "to_json_string"}
)
"""What may stand in deletion policies with `AWS::LanguageExtensions`."""

PLAIN_KEYS: Final = frozenset({"find_in_map", "ref"})
"""The functions that a key of FindInMap may be without the transform."""

EXTENDED_KEYS: Final = PLAIN_KEYS | {
    "if",
    "join",
    "length",
    "select",
    "split",
    "sub",
    "to_json_string",
}
"""The functions that a key of FindInMap may be with it."""

INQUIRIES: Final = frozenset({"get_azs", "get_stack_output", "import_value", "marketplace_image"})
"""The functions whose arguments must be known before any resource exists."""


def may_stand(function: str, place: Place, dialect: str) -> bool:
    """Whether a function may stand in a place; what has no value here stands anywhere."""
    return function == "unresolved" or function in STANDING[dialect][place]


def places_of(function: str, dialect: str) -> tuple[Place, ...]:
    """The places where a function may stand."""
    return tuple(place for place, names in STANDING[dialect].items() if function in names)
