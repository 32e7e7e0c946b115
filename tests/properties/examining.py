"""What must hold of every source whatever: a template or diagnostics that can be read, nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.display.diagnostics import diagnostic_lines
from imageferry.control.examination import Examination, examine
from imageferry.dialects.reader import read
from imageferry.evaluation.scopes import MANNERS
from imageferry.model.changes import ChangeKind
from imageferry.model.diagnostics import Diagnostic, TemplateError
from imageferry.model.stacks import Place, Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.templates import Parameter, Template
from imageferry.model.values import Value
from imageferry.planning.planner import Intention, plan
from imageferry.validation.validator import validate_given

CATALOG: Final = open_catalog()
REGION: Final = "cn-hangzhou"
PLACE: Final = Place("emulator", "1", REGION)
_PSEUDO: Final = (
    "stack_id", "stack_name", "account_id", "tenant_id", "resource_group_id", "partition",
    "url_suffix",
)  # fmt: skip
PSEUDO: Final[Mapping[str, Value]] = {**dict.fromkeys(_PSEUDO, "x1"), "region": REGION}
SAMPLES: Final[Mapping[str, str]] = {
    "string": "sample", "number": "1", "boolean": "true", "json": '["cn-beijing", {"a": 1}]',
    "text_list": "cn-beijing,cn-shanghai", "number_list": "1,2",
}  # fmt: skip
# Controls, ends of lines, halves of surrogate pairs, and what turns the direction of writing.
_COMMANDS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# What differs from template to template in a message: its subject, names in quotes, numbers.
_VARYING: Final = re.compile(r"^[^' ]*: |'[^']*'|\"[^\"]*\"|\d+")
LONGEST: Final = 2_000
"""More characters in one part of a diagnostic are no longer read by anybody."""


def sample(parameter: Parameter) -> Value:
    """A value that the parameter may take."""
    if parameter.allowed_values:
        return parameter.allowed_values[0]
    return SAMPLES.get(parameter.kind, "sample")


def wrongs_of(diagnostics: Sequence[Diagnostic], lines: int) -> list[str]:
    """What is wrong with diagnostics about a source of so many lines."""
    wrongs = []
    for one in diagnostics:
        if not re.fullmatch(r"IF[1-6]\d\d", one.code):
            wrongs.append(f"{one.code} is not said of templates")
        parts = (one.message, one.why, one.remedy)
        if not one.message:
            wrongs.append(f"{one.code} has no message")
        if max(map(len, parts)) > LONGEST:
            wrongs.append(f"{one.code} says too much: {max(map(len, parts))} characters")
        if one.span is not None and not (1 <= one.span.line <= lines and one.span.column >= 1):
            wrongs.append(f"{one.code} stands at {one.span}, and there are {lines} lines")
        printed = [line for line in diagnostic_lines(one) if _COMMANDS.search(line)]
        wrongs += [f"{one.code} is printed with {line!r}" for line in printed]
    if len(diagnostics) != len(set(diagnostics)):
        wrongs.append("a diagnostic is told twice")
    return wrongs


def lines_of(source: bytes) -> int:
    """How many lines a source has at most, whatever ends a line."""
    return len(re.split(rb"\r\n|[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9]", source)) + 1


def examined(source: bytes) -> tuple[list[str], frozenset[str]]:
    """What is wrong with what is said of a source, and the kinds of things that are said."""
    lines = lines_of(source)
    strict = examine(source, "t.yml", CATALOG)
    loose = examine(source, "t.yml", CATALOG, allow_unknown_types=True)
    wrongs = wrongs_of(strict.diagnostics, lines) + wrongs_of(loose.diagnostics, lines)
    said = [*strict.diagnostics, *loose.diagnostics]
    if strict.is_valid and not loose.is_valid:
        wrongs.append("an error under --allow-unknown-types only")
    reading = read(source, "t.yml")
    if reading.template is None and not reading.has_errors:
        wrongs.append("neither a template nor an error")
    if reading.template is not None and not reading.has_errors:
        bound = _bound(reading.template)
        wrongs += wrongs_of(bound, lines)
        said += bound
    return wrongs, frozenset(_kind(one) for one in said)


def _kind(diagnostic: Diagnostic) -> str:
    """What is said, without what it is said of."""
    words = _VARYING.sub("", diagnostic.message).split()
    return " ".join((diagnostic.code, diagnostic.severity.value, *words[:4]))


def _bound(template: Template) -> Sequence[Diagnostic]:
    given = {one.name: sample(one) for one in template.parameters.values() if not one.has_default}
    bound = validate_given(template, CATALOG, given, PSEUDO)
    if bound.bindings is None:
        assert any(one.is_error for one in bound.diagnostics)
        return bound.diagnostics
    stack = Stack("s-1", "demo", PLACE, template.dialect, StackStatus.CREATED)
    kind, manners = ChangeKind.CREATE, MANNERS[template.dialect]
    try:
        plan(
            Intention("c-1", stack, kind, template, bound.bindings, manners, True, 1.0), {}, CATALOG
        )
    except TemplateError as refused:
        return [*bound.diagnostics, *refused.diagnostics]
    return bound.diagnostics


def verdict(examination: Examination) -> tuple[str | None, list[str]]:
    """The language, and the codes of all errors: what must not change when only the form does.

    How often one is told may change: two names of a folded text have no places of their own.
    """
    return (
        examination.dialect,
        sorted({one.code for one in examination.diagnostics if one.is_error}),
    )
