"""match_all(pattern, texts): regular expressions that others wrote, which must not hang us."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from imageferry.evaluation.confinement import Confined, Confinement

_LONGEST_SIMPLE: Final = 500
_LONGEST_TEXT: Final = 4_096
_MOST_CHOICES: Final = 2

# One atom and its quantifier: a class, an escaped sign, any character, or a plain one.
_TOKEN: Final = re.compile(
    r"(?:\[\^?(?:[^\]\[\\]|\\[\[\]\\dws^$.|?*+(){}/_&@#%=:;,!<>~'\"-])++\]"
    r"|\\[dws.\-_/\\+*?()\[\]{}|^$@#&:!,=%]|[^\\^$*+?()\[\]{}|])"
    r"(?P<choice>[*+?]\??|\{[0-9]{1,4},[0-9]{0,4}\})?(?:\{[0-9]{1,4}\})?"
)
# What Python may one day read otherwise inside a class.
_DOUBTFUL: Final = ("--", "&&", "~~", "||")

# Started by the first pattern that is not simple, and kept for the next ones.
_matcher: Final = Confinement("imageferry.evaluation.confined_patterns")


class PatternFault(Exception):
    """A pattern cannot be used; says why in words that follow "the pattern"."""


def is_simple(pattern: str) -> bool:
    """True for a row of characters and classes with at most two choices of length.

    Such a pattern needs at most the square of the text's length in steps, so it is safe here.
    """
    if len(pattern) > _LONGEST_SIMPLE or any(signs in pattern for signs in _DOUBTFUL):
        return False
    position = 1 if pattern.startswith("^") else 0
    end = len(pattern)
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        end -= 1
    choices = 0
    while position < end:
        found = _TOKEN.match(pattern, position, end)
        if found is None:
            return False
        choices += found["choice"] is not None
        position = found.end()
    return choices <= _MOST_CHOICES


def match_all(pattern: str, texts: Sequence[str]) -> list[bool]:
    """Whether each whole text matches; raises PatternFault.

    All but simple patterns are matched in a process of their own, which is stopped after 1 s.
    """
    if is_simple(pattern) and all(len(text) <= _LONGEST_TEXT for text in texts):
        try:
            compiled = re.compile(pattern)
        except re.error as fault:
            raise PatternFault(f"cannot be read ({fault.msg})") from None
        return [compiled.fullmatch(text) is not None for text in texts]
    try:
        reply: dict[str, Any] = _matcher.ask({"pattern": pattern, "texts": list(texts)})
    except Confined as fault:
        raise PatternFault(str(fault)) from None
    if "fault" in reply:
        raise PatternFault(f"cannot be read ({reply['fault']})")
    matches: list[bool] = reply["matches"]
    return matches
