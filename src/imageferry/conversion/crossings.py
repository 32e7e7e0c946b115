"""Crossing: what lies beside the converter while one template goes over to the other dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from imageferry.conversion.parts import Leaf, Member, Part, Table, call, function_name, text
from imageferry.dialects.vocabulary import Dialect, Function
from imageferry.model.counterparts import Counterpart
from imageferry.model.diagnostics import Diagnostic, Span, error, warning
from imageferry.model.schemas import ResourceSchema
from imageferry.model.templates import Bindings, Template


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is said otherwise over there and means the same."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Instance:
    """One resource that is to be; `index` where it is counted, `region` that it is made in.

    `region` is None where it is not known and does not matter. `is_idle`: nothing is made, as what
    it asks for is there already.
    """

    logical_id: str
    index: int | None
    region: str | None
    is_idle: bool = False


class Elsewhere(Exception):
    """A reference to a resource that is made in another region, hence by another stack."""

    def __init__(self, name: str, region: str | None, span: Span) -> None:
        self.name = name
        self.region = region
        self.span = span
        super().__init__(name)


@dataclass(frozen=True, slots=True)
class KnownType:
    """A type of the template: its schema and how the other side says it."""

    schema: ResourceSchema
    counterpart: Counterpart


@dataclass(frozen=True, slots=True)
class Voyage:
    """One template that is to be written: the instances in it, and the region of its stack.

    `region_parameter` is the parameter here whose value is the region of the stack there;
    `all_instances` are those of every voyage. `is_alone`: no other template is written.
    """

    region: str | None
    instances: tuple[Instance, ...]
    all_instances: tuple[Instance, ...]
    region_parameter: str | None = None
    is_alone: bool = True


@dataclass(slots=True, eq=False)
class Crossing:
    """The two languages, the template, what becomes of its names, and what has been said.

    `names` maps the names of a section to those there, `words` canonical functions to those
    there. `flags` are parameters that are Boolean in ROS and one of two texts in CloudFormation,
    `numbers` those of type Number. `stack_region` is the region of the stack here where it is
    known; else `region_name` is the new parameter that gives it, once `region_asked` is true.
    `index` is that of the instance being written. `settled` are parameters whose value has been
    written in their place. `extensions` is true once something needs the language extensions. `in_rules`
    and `in_conditions` tell where the expression stands. `never_empty` are parameters that gave
    the region of the stack where they were empty, and must have a value there. `made` are all
    instances by resource, `aboard` those of this voyage, `definitions` the resources as written.
    `short` is true where the document is written with short tags. `once` is what was told already
    and need not be told again.
    """

    here: Dialect
    there: Dialect
    template: Template
    bindings: Bindings
    types: Mapping[str, KnownType]
    voyage: Voyage
    stack_region: str | None
    region_name: str
    names: Mapping[str, Mapping[str, str]]
    resources: Table
    locals: Mapping[str, Part] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    found: list[Diagnostic] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    region_asked: bool = False
    extensions: bool = False
    index: int | None = None
    new_conditions: list[Member] = field(default_factory=list)
    mentioned: set[str] = field(default_factory=set)
    words: Mapping[str, Function] = field(default_factory=dict)
    in_rules: bool = False
    in_conditions: bool = False
    never_empty: set[str] = field(default_factory=set)
    made: dict[str, list[Instance]] = field(default_factory=dict)
    aboard: frozenset[Instance] = frozenset()
    definitions: Mapping[str, Part] = field(default_factory=dict)
    short: bool = False
    once: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.words = {one.canonical: one for one in self.there.functions.values()}
        for one in self.voyage.all_instances:
            self.made.setdefault(one.logical_id, []).append(one)
        self.aboard = frozenset(self.voyage.instances)
        self.definitions = {member.name: member.value for member in self.resources.members}

    def error(
        self, code: str, message: str, span: Span, *, why: str = "", remedy: str = ""
    ) -> None:
        """Something that cannot be said over there, so that nothing is written."""
        self.found.append(error(code, message, why=why, remedy=remedy, span=span))

    def warning(
        self, code: str, message: str, span: Span, *, why: str = "", remedy: str = ""
    ) -> None:
        """Something that is not carried over, or not quite."""
        self.found.append(warning(code, message, why=why, remedy=remedy, span=span))

    def warn_once(
        self, code: str, message: str, span: Span, *, why: str = "", remedy: str = ""
    ) -> None:
        """Something that is the same wherever it stands, told where it stands first."""
        if (code, message) not in self.once:
            self.once.add((code, message))
            self.warning(code, message, span, why=why, remedy=remedy)

    def note(self, message: str, span: Span) -> None:
        """Something that is written otherwise and means the same."""
        self.notes.append(Note(message, span))

    def renamed(self, section: str, name: str) -> str:
        """What a name of a section is called over there."""
        return self.names.get(section, {}).get(name, name)

    def pseudo(self, canonical: str) -> str | None:
        """The pseudo parameter over there."""
        return next((word for word, known in self.there.pseudo.items() if known == canonical), None)

    def to_services(self) -> bool:
        """True where the way goes to the language without null and without localised texts."""
        return not self.there.manners.nulls

    def region_here(self, like: Part) -> Part:
        """The region of the stack here, as it is said over there."""
        if self.stack_region is not None:
            return text(self.stack_region, like.span)
        self.region_asked = True
        return self.reference(self.region_name, like)

    def region_there(self, like: Part) -> Part:
        """The region of the stack over there: its pseudo parameter."""
        return self.reference(self.pseudo("region") or "", like)

    def reference(self, name: str, like: Part) -> Part:
        """`Ref` to a name, short where `like` is, or where the document has short tags."""
        inner = Leaf(name, name, like.span)
        if isinstance(like, Table) and function_name(like) is not None:
            return call("Ref", inner, like)
        return replace(call("Ref", inner, inner), short=self.short)
