"""SARIF 2.1.0: diagnostics as code scanners and editors read them, one run with its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final
from urllib.parse import quote

from imageferry.cli.display.codes import Code, codes
from imageferry.model.diagnostics import Diagnostic, Severity
from imageferry.model.values import Json
from imageferry.version import VERSION

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final[Mapping[Severity, str]] = {Severity.ERROR: "error", Severity.WARNING: "warning"}


def refusal_log(said: Sequence[Diagnostic], exit_code: int, message: str = "") -> dict[str, Json]:
    """The log of a command that came to nothing: no result, and why; `message` has no code."""
    plain: Json = {"level": "error", "message": {"text": message}}
    return sarif_log({}, exit_code, said, [plain] if message else [])


def sarif_log(
    found: Mapping[str, Sequence[Diagnostic]],
    exit_code: int,
    beside: Sequence[Diagnostic] = (),
    notifications: Sequence[Json] = (),
) -> dict[str, Json]:
    """One log of what was found in each file, by its name as it was given.

    `beside` is what is wrong with the command and not with a file; `notifications` are more of it.
    """
    known = codes()
    told = [one for diagnostics in (*found.values(), beside) for one in diagnostics]
    used = sorted({one.code for one in told})
    places = {code: index for index, code in enumerate(used)}
    configuration = [*(_notification(one, places[one.code]) for one in beside), *notifications]
    invocation: dict[str, Json] = {"executionSuccessful": not configuration, "exitCode": exit_code}
    if configuration:
        invocation["toolConfigurationNotifications"] = configuration
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "imageferry",
                        "semanticVersion": VERSION,
                        "rules": [_rule(code, known.get(code)) for code in used],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [invocation],
                "artifacts": [{"location": {"uri": uri_of(name)}} for name in found],
                "results": [
                    _result(one, name, index, places[one.code])
                    for index, (name, diagnostics) in enumerate(found.items())
                    for one in diagnostics
                ],
            }
        ],
    }


def _rule(code: str, said: Code | None) -> dict[str, Json]:
    rule: dict[str, Json] = {"id": code}
    if said is not None:
        rule["shortDescription"] = {"text": said.meaning}
        rule["help"] = {"text": said.mending}
    return rule


def _result(one: Diagnostic, name: str, artifact: int, rule: int) -> dict[str, Json]:
    place: dict[str, Json] = {"artifactLocation": {"uri": uri_of(name), "index": artifact}}
    if one.span is not None:
        place["region"] = {"startLine": one.span.line, "startColumn": one.span.column}
    return {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": _LEVELS[one.severity],
        "message": {"text": _message(one)},
        "locations": [{"physicalLocation": place}],
    }


def _notification(one: Diagnostic, rule: int) -> dict[str, Json]:
    return {
        "associatedRule": {"id": one.code, "index": rule},
        "level": _LEVELS[one.severity],
        "message": {"text": _message(one)},
    }


def _message(one: Diagnostic) -> str:
    """What, why and how to mend it, in lines of their own."""
    lines = [one.message]
    lines += [f"why: {one.why}"] if one.why else []
    lines += [f"mend: {one.remedy}"] if one.remedy else []
    return "\n".join(lines)


def uri_of(name: str) -> str:
    """A file's name as a URI: relative where the name is."""
    path = PurePath(name)
    if path.is_absolute():
        return Path(name).as_uri()
    return quote(path.as_posix(), errors="surrogateescape")
