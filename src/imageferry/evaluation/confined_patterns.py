"""The regular expressions of templates, matched inside the child process."""

from __future__ import annotations

import re
from typing import Any

import re2

from imageferry.evaluation.confined import serve


def _matches(pattern: str, text: str) -> bool:
    # RE2 takes linear time, but its \w, \d and (?i) know only ASCII.
    if pattern.isascii() and text.isascii():
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
