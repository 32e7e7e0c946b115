"""Screen: where a command's words, its one JSON object and its faults go, and in what colours."""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TextIO

from imageferry.cli.display.diagnostics import all_lines
from imageferry.cli.exits import ExitCode
from imageferry.model.diagnostics import Diagnostic
from imageferry.model.plan_json import diagnostic_json
from imageferry.model.values import Json

# ECMA-48, "select graphic rendition".
_STYLES: Final = {
    "red": "\x1b[31m\x1b[1m",
    "yellow": "\x1b[33m",
    "green": "\x1b[32m",
    "blue": "\x1b[34m",
    "cyan": "\x1b[36m",
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
}
_PLAIN_AGAIN: Final = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Screen:
    """What a command writes to.

    Words go to stdout, and to stderr where `as_json` keeps stdout for one object. `is_terminal`
    is True where words are seen by a person as they are written.
    """

    as_json: bool
    colours: bool
    is_terminal: bool
    debug: bool
    words: TextIO
    faults: TextIO
    objects: TextIO

    def paint(self, text: str, colour: str) -> str:
        """The text in a colour, where there are colours."""
        return f"{_STYLES[colour]}{text}{_PLAIN_AGAIN}" if self.colours else text

    def say(self, *lines: str) -> None:
        """Words for people."""
        if lines:
            print("\n".join(lines), file=self.words, flush=True)

    def warn(self, lines: Sequence[str]) -> None:
        """Words for people about what is wrong."""
        if lines:
            print("\n".join(lines), file=self.faults, flush=True)

    def diagnose(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Diagnostics, for people."""
        self.warn(all_lines(diagnostics, self.paint))

    def give(self, document: Json) -> None:
        """The one object of `--json`; nothing where people are spoken to."""
        if self.as_json:
            print(json.dumps(document, indent=2, default=str), file=self.objects, flush=True)

    def flush(self) -> None:
        """Let whoever reads a pipe see at once what was written."""
        self.words.flush()
        self.objects.flush()

    def fault(
        self,
        code: ExitCode,
        diagnostics: Sequence[Diagnostic],
        raised: BaseException | None = None,
        document: Json = None,
    ) -> None:
        """A command's refusal or failure, to people and, under `--json`, as the one object.

        `document` is given in its place where stdout is for another form.
        """
        self.diagnose(diagnostics)
        if self.debug and raised is not None:
            self.warn(["".join(traceback.format_exception(raised)).rstrip()])
        if document is not None:
            self.give(document)
            return
        message = "; ".join(d.message for d in diagnostics if d.is_error)
        self.give_error(code, message, diagnostics)

    def give_error(
        self, code: ExitCode, message: str, diagnostics: Sequence[Diagnostic] = ()
    ) -> None:
        """The one object of `--json` where a command came to nothing."""
        found = [diagnostic_json(diagnostic) for diagnostic in diagnostics]
        self.give({"error": {"exit_code": int(code), "message": message, "diagnostics": found}})


def open_screen(*, as_json: bool, no_color: bool = False, debug: bool = False) -> Screen:
    """The screen of this process: colours on a terminal, unless NO_COLOR or a flag forbids them."""
    words = sys.stderr if as_json else sys.stdout
    is_terminal = words.isatty() and os.environ.get("TERM") != "dumb"
    colours = is_terminal and not no_color and not os.environ.get("NO_COLOR")
    return Screen(as_json, colours, is_terminal, debug, words, sys.stderr, sys.stdout)


def beside(screen: Screen) -> Screen:
    """The same screen with its words on stderr, where stdout is for one bare value."""
    return replace(screen, words=screen.faults)


def gathering(screen: Screen) -> tuple[Screen, Callable[[], Json]]:
    """The same screen, and what gives its one object instead of its being printed; None for none."""
    held = io.StringIO()

    def given() -> Json:
        text = held.getvalue()
        return json.loads(text) if text else None

    return replace(screen, objects=held), given
