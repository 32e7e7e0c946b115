"""What libyaml complains of, said so that the writer of a template can mend it."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from yaml.error import MarkedYAMLError

from imageferry.model.diagnostics import Diagnostic, Span, error

MAX_KEY: Final = 1_024
"""YAML 1.1, "simple keys": a key is one line of at most so many characters."""

# What libyaml says, what we say, how to mend it; the first that matches counts.
_SAYINGS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "cannot start any token",
        "a character stands where YAML allows none",
        "begin the value with a letter, or write it in quotes",
    ),
    (
        "mapping values are not allowed",
        "a second ':' stands in one line",
        "write the value in quotes, or begin a new line after the first ':'",
    ),
    (
        "did not find expected key",
        "a key is expected here",
        "indent this line as deep as the keys before it, and check for a quote left open above",
    ),
    (
        "could not find expected ':'",
        "a ':' is missing after a key",
        "write 'key: value', with a blank after the ':'",
    ),
    (
        "did not find expected '-' indicator",
        "a list item is expected here",
        "begin the line with '- ', as deep as the items before it",
    ),
    (
        "did not find expected ',' or",
        "a list or map in one line is not closed",
        "add the missing ',' or the closing bracket",
    ),
    (
        "unexpected end of stream",
        "a quote is not closed",
        "add the closing quote",
    ),
    (
        "did not find expected <document start>",
        "the document ends before this line",
        "indent the line, or remove what stands outside the template",
    ),
    (
        "did not find expected alphabetic",
        "a name is missing after '&' or '*'",
        "write a value that begins with '&' or '*' in quotes",
    ),
    (
        "block sequence entries are not allowed",
        "a list cannot begin here",
        "begin a new line before '- '",
    ),
    (
        "unknown escape character",
        "a '\\' in double quotes is followed by a character that it does not escape",
        "write '\\\\' for a backslash, or use single quotes",
    ),
    (
        "invalid Unicode character escape",
        "an escape names no character",
        "characters beyond U+FFFF are written '\\UXXXXXXXX' in YAML, not as two '\\u' escapes",
    ),
    (
        "undefined tag handle",
        "a tag has a prefix that is not declared",
        "write short tags as '!Ref'",
    ),
    (
        "incompatible YAML document",
        "the version after '%YAML' is not known",
        "remove the line",
    ),
)


def syntax_fault(fault: MarkedYAMLError, text: str, name: str) -> Diagnostic:
    """The diagnostic for a YAML syntax error, at the place where it was noticed."""
    said = " ".join(part for part in (fault.context, fault.problem) if part)
    span = _span(fault, said, name)
    if _tab_before(text, span):
        return error(
            "IF105",
            "a tab is used for indentation",
            why="YAML allows only blanks there",
            remedy="replace the tab by blanks",
            span=span,
        )
    if "mapping values" in said and span.column > MAX_KEY:
        return error(
            "IF105",
            f"this is not YAML: a key is longer than {MAX_KEY:,} characters",
            remedy="shorten it",
            span=span,
        )
    if _two_tags(text, span):
        return error(
            "IF105",
            "this is not YAML: two short tags stand on one value",
            why=said,
            remedy="write the inner function in its long form, on a line of its own",
            span=span,
        )
    for words, message, remedy in _SAYINGS:
        if words in said:
            message = f"this is not YAML: {message}"
            return error("IF105", message, why=said, remedy=remedy, span=span)
    return error(
        "IF105",
        f"this is not YAML: {said}",
        remedy="check the indentation and the quotes on this line and the one before",
        span=span,
    )


def _span(fault: MarkedYAMLError, said: str, name: str) -> Span:
    """Where the fault was noticed; for what was left open, where it begins."""
    left_open = "end of stream" in said or "did not find expected ',' or" in said
    marks = (fault.problem_mark, fault.context_mark)
    for mark in reversed(marks) if left_open else marks:
        if mark is not None:
            return Span(name, mark.line + 1, mark.column + 1)
    return Span(name, 1, 1)


def _line(text: str, number: int) -> str:
    start = 0
    for _ in range(number):
        start = text.find("\n", start) + 1
        if start == 0:
            return ""
    end = text.find("\n", start)
    return text[start:] if end < 0 else text[start:end]


def _tab_before(text: str, span: Span) -> bool:
    written = _line(text, span.line - 1)
    indentation = written[: len(written) - len(written.lstrip())]
    return "\t" in indentation and span.column <= len(indentation) + 1


def _two_tags(text: str, span: Span) -> bool:
    return any(
        word.startswith("!") and following.startswith("!")
        for word, following in pairwise(_line(text, span.line - 1).split())
    )
