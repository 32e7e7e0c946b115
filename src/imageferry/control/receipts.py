"""receipt_json: what a verification has found as the receipt that is signed and handed out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from imageferry.control.verdicts_kept import KeptVerification
from imageferry.model.stacks import Stack
from imageferry.model.values import Json
from imageferry.model.verdicts import Comparison, Verdict
from imageferry.model.verifications import ResourceVerification, StackVerification
from imageferry.version import VERSION

RECEIPT: Final = "imageferry verification receipt"
FORMAT: Final = 1


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
        "verified_at": _moment(verification.verified_at),
        "verdict": verification.status.value,
        "resources": [resource_verdict_json(one) for one in verification.resources],
    }


def last_of(kept: Mapping[str, KeptVerification]) -> StackVerification | None:
    """The last verification of what is kept: all that was found at the newest moment."""
    newest = max((one.verified_at for one in kept.values()), default=None)
    if newest is None:
        return None
    found = tuple(one.found for one in kept.values() if one.verified_at == newest)
    return StackVerification(newest, found)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def resource_verdict_json(one: ResourceVerification) -> dict[str, Json]:
    """One resource of a receipt."""
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
