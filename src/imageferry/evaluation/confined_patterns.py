"""The regular expressions of templates, matched inside the child process."""

from __future__ import annotations

import re
from typing import Any, Final

import re2

from imageferry.evaluation.confined import serve

# The classes of Java's expressions that neither engine here knows by these names.
_CLASSES: Final = {
    "Alnum": "A-Za-z0-9",
    "Alpha": "A-Za-z",
    "ASCII": r"\x00-\x7F",
    "Blank": r" \t",
    "Cntrl": r"\x00-\x1F\x7F",
    "Digit": "0-9",
    "Graph": r"\x21-\x7E",
    "Lower": "a-z",
    "Print": r"\x20-\x7E",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": r"\t-\r ",
    "Upper": "A-Z",
    "XDigit": "0-9A-Fa-f",
}
_CLASS: Final = re.compile(r"\\\\|\\p\{(?P<name>[A-Za-z]+)\}|\\.|(?P<bracket>[\[\]])")


def _with_classes(pattern: str) -> str:
    r"""The pattern with classes such as `\p{Alnum}` written out, inside brackets and outside."""
    if "\\p{" not in pattern:
        return pattern
    inside = False

    def written(found: re.Match[str]) -> str:
        nonlocal inside
        if found["bracket"]:
            inside = found["bracket"] == "["
        letters = _CLASSES.get(found["name"] or "")
        if letters is None:
            return found[0]
        return letters if inside else f"[{letters}]"

    return _CLASS.sub(written, pattern)


def _matches(pattern: str, text: str) -> bool:
    pattern = _with_classes(pattern)
    # RE2 takes linear time, but its \w, \d and (?i) know only ASCII; \p only RE2 knows.
    if (pattern.isascii() and text.isascii()) or "\\p" in pattern:
        options = re2.Options()
        options.log_errors = False
        try:
            return re2.compile(pattern, options).fullmatch(text) is not None
        except re2.error:
            # Look-around and back-references: the timer is what bounds these.
            return re.fullmatch(pattern, text) is not None
    return re.fullmatch(pattern, text) is not None


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """`{"pattern", "texts"}` to `{"matches": [bool]}` or `{"fault": words}`."""
    try:
        # A pattern that cannot be read is told even where there is nothing to match.
        _matches(request["pattern"], "")
        return {"matches": [_matches(request["pattern"], text) for text in request["texts"]]}
    except (re.error, RecursionError, OverflowError) as fault:
        return {"fault": str(fault)}


def main() -> None:
    """Serve until the parent goes away."""
    # Whatever the two load late is loaded before files can no longer be opened.
    _matches("a+", "a")
    _matches("(?=a)a", "a")
    serve(answer)
