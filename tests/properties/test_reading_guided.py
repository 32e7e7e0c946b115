"""Reading and validating under damage, led by which lines of the source it reaches.

Inputs that reach a line for the first time, or make something new be said, are kept and damaged
further. Every run does the same; `IMAGEFERRY_FUZZ=20000` goes on for longer, `IMAGEFERRY_FUZZ_SEED`
goes another way. What is found is made small and written to `tests/properties/finds`, where it
stays as a case for ever.
"""

from __future__ import annotations

import hashlib
import os
import random
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

import imageferry
from tests.properties.examining import examined
from tests.properties.mutations import damaged
from tests.properties.paths import Trodden
from tests.properties.seeds import seeds

STEPS: Final = int(os.environ.get("IMAGEFERRY_FUZZ", "700"))
SEED: Final = int(os.environ.get("IMAGEFERRY_FUZZ_SEED", "1"))
FINDS: Final = Path(__file__).parent / "finds"
SOURCE: Final = Path(imageferry.__file__).parent
ROOMS: Final = (
    "dialects",
    "evaluation",
    "validation",
    "planning",
    "control/examination",
    "resource_types/image_",
)
MOST_CALLS: Final = (400_000, 400)
"""Calls of functions of those rooms that one input may cost: so many, and so many for each byte."""
MOST_FINDS: Final = 5


def fault_of(source: bytes) -> str:
    """What is wrong with what becomes of a source; nothing where all is as it should be."""
    try:
        wrongs, _ = examined(source)
    except Exception as fault:
        place = traceback.extract_tb(fault.__traceback__)[-1]
        return f"{type(fault).__name__}: {fault} ({Path(place.filename).name}:{place.lineno})"[:300]
    return "; ".join(wrongs)[:300]


def made_small(source: bytes, is_bad: Callable[[bytes], bool], tries: int = 400) -> bytes:
    """The source with all taken out that can be taken out while it stays bad."""
    size = max(1, len(source) // 2)
    while size >= 1 and tries > 0:
        start = 0
        while start < len(source) and tries > 0:
            shorter = source[:start] + source[start + size :]
            tries -= 1
            if is_bad(shorter):
                source = shorter
            else:
                start += size
        size //= 2
    return source


def keep(source: bytes, fault: str) -> str:
    """Write a find down, made small; says how to see it again."""
    kind = fault.split(":")[0]
    small = made_small(source, lambda shorter: fault_of(shorter).startswith(kind))
    name = hashlib.sha256(small).hexdigest()[:12]
    FINDS.mkdir(exist_ok=True)
    (FINDS / name).write_bytes(small)
    return f"{fault_of(small)}\n  tests/properties/finds/{name}: {small[:500]!r}"


class Hunt:
    """The inputs that are worth damaging, and what was found on the way."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._trodden = Trodden(tuple(str(SOURCE / room) for room in ROOMS))
        self._said: set[str] = set()
        self.kept: list[bytes] = []
        self._reaching: list[bytes] = []
        self.finds: dict[str, bytes] = {}

    def try_out(self, source: bytes) -> None:
        """One input: kept where it leads to something new, noted where something is wrong."""
        said: frozenset[str] = frozenset()
        fault = ""
        with self._trodden.watching():
            try:
                wrongs, said = examined(source)
                fault = "; ".join(wrongs)
            except Exception as raised:
                place = traceback.extract_tb(raised.__traceback__)[-1]
                fault = f"{type(raised).__name__} in {Path(place.filename).name}:{place.lineno}"
        most, for_each_byte = MOST_CALLS
        if self._trodden.calls > most + for_each_byte * len(source):
            fault = fault or f"too much work: {self._trodden.calls} calls"
        if fault:
            self.finds.setdefault(fault[:80], source)
        if self._trodden.new_lines:
            self._reaching.append(source)
        if self._trodden.new_lines or not said <= self._said:
            self._said |= said
            self.kept.append(source)

    def go_on(self, steps: int) -> None:
        """Damage what was kept: what has reached new lines and what is new more often."""
        for _ in range(steps):
            choice = self._chance.choice((self._reaching, self.kept[-20:], self.kept))
            source = self._chance.choice(choice)
            self.try_out(damaged(self._chance, source, self.kept))
            if len(self.finds) >= MOST_FINDS:
                return


def test_only_templates_and_diagnostics_come_out() -> None:
    hunt = Hunt(SEED)
    for source in seeds():
        hunt.try_out(source)
    begun_with = len(hunt.kept)
    hunt.go_on(STEPS)
    assert not hunt.finds, "\n".join(keep(source, fault) for fault, source in hunt.finds.items())
    # The hunt is led: damage has reached what no seed did.
    assert len(hunt.kept) > begun_with > 20


@pytest.mark.parametrize("path", sorted(FINDS.glob("*")), ids=lambda path: path.name)
def test_what_was_found_once_stays_mended(path: Path) -> None:
    assert fault_of(path.read_bytes()) == ""


def test_a_fault_is_made_small() -> None:
    assert made_small(b"one two three four", lambda text: b"thr" in text) == b"thr"


def test_work_is_counted_and_known_ground_is_quiet() -> None:
    trodden = Trodden((str(SOURCE / "dialects"),))
    source = next(iter(seeds()))
    with trodden.watching():
        examined(source)
    first, calls = trodden.new_lines, trodden.calls
    with trodden.watching():
        examined(source)
    assert first > 300
    assert trodden.new_lines == 0
    assert 0 < trodden.calls <= calls
