"""What the last verification of each resource found, kept for pages and reports that ask no cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from imageferry.control.desk import Desk
from imageferry.model.addresses import parse_address
from imageferry.model.stacks import Stack
from imageferry.model.values import Json
from imageferry.model.verdicts import Against, Comparison, Verdict
from imageferry.model.verifications import (
    ResourceVerification,
    StackVerification,
    VerificationStatus,
)
from imageferry.ports.documents import Document, DocumentChanged, DocumentExists

KIND: Final = "verification"
"""One document a stack: what the last verification of each of its resources found."""


@dataclass(frozen=True, slots=True)
class KeptVerification:
    """What the last verification of a resource found, and when (seconds since 1970)."""

    verified_at: float
    found: ResourceVerification


async def keep_verification(desk: Desk, stack: Stack, verification: StackVerification) -> None:
    """Keep what was found, in place of what was found of the same resources before.

    Does nothing in a house that keeps no documents.
    """
    papers, account = desk.documents, desk.place.account_id
    at = verification.verified_at
    fresh: dict[str, Json] = {str(one.address): _written(one, at) for one in verification.resources}
    while papers is not None and fresh:
        kept = await papers.get(KIND, account, stack.stack_id)
        try:
            if kept is None:
                await papers.add(Document(KIND, account, stack.stack_id, fresh, at, at))
            else:
                await papers.change(replace(kept, body={**kept.body, **fresh}, updated_at=at))
        except (DocumentExists, DocumentChanged):
            # Another verification has ended at the same moment; both count.
            continue
        return


async def kept_verifications(desk: Desk, stack_id: str) -> dict[str, KeptVerification]:
    """What was found last of each resource of a stack, by address; also of those that are gone."""
    if desk.documents is None:
        return {}
    kept = await desk.documents.get(KIND, desk.place.account_id, stack_id)
    body: Mapping[str, Any] = {} if kept is None else kept.body
    return {address: _read(address, one) for address, one in body.items()}


# --- as a document ----------------------------------------------------------------------------------


def _written(one: ResourceVerification, at: float) -> Json:
    return {
        "at": at,
        "type": one.type_name,
        "physical_id": one.physical_id,
        "status": one.status.value,
        "reason": one.reason,
        "error_code": one.error_code,
        "verdict": None if one.verdict is None else _verdict_json(one.verdict),
    }


def _verdict_json(verdict: Verdict) -> Json:
    return {
        "kind": verdict.kind,
        "thing": [verdict.thing_id, verdict.region],
        "source": [verdict.source_id, verdict.source_region],
        "comparisons": [
            [one.what, one.expected, one.actual, one.against.value] for one in verdict.comparisons
        ],
        "remarks": list(verdict.remarks),
    }


def _read(address: str, body: Mapping[str, Any]) -> KeptVerification:
    verdict = body["verdict"]
    return KeptVerification(
        body["at"],
        ResourceVerification(
            parse_address(address),
            body["type"],
            body["physical_id"],
            VerificationStatus(body["status"]),
            None if verdict is None else _verdict(verdict),
            body["reason"],
            body["error_code"],
        ),
    )


def _verdict(body: Mapping[str, Any]) -> Verdict:
    thing_id, region = body["thing"]
    source_id, source_region = body["source"]
    return Verdict(
        thing_id,
        region,
        source_id,
        source_region,
        comparisons=tuple(
            Comparison(what, expected, actual, Against(against))
            for what, expected, actual, against in body["comparisons"]
        ),
        remarks=tuple(body["remarks"]),
        kind=body["kind"],
    )
