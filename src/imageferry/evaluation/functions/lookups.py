"""Look-ups: find_in_map, jq."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from imageferry.evaluation.confinement import Confined, Confinement
from imageferry.evaluation.conversions import is_shallow, json_text, kind_of
from imageferry.evaluation.errors import Refusal
from imageferry.evaluation.functions.lists import data_of_text
from imageferry.evaluation.jq_paths import NoOutput, follow, plain_path
from imageferry.evaluation.scopes import Manners, Scope
from imageferry.evaluation.seals import opened, sealed
from imageferry.model.suggestions import did_you_mean
from imageferry.model.values import NO_VALUE, UNKNOWN, Value, holds_secret, is_known, mask, reveal

_MODES: Final = ("First", "All")
_MOST_TOLD: Final = 12
_MOST_SOUGHT: Final = 50
_LONGEST_SCRIPT: Final = 65_536
_OPENS_MODULES: Final = r"(?:\s|#[^\n]*\n?)*(?:module|import|include)\b"

# Started by the first program that is no plain path, and kept for the next ones.
_programs: Final = Confinement("imageferry.evaluation.confined_jq")


def parameter(arguments: Sequence[Value], scope: Scope) -> Value:
    """Ref of a computed name, which may only be that of a parameter."""
    (name,) = arguments
    if name is None:
        return None
    if not isinstance(name, str):
        raise Refusal(f"needs the name of a parameter, not {kind_of(name)}")
    if name not in scope.bindings.parameters:
        raise Refusal(f"finds no parameter '{name}'", code="IF201")
    return scope.bindings.parameters[name]


def find_in_map(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[map, key, key, {DefaultValue: …}]`: a value of the template's Mappings, or the default."""
    check_find_in_map(arguments, scope.manners)
    try:
        return _find(arguments[:3], scope)
    except Refusal as missed:
        if len(arguments) < 4 or missed.code != "IF310":
            raise
    default = arguments[3]
    # Where the default was no value, the map has lost it.
    return default.get("DefaultValue", NO_VALUE) if isinstance(default, Mapping) else default


def check_find_in_map(arguments: Sequence[Value], manners: Manners) -> None:
    """The default, where there is one."""
    if len(arguments) < 4:
        return
    if not manners.maps_have_defaults:
        raise Refusal("needs a list of 3, not 4", code="IF302")
    default = arguments[3]
    known = isinstance(default, Mapping) and set(default) <= {"DefaultValue"}
    if default is not UNKNOWN and not known:
        raise Refusal(
            "needs '{DefaultValue: …}' as its fourth item",
            code="IF302",
            remedy="write 'DefaultValue' as the one key of a map",
        )


def _find(arguments: Sequence[Value], scope: Scope) -> Value:
    found: Value = scope.bindings.mappings
    path = ""
    secret = False
    for argument in arguments:
        key, hidden = opened(argument)
        secret = secret or hidden
        if key is UNKNOWN:
            return UNKNOWN
        if isinstance(key, bool) or not isinstance(key, (str, int, float)):
            raise Refusal(f"needs texts as its keys, not {kind_of(key)}")
        if not isinstance(found, Mapping) or str(key) not in found:
            what = f"no key '{key}' in '{path}'" if path else f"no map '{key}'"
            known = found if isinstance(found, Mapping) else ()
            raise Refusal(
                f"finds {what}",
                code="IF310",
                why="the template has no such mapping" if not path else "",
                remedy=_nearest_key(str(key), known),
                names=tuple(str(one) for one in map(mask, arguments)),
            )
        found = found[str(key)]
        path = f"{path}.{key}" if path else str(key)
    return sealed(found, secret)


def _nearest_key(key: str, known: Collection[str]) -> str:
    # Validation seeks in larger mappings, and knows when it has done so often enough.
    near = did_you_mean(key, known) if len(known) <= _MOST_SOUGHT else ""
    return near or _told_keys(known)


def _told_keys(known: Iterable[str]) -> str:
    """The keys that there are, as a remedy; not where they are too many to read."""
    keys = sorted(known)
    return (
        f"use one of {', '.join(keys)}" if 0 < len(keys) <= _MOST_TOLD else "add it to 'Mappings'"
    )


def jq(arguments: Sequence[Value], scope: Scope) -> Value:
    """`[First or All, script, object]`: the first output or all outputs of a jq program."""
    mode, secret_mode = opened(arguments[0])
    script, secret_script = opened(arguments[1])
    given, secret = opened(arguments[2])
    if mode is UNKNOWN or script is UNKNOWN or given is UNKNOWN:
        return UNKNOWN
    if mode not in _MODES:
        raise Refusal("needs 'First' or 'All' as its first argument")
    if script is None or given is None or given == "":
        return None
    if not isinstance(script, str):
        raise Refusal(f"needs a text as its script, not {kind_of(script)}")
    if isinstance(given, str):
        given = data_of_text(given, secret=secret)
    path = plain_path(script)
    if path is None:
        if not is_known(given):
            return UNKNOWN
        secret = secret or holds_secret(given)
        outputs = _run(script, reveal(given), first=mode == "First")
    else:
        try:
            outputs = [follow(path, given)]
        except NoOutput:
            outputs = []
    found: Value = outputs if mode == "All" else next(iter(outputs), None)
    return sealed(found, secret or secret_mode or secret_script)


def check_jq(arguments: Sequence[Value], manners: Manners) -> None:
    """The mode and the script, where they are written out."""
    mode, script, _ = arguments
    if mode is not UNKNOWN and mode not in _MODES:
        raise Refusal("needs 'First' or 'All' as its first argument")
    if script is UNKNOWN or script is None:
        return
    if not isinstance(script, str):
        raise Refusal(f"needs a text as its script, not {kind_of(script)}")
    _check_script(script)


def _check_script(script: str) -> None:
    if len(script) > _LONGEST_SCRIPT:
        raise Refusal(f"has a script of more than {_LONGEST_SCRIPT:,} characters", code="IF307")
    if "$ENV" in script or re.match(_OPENS_MODULES, script):
        raise Refusal(
            "has a script that asks for '$ENV' or for a module",
            code="IF307",
            why="a template's programs see nothing of the machine they run on",
            remedy="give what it needs as a parameter",
        )


def _run(script: str, given: Value, *, first: bool) -> list[Value]:
    _check_script(script)
    text = json_text(given)
    try:
        reply = _programs.ask({"script": script, "text": text, "first": first})
    except Confined as fault:
        raise Refusal(
            f"has a script that {fault}",
            code="IF308",
            why="a script has one second and 64 MiB",
            remedy="make the script smaller, or its input",
        ) from None
    if "fault" in reply:
        why = " ".join(str(reply["fault"]).split())
        raise Refusal("has a script that fails", code="IF307", why=why)
    outputs: list[Value] = reply["outputs"]
    if not is_shallow(outputs):
        raise Refusal("has a script that gives data nested too deep", code="IF307")
    return outputs
