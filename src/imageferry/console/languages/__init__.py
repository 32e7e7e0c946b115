"""Language: the console's words in English, and in every language that there is a table of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from imageferry.console.languages.chinese import CHINESE


@dataclass(frozen=True, slots=True)
class Language:
    """One language. What a page says is looked up by its English text.

    `name` is its own word for itself. A text that the table lacks stays English: what the engine
    and the clouds say is shown as they say it.
    """

    code: str
    name: str
    words: Mapping[str, str]

    def __call__(self, text: str, **values: object) -> str:
        """The text in this language, with values in place of `{names}`."""
        found = self.words.get(text, text)
        return found.format(**values) if values else found

    def count(self, number: int, one: str, many: str) -> str:
        """`1 stack`, `2 stacks`: the number with its noun."""
        return f"{number:,} {self(one if number == 1 else many)}"


ENGLISH: Final = Language("en", "English", MappingProxyType({}))

LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {"en": ENGLISH, "zh": Language("zh", "中文", MappingProxyType(CHINESE))}
)


def choose(wished: str, accepted: str) -> Language:
    """The language of a wish, such as a cookie's, or the first of an Accept-Language header."""
    if wished in LANGUAGES:
        return LANGUAGES[wished]
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:500].split(",")):
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        ranked.append((-weight, place, name.strip().lower().partition("-")[0]))
    for weight, _, code in sorted(ranked):
        if weight < 0 and code in LANGUAGES:
            return LANGUAGES[code]
    return ENGLISH
