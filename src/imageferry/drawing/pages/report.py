"""report_page(chronicles, …): stacks as one HTML file that can be mailed; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from imageferry.drawing.maps import MapPlace, draw_map
from imageferry.drawing.pages.wording import duration, moment, stamp, visible, written
from imageferry.drawing.palette import GRAVITY, TONES, StatusClass, Tone, gravest
from imageferry.drawing.routes import MapRoute
from imageferry.drawing.standings import OF_CELLS, OF_RESOURCES, OF_STACKS
from imageferry.drawing.styles import page_sheet
from imageferry.model.chronicles import Chronicle, Span
from imageferry.model.command_lines import stack_line
from imageferry.model.events import Event
from imageferry.model.matrix import CellStatus, LineKind, MatrixCell, MatrixLine
from imageferry.model.stacks import Stack
from imageferry.model.statuses import RESOURCE_WORDS, STACK_WORDS, ResourceStatus, StackStatus
from imageferry.model.verifications import ResourceVerification, VerificationStatus
from imageferry.version import VERSION

OF_VERIFICATIONS: Final[Mapping[VerificationStatus, StatusClass]] = {
    VerificationStatus.VERIFIED: StatusClass.DONE,
    VerificationStatus.DIFFERS: StatusClass.DRIFTED,
    VerificationStatus.MISSING: StatusClass.MISSING,
    VerificationStatus.UNKNOWN: StatusClass.UNKNOWN,
    VerificationStatus.NOT_VERIFIED: StatusClass.WAITING,
}
_TRACK: Final = 1000.0
_SHORTEST: Final = 4.0


class Badge(NamedTuple):
    """A status as a page shows it: never by its colour alone."""

    tone: Tone
    css: str
    word: str


class Bar(NamedTuple):
    """A span as a bar: from where and how long, of a thousand."""

    span: Span
    start: float
    length: float
    badge: Badge
    took: str


def report_page(chronicles: Sequence[Chronicle], as_of: float) -> str:
    """The whole file. `as_of` is in seconds since 1970; there is no script in it, and no secret."""
    template = _environment().get_template("report.html")
    return template.render(
        chronicles=chronicles,
        as_of=as_of,
        version=VERSION,
        title=_title(chronicles),
        sheet=Markup(page_sheet()),  # noqa: S704 (our own style sheet)
        map=_map(chronicles),
        counts=_counts(chronicles),
        statuses=[status.css for status in StatusClass],
    )


@lru_cache(1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("imageferry.drawing", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=visible,
    )
    environment.filters |= {
        "moment": moment,
        "stamp": stamp,
        "duration": duration,
        "written": written,
    }
    environment.globals |= {
        "cell_badge": cell_badge,
        "stack_badge": stack_badge,
        "event_badge": event_badge,
        "verdict_badge": verdict_badge,
        "bars": bars,
        "regions": regions_of,
        "kind_word": kind_word,
        "verifying": lambda stack: stack_line("verify", stack).text,
    }
    return environment


def _title(chronicles: Sequence[Chronicle]) -> str:
    if len(chronicles) == 1:
        return f"Stack {chronicles[0].row.stack.name}"
    return f"{len(chronicles)} stacks"


# --- statuses ---------------------------------------------------------------------------------------


def _badge(status: StatusClass, word: str = "") -> Badge:
    tone = TONES[status]
    return Badge(tone, status.css, word or tone.word)


def cell_badge(cell: MatrixCell) -> Badge:
    """Where an image stands."""
    return _badge(OF_CELLS[cell.status], cell.status.value)


def stack_badge(stack: Stack) -> Badge:
    """How a stack stands, in its language's words."""
    return _badge(OF_STACKS[stack.status], STACK_WORDS[stack.dialect][stack.status])


def event_badge(event: Event, dialect: str) -> Badge:
    """The status that an event speaks of."""
    match event.status:
        case StackStatus():
            return _badge(OF_STACKS[event.status], STACK_WORDS[dialect][event.status])
        case ResourceStatus():
            return _badge(OF_RESOURCES[event.status], RESOURCE_WORDS[dialect][event.status])


def verdict_badge(found: ResourceVerification) -> Badge:
    """How a resource has come through its verification."""
    return _badge(OF_VERIFICATIONS[found.status], found.status.value)


def kind_word(line: MatrixLine) -> str:
    """What a line of the matrix is, for people."""
    return {
        LineKind.IMAGE: "image",
        LineKind.MADE: "made image",
        LineKind.FAMILY: "family",
        LineKind.OTHER: "resource",
    }[line.kind]


def _counts(chronicles: Sequence[Chronicle]) -> list[tuple[Badge, int]]:
    """How many images stand where, the gravest first."""
    found = Counter(cell.status for one in chronicles for cell in one.row.cells)
    order = {status: place for place, status in enumerate(GRAVITY)}
    known = sorted(found.items(), key=lambda pair: order[OF_CELLS[pair[0]]])
    return [(_badge(OF_CELLS[status], status.value), count) for status, count in known]


# --- the matrix, the map and the timeline -----------------------------------------------------------


def regions_of(chronicle: Chronicle) -> list[str]:
    """The regions in which a stack has images, or should have."""
    return sorted({cell.region for cell in chronicle.row.cells})


def _map(chronicles: Sequence[Chronicle]) -> Markup | None:
    cells = [cell for one in chronicles for cell in one.row.cells]
    by_region: dict[str, list[MatrixCell]] = {}
    for cell in cells:
        by_region.setdefault(cell.region, []).append(cell)
    if not by_region:
        return None
    places = [
        MapPlace(
            region,
            region,
            gravest(Counter(OF_CELLS[cell.status] for cell in there)),
            len(there),
            ", ".join(f"{count} {word}" for word, count in _words(there).items()),
        )
        for region, there in sorted(by_region.items())
    ]
    picture = draw_map(
        places,
        list(_routes(cells)),
        title="Where the images are",
        description="A dot for each region, a line for each copy from its source.",
    )
    return Markup(picture.svg)  # noqa: S704 (drawing escapes what it is given)


def _words(cells: Sequence[MatrixCell]) -> Counter[str]:
    return Counter(cell.status.value for cell in cells)


def _routes(cells: Sequence[MatrixCell]) -> Iterator[MapRoute]:
    for cell in cells:
        if cell.source_region and cell.source_region != cell.region:
            is_there = cell.status is CellStatus.THERE
            yield MapRoute(
                f"{cell.stack_id}/{cell.address}",
                cell.source_region,
                cell.region,
                100.0 if is_there else cell.percent,
                OF_CELLS[cell.status],
                cell.status.value if cell.percent is None else f"{cell.percent}%",
            )


def bars(chronicle: Chronicle, as_of: float) -> list[Bar]:
    """The spans as bars of one scale, from the first beginning to the last end."""
    spans = chronicle.spans
    if not spans:
        return []
    first = min(span.began_at for span in spans)
    last = max(as_of if span.ended_at is None else span.ended_at for span in spans)
    scale = _TRACK / max(last - first, 1.0)
    return [_bar(span, first, scale, as_of) for span in spans]


def _bar(span: Span, first: float, scale: float, as_of: float) -> Bar:
    status = StatusClass.FAILED if span.has_failed else StatusClass.DONE
    if span.ended_at is None:
        status = StatusClass.RUNNING
    seconds = (as_of if span.ended_at is None else span.ended_at) - span.began_at
    start = min((span.began_at - first) * scale, _TRACK - _SHORTEST)
    length = min(max(seconds * scale, _SHORTEST), _TRACK - start)
    return Bar(span, round(start, 1), round(length, 1), _badge(status), duration(seconds))
