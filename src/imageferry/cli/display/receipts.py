"""What `verify` shows: a line for each made thing, each difference, and the receipt as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from imageferry.cli.display.rendering import Paint, clean, counted, plain, show_moment, table
from imageferry.model.stacks import Stack
from imageferry.model.values import Json
from imageferry.model.verdicts import Comparison, Verdict
from imageferry.model.verifications import (
    ResourceVerification,
    StackVerification,
    VerificationStatus,
)
from imageferry.version import VERSION

RECEIPT: Final = "imageferry verification receipt"
FORMAT: Final = 1
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


# --- the receipt ----------------------------------------------------------------------------------


def receipt_json(stack: Stack, verification: StackVerification) -> dict[str, Json]:
    """The receipt, unsigned: what was compared, where, when, and how it came out."""
    place = stack.place
    return {
        "receipt": RECEIPT,
        "format": FORMAT,
        "imageferry": VERSION,
        "stack_id": stack.stack_id,
        "stack_name": stack.name,
        "cloud": place.cloud,
        "account_id": place.account_id,
        "region": place.region,
        "dialect": stack.dialect,
        "verified_at": show_moment(verification.verified_at),
        "verdict": verification.status.value,
        "resources": [_resource_json(one) for one in verification.resources],
    }


def _resource_json(one: ResourceVerification) -> dict[str, Json]:
    found = one.verdict
    document: dict[str, Json] = {
        "logical_id": str(one.address),
        "type": one.type_name,
        "physical_id": one.physical_id,
        "verdict": one.status.value,
        "reason": one.reason,
    }
    if found is None:
        return document
    return {
        **document,
        "kind": found.kind,
        "id": found.thing_id,
        "region": found.region,
        **_image_json(found),
        "comparisons": [_comparison_json(each) for each in found.comparisons],
        "remarks": list(found.remarks),
    }


def _image_json(found: Verdict) -> dict[str, Json]:
    """What an image is known by, and what it was made from."""
    if found.kind != "image":
        return {}
    return {
        "image_id": found.thing_id,
        "source_image_id": found.source_id,
        "source_region": found.source_region,
    }


def _comparison_json(one: Comparison) -> dict[str, Json]:
    return {
        "what": one.what,
        "expected": one.expected,
        "actual": one.actual,
        "compared_with": one.against.value,
        "equal": one.is_equal,
    }
