"""Dialect: a template language as a table of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, NamedTuple

BEYOND_CODES: Final = frozenset(("IF134", "IF178", "IF179", "IF180", "IF181"))
"""Codes of what the owner would take and is not carried out here; they mean nothing else."""


class Shape(Enum):
    """How a function's argument is read."""

    # Members are one of a kind; the hash of Enum goes the long way, by the name.
    __hash__ = object.__hash__

    PLAIN = "any value, functions inside are read"
    REFERENCE = "the name of a parameter, pseudo parameter or resource"
    ATTRIBUTE = "a resource and one of its attributes"
    SUBSTITUTION = "text with ${names}, or a list of such text and a map of names"
    CHOICE = "a condition and two values"
    CONDITIONS = "a list of conditions"
    NEGATION = "one condition"
    CONDITION = "the name of a condition; only where a condition stands"
    LOOKUP = "a mapping and two keys; with the language extensions also a default"
    EXTENSION = "any value; the function belongs to the language extensions"


class Function(NamedTuple):
    """One intrinsic function: its name, its canonical name, its short tag (`""`: none)."""

    written: str
    canonical: str
    tag: str
    shape: Shape = Shape.PLAIN


class Treatment(Enum):
    """What is done with a part of a template."""

    READ = "read"
    KEPT = "kept, without meaning for us"
    REFUSED = "refused where it is not empty"


class Section(NamedTuple):
    """A top-level section. `why` and `remedy` belong to a refused one.

    `transform` is the beginning of those transforms without which there is no such section.
    """

    treatment: Treatment
    why: str = ""
    remedy: str = ""
    transform: str = ""


class Rewriting(Enum):
    """What a transform does to the template."""

    CARRIED_OUT = "carried out here"
    ADDITIONS = "adds types, attributes, resources and other names"
    WHOLE = "may change every part"
    ELSEWHERE = "the resources stand in other files"


class Transform(NamedTuple):
    """A transform by its whole name, what it does, and why it is not carried out here."""

    name: re.Pattern[str]
    rewriting: Rewriting
    why: str = ""
    remedy: str = "give the template that the transform produces"


class ParameterType(NamedTuple):
    """A parameter type: its canonical kind (see `model.templates.Parameter`)."""

    kind: str
    trims_items: bool = False


class Limits(NamedTuple):
    """The owner's limits; `None` where it has none. Passing one is a warning, see LIMIT_CODES."""

    body_bytes: tuple[tuple[int, str], ...]
    parameters: int
    resources: int
    outputs: int | None = None
    mappings: int | None = None
    description_bytes: int | None = None
    parameter_words: int | None = None
    mapping_keys: int | None = None
    function_depth: int | None = None


class Manners(NamedTuple):
    """Where the two languages read the same words differently.

    `nulls`: null may stand anywhere. `localised`: texts may be maps of languages.
    `strict_fields`: an unknown field or attribute is an error. `literal_texts`: parameter values
    are the text as written, never numbers. `reference_expressions`: `Ref` and the list of GetAtt
    may hold functions. `dotted_attribute`: GetAtt in its long form may be one text.
    `trims_names`: blanks around a name in `${ name }` do not count. `loops`: there is
    `Fn::ForEach`.
    """

    nulls: bool
    localised: bool
    strict_fields: bool
    literal_texts: bool
    reference_expressions: bool
    dotted_attribute: bool
    trims_names: bool
    loops: bool


class Dialect(NamedTuple):
    """A template language.

    `pseudo` and `functions` map the words of a template to canonical ones, `tags` the short tags.
    `resource_attributes` and `output_fields` tell what is read and what is only known.
    `logical_id` must match a whole name, `logical_id_says` says it in words.
    `substituted_name` likewise for `${name}`. `split_attribute`
    cuts the dotted text of GetAtt in two, or gives None. `type_prefixes` are those of its types.
    `interface`, after the prefix, is what Metadata says for consoles. `transforms` are tried in their order.
    `policy_fields` are those of the policies for creations and updates, where the owner names them.
    `raw_properties` are the types and properties that hold data, with functions left as they are.
    """

    name: str
    title: str
    version_key: str
    versions: tuple[str, ...]
    version_required: bool
    sections: Mapping[str, Section]
    transforms: tuple[Transform, ...]
    pseudo_prefix: str
    interface: str
    pseudo: Mapping[str, str]
    functions: Mapping[str, Function]
    tags: Mapping[str, Function]
    parameter_types: Mapping[str, ParameterType]
    parameter_fields: frozenset[str]
    resource_attributes: Mapping[str, Treatment]
    output_fields: frozenset[str]
    logical_id: re.Pattern[str]
    logical_id_says: str
    substituted_name: re.Pattern[str]
    split_attribute: Callable[[str], tuple[str, str] | None]
    deletion_policies: tuple[str, ...]
    replacement_policies: tuple[str, ...]
    type_prefixes: tuple[str, ...]
    raw_properties: frozenset[tuple[str, str]]
    manners: Manners
    limits: Limits
    policy_fields: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def table_of(functions: tuple[Function, ...]) -> Mapping[str, Function]:
    """Functions by the name in a template."""
    return {function.written: function for function in functions}


def tags_of(functions: tuple[Function, ...]) -> Mapping[str, Function]:
    """Functions by their short tag, such as `!GetAtt`."""
    return {function.tag: function for function in functions if function.tag}


def function(canonical: str, word: str, shape: Shape = Shape.PLAIN) -> Function:
    """`Fn::Word` with the short tag `!Word`."""
    return Function(f"Fn::{word}", canonical, f"!{word}", shape)
