"""Field, FieldGroup, Fault: a form as a page shows it, and what is wrong with what it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from imageferry.console.languages import Language
from imageferry.model.diagnostics import Diagnostic


class Fault(NamedTuple):
    """What is wrong with one field, or with the whole where `place` (the id of a field) is empty."""

    place: str
    said: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of a form.

    `name` is what is sent, `place` the id of the element. `control` is text, number, secret, lines,
    choice, check or file. `options` are values with their labels. `attributes` go into the element.
    `is_kept`: whether a secret keeps the value that the stack has, None where it has none.
    """

    name: str
    place: str
    label: str
    control: str = "text"
    value: str = ""
    hint: str = ""
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()
    attributes: Mapping[str, str | int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    is_kept: bool | None = None
    is_confirmed: bool = False

    @property
    def described_by(self) -> str:
        """The ids of the elements that say more of it."""
        hints = [f"{self.place}-hint"] if self.hint else []
        return " ".join([*([f"{self.place}-faults"] if self.faults else []), *hints])


_MOST_FAULTS: Final = 20


def first_faults(faults: Sequence[Fault], language: Language) -> list[Fault]:
    """The first of them and how many more there are: thousands would be a page that nobody reads."""
    left = len(faults) - _MOST_FAULTS
    if left <= 0:
        return list(faults)
    said = language("and {number} more", number=left)
    return [*faults[:_MOST_FAULTS], Fault(faults[_MOST_FAULTS].place, said)]


class FieldGroup(NamedTuple):
    """Fields under a heading, which may be empty."""

    label: str
    fields: tuple[Field, ...]


def with_faults(fields: Sequence[Field], faults: Sequence[Fault]) -> tuple[Field, ...]:
    """The fields, each with what is wrong with it."""
    return tuple(
        replace(one, faults=tuple(fault for fault in faults if fault.place == one.place))
        for one in fields
    )


def as_fault(found: Diagnostic, place: str = "") -> Fault:
    """A diagnostic as what is said beside a field."""
    said = f"{found.message}: {found.why}" if found.why else found.message
    return Fault(place, said, found.remedy)


def region_label(language: Language, chinese: str, english: str) -> str:
    """A region's name in the language of the page."""
    return chinese if language.code == "zh" else english
