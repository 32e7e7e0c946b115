"""What `verify` shows: a line for each made thing, each difference, and a summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imageferry.cli.display.rendering import Paint, clean, counted, plain, table
from imageferry.model.stacks import Stack
from imageferry.model.verdicts import Verdict
from imageferry.model.verifications import (
    ResourceVerification,
    StackVerification,
    VerificationStatus,
)

_COLOURS: Final = {
    VerificationStatus.VERIFIED: "green",
    VerificationStatus.DIFFERS: "yellow",
    VerificationStatus.MISSING: "red",
    VerificationStatus.UNKNOWN: "red",
    VerificationStatus.NOT_VERIFIED: "dim",
}


def verification_lines(
    stack: Stack, verification: StackVerification, paint: Paint = plain
) -> list[str]:
    """One line a thing, its differences under it, and a summary."""
    rows = table([_row(one) for one in verification.resources])
    lines = []
    for one, row in zip(verification.resources, rows, strict=True):
        word = one.status.value
        lines.append("  " + row.replace(word, paint(word, _COLOURS[one.status]), 1))
        lines += [f"      {clean(text)}" for text in _details(one)]
    return [*lines, *([""] if lines else []), paint(_summary(stack, verification), "bold")]


def _row(one: ResourceVerification) -> tuple[str, str, str, str]:
    found = one.verdict
    return (
        clean(str(one.address)),
        one.status.value,
        clean(found.thing_id if found else one.physical_id or "-"),
        "" if found is None else f"{clean(found.region)}  {_compared(found)}",
    )


def _compared(verdict: Verdict) -> str:
    names = [clean(one.what) for one in verdict.comparisons if one.is_equal]
    return f"same: {', '.join(names)}" if names else ""


def _details(one: ResourceVerification) -> Sequence[str]:
    if one.verdict is None:
        return [one.reason] if one.status is not VerificationStatus.UNKNOWN else []
    return [*map(str, one.verdict.differences), *one.verdict.remarks]


def _summary(stack: Stack, verification: StackVerification) -> str:
    counts = {
        status: sum(one.status is status for one in verification.resources)
        for status in VerificationStatus
    }
    looked_at = len(verification.resources) - counts[VerificationStatus.NOT_VERIFIED]
    regions = {one.verdict.region for one in verification.resources if one.verdict is not None}
    said = (
        f'stack "{clean(stack.name)}": {counts[VerificationStatus.VERIFIED]} of'
        f" {counted(looked_at, 'made thing')} verified in {counted(len(regions), 'region')}"
    )
    rest = [
        f"{counts[one]} {'differ' if one is VerificationStatus.DIFFERS and counts[one] > 1 else one.value}"
        for one in (
            VerificationStatus.DIFFERS,
            VerificationStatus.MISSING,
            VerificationStatus.UNKNOWN,
        )
        if counts[one]
    ]
    return ", ".join([said, *rest])
