"""A failed or cancelled operation to the change set that undoes it, and what that begins with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.inquiries import Inquiry
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Resource
from imageferry.planning.undoing import plan_undoing, set_aside
from imageferry.ports.types import Catalog


def decide_rollback(
    operation: Operation,
    change_set: ChangeSet,
    former: Mapping[str, Resource],
    current: Mapping[str, Resource],
    catalog: Catalog,
    now: float,
    asked: tuple[Inquiry, ...] = (),
) -> ChangeSet:
    """The rollback of an operation; its id follows from the operation's, so that it is one.

    `asked` is what the stack had asked of others before the operation. Where a stack that never came to be is to be deleted, there is nothing to go back to: what
    earlier tries have kept goes as well.
    """
    digest = hashlib.sha256(f"rollback\n{operation.operation_id}".encode()).hexdigest()
    rollback_id = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
    rollback = plan_undoing(
        change_set, rollback_id, _gone_back_to(operation, former), current, catalog, now
    )
    return replace(rollback, asked_before=asked)


def ground_of_rollback(
    operation: Operation,
    change_set: ChangeSet,
    former: Mapping[str, Resource],
    current: Mapping[str, Resource],
) -> dict[str, Resource]:
    """The resources that the rollback of an operation begins with: also those it can take back."""
    aside = set_aside(change_set, _gone_back_to(operation, former), current)
    return {**current, **{str(kept.address): kept for kept in aside.values()}}


def _gone_back_to(operation: Operation, former: Mapping[str, Resource]) -> Mapping[str, Resource]:
    is_removal = operation.on_failure is OnFailure.DELETE
    return {} if operation.kind is ChangeKind.CREATE and is_removal else former
