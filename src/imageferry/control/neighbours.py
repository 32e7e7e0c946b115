"""Neighbours: the other stacks of a place, with what they export, ask, and are about to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.stacks import Export, Stack
from imageferry.model.values import UNKNOWN, Value, reveal
from imageferry.ports.keeping import Store


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another stack, and the change set of its open operation where there is one."""

    stack: Stack
    change_set: ChangeSet | None = None

    def has_asked(self, inquiry: Inquiry) -> bool:
        """True where the stack is made from the answer to a question, or is about to be."""
        if inquiry in self.stack.asked:
            return True
        return self.change_set is not None and inquiry in self.change_set.bindings.answers

    def takes(self, export_name: str) -> bool:
        """True where the stack exports that name, or is about to."""
        if any(export.name == export_name for export in self.stack.exports):
            return True
        return self.change_set is not None and any(
            output.export_name == export_name for output in self.change_set.outputs
        )

    def keeps(self, export: Export) -> bool:
        """False where the open operation deletes or changes the export, or may do so.

        An update that failed half way may have left another value than the one that is exported.
        """
        change_set = self.change_set
        if change_set is None:
            return reveal(self.stack.outputs.get(export.output)) == reveal(export.value)
        if change_set.kind is ChangeKind.DELETE:
            return False
        return any(
            output.export_name == export.name and is_as_before(export, output.foreseen)
            for output in change_set.outputs
        )


def is_as_before(export: Export, foreseen: Value) -> bool:
    """True where an export will surely have the value that it has."""
    return foreseen is not UNKNOWN and reveal(foreseen) == reveal(export.value)


async def neighbours_of(store: Store, stack: Stack) -> list[Neighbour]:
    """Every other living stack of the same cloud, account and region, newest first."""
    running = {
        operation.stack_id: operation.change_set_id for operation in await store.open_operations()
    }
    found = []
    for other in await store.find_stacks(stack.place):
        if other.stack_id == stack.stack_id:
            continue
        change_set_id = running.get(other.stack_id)
        change_set = None if change_set_id is None else await store.change_set(change_set_id)
        found.append(Neighbour(other, change_set))
    return found


def exports_of(neighbours: Iterable[Neighbour]) -> Mapping[str, tuple[Neighbour, Export]]:
    """What is exported at the moment, by name, with who exports it."""
    return {
        export.name: (neighbour, export)
        for neighbour in neighbours
        for export in neighbour.stack.exports
    }


def users_of(export_name: str, neighbours: Iterable[Neighbour]) -> list[str]:
    """The names of the stacks that import an export, or are about to."""
    inquiry = Inquiry(InquiryKind.EXPORT, (export_name,))
    return [one.stack.name for one in neighbours if one.has_asked(inquiry)]
