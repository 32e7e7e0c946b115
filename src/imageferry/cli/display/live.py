"""Live rows on a terminal: a bar, percent, elapsed and estimate for each resource."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from imageferry.cli.display.progress import Row, visible
from imageferry.cli.display.rendering import cut, show_duration
from imageferry.cli.display.rendering import width as cells
from imageferry.model.statuses import ResourceStatus

_STYLES = {
    ResourceStatus.NOT_STARTED: "dim",
    ResourceStatus.CREATED: "green",
    ResourceStatus.UPDATED: "green",
    ResourceStatus.DELETED: "green",
    ResourceStatus.RETAINED: "yellow",
    ResourceStatus.CREATE_FAILED: "red",
    ResourceStatus.UPDATE_FAILED: "red",
    ResourceStatus.DELETE_FAILED: "red",
}
_WORDS = {
    ResourceStatus.NOT_STARTED: "waiting",
    ResourceStatus.CREATING: "creating",
    ResourceStatus.CREATED: "created",
    ResourceStatus.CREATE_FAILED: "failed",
    ResourceStatus.UPDATING: "updating",
    ResourceStatus.UPDATED: "updated",
    ResourceStatus.UPDATE_FAILED: "failed",
    ResourceStatus.DELETING: "deleting",
    ResourceStatus.DELETED: "deleted",
    ResourceStatus.DELETE_FAILED: "failed",
    ResourceStatus.RETAINED: "left behind",
}
_BAR = 24
_SHORT_BAR = 10
_WIDE_ENOUGH = 110
_NARROW = 64
# The percent of a narrow row, and the blanks between its columns.
_NARROW_REST = 7
_GAPS = 6
_WIDEST_LABEL = 32
_SHORTEST_ENDING = 10


class LiveRows:
    """Rows that are drawn again in place; what is said meanwhile stands above them."""

    is_live = True

    def __init__(
        self,
        stream: TextIO,
        *,
        colours: bool,
        width: int | None = None,
        height: int | None = None,
    ) -> None:
        self._console = Console(
            file=stream,
            no_color=not colours,
            highlight=False,
            force_terminal=True,
            width=width,
            height=height,
        )
        self._live = Live(
            console=self._console, auto_refresh=False, transient=False, vertical_overflow="crop"
        )

    def open(self) -> None:
        """Begin to draw."""
        self._live.start()

    def draw(self, rows: Sequence[Row], summary: str, now: float) -> None:
        """Draw the rows as they are now, and the summary under them."""
        # The summary, what it leaves out, and the line the cursor stands on.
        shown = visible(list(rows), self._console.size.height - 3)
        hidden = len(rows) - len(shown)
        parts = [_table(shown, now, self._console.size.width)]
        said = f"{summary}; {hidden} more not shown" if hidden else summary
        # In one line: what wraps would push the first row out of the place it is drawn again at.
        summed = Text(said, style="bold", no_wrap=True, overflow="ellipsis")
        self._live.update(Group(*parts, summed), refresh=True)

    def say(self, line: str) -> None:
        """A line above the rows."""
        self._console.print(Text.from_ansi(line))

    def close(self) -> None:
        """Leave the rows as they are and stop drawing."""
        self._live.stop()


def _table(rows: Sequence[Row], now: float, width: int) -> Table:
    if width < _NARROW:
        return _narrow_table(rows, width)
    drawn = Table.grid(padding=(0, 1))
    for justify in ("left", "left", "left", "right", "right", "left"):
        drawn.add_column(justify=justify, no_wrap=True)
    is_wide = width >= _WIDE_ENOUGH
    bar = _BAR if is_wide else _SHORT_BAR
    columns = _texts(rows, now, is_wide)
    taken = [max((cells(text) for text in texts), default=0) for texts in columns]
    room = width - sum(taken) - bar - _GAPS
    for row, label, route, percent, elapsed in zip(rows, *columns, strict=True):
        style = _STYLES.get(row.status, "")
        drawn.add_row(
            Text(label, style=style or "bold"),
            Text(route, style=style),
            _bar(row, now, bar),
            Text(percent),
            Text(elapsed),
            Text(cut(_ending(row), max(_SHORTEST_ENDING, room)), style=style),
        )
    return drawn


def _narrow_table(rows: Sequence[Row], width: int) -> Table:
    """Where a bar would take the room of the words: the label, where to, percent, and the rest."""
    drawn = Table.grid(padding=(0, 1))
    for justify in ("left", "left", "right", "left"):
        drawn.add_column(justify=justify, no_wrap=True)
    labels = [cut(row.label, _WIDEST_LABEL) for row in rows]
    places = [route.removeprefix("-> ") for route in _short_routes(rows)]
    taken = sum(max(map(cells, texts), default=0) for texts in (labels, places))
    room = width - taken - _NARROW_REST
    for row, label, place in zip(rows, labels, places, strict=True):
        style = _STYLES.get(row.status, "")
        percent = "" if row.percent is None else f"{row.percent}%"
        ending = cut(_ending(row), max(_SHORTEST_ENDING, room))
        drawn.add_row(
            Text(label, style=style or "bold"),
            Text(place, style=style),
            Text(percent),
            Text(ending, style=style),
        )
    return drawn


def _texts(
    rows: Sequence[Row], now: float, is_wide: bool
) -> tuple[list[str], list[str], list[str], list[str]]:
    """The columns before the last: label, route, percent, elapsed."""
    spent = [row.elapsed(now) for row in rows]
    return (
        [cut(row.label, _WIDEST_LABEL) for row in rows],
        [row.route for row in rows] if is_wide else _short_routes(rows),
        ["" if row.percent is None else f"{row.percent}%" for row in rows],
        ["" if elapsed is None else show_duration(elapsed) for elapsed in spent],
    )


def _short_routes(rows: Sequence[Row]) -> list[str]:
    """The routes, without the source where every row has the same one."""
    if len({row.route.partition(" -> ")[0] for row in rows if row.route}) > 1:
        return [row.route for row in rows]
    return ["".join(row.route.partition("-> ")[1:]) for row in rows]


def _bar(row: Row, now: float, columns: int) -> ProgressBar | Text:
    if row.is_running:
        percent = row.percent
        return ProgressBar(
            total=None if percent is None else 100,
            completed=percent or 0,
            width=columns,
            complete_style="cyan",
            pulse_style="cyan",
            pulse=percent is None,
            animation_time=now,
        )
    if row.has_failed or row.status is ResourceStatus.NOT_STARTED:
        return Text("")
    return ProgressBar(total=100, completed=100, width=columns, finished_style="green")


def _ending(row: Row) -> str:
    """What stands at the end of a row: its estimate while it runs, its id or its reason then."""
    if row.is_running:
        left = "" if row.remaining is None else f"{show_duration(row.remaining)} left"
        if row.queue is not None:
            return ", ".join(text for text in (row.says, left) if text)
        return left or row.says or _WORDS[row.status]
    if row.has_failed:
        return f"failed: {row.reason}" if row.reason else "failed"
    return f"{_WORDS[row.status]} {row.physical_id}".rstrip()
