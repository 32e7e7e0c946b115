"""Dialect: a template language as a table of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum


class Shape(Enum):
    """How a function's argument is read."""

    PLAIN = "any value, functions inside are read"
    REFERENCE = "the name of a parameter, pseudo parameter or resource"
    ATTRIBUTE = "a resource and one of its attributes"
    SUBSTITUTION = "text with ${names}, or a list of such text and a map of names"
    CHOICE = "a condition and two values"
    CONDITIONS = "a list of conditions"
    NEGATION = "one condition"
    CONDITION = "the name of a condition; only where a condition stands"
    REFUSED = "a function that rewrites the template, which is not carried out"


@dataclass(frozen=True, slots=True, eq=False)
class Function:
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


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A top-level section. `why` and `remedy` belong to a refused one."""

    treatment: Treatment
    why: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ParameterType:
    """A parameter type: its canonical kind (see `model.templates.Parameter`)."""

    kind: str
    trims_items: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """The owner's limits; `None` where it has none. Passing one is a warning, see LIMIT_CODES."""

    body_bytes: tuple[tuple[int, str], ...]
    parameters: int
    resources: int
    outputs: int | None = None
    mappings: int | None = None
    description_bytes: int | None = None
    function_depth: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Manners:
    """Where the two languages read the same words differently.

    `nulls`: null may stand anywhere. `localised`: texts may be maps of languages.
    `strict_fields`: an unknown field or attribute is an error. `literal_texts`: parameter values
    are the text as written, never numbers. `reference_expressions`: `Ref` and the list of GetAtt
    may hold functions. `dotted_attribute`: GetAtt in its long form may be one text.
    `trims_names`: blanks around a name in `${ name }` do not count.
    """

    nulls: bool
    localised: bool
    strict_fields: bool
    literal_texts: bool
    reference_expressions: bool
    dotted_attribute: bool
    trims_names: bool


@dataclass(frozen=True, slots=True, eq=False)
class Dialect:
    """A template language.

    `pseudo` and `functions` map the words of a template to canonical ones, `tags` the short tags.
    `resource_attributes` and `output_fields` tell what is read and what is only known.
    `logical_id` must match a whole name, `logical_id_says` says it in words.
    `substituted_name` likewise for `${name}`. `split_attribute`
    cuts the dotted text of GetAtt in two, or gives None. `type_prefixes` are those of its types.
    `raw_properties` are the types and properties that hold data, with functions left as they are.
    """

    name: str
    title: str
    version_key: str
    versions: tuple[str, ...]
    version_required: bool
    sections: Mapping[str, Section]
    pseudo_prefix: str
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


def table_of(functions: tuple[Function, ...]) -> Mapping[str, Function]:
    """Functions by the name in a template."""
    return {function.written: function for function in functions}


def tags_of(functions: tuple[Function, ...]) -> Mapping[str, Function]:
    """Functions by their short tag, such as `!GetAtt`."""
    return {function.tag: function for function in functions if function.tag}


def function(canonical: str, word: str, shape: Shape = Shape.PLAIN) -> Function:
    """`Fn::Word` with the short tag `!Word`."""
    return Function(f"Fn::{word}", canonical, f"!{word}", shape)


def long_function(canonical: str, word: str, shape: Shape = Shape.PLAIN) -> Function:
    """`Fn::Word`, which has no short tag."""
    return Function(f"Fn::{word}", canonical, "", shape)
