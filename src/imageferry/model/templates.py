"""Template and its parts, from Parameter to Output: a template that has been read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from imageferry.model.diagnostics import Span
from imageferry.model.expressions import Expression
from imageferry.model.inquiries import Inquiry
from imageferry.model.values import Json, Value


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter. `type_name` is the word of the template, `kind` the canonical one.

    Kinds: `string`, `number`, `boolean`, `json`, `text_list` (comma separated), `number_list`,
    `stored` (its value is kept elsewhere, which is refused where there is no such store).
    Lengths and bounds are numbers already; `default` counts only where `has_default`. `pickers` are
    other parameters by which a console chooses what it proposes for this one. `hints` are the fields
    that are for consoles alone, as they were written. `translations` are the texts that were written in
    several languages: by the word of the field, the text by language.
    """

    name: str
    type_name: str
    kind: str
    span: Span
    has_default: bool = False
    default: Value = None
    allowed_values: tuple[Value, ...] | None = None
    allowed_pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    no_echo: bool = False
    constraint_description: str = ""
    description: str = ""
    label: str = ""
    default_span: Span | None = None
    pattern_span: Span | None = None
    trims_items: bool = False
    pickers: frozenset[str] = frozenset()
    hints: tuple[tuple[str, Json], ...] = ()
    translations: tuple[tuple[str, Json], ...] = ()


class Condition(NamedTuple):
    """A named condition."""

    name: str
    expression: Expression
    span: Span


class Assertion(NamedTuple):
    """What must be true; `description` is said where it is false."""

    expression: Expression
    span: Span
    description: str = ""


class Rule(NamedTuple):
    """Assertions on the parameters, made where `condition` is absent or true."""

    name: str
    assertions: tuple[Assertion, ...]
    span: Span
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class ResourceDefinition:
    """A resource as the template declares it; `Resource` is what exists in a stack.

    `deletion_policy` gives `Delete`, `Retain`, `RetainExceptOnCreate` or `Snapshot` (or null:
    Delete) when evaluated; `replacement_policy` likewise for what a replacement leaves behind.
    `computed_dependencies` are the functions in `DependsOn`: each gives a name, a list of names, or
    null. `property_spans` holds where each property's name stands.
    """

    logical_id: str
    type_name: str
    properties: Mapping[str, Expression]
    span: Span
    type_span: Span
    condition: str | None = None
    condition_span: Span | None = None
    count: Expression | None = None
    depends_on: tuple[tuple[str, Span], ...] = ()
    deletion_policy: Expression | None = None
    replacement_policy: Expression | None = None
    metadata: Expression | None = None
    property_spans: Mapping[str, Span] = field(default_factory=dict)
    computed_dependencies: tuple[Expression, ...] = ()
    update_policy: Expression | None = None
    creation_policy: Expression | None = None


class Output(NamedTuple):
    """A declared output."""

    name: str
    value: Expression
    span: Span
    description: str = ""
    condition: str | None = None
    no_echo: bool = False
    export_name: Expression | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A template in no dialect: only `dialect` (`ros` or `cloudformation`) remembers its words.

    `transforms` are those that were carried out while it was read.
    """

    dialect: str
    source_name: str
    description: str
    parameters: Mapping[str, Parameter]
    mappings: Mapping[str, Mapping[str, Mapping[str, Value]]]
    conditions: Mapping[str, Condition]
    resources: Mapping[str, ResourceDefinition]
    outputs: Mapping[str, Output]
    metadata: Json = None
    mapping_spans: Mapping[str, Span] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    transforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bindings:
    """All that names may stand for besides resources, once a template meets its parameters.

    `parameters` are converted values (NoEcho ones wrapped in Secret), `pseudo` is by canonical
    name, `conditions` the truth of each, `counts` the number of instances of each counted
    definition, `absent` the logical ids whose condition is false, `answers` what was asked of the
    world beside the template, once for the whole operation.
    """

    parameters: Mapping[str, Value]
    pseudo: Mapping[str, Value]
    conditions: Mapping[str, bool] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, Mapping[str, Value]]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    answers: Mapping[Inquiry, Value] = field(default_factory=dict)
