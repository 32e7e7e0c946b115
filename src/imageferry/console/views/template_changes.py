"""template_changes: a template beside the one that a stack was made from, line by line, without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from imageferry.model.changes import ChangeSet
from imageferry.model.hiding import covered, hidden_texts
from imageferry.model.stacks import Stack

_AROUND: Final = 3
"""Lines that stay, shown before and after those that change."""

_MOST: Final = 3_000
"""So many lines are shown."""

_MOST_PAIRS: Final = 4_000_000
"""Where more lines than that would be laid beside each other, all between the equal ends is other."""


class TemplateLine(NamedTuple):
    """One line: `sign` is `+` where it is new, `−` where it goes, `…` where some are left out."""

    sign: str
    before: int | None
    after: int | None
    text: str


@dataclass(frozen=True, slots=True)
class TemplateChanges:
    """How a template differs from the former one; `added` and `removed` count lines.

    `is_new`: there is none to compare it with, and all its lines are there.
    """

    name: str
    lines: Sequence[TemplateLine]
    added: int
    removed: int
    is_new: bool
    is_cut: bool


_Run = tuple[str, int, int, int, int]


def template_changes(stack: Stack, change_set: ChangeSet) -> TemplateChanges:
    """What a change set makes of the template; texts of NoEcho values are covered on both sides."""
    bound, former = change_set.bindings.parameters, stack.parameters
    properties = (
        one
        for change in change_set.changes
        for changed in change.properties
        for one in (changed.before, changed.after)
    )
    hidden = hidden_texts(bound.values(), former.values(), properties)
    after = _lines(change_set.template, hidden)
    before = _lines(stack.template, hidden)
    if not before:
        lines = [TemplateLine("", None, place, text) for place, text in enumerate(after, start=1)]
        return TemplateChanges(
            change_set.template_name, lines[:_MOST], len(after), 0, True, len(lines) > _MOST
        )
    runs = list(_runs(before, after))
    lines = list(_told(runs, before, after))
    return TemplateChanges(
        change_set.template_name,
        lines[:_MOST],
        sum(
            after_end - after_from for kind, _, _, after_from, after_end in runs if kind != "equal"
        ),
        sum(end - begin for kind, begin, end, _, _ in runs if kind != "equal"),
        False,
        len(lines) > _MOST,
    )


def _lines(source: bytes, hidden: frozenset[str]) -> list[str]:
    return covered(source.decode("utf-8", "replace"), hidden).splitlines()


def _runs(before: Sequence[str], after: Sequence[str]) -> Iterator[_Run]:
    """The runs of lines that are equal and those that are not, in their order."""
    shorter = min(len(before), len(after))
    head = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if before[-1 - n] != after[-1 - n]), rest)
    ends = (len(before) - tail, len(after) - tail)
    if head:
        yield "equal", 0, head, 0, head
    if (ends[0] - head) * (ends[1] - head) > _MOST_PAIRS:
        yield "replace", head, ends[0], head, ends[1]
    else:
        found = SequenceMatcher(None, before[head : ends[0]], after[head : ends[1]], autojunk=False)
        for kind, begin, end, begin_after, end_after in found.get_opcodes():
            yield kind, begin + head, end + head, begin_after + head, end_after + head
    if tail:
        yield "equal", ends[0], len(before), ends[1], len(after)


def _told(
    runs: Sequence[_Run], before: Sequence[str], after: Sequence[str]
) -> Iterator[TemplateLine]:
    """What goes and what comes, with a few lines around it."""
    if all(kind == "equal" for kind, *_ in runs):
        return
    for number, (kind, begin, end, begin_after, end_after) in enumerate(runs):
        if kind != "equal":
            for place in range(begin, end):
                yield TemplateLine("−", place + 1, None, before[place])
            for place in range(begin_after, end_after):
                yield TemplateLine("+", None, place + 1, after[place])
            continue
        first = 0 if number == 0 else _AROUND
        last = 0 if number == len(runs) - 1 else _AROUND
        length = end - begin
        is_gap = False
        for step in range(length):
            if step < first or step >= length - last:
                yield TemplateLine(
                    "", begin + step + 1, begin_after + step + 1, before[begin + step]
                )
            elif not is_gap:
                is_gap = True
                yield TemplateLine("…", None, None, "")
