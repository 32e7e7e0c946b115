"""Scope: all that a name may stand for; Resources and Manners, which it carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from imageferry.model.addresses import ResourceAddress
from imageferry.model.templates import Bindings
from imageferry.model.values import UNKNOWN, Value


class Resources(Protocol):
    """What is known of a stack's resources."""

    def reference(self, address: ResourceAddress) -> Value:
        """What `Ref` gives: UNKNOWN while it is not known, None for an absent resource."""
        ...

    def attribute(self, address: ResourceAddress, name: str) -> Value:
        """What `Fn::GetAtt` gives, likewise; LookupError for an attribute that does not exist."""
        ...


class Unresolved:
    """Resources of which nothing is known yet."""

    def reference(self, address: ResourceAddress) -> Value:
        """Always UNKNOWN."""
        return UNKNOWN

    def attribute(self, address: ResourceAddress, name: str) -> Value:
        """Always UNKNOWN."""
        return UNKNOWN


class Manners(NamedTuple):
    """Where two dialects evaluate the same function differently.

    `structures_as_json`: Sub turns lists and maps into JSON text, else it refuses them.
    `joins_fractions`: Join takes numbers with a fraction. `null_is_empty`: null counts as an
    empty text or list where one is expected, else it is refused. `missed_selection_is_empty`:
    a Select that finds nothing gives its default or an empty text, else it is an error.
    `selects_widely`: Select takes slices, negative indexes, maps, JSON text and a default.
    `equals_compares_text`: Equals compares scalars as text. `number_stays_text`: a Number
    parameter keeps the text it was given. `attribute_after_first_dot`: in `${A.b.c}` the attribute
    is `b.c`, else it is what follows the last dot. `lengths_of_items`: a list parameter's
    MinLength is that of each item, else it counts the items. `measures_lists_only`: Length takes
    nothing but lists, else also texts and maps. `maps_have_defaults`: FindInMap takes a fourth
    item with what is given where nothing is found. `cuts_long_addresses`: Cidr takes IPv6 too.
    `outputs_by_map`: GetStackOutput takes a map of names, else a list. `no_value_is_text`: in Sub no value is an
    empty text, else it removes what holds the Sub. `pseudo_names` are the written names of pseudo
    parameters. `function_depth` is how deep functions may be nested. `longest_parameter` is
    how many bytes the owner takes as the value of a parameter.
    """

    true_text: str
    false_text: str
    structures_as_json: bool
    joins_fractions: bool
    null_is_empty: bool
    missed_selection_is_empty: bool
    selects_widely: bool
    equals_compares_text: bool
    number_stays_text: bool
    attribute_after_first_dot: bool
    lengths_of_items: bool
    measures_lists_only: bool
    maps_have_defaults: bool
    cuts_long_addresses: bool
    outputs_by_map: bool
    no_value_is_text: bool
    function_depth: int
    pseudo_names: Mapping[str, str]
    longest_parameter: int | None = None


MANNERS: Final[Mapping[str, Manners]] = {
    "ros": Manners(
        true_text="True",
        false_text="False",
        structures_as_json=True,
        joins_fractions=False,
        null_is_empty=True,
        missed_selection_is_empty=True,
        selects_widely=True,
        equals_compares_text=False,
        number_stays_text=False,
        attribute_after_first_dot=False,
        lengths_of_items=False,
        measures_lists_only=False,
        maps_have_defaults=False,
        cuts_long_addresses=False,
        outputs_by_map=False,
        no_value_is_text=False,
        function_depth=20,
        pseudo_names={
            "ALIYUN::StackId": "stack_id",
            "ALIYUN::StackName": "stack_name",
            "ALIYUN::Region": "region",
            "ALIYUN::AccountId": "account_id",
            "ALIYUN::TenantId": "tenant_id",
            "ALIYUN::ResourceGroupId": "resource_group_id",
            "ALIYUN::NoValue": "no_value",
            "ALIYUN::Index": "index",
        },
    ),
    "cloudformation": Manners(
        true_text="true",
        false_text="false",
        structures_as_json=False,
        joins_fractions=True,
        null_is_empty=False,
        missed_selection_is_empty=False,
        selects_widely=False,
        equals_compares_text=True,
        number_stays_text=True,
        attribute_after_first_dot=True,
        lengths_of_items=True,
        measures_lists_only=True,
        maps_have_defaults=True,
        cuts_long_addresses=True,
        outputs_by_map=True,
        no_value_is_text=True,
        function_depth=50,
        pseudo_names={
            "AWS::AccountId": "account_id",
            "AWS::NotificationARNs": "notification_arns",
            "AWS::NoValue": "no_value",
            "AWS::Partition": "partition",
            "AWS::Region": "region",
            "AWS::StackId": "stack_id",
            "AWS::StackName": "stack_name",
            "AWS::URLSuffix": "url_suffix",
        },
        longest_parameter=4096,
    ),
}
"""The manners of each dialect, by `Template.dialect`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What names stand for while an expression is evaluated; `index` is a counted instance's."""

    bindings: Bindings
    resources: Resources
    manners: Manners
    index: int | None = None


def written_names(pseudo: Mapping[str, Value]) -> dict[str, Value]:
    """The pseudo parameters by their names in a template, None where there is no value yet.

    Loops of CloudFormation may run over them, and are written out while a template is read.
    """
    names = MANNERS["cloudformation"].pseudo_names
    return {word: pseudo.get(canonical) for word, canonical in names.items()}
