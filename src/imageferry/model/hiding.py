"""Hidden texts: what NoEcho values say, gathered, and covered wherever a sentence repeats them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from imageferry.model.values import MASK, Secret, Value

_WORD: Final = 4
"""From this length on a text is covered within words too; a shorter one would cover half a sentence."""


def hidden_texts(*groups: Iterable[Value]) -> frozenset[str]:
    """The texts and numbers in every Secret of these values; empty where there is none."""
    found: set[str] = set()
    for group in groups:
        for value in group:
            # Asked of every property of every resource: most values are text.
            if type(value) is not str:
                _gather(value, found, is_hidden=False)
    return frozenset(found)


def _gather(value: Value, found: set[str], *, is_hidden: bool) -> None:
    if isinstance(value, Secret):
        _gather(value.revealed, found, is_hidden=True)
    elif isinstance(value, Mapping):
        for entry in value.values():
            _gather(entry, found, is_hidden=is_hidden)
    elif isinstance(value, list | tuple):
        for entry in value:
            _gather(entry, found, is_hidden=is_hidden)
    elif is_hidden and value is not None and isinstance(value, str | int | float):
        text = "" if isinstance(value, bool) else str(value)
        if text.strip():
            found.add(text)


def covered(text: str, hidden: frozenset[str]) -> str:
    """The text with `****` for each hidden one, plain or as JSON writes it; the longest first.

    One of fewer than four characters is covered where it stands as a word of its own.
    """
    if not hidden:
        return text
    for secret in sorted(hidden, key=lambda one: (-len(one), one)):
        for form in dict.fromkeys((secret, json.dumps(secret)[1:-1])):
            if form not in text:
                continue
            if len(form) >= _WORD:
                text = text.replace(form, MASK)
            else:
                text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", lambda _: MASK, text)
    return text
