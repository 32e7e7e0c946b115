"""CommandLine: what to type for the same deed as a press on a page; quoted for a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from imageferry.model.stacks import Place, Stack

PROGRAM: Final = "imageferry"

OptionValue: TypeAlias = str | int | bool | Sequence[str] | Mapping[str, str] | None
"""True is a flag; False, None, an empty text and nothing at all leave the option out. Of several texts,
and of a map as KEY=VALUE, each has an option of its own."""


class CommandLine(NamedTuple):
    """One command: the words after the program's name, and what it does, for people."""

    words: tuple[str, ...]
    says: str = ""

    @property
    def command(self) -> str:
        """The command's name, of a group with what comes after it: `family promote`."""
        return " ".join(self.words[: 2 if self.words[0] in _GROUPS else 1])

    @property
    def text(self) -> str:
        """The line as it is typed into a shell."""
        return " ".join(map(_quoted, (PROGRAM, *self.words)))

    def __str__(self) -> str:
        return self.text


_OBEYED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SPELLED: Final = re.compile(rf"{_OBEYED.pattern}|[\t\n'\\]")


def _quoted(word: str) -> str:
    """A word as a shell takes it.

    What a terminal obeys, or what turns the line around, is spelled out: a value of somebody else's
    must not end the quotes of a line that is copied and pasted.
    """
    if _OBEYED.search(word) is None:
        return shlex.quote(word)
    return f"$'{_SPELLED.sub(_spelled, word)}'"


def _spelled(found: re.Match[str]) -> str:
    sign = found[0]
    return f"\\{sign}" if sign in "'\\" else f"\\u{ord(sign):04x}"


_STACK: Final = {"stack": "--stack"}
_PLACE: Final = {"region": "--region", "cloud": "--cloud"}
_OF_STACK: Final = {**_STACK, **_PLACE}
_PACE: Final = {"parallel": "--parallel", "timeout": "--timeout", "no_wait": "--no-wait"}
_PARAMETERS: Final = {"parameters": "-p", "parameter_file": "--parameters"}
_FAMILY: Final = {"stack": "--stack", "region": "--region", "image": "--image", "cloud": "--cloud"}
_YES: Final = {"yes": "--yes"}

FLAGS: Final[Mapping[str, Mapping[str, str]]] = {
    "deploy": {
        **_STACK,
        **_PARAMETERS,
        "on_failure": "--on-failure",
        "replace": "--replace",
        "refresh": "--refresh",
        "delete_snapshots": "--delete-snapshots",
        "stack_policy": "--stack-policy",
        "stack_policy_during_update": "--stack-policy-during-update",
        "protect": "--protect",
        **_PACE,
        **_YES,
        **_PLACE,
    },
    "plan": {
        **_STACK,
        **_PARAMETERS,
        "replace": "--replace",
        "refresh": "--refresh",
        **_PLACE,
    },
    "list": {"deleted": "--deleted", **_PLACE},
    "show": _OF_STACK,
    "events": {**_STACK, "last": "--last", "resource": "--resource", **_PLACE},
    "outputs": _OF_STACK,
    "delete": {
        **_STACK,
        "retain": "--retain",
        "delete_snapshots": "--delete-snapshots",
        **_PACE,
        **_YES,
        **_PLACE,
    },
    "protect": {**_STACK, "off": "--off", **_PLACE},
    "cancel": {**_STACK, "break_off": "--break-off", "no_wait": "--no-wait", **_PLACE},
    "retry": {
        **_STACK,
        "only": "--only",
        "on_failure": "--on-failure",
        "replace": "--replace",
        "delete_snapshots": "--delete-snapshots",
        **_PACE,
        **_YES,
        **_PLACE,
    },
    "continue-rollback": {**_STACK, "skip": "--skip", **_PACE, **_YES, **_PLACE},
    "verify": {**_STACK, "resource": "--resource", "output": "--output", **_PLACE},
    "drift": {**_STACK, "resource": "--resource", **_PLACE},
    "adopt": {
        **_STACK,
        "from": "--from",
        "lineage": "--lineage",
        **_PARAMETERS,
        "on_failure": "--on-failure",
        **_PACE,
        **_YES,
        **_PLACE,
    },
    "distribute": {
        "from": "--from",
        "to": "--to",
        "all_regions": "--all-regions",
        "name": "--name",
        "description": "--description",
        "tags": "--tag",
        "keys": "--key",
        "encrypt": "--encrypt",
        "share": "--share",
        "family": "--family",
        "keep_last": "--keep-last",
        "keep_for": "--keep-for",
        "keep_tag": "--keep-tag",
        "stack": "--stack",
        "keep_snapshots": "--keep-snapshots",
        "replace": "--replace",
        "refresh": "--refresh",
        "on_failure": "--on-failure",
        **_PACE,
        **_YES,
        "cloud": "--cloud",
    },
    "family promote": {**_FAMILY, **_YES},
    "family rollback": {
        name: flag for name, flag in {**_FAMILY, **_YES}.items() if name != "image"
    },
    "family show": {"stack": "--stack", "region": "--region", "cloud": "--cloud"},
    "orphans": {"region": "--region", "delete": "--delete", **_YES, "cloud": "--cloud"},
    "report": {"html": "--html", "output": "--output", "json": "--json", **_PLACE},
    "graph": {"svg": "--svg", "output": "--output", **_PLACE},
}
"""By command, its options by the names that callers give them, in the order they are written."""

_GROUPS: Final = frozenset(name.split()[0] for name in FLAGS if " " in name)


def command_line(
    command: str, options: Mapping[str, OptionValue], *arguments: str, says: str = ""
) -> CommandLine:
    """The line of a command with its options and arguments; KeyError for an option that it has not."""
    flags = FLAGS[command]
    unknown = [name for name in options if name not in flags]
    if unknown:
        raise KeyError(f'"{command}" has no option "{unknown[0]}"')
    written = [
        word
        for name, flag in flags.items()
        if name in options
        for word in _written(flag, options[name])
    ]
    if any(argument.startswith("-") for argument in arguments):
        # What begins as an option does is one, unless this stands before it.
        return CommandLine((*command.split(), *written, "--", *arguments), says)
    return CommandLine((*command.split(), *arguments, *written), says)


def _written(flag: str, value: OptionValue) -> Iterator[str]:
    match value:
        case None | False | "":
            return
        case True:
            yield flag
        case str() | int():
            yield from (flag, str(value))
        case Mapping():
            for key, entry in value.items():
                yield from (flag, f"{key}={entry}")
        case _:
            for entry in value:
                yield from (flag, entry)


def of_place(place: Place) -> dict[str, OptionValue]:
    """The options that say where: the cloud only where it is not the one that is meant without."""
    return {"region": place.region, "cloud": None if place.cloud == "emulator" else place.cloud}


def stack_line(
    command: str, stack: Stack, *arguments: str, says: str = "", **options: OptionValue
) -> CommandLine:
    """The line of a command about one stack, with its name and its place."""
    place = {name: value for name, value in of_place(stack.place).items() if name in FLAGS[command]}
    return command_line(command, {"stack": stack.name, **options, **place}, *arguments, says=says)


def report_line(stack: Stack, says: str = "") -> CommandLine:
    """The line that writes a stack's report into a file."""
    return command_line("report", {"html": True, **of_place(stack.place)}, stack.name, says=says)
