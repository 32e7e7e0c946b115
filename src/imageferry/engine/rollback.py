"""A failed or cancelled operation to the change set that undoes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.operations import OnFailure, Operation
from imageferry.model.stacks import Resource
from imageferry.planning.undoing import plan_undoing
from imageferry.ports.types import Catalog


def decide_rollback(
    operation: Operation,
    change_set: ChangeSet,
    former: Mapping[str, Resource],
    current: Mapping[str, Resource],
    catalog: Catalog,
    now: float,
) -> ChangeSet:
    """The rollback of an operation; its id follows from the operation's, so that it is one.

    Where a stack that never came to be is to be deleted, there is nothing to go back to: what
    earlier tries have kept goes as well.
    """
    digest = hashlib.sha256(f"rollback\n{operation.operation_id}".encode()).hexdigest()
    rollback_id = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
    if operation.kind is ChangeKind.CREATE and operation.on_failure is OnFailure.DELETE:
        former = {}
    return plan_undoing(change_set, rollback_id, former, current, catalog, now)
