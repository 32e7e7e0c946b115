"""Verification: every made thing of a stack beside what was asked for and what it was made from."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from imageferry.control.desk import Desk
from imageferry.control.drift import WHOLE, recorded
from imageferry.control.looks import recorded_look
from imageferry.engine.asking import verdict_of
from imageferry.model.handlers import ErrorCode, Failed
from imageferry.model.hiding import hidden_texts
from imageferry.model.stacks import Resource, Stack
from imageferry.model.verdicts import Against
from imageferry.model.verifications import (
    ResourceVerification,
    StackVerification,
    VerificationStatus,
)
from imageferry.planning.explaining import Cause, causes

_NOT_INSTALLED: Final = "is not installed here"
_NOTHING_TOLD: Final = "makes nothing that the cloud tells of afterwards, so there is no comparing"


async def verify_stack(
    desk: Desk, stack: Stack, logical_ids: Collection[str] = ()
) -> StackVerification:
    """Look at everything of a stack that can be verified, in all its regions at once.

    Raises OperationHolds while the stack is being changed, ResourceUnknown for a name that it does
    not have, StackNotFound where it is deleted.
    """
    chosen = await recorded(desk, stack, logical_ids)
    installation = await desk.store.installation()
    found = await asyncio.gather(*(_verify(desk, stack, one, installation) for one in chosen))
    if any(one.status is VerificationStatus.DIFFERS for one in found):
        known = causes((await desk.store.resources(stack.stack_id)).values(), desk.catalog)
        found = [_accounted(one, known) for one in found]
    return StackVerification(desk.clock.now(), tuple(found))


def _accounted(one: ResourceVerification, known: Mapping[Cause, str]) -> ResourceVerification:
    """The verification without the state of health that another resource of the stack wants."""
    verdict = one.verdict
    if verdict is None:
        return one
    by = {
        differing: known.get(Cause(verdict.thing_id, differing.what, differing.actual))
        for differing in verdict.differences
        if differing.against is Against.HEALTH
    }
    told = {differing: address for differing, address in by.items() if address is not None}
    if not told:
        return one
    rest = tuple(compared for compared in verdict.comparisons if compared not in told)
    remarks = tuple(f'{differing.actual} by "{address}"' for differing, address in told.items())
    verdict = replace(verdict, comparisons=rest, remarks=(*verdict.remarks, *remarks))
    status = VerificationStatus.DIFFERS if verdict.differences else VerificationStatus.VERIFIED
    return replace(one, status=status, verdict=verdict)


async def _verify(
    desk: Desk, stack: Stack, resource: Resource, installation: str
) -> ResourceVerification:
    found = desk.catalog.find(resource.type_name)
    if found is None or found.verifier is None:
        why = _NOT_INSTALLED if found is None else _NOTHING_TOLD
        return _without(resource, VerificationStatus.NOT_VERIFIED, f"{resource.type_name} {why}")
    if resource.status not in WHOLE:
        return _without(resource, VerificationStatus.UNKNOWN, f"it is {resource.status.value}")
    hidden = hidden_texts(resource.properties.values(), stack.parameters.values())
    request = recorded_look(desk, stack, resource, installation)
    verdict = await verdict_of(found.verifier, request, hidden)
    if isinstance(verdict, Failed):
        is_gone = verdict.code is ErrorCode.NOT_FOUND
        status = VerificationStatus.MISSING if is_gone else VerificationStatus.UNKNOWN
        return _without(resource, status, verdict.message, verdict.code.value)
    return ResourceVerification(
        resource.address,
        resource.type_name,
        resource.physical_id,
        VerificationStatus.DIFFERS if verdict.differences else VerificationStatus.VERIFIED,
        verdict,
    )


def _without(
    resource: Resource, status: VerificationStatus, reason: str, error_code: str = ""
) -> ResourceVerification:
    return ResourceVerification(
        resource.address,
        resource.type_name,
        resource.physical_id,
        status,
        reason=reason,
        error_code=error_code,
    )
