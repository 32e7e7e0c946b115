"""Stacks, resources, events and outputs as people see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from imageferry.cli.display.change_sets import route
from imageferry.cli.display.documents import event_word, resource_word, stack_word
from imageferry.cli.display.rendering import (
    Paint,
    clean,
    counted,
    cut,
    indented,
    pad,
    plain,
    show_duration,
    show_moment,
    show_value,
    table,
    width,
)
from imageferry.cli.display.ways import way_lines
from imageferry.control.requests import ResourceView, StackView
from imageferry.model.drift import STACK_DRIFT_WORDS
from imageferry.model.events import Event
from imageferry.model.handlers import Context
from imageferry.model.stacks import Stack
from imageferry.model.values import Value, mask

_WIDEST_REASON: Final = 160
_WIDEST_LINE: Final = 120

_ENDINGS: Final = (("FAILED", "red"), ("COMPLETE", "green"), ("IN_PROGRESS", "yellow"))


def colour_of(word: str) -> str:
    """The colour of a status by how its word ends."""
    if "ROLLBACK" in word and word.endswith("COMPLETE"):
        return "yellow"
    return next((colour for ending, colour in _ENDINGS if word.endswith(ending)), "dim")


def cloud_line(cloud: str, account_id: str, region: str = "", via: str = "") -> str:
    """The first line of whatever speaks of stacks: which cloud, whose, where."""
    parts = [f"cloud {clean(cloud)}{f' at {clean(via)}' if via else ''}"]
    parts += [f"account {clean(account_id)}"] if account_id else []
    parts += [f"region {clean(region)}"] if region else []
    return ", ".join(parts)


def stack_rows(stacks: Sequence[Stack], paint: Paint = plain) -> list[str]:
    """The lines of `list`."""
    if not stacks:
        return ["there are no stacks"]
    rows: list[tuple[str, ...]] = [
        (
            clean(stack.name),
            clean(stack.place.region),
            stack_word(stack.status, stack.dialect)
            + (" (protected)" if stack.is_protected else ""),
            stack.dialect,
            show_moment(stack.updated_at or stack.created_at),
            clean(stack.stack_id),
        )
        for stack in stacks
    ]
    heading = ["STACK", "REGION", "STATUS", "LANGUAGE", "CHANGED", "ID"]
    if any(stack.drift is not None for stack in stacks):
        heading.insert(3, "DRIFT")
        rows = [
            (*row[:3], _drift_word(stack) or "-", *row[3:])
            for row, stack in zip(rows, stacks, strict=True)
        ]
    lines = table(rows, heading)
    return [paint(lines[0], "bold"), *lines[1:]]


def _drift_word(stack: Stack) -> str:
    return "" if stack.drift is None else STACK_DRIFT_WORDS[stack.dialect][stack.drift.status]


def _drift_line(stack: Stack) -> str:
    """What the last comparison found, and whether that may be out of date."""
    mark = stack.drift
    if mark is None:
        return ""
    line = f"{_drift_word(stack)} on {show_moment(mark.checked_at)}"
    if mark.drifted:
        line += f", {mark.drifted} of {counted(mark.checked, 'resource')}"
    return f"{line}; the stack was changed since" if stack.updated_at > mark.checked_at else line


def view_lines(view: StackView, paint: Paint = plain) -> list[str]:
    """The lines of `show`, without the first one."""
    stack = view.stack
    word = stack_word(stack.status, stack.dialect)
    lines = [f'stack "{paint(clean(stack.name), "bold")}" is {paint(word, colour_of(word))}']
    if stack.status_reason:
        # It repeats the reasons of resources, which stand below it in full.
        is_told = any(one.resource.status_reason for one in view.resources)
        reason = clean(stack.status_reason)
        lines.append(f"  reason:      {cut(reason, _WIDEST_REASON) if is_told else reason}")
    if stack.description:
        lines.append(f"  description: {clean(stack.description)}")
    lines.append(f"  id:          {clean(stack.stack_id)}")
    if stack.is_protected:
        lines.append("  protected:   yes, it cannot be deleted")
    if stack.policy:
        lines.append("  policy:      updates are judged by a stack policy")
    if stack.template_name:
        lines.append(f"  template:    {clean(stack.template_name)} ({stack.dialect})")
    lines.append(f"  created:     {show_moment(stack.created_at)}")
    if stack.updated_at > stack.created_at:
        lines.append(f"  changed:     {show_moment(stack.updated_at)}")
    if stack.drift is not None:
        lines.append(f"  drift:       {_drift_line(stack)}")
    operation = view.operation
    if operation is not None and operation.status.is_open:
        stands = "open, and nobody runs it" if view.is_run is False else operation.status.value
        lines.append(
            f"  operation:   {clean(operation.operation_id)}"
            f" ({operation.kind.value.lower()}) is {stands.lower()}"
        )
    lines += _section("parameters", value_lines(stack.parameters))
    lines += _section("resources", resource_lines(view.resources, stack, paint))
    lines += _section("left over, tried again by the next operation", _leftovers(view))
    lines += _section("outputs", output_lines(stack))
    lines += _section("what can be done", way_lines(view))
    return lines


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"{title}:", *indented(lines)] if lines else []


def value_lines(values: Mapping[str, Value]) -> list[str]:
    """Names and their values, aligned; secrets masked."""
    columns = max((width(clean(name)) for name in values), default=0)
    return [
        f"{pad(clean(name), columns)}  {show_value(value, 2000)}" for name, value in values.items()
    ]


def output_lines(stack: Stack) -> list[str]:
    """Outputs and their values, with the name under which other stacks may import them.

    A map that is too wide for a line has one line for each of its entries.
    """
    exported = {export.output: export.name for export in stack.exports}
    lines = []
    for name, line in zip(stack.outputs, value_lines(stack.outputs), strict=True):
        first, *rest = _spread(clean(name), mask(stack.outputs[name]), line)
        lines.append(
            f"{first}  (exported as {clean(exported[name])})" if name in exported else first
        )
        lines += rest
    return lines


def _spread(name: str, value: Value, line: str) -> list[str]:
    """The line as it is, or the name with the entries of a map below it, each on a line."""
    if len(line) <= _WIDEST_LINE or not isinstance(value, Mapping) or not value:
        return [line]
    below = []
    for (key, entry), said in zip(value.items(), value_lines(value), strict=True):
        below += _spread(clean(key), entry, said)
    return [name, *indented(below)]


def resource_lines(
    resources: Iterable[ResourceView], stack: Stack, paint: Paint = plain
) -> list[str]:
    """One line a resource, and one for the reason of what failed."""
    views = list(resources)
    rows = [
        (
            clean(str(view.resource.address)),
            resource_word(view.resource.status, stack.dialect),
            clean(view.resource.physical_id or "-"),
            route(view.resource.properties, stack.place.region),
            _progress_words(view),
        )
        for view in views
    ]
    lines = []
    for view, row, line in zip(views, rows, table(rows), strict=True):
        lines.append(line.replace(row[1], paint(row[1], colour_of(row[1])), 1))
        if view.resource.status_reason and row[1].endswith("FAILED"):
            lines.append(f"    {clean(view.resource.status_reason)}")
    return lines


def _progress_words(view: ResourceView) -> str:
    progress, elapsed = view.progress, view.elapsed
    words = []
    if progress is not None:
        percent = "" if progress.percent is None else f"{progress.percent}%"
        is_told = percent in progress.says or progress.queue is not None
        words += [percent] if percent and not is_told else []
        words += [clean(progress.says)] if progress.says else []
    words += [] if elapsed is None else [f"for {show_duration(elapsed)}"]
    if elapsed is not None and progress is not None and progress.remaining is not None:
        words.append(f"about {show_duration(progress.remaining)} left")
    return ", ".join(words)


def _leftovers(view: StackView) -> list[str]:
    return [
        f"{clean(str(one.resource.address))}  {leftover_words(leftover)}"
        for one in view.resources
        for leftover in one.resource.leftovers
    ]


def leftover_words(leftover: Context) -> str:
    """What was left over, by its ids; a type that has no ids there is shown as it wrote it down."""
    region = leftover.get("region")
    where = f" in {clean(region)}" if isinstance(region, str) else ""
    ids = [
        f"{clean(name.removesuffix('_id'))} {clean(value)}{where}"
        for name, value in leftover.items()
        if name.endswith("_id") and isinstance(value, str)
    ]
    return ", ".join(ids) or show_value(dict(leftover))


def event_line(event: Event, stack_name: str, dialect: str, time: str, paint: Paint = plain) -> str:
    """One event in one line: when, what of, its status, its id and its reason."""
    word = event_word(event, dialect)
    subject = clean(event.address) or f'stack "{clean(stack_name)}"'
    line = f"{time}  {paint(pad(word, 18), colour_of(word))}  {subject}"
    if event.physical_id and event.address:
        line += f"  {clean(event.physical_id)}"
    if event.reason:
        # A stack's reason repeats those of its resources, which stand above it in full.
        reason = clean(event.reason)
        line += f"  {reason if event.address else cut(reason, _WIDEST_REASON)}"
    return line


def event_lines(events: Iterable[Event], stack: Stack, paint: Paint = plain) -> list[str]:
    """The lines of `events`, each with its time in UTC."""
    return [
        event_line(event, stack.name, stack.dialect, show_moment(event.time), paint)
        for event in events
    ]
