"""Verification: every made thing beside what was asked for and what it was made from, and its receipt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from imageferry.console.views.frames import frame
from imageferry.console.visits import PageRefused, Visit, stack_path, uuid_of
from imageferry.control.receipts import last_of, receipt_json
from imageferry.control.verdicts_kept import KeptVerification, kept_verifications
from imageferry.control.verifying import VerifyingStatus, begin_verification, last_verifying
from imageferry.model.command_lines import stack_line
from imageferry.model.stacks import Resource, Stack
from imageferry.model.statuses import StackStatus
from imageferry.model.verifications import VerificationStatus

_ON_A_PAGE: Final = 50

LOOKS: Final[Mapping[VerificationStatus, str]] = {
    VerificationStatus.VERIFIED: "there",
    VerificationStatus.DIFFERS: "drifted",
    VerificationStatus.MISSING: "missing",
    VerificationStatus.UNKNOWN: "failed",
    VerificationStatus.NOT_VERIFIED: "unknown",
}
_URGENCY: Final = (
    VerificationStatus.MISSING,
    VerificationStatus.DIFFERS,
    VerificationStatus.UNKNOWN,
    VerificationStatus.VERIFIED,
    VerificationStatus.NOT_VERIFIED,
)


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """What was found of one resource; `is_older`: it was changed since."""

    address: str
    look: str
    word: str
    kept: KeptVerification
    same: Sequence[str]
    is_older: bool


async def verification(visit: Visit) -> Mapping[str, object] | Response:
    """What was found last; no cloud is asked for it. `?format=receipt` is the signed receipt."""
    stack = await visit.stack()
    if visit.query.get("format") == "receipt":
        return await _receipt(visit, stack)
    resources = await visit.core.store.resources(stack.stack_id)
    every = await kept_verifications(visit.core, stack.stack_id)
    kept = {address: one for address, one in every.items() if address in resources}
    listed = sorted(kept, key=lambda address: _URGENCY.index(kept[address].found.status))
    pages = max(1, -(-len(listed) // _ON_A_PAGE))
    page = min(visit.page_number, pages)
    verifying = await last_verifying(visit.core, stack.stack_id)
    last = last_of(every)
    counts = [
        (LOOKS[status], visit.language(status.value), number)
        for status in _URGENCY
        if (number := sum(one.found.status is status for one in kept.values()))
    ]
    return {
        **await frame(visit, "drift", stack),
        "title": f"{stack.name} · {visit.language('Verification')}",
        "verifying": verifying,
        "is_going_on": verifying is not None and verifying.status is VerifyingStatus.IN_PROGRESS,
        "has_failed": verifying is not None and verifying.status is VerifyingStatus.FAILED,
        "may_verify": stack.status.is_final and stack.status is not StackStatus.DELETED,
        "last": last,
        "last_look": "" if last is None else LOOKS[last.status],
        "last_word": "" if last is None else visit.language(last.status.value),
        "counts": counts,
        "lines": [
            _line(visit, address, kept[address], resources[address])
            for address in listed[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
        ],
        "never": len(resources.keys() - kept.keys()),
        "page": page,
        "pages": pages,
        "drift_path": stack_path(stack.stack_id, "drift"),
        "receipt_path": f"{stack_path(stack.stack_id, 'verify')}?format=receipt",
        "commands": [
            stack_line("verify", stack).text,
            f"imageferry verify --check {_file_name(stack.stack_id)}",
        ],
    }


async def _receipt(visit: Visit, stack: Stack) -> Response:
    """The signed receipt of the last verification, as `verify` writes it."""
    last = last_of(await kept_verifications(visit.core, stack.stack_id))
    if last is None:
        raise PageRefused(
            404,
            visit.language("this stack was never verified"),
            visit.language("verify it first; what is found is signed"),
        )
    signed = visit.desk.sign(receipt_json(stack, last))
    text = json.dumps(signed, indent=2, ensure_ascii=False) + "\n"
    name = _file_name(stack.stack_id)
    return Response(
        text,
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def begin(visit: Visit) -> Response:
    """Begin to verify everything that the stack has made."""
    stack = await visit.stack()
    await begin_verification(visit.core, stack)
    return RedirectResponse(stack_path(stack.stack_id, "verify"), 303)


def _file_name(stack_id: str) -> str:
    """The name of the file: of a stack's own name nobody knows what is in it."""
    return f"{uuid_of(stack_id)}.receipt.json"


def _line(visit: Visit, address: str, kept: KeptVerification, resource: Resource) -> VerdictLine:
    found = kept.found
    is_other = found.physical_id != resource.physical_id
    verdict = found.verdict
    return VerdictLine(
        address,
        LOOKS[found.status],
        visit.language(found.status.value),
        kept,
        () if verdict is None else [one.what for one in verdict.comparisons if one.is_equal],
        is_other or resource.updated_at > kept.verified_at,
    )
