"""The command table and the way in: each command's room is loaded when the command is given."""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

from imageferry.version import VERSION

# A command's name, the room that holds it, and its line in the list of commands, in which they
# stand in this order, under the headings of `group`. The room has a value of the command's name.
# This table is why `--version` loads no library at all and `validate` neither a database nor a
# network one.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "deploy": ("deploy", "Create a stack from a template, or update it"),
    "plan": ("plan", "Show what a deploy would change, or a template alone make"),
    "list": ("stacks", "List the stacks"),
    "show": ("stacks", "Show a stack and its resources"),
    "events": ("stacks", "Show a stack's history"),
    "outputs": ("stacks", "Show a stack's outputs"),
    "report": ("report", "Write stacks into one HTML file that can be mailed"),
    "graph": ("graph", "Draw a stack: text, SVG, DOT or Mermaid"),
    "delete": ("operations", "Delete a stack and what it made"),
    "protect": ("operations", "Forbid that a stack is deleted"),
    "distribute": ("distribute", "Carry an image to regions, and retire old versions"),
    "verify": ("verify", "Compare what was made with what was asked for"),
    "family": ("family", "Show image families, promote and roll back"),
    "drift": ("drift", "Compare a stack with the cloud, and change nothing"),
    "adopt": ("adopt", "Take images that exist into a stack"),
    "orphans": ("orphans", "Find what was left in the cloud and is in no record"),
    "cancel": ("operations", "Stop a running operation and undo it"),
    "retry": ("operations", "Let go on what stopped, or try again what failed"),
    "continue-rollback": ("operations", "Go on with a rollback that failed"),
    "validate": ("validate", "Check templates without a cloud or a stack"),
    "convert": ("convert", "Convert a template to the other form or language"),
    "schema": ("schema", "Write a JSON Schema for editors that complete and check"),
    "types": ("types", "Show the resource types and their references"),
    "provider": ("provider", "Package and serve the type for CloudFormation's registry"),
    "doctor": ("doctor", "Show settings, credentials, regions and clocks"),
    "keys": ("keys", "Make and revoke keys of the APIs, and see their audit"),
    "home": ("home", "Back up, restore, upgrade and prune what is kept"),
    "worker": ("worker", "Run operations that others have left, until told to stop"),
    "serve": ("serve", "Serve the console and the ROS and CloudFormation APIs"),
    "emulator": ("emulator", "Serve and manage the emulated ECS"),
    "completion": ("completion", "Print the shell completion script"),
}

# What only some runs of a command need: `checking` is `validate` without its flags, `live` draws
# with a library that takes long to load, `faults` knows every floor's exceptions, `stack_plan`
# opens the house.
ON_DEMAND: Final[Mapping[str, str]] = {
    "checking": "checking",
    "group": "group",
    "live": "display.live",
    "faults": "faults",
    "sarif": "display.sarif",
    "stack_plan": "stack_plan",
}

_COMPLETING: Final = "_IMAGEFERRY_COMPLETE"
"""The environment variable by which a shell asks for completions."""


def load(name: str) -> Any:
    """The room of a command, or of something that only some runs of one need."""
    room = COMMANDS[name][0] if name in COMMANDS else ON_DEMAND[name]
    return importlib.import_module(f"imageferry.cli.{room}")


def calm_collector() -> None:
    """Let the garbage collector rest: a command makes many small values and soon ends.

    With the usual thresholds it would walk all of a large plan again and again while it grows.
    """
    gc.freeze()
    gc.set_threshold(400_000, 20, 100)


def main() -> None:
    """Run the command line and exit with its code."""
    calm_collector()
    if sys.argv[1:] == ["--version"] and _COMPLETING not in os.environ:
        print(f"imageferry {VERSION}")
        return
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Whoever started us closed it: nothing is read there, and what is said is lost.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows its code instead of ending the command.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        _run(sys.argv[1:])
    finally:
        # What is left needs no search for cycles: the process ends.
        gc.freeze()


def _run(arguments: list[str]) -> None:
    """Run a command; `validate` with nothing but paths needs no library for flags."""
    paths = arguments[1:]
    bare = arguments[:1] == ["validate"] and not any(path.startswith("-") for path in paths)
    if bare and paths and _COMPLETING not in os.environ:
        code = _checked(paths)
        if code is not None:
            sys.exit(code)
    load("group").imageferry(prog_name="imageferry")


def _checked(paths: list[str]) -> int | None:
    """The exit code of `validate PATH...`; None where nobody reads on, which the command ends."""
    try:
        return int(load("checking").check(paths))
    except (Exception, KeyboardInterrupt) as fault:
        if isinstance(fault, OSError) and fault.errno == errno.EPIPE:
            return None
        return int(load("group").tell(fault, ["validate", *paths]))
