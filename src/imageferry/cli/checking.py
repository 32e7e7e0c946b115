"""Templates by their paths: examined one after the other, and what was found told."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from imageferry.assembly.catalogs import open_catalog
from imageferry.cli.display.diagnostics import all_lines, tally
from imageferry.cli.display.rendering import clean, counted
from imageferry.cli.exits import ExitCode
from imageferry.cli.folders import files_below, may_be_template, no_templates
from imageferry.cli.screens import Screen, open_screen
from imageferry.cli.sources import STANDARD_INPUT, SourceUnreadable, read_source, source_name
from imageferry.control.examination import ALLOWED, Examination, examine
from imageferry.model.diagnostics import Diagnostic, error
from imageferry.model.plan_json import diagnostic_json
from imageferry.model.suggestions import did_you_mean
from imageferry.model.values import Json, Value
from imageferry.ports.types import Catalog

_MOST_PASSED_OVER: Final = 5
# A parameter that is given and not declared.
_STRANGER: Final = "IF402"
# Not a map, or neither a version key nor resources: other files than templates.
_NO_TEMPLATE: Final = frozenset({"IF113", "IF130"})


class Manner(NamedTuple):
    """How templates are looked at; `given` is None where they are without parameters."""

    allow_unknown_types: bool = False
    given: Mapping[str, Value] | None = None
    region: str = ""


class Round(NamedTuple):
    """What became of every path that was named; `faults` are those of no one file."""

    examinations: list[Examination]
    passed_over: list[str]
    faults: tuple[Diagnostic, ...] = ()


def examine_file(path: str, catalog: Catalog, manner: Manner | None = None) -> Examination:
    """What is wrong with one file; that it cannot be read is a diagnostic like any other."""
    try:
        source = read_source(path, "template")
    except SourceUnreadable as fault:
        return _unreadable(source_name(path), fault)
    return _examined(source, source_name(path), catalog, manner or Manner())


def _unreadable(name: str, fault: SourceUnreadable) -> Examination:
    return Examination(name, None, (fault.diagnostic,))


def _examined(source: bytes, name: str, catalog: Catalog, manner: Manner) -> Examination:
    return examine(
        source,
        name,
        catalog,
        allow_unknown_types=manner.allow_unknown_types,
        given=manner.given,
        region=manner.region,
    )


def examine_all(paths: Sequence[str], catalog: Catalog, manner: Manner) -> Round:
    """Every file, and every template below every folder, once and in their order."""
    examined = Round([], [])
    seen: set[str] = set()
    for path in paths:
        if path != STANDARD_INPUT and Path(path).is_dir():
            _examine_folder(path, catalog, manner, seen, examined)
        elif _is_new(path, seen):
            examined.examinations.append(examine_file(path, catalog, manner))
    if manner.given and len(examined.examinations) > 1:
        return _shared(examined, manner.given)
    return examined


def _shared(examined: Round, given: Mapping[str, Value]) -> Round:
    """The same parameters are meant for many files: one that no file has is told once, for all."""
    found = examined.examinations
    names = sorted({name for one in found for name in one.parameters})
    # What an unreadable file would declare is not known.
    stray = [name for name in given if name not in names] if all(o.dialect for o in found) else []
    faults = tuple(
        error(
            _STRANGER,
            f"none of the {len(found)} templates has a parameter '{name}'",
            remedy=did_you_mean(name, names, "correct the name, or leave it out"),
        )
        for name in stray
    )
    kept = [
        one._replace(diagnostics=tuple(d for d in one.diagnostics if d.code != _STRANGER))
        for one in found
    ]
    return Round(kept, examined.passed_over, faults)


def _is_new(path: str, seen: set[str]) -> bool:
    real = path if path == STANDARD_INPUT else os.path.realpath(path)
    known = real in seen
    seen.add(real)
    return not known


def _examine_folder(
    folder: str, catalog: Catalog, manner: Manner, seen: set[str], examined: Round
) -> None:
    any_template = False
    try:
        for path in files_below(folder):
            if not _is_new(path, seen):
                any_template = True
                continue
            one = _examine_found(path, catalog, manner)
            if one is None:
                examined.passed_over.append(path)
            else:
                examined.examinations.append(one)
                any_template = True
    except SourceUnreadable as fault:
        examined.examinations.append(_unreadable(folder, fault))
        return
    if not any_template:
        examined.examinations.append(_unreadable(folder, no_templates(folder)))


def _examine_found(path: str, catalog: Catalog, manner: Manner) -> Examination | None:
    """A file that nobody named; None where it is no template at all."""
    try:
        source = read_source(path, "template")
    except SourceUnreadable as fault:
        return _unreadable(path, fault)
    if not may_be_template(source):
        return None
    examination = _examined(source, path, catalog, manner)
    is_other = examination.dialect is None and any(
        one.code in _NO_TEMPLATE for one in examination.diagnostics
    )
    return None if is_other else examination


def say(examined: Round, screen: Screen) -> None:
    """The words for people: each fault, each file's verdict, and the sum."""
    found = examined.examinations
    screen.diagnose(examined.faults)
    for one in found:
        screen.warn(all_lines(one.diagnostics, screen.paint))
        told = tally(one.diagnostics)
        language = f" ({one.dialect})" if one.dialect else ""
        verdict = "valid" if one.is_valid else "not valid"
        screen.say(f"{clean(one.name)}: {verdict}{language}{f', {told}' if told else ''}")
    if examined.passed_over:
        screen.say(*_passed_over(examined.passed_over))
    if len(found) > 1:
        wrong = sum(1 for one in found if not one.is_valid)
        screen.say(f"{counted(len(found), 'template')}, {wrong} not valid")


def _passed_over(paths: Sequence[str]) -> Iterator[str]:
    for path in paths[:_MOST_PASSED_OVER]:
        yield f"{clean(path)}: passed over, it is no template"
    if len(paths) > _MOST_PASSED_OVER:
        yield f"{len(paths) - _MOST_PASSED_OVER} more files passed over"


def document(examined: Round) -> dict[str, Json]:
    """What became of every path, as scripts rely on it."""
    return {
        "files": [
            {
                "path": one.name,
                "dialect": one.dialect,
                "valid": one.is_valid,
                "diagnostics": [diagnostic_json(found) for found in one.diagnostics],
            }
            for one in examined.examinations
        ],
        "passed_over": list(examined.passed_over),
        "diagnostics": [diagnostic_json(found) for found in examined.faults],
    }


def check(paths: Sequence[str]) -> ExitCode:
    """`imageferry validate` with nothing but paths: what the command does, without its flags."""
    examined = examine_all(paths, open_catalog(), Manner())
    say(examined, open_screen(as_json=False))
    return code_of(examined)


def code_of(examined: Round, *, strict: bool = False) -> ExitCode:
    """How the command exits; `strict` lets warnings count, but for types that were allowed for."""
    wrong = bool(examined.faults) or any(
        not one.is_valid or (strict and any(found.code != ALLOWED for found in one.diagnostics))
        for one in examined.examinations
    )
    return ExitCode.WRONG_USAGE if wrong else ExitCode.DONE
