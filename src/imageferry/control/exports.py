"""Exports between stacks: unique in their place, and neither deleted nor changed while in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from imageferry.control.neighbours import (
    Neighbour,
    exports_of,
    is_as_before,
    neighbours_of,
    users_of,
)
from imageferry.model.changes import ChangeKind, ChangeSet
from imageferry.model.diagnostics import Diagnostic, Span, error
from imageferry.model.inquiries import Inquiry, InquiryKind
from imageferry.model.stacks import Export, Stack
from imageferry.model.templates import Template
from imageferry.model.values import UNKNOWN, Value, reveal
from imageferry.ports.keeping import Store


def concerns_others(stack: Stack, change_set: ChangeSet) -> bool:
    """True where a change set exports or imports, or may take away what was exported."""
    return (
        bool(stack.exports)
        or any(output.export_name for output in change_set.outputs)
        or any(one.kind is InquiryKind.EXPORT for one in change_set.bindings.answers)
    )


async def faults_of_exports(
    store: Store, stack: Stack, change_set: ChangeSet, template: Template | None = None
) -> list[Diagnostic]:
    """Why the stacks beside this one forbid a change set; told at the lines of the template.

    Asked when it is planned, and again before it is executed: others do not stand still meanwhile.
    """
    if not concerns_others(stack, change_set):
        return []
    imported = {
        inquiry: answer
        for inquiry, answer in change_set.bindings.answers.items()
        if inquiry.kind is InquiryKind.EXPORT
    }
    neighbours = await neighbours_of(store, stack)
    if change_set.kind is ChangeKind.DELETE:
        return list(_removed(stack.exports, neighbours))
    names = {output.export_name for output in change_set.outputs if output.export_name}
    gone = [export for export in stack.exports if export.name not in names]
    return [
        *_taken(change_set, neighbours, template),
        *_removed(gone, neighbours),
        *_changed(stack, change_set, neighbours, template),
        *_stale(imported, neighbours),
    ]


def _taken(
    change_set: ChangeSet, neighbours: Sequence[Neighbour], template: Template | None
) -> Iterator[Diagnostic]:
    for output in change_set.outputs:
        if not output.export_name:
            continue
        for neighbour in neighbours:
            if neighbour.takes(output.export_name):
                yield error(
                    "IF362",
                    f"the output '{output.name}' cannot be exported as '{output.export_name}',"
                    f" which the stack '{neighbour.stack.name}' exports already",
                    why="a name is exported once in each account and region",
                    remedy="choose another name, such as one that begins with the stack's",
                    span=_span(template, output.name),
                )
                break


def _removed(exports: Sequence[Export], neighbours: Sequence[Neighbour]) -> Iterator[Diagnostic]:
    for export in exports:
        users = users_of(export.name, neighbours)
        if users:
            yield error(
                "IF363",
                f"Export {export.name} cannot be deleted as it is in use by {_listed(users)}",
                why="what imports it was made from its value",
                remedy="update or delete that stack first, so that it imports it no longer",
            )


def _changed(
    stack: Stack,
    change_set: ChangeSet,
    neighbours: Sequence[Neighbour],
    template: Template | None,
) -> Iterator[Diagnostic]:
    former = {export.name: export for export in stack.exports}
    for output in change_set.outputs:
        export = former.get(output.export_name)
        if export is None or is_as_before(export, output.foreseen):
            continue
        users = users_of(export.name, neighbours)
        if users:
            why = "what imports it was made from its value"
            if output.foreseen is UNKNOWN:
                why += ", and the new one will only be known once it is made"
            yield error(
                "IF364",
                f"Export {export.name} cannot be updated as it is in use by {_listed(users)}",
                why=why,
                remedy="export the new value under another name, and let the stack import that",
                span=_span(template, output.name),
            )


def _stale(
    imported: Mapping[Inquiry, Value], neighbours: Sequence[Neighbour]
) -> Iterator[Diagnostic]:
    exports = exports_of(neighbours)
    for inquiry, answer in imported.items():
        (name,) = inquiry.arguments
        found = exports.get(name)
        is_same = found is not None and reveal(found[1].value) == reveal(answer)
        if found is None or not is_same or not found[0].keeps(found[1]):
            yield error(
                "IF366",
                f"the export '{name}' is not what it was when this was planned",
                why="the stack that exports it was changed meanwhile, or is being changed",
                remedy="give the command again once that stack is done",
            )


def _span(template: Template | None, output_name: str) -> Span | None:
    output = None if template is None else template.outputs.get(output_name)
    if output is None:
        return None
    return (output.export_name.span if output.export_name is not None else None) or output.span


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))
