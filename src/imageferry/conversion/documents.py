"""Document: a source as parts, with its form and its language; and back to text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from imageferry.conversion.json_parts import read_json_parts
from imageferry.conversion.parts import (
    Leaf,
    Listing,
    Part,
    Table,
    comments_in,
    listing,
    plain,
    text,
)
from imageferry.conversion.scalar_words import number_text
from imageferry.conversion.writing import Spelling, write_json, write_yaml
from imageferry.conversion.yaml_parts import read_yaml_parts
from imageferry.dialects.recognition import dialect_of
from imageferry.dialects.syntax.json_nodes import read_json
from imageferry.dialects.syntax.nodes import Unreadable
from imageferry.dialects.syntax.source_text import decode
from imageferry.dialects.syntax.yaml_nodes import read_yaml
from imageferry.dialects.syntax.yaml_scalars import BOOLEAN_WORDS
from imageferry.dialects.vocabulary import Dialect
from imageferry.model.diagnostics import Diagnostic, Span, TemplateError, error, warning
from imageferry.model.values import Json

# The readers' word for a key that stands twice; nothing else that they doubt is lost by writing.
_DOUBLE_KEY: Final = "IF120"
# Where a language that keeps parameters as text compares with them.
_COMPARED: Final = frozenset(("Mappings", "Conditions", "Rules"))


class Form(Enum):
    """How a document is written down."""

    YAML = "yaml"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Document:
    """A template as it was written.

    `expanded` are the places of aliases, which are written out; `doubled` tells of keys that stand
    twice, of which one is left.
    """

    name: str
    root: Table
    form: Form
    dialect: Dialect
    expanded: tuple[Span, ...] = ()
    doubled: tuple[Diagnostic, ...] = ()


def open_document(source: bytes, name: str) -> Document:
    """The document in a source; raises TemplateError where it is none or its language is unknown."""
    no_places: tuple[Span, ...] = ()
    told: list[Diagnostic] = []
    try:
        written = decode(source, name)
        if written.lstrip()[:1] == "{":
            form, expanded = Form.JSON, no_places
            node = read_json(written, name, told)
            root = read_json_parts(node)
        else:
            # The readers refuse what is no document, has no end or would fill the memory.
            node = read_yaml(written, name, told)[0]
            form = Form.YAML
            root, expanded = read_yaml_parts(written, name)
    except Unreadable as fault:
        raise TemplateError([fault.diagnostic]) from None
    try:
        dialect, _ = dialect_of(node, [])
    except Unreadable as fault:
        raise TemplateError([_nothing(fault.diagnostic)]) from None
    spelt = _spelt_out(root, dialect)
    assert isinstance(spelt, Table)
    if dialect.manners.literal_texts:
        spelt = _in_words(spelt)
    doubled = tuple(one for one in told if one.code == _DOUBLE_KEY)
    return Document(name, spelt, form, dialect, expanded, doubled)


def _nothing(fault: Diagnostic) -> Diagnostic:
    return error(
        "IF901",
        f"there is nothing to convert: {fault.message}",
        why=fault.why,
        remedy=fault.remedy,
        span=fault.span,
    )


def _spelt_out(part: Part, dialect: Dialect) -> Part:
    """GetAtt's dotted text as the list that it stands for, wherever it is read so."""
    if isinstance(part, Leaf):
        return part
    members = tuple(
        replace(member, value=_spelt_out(member.value, dialect)) for member in part.members
    )
    if isinstance(part, Table) and len(members) == 1 and members[0].name == "Fn::GetAtt":
        argument = members[0].value
        dotted = part.short or dialect.manners.dotted_attribute
        if isinstance(argument, Leaf) and isinstance(argument.value, str) and dotted:
            halves = dialect.split_attribute(argument.value)
            if halves is not None and all(halves):
                pair: list[Part] = [text(half, argument.span) for half in halves]
                members = (replace(members[0], value=listing(pair, argument.span)),)
    return replace(part, members=members)


def _in_words(root: Table) -> Table:
    """The root with the words that look like booleans as words, where the reader takes them so."""
    members = (
        replace(one, value=_spelled(one.value)) if one.name in _COMPARED else one
        for one in root.members
    )
    return replace(root, members=tuple(members))


def _spelled(part: Part) -> Part:
    """The part with `yes`, `on` and the like as the words that are compared with parameters."""
    match part:
        case Leaf(value=bool()) if part.text in BOOLEAN_WORDS:
            return replace(part, value=part.text)
        case Leaf():
            return part
        case Listing() | Table():
            members = (replace(one, value=_spelled(one.value)) for one in part.members)
            return replace(part, members=tuple(members))


@dataclass(frozen=True, slots=True)
class Written:
    """A document as text, and what was lost or changed by writing it so."""

    text: str
    diagnostics: tuple[Diagnostic, ...]


def write_document(document: Document, form: Form, spelling: Spelling) -> Written:
    """The text of a document in a form.

    Raises TemplateError where the text would not read to the same values.
    """
    root = _in_both_forms(document)
    found = simplifications(document)
    if form is Form.JSON:
        found += _lost_comments(root)
        written = write_json(root) + "\n"
    else:
        written = write_yaml(root, document.dialect, spelling)
    if not _reads_back(written, document, root):
        raise TemplateError([_unwritable(document, form)])
    return Written(written, tuple(found))


def simplifications(document: Document) -> list[Diagnostic]:
    """What is said where keys stood twice, and where aliases and merge keys are written out."""
    found = list(document.doubled)
    count = len(document.expanded)
    if not count:
        return found
    words = f"{count} aliases and merge keys are" if count > 1 else "an alias or merge key is"
    return [
        *found,
        warning(
            "IF904",
            f"{words} written out",
            why="they stand for values that are written elsewhere; JSON has no such thing, and "
            "neither template language promises to read them",
            span=document.expanded[0],
        ),
    ]


def _lost_comments(root: Table) -> list[Diagnostic]:
    count = comments_in(root)
    if not count:
        return []
    return [
        warning(
            "IF903",
            "1 comment is lost" if count == 1 else f"{count} comments are lost",
            why="JSON has no place for them",
            remedy="keep the YAML beside it, or move what matters into 'Metadata'",
            span=root.span,
        )
    ]


def _unwritable(document: Document, form: Form) -> Diagnostic:
    return error(
        "IF906",
        f"the document cannot be written as {form.name} so that it means the same",
        why="what was written does not read back to the same values",
        remedy="report it with the template",
        span=document.root.span,
    )


def _reads_back(written: str, document: Document, root: Table) -> bool:
    try:
        again = open_document(written.encode(), document.name)
    except TemplateError:
        return False
    return _ordered(plain(again.root)) == _ordered(plain(root))


def _ordered(data: Json) -> object:
    """Data that compares by order and by type too."""
    if isinstance(data, dict):
        return [(key, _ordered(value)) for key, value in data.items()]
    if isinstance(data, list):
        return [_ordered(value) for value in data]
    return (type(data), data)


# Fields that are read as the text that is written, whatever it looks like.
_TEXT_FIELDS: Final = frozenset(
    ("Type", "Description", "Label", "ConstraintDescription", "AllowedPattern", "Condition",
     "AssertDescription", "Version")
)  # fmt: skip
_WORDS: Final = frozenset(("Default", "AllowedValues"))


def _in_both_forms(document: Document) -> Table:
    """The root with text where the text counts and another form would write it otherwise.

    `010` is the text `010` where a description is read, and the number 8 where a value is.
    """
    members = []
    for member in document.root.members:
        if isinstance(member.value, Table) and member.name in (
            "Parameters",
            "Outputs",
            "Resources",
            "Rules",
        ):
            value: Part = _section_texts(member.value, document.dialect, member.name)
        elif isinstance(member.value, Leaf):
            value = as_text(member.value)
        else:
            value = member.value
        members.append(replace(member, value=value))
    return replace(document.root, members=tuple(members))


def _section_texts(section: Table, dialect: Dialect, word: str) -> Table:
    literal = word == "Parameters" and dialect.manners.literal_texts
    named = []
    for member in section.members:
        if not isinstance(member.value, Table):
            named.append(member)
            continue
        fields = []
        for field in member.value.members:
            value = field.value
            if (
                field.name in _TEXT_FIELDS
                or (literal and field.name in _WORDS)
                or field.name == "DependsOn"
            ):
                value = _texts(value)
            fields.append(replace(field, value=value))
        named.append(replace(member, value=replace(member.value, members=tuple(fields))))
    return replace(section, members=tuple(named))


def _texts(part: Part) -> Part:
    match part:
        case Leaf():
            return as_text(part)
        case Listing():
            return replace(
                part,
                members=tuple(replace(one, value=_texts(one.value)) for one in part.members),
            )
        case Table():
            return part


def as_text(leaf: Leaf) -> Leaf:
    """A number or boolean whose text says more than its value, as that text."""
    if leaf.value is None or isinstance(leaf.value, str) or number_text(leaf) == leaf.text:
        return leaf
    return replace(leaf, value=leaf.text)
